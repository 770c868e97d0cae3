//! T8: commands, by the instructions that callgrind counts, which no load of the machine changes. The program runs
//! itself under valgrind, once for each contestant and word.

use std::process::Command as Process;

use enterprise_credentials_benches::rows::{at_least, at_most, figure, title};

use crate::contestants::Contestant;
use crate::counts::Outcome;
use crate::word::Word;

/// How many commands there are.
const COMMANDS: usize = 10_000;
/// How many suffice for a store that folds the whole history at each.
const COMMANDS_FOLDING: usize = 10;

pub(crate) fn run() {
    for (word, what) in [
        (Word::Single, "commands on single credentials"),
        (Word::All, "all six commands, two revocations among them"),
    ] {
        let expected = Contestant::Core.carry_out(word.prepare(COMMANDS));
        title(&format!("Instructions of {COMMANDS} commands: {what}"));
        println!("      all end with {expected:?}");
        let count = |contestant| count(contestant, word, COMMANDS, expected);
        let core = count(Contestant::Core);
        let plain = count(Contestant::Plain);
        let cached = count(Contestant::CqrsEsCached);
        figure("the core", core, "a command");
        figure("plain decider", plain, "a command");
        figure("cqrs-es, the best store", cached, "a command");
        at_most("T8", "commands, share of the plain decider's", core / plain, 0.5);
        at_least("T8", "commands, cqrs-es with the best store ÷ core", cached / core, 5.0);
    }
    let word = Word::Single;
    let expected = Contestant::Core.carry_out(word.prepare(COMMANDS_FOLDING));
    let mem_store = count(Contestant::CqrsEsMemStore, word, COMMANDS_FOLDING, expected);
    title("For comparison, on the same history of 50,000 events");
    figure("cqrs-es, its MemStore", mem_store / 1e6, "million a command");
}

/// Instructions for one command; fails where the contestant did not do the expected.
fn count(contestant: Contestant, word: Word, commands: usize, expected: Outcome) -> f64 {
    let program = std::env::current_exe().expect("a path");
    let output = Process::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--collect-atstart=no",
        ])
        .arg("--toggle-collect=*::measured*")
        .arg(program)
        .args(["--carry-out", contestant.name(), word.name(), &commands.to_string()])
        .output()
        .expect("valgrind is needed: apt-get install valgrind");
    let (printed, report) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{contestant:?}: {report}");
    let outcome = printed.lines().last().expect("an outcome");
    assert_eq!(outcome, format!("{expected:?}"), "{contestant:?} did other work");
    let (_, collected) = report.split_once("Collected :").expect("callgrind's report");
    let instructions: f64 = collected
        .split_whitespace()
        .next()
        .expect("a count")
        .parse()
        .expect("a number");
    instructions / commands as f64
}

/// What the program does under valgrind.
pub(crate) fn carry_out(mut arguments: impl Iterator<Item = String>) {
    let (name, word, commands) = (arguments.next(), arguments.next(), arguments.next());
    let contestant = Contestant::ALL
        .into_iter()
        .find(|known| Some(known.name()) == name.as_deref());
    let word = [Word::Single, Word::All]
        .into_iter()
        .find(|known| Some(known.name()) == word.as_deref());
    let commands = commands.expect("a number of commands").parse().expect("a number");
    let prepared = word.expect("a word").prepare(commands);
    println!("{:?}", contestant.expect("a contestant").carry_out(prepared));
}
