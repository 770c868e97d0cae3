//! A receipt is honest in both directions: what it names matters, and what it does not name does not.
//!
//! Judged by other means than a receipt is made with: a whole history is folded strictly, with one event of it replaced
//! by one that says nothing of interest, so that positions and ids stay what they are.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a history that does not fit, or a receipt that is wrong, ends the test"
)]

#[path = "receipt/absent.rs"]
mod absent;
#[path = "receipt/golden.rs"]
mod golden;
mod seeds;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::vec::IntoIter;

use enterprise_credentials::receipt::{self, Answer, Receipt, Verdict};
use enterprise_credentials::{
    Command, Enterprise, Event, Login, OrganizationId, Position, RecordedEvent, Refusal, Rule, Timestamp,
};
use enterprise_credentials_testkit::{Coverage, Run, explore};

use crate::absent::{Limit, is_such, limits, with_request};
use crate::seeds::seeds;

/// Words under each seed: enough to meet every rule.
const WORDS: u32 = 400;
/// Of how many words the events of one are left out one by one.
const WEIGHED_EVERY: u64 = 4;

fn opened(
    history: &[RecordedEvent],
) -> impl FnMut() -> Result<IntoIter<Result<RecordedEvent, Infallible>>, Infallible> {
    || Ok(history.iter().cloned().map(Ok).collect::<Vec<_>>().into_iter())
}

fn state(history: &[RecordedEvent]) -> Option<Enterprise> {
    let mut state = Enterprise::new();
    for recorded in history {
        state.apply(recorded).ok()?;
    }
    Some(state)
}

/// An event that says nothing of whoever is in the histories.
fn filler(recorded: &RecordedEvent) -> RecordedEvent {
    let number = recorded.position.value();
    RecordedEvent {
        by: None,
        event: Event::OrganizationAdded {
            organization: OrganizationId::new(1_000_000 + number).expect("an id"),
            login: Login::new(&format!("filler-{number}")).expect("a login"),
        },
        ..*recorded
    }
}

type Decided = Result<Vec<Event>, Refusal>;

/// A command, the history that it was asked about, and the answer.
struct Asked<'a> {
    history: &'a [RecordedEvent],
    command: &'a Command,
    at: Timestamp,
    answer: Decided,
}

impl Asked<'_> {
    /// The answer without some of the events, where the rest still folds.
    fn without(&self, left_out: &BTreeSet<Position>) -> Option<Decided> {
        let without = |recorded: &RecordedEvent| match left_out.contains(&recorded.position) {
            true => filler(recorded),
            false => recorded.clone(),
        };
        let without = state(&self.history.iter().map(without).collect::<Vec<_>>())?;
        Some(without.decide(self.command, self.at))
    }
}

/// Whether a rule lets a command pass; nothing where an earlier one refuses it.
fn passes(answer: &Decided, rule: Rule) -> Option<bool> {
    match answer.as_ref().err().map(Refusal::rule) {
        Some(refusing) if refusing < rule => None,
        refusing => Some(refusing != Some(rule)),
    }
}

#[derive(Debug, Default)]
struct Judged {
    /// Whether events are left out of this run: it takes the cube of its length.
    weighs: bool,
    receipts: u64,
    /// Named events that could be left out, and mattered.
    named: u64,
    /// Lists of which each event is enough, that could be left out together.
    either: u64,
    /// Those of them that hold an event which another rule rests on.
    beside: u64,
    /// Pairs without which a rule refuses that does not without either of them.
    pairs: u64,
    /// Narrower requests that would have changed the answer.
    limited: u64,
    /// Events that could be left out, and did not matter.
    unnamed: u64,
    /// What was told to be absent, never there, and absent after the last of its kind.
    absent: u64,
    absent_since: u64,
    holds: BTreeMap<Rule, u64>,
    refuses: BTreeMap<Rule, u64>,
}

impl Judged {
    fn judge(
        &mut self,
        history: &[RecordedEvent],
        command: &Command,
        at: Timestamp,
        receipt: &Receipt,
    ) -> Result<(), String> {
        self.receipts += 1;
        let before = state(history).expect("a history fits");
        let answer = before.decide(command, at);
        let as_decided = match (&answer, &receipt.answer) {
            (Ok(events), Answer::Accepted(told)) => events == told,
            (Err(refusal), Answer::Refused(told)) => refusal == told,
            _ => false,
        };
        if !as_decided {
            return Err(format!("decide answers {answer:?}"));
        }
        self.judge_rules(&answer, receipt)?;
        self.judge_absences(history, receipt)?;
        let named: BTreeSet<Position> = receipt
            .rules
            .iter()
            .flat_map(|ground| ground.rests_on.clone())
            .collect();
        let told: BTreeSet<Position> = receipt.events.iter().map(|recorded| recorded.position).collect();
        let either: BTreeSet<Position> = (receipt.rules.iter())
            .flat_map(|ground| ground.either.clone())
            .collect();
        if named.union(&either).copied().collect::<BTreeSet<_>>() != told {
            return Err(format!("rests on {named:?} and one of {either:?}, but tells {told:?}"));
        }
        let asked = Asked {
            history,
            command,
            at,
            answer,
        };
        self.judge_stand_ins(&asked, receipt, &named)?;
        if !self.weighs {
            return Ok(());
        }
        self.weigh(history, &named, &|state| state.decide(command, at) != asked.answer)?;
        if !matches!(command, Command::ContinueRevocation { .. }) {
            self.weigh_requests(&before, &asked, receipt)?;
        }
        if command.requested().is_some() {
            self.weigh_pairs(&asked, receipt, &named)?;
        }
        Ok(())
    }

    /// Leaves each event out, and looks whether that matters.
    fn weigh(
        &mut self,
        history: &[RecordedEvent],
        named: &BTreeSet<Position>,
        is_other: &dyn Fn(&Enterprise) -> bool,
    ) -> Result<(), String> {
        let mut varied = history.to_vec();
        let mut prefix = Enterprise::new();
        for (index, recorded) in history.iter().enumerate() {
            varied[index] = filler(recorded);
            let mut without = prefix.clone();
            let folds = varied[index..].iter().all(|recorded| without.apply(recorded).is_ok());
            let matters = folds && is_other(&without);
            if folds && matters != named.contains(&recorded.position) {
                return Err(format!("without {recorded:?} the answer is another: {matters}"));
            }
            self.named += u64::from(matters);
            self.unnamed += u64::from(folds && !matters);
            varied[index] = recorded.clone();
            prefix.apply(recorded).expect("a history fits");
        }
        Ok(())
    }

    /// Without all of those of which each is enough, their rule says another thing, or the answer is another;
    /// with any one it is not.
    fn judge_stand_ins(
        &mut self,
        asked: &Asked<'_>,
        receipt: &Receipt,
        named: &BTreeSet<Position>,
    ) -> Result<(), String> {
        for ground in receipt.rules.iter().filter(|ground| !ground.either.is_empty()) {
            let either: BTreeSet<Position> = ground.either.iter().copied().collect();
            let is_beside = !named.is_disjoint(&either);
            let passed = passes(&asked.answer, ground.rule);
            let Some(without) = asked.without(&either) else {
                continue;
            };
            let is_turned = passes(&without, ground.rule) != passed;
            if !is_turned && (is_beside || without == asked.answer) {
                return Err(format!("without all of {either:?} {} is the same", ground.rule));
            }
            for one in &either {
                let others = either.iter().copied().filter(|other| other != one).collect();
                let kept = asked.without(&others);
                let is_back = |kept: Decided| match is_turned {
                    true => passes(&kept, ground.rule) == passed,
                    false => kept == asked.answer,
                };
                if !kept.is_none_or(is_back) {
                    return Err(format!("{one} is not enough for {}", ground.rule));
                }
            }
            self.either += 1;
            self.beside += u64::from(is_beside);
        }
        Ok(())
    }

    /// Adds at the end each request that one limit has. Those that change the answer are told to be absent,
    /// and no others.
    fn weigh_requests(&mut self, before: &Enterprise, asked: &Asked<'_>, receipt: &Receipt) -> Result<(), String> {
        let absent = receipt.rules.iter().flat_map(|ground| &ground.absent);
        let absent = absent.filter(|absence| absence.event == "RevocationRequested");
        let told: BTreeSet<Limit> = absent
            .map(|absence| (absence.organization, absence.member, absence.credential_type))
            .filter(|limit| *limit != (None, None, None))
            .collect();
        let changes = |limit: &Limit| {
            let with = [false, true].map(|option| with_request(before, asked.at, *limit, option));
            let mut with = with.into_iter().flatten();
            with.any(|with| with.decide(asked.command, asked.at) != asked.answer)
        };
        let found: BTreeSet<Limit> = limits(asked.history).into_iter().filter(changes).collect();
        if told != found {
            return Err(format!("requests with {found:?} change the answer, told are {told:?}"));
        }
        self.limited += found.len() as u64;
        Ok(())
    }

    /// Of a request to revoke: leaves out each event that matters together with each that does not. A rule that then
    /// refuses, and does not without the first, is told.
    fn weigh_pairs(&mut self, asked: &Asked<'_>, receipt: &Receipt, named: &BTreeSet<Position>) -> Result<(), String> {
        for one in named {
            let Some(alone) = asked.without(&BTreeSet::from([*one])) else {
                continue;
            };
            let positions = asked.history.iter().map(|recorded| recorded.position);
            for other in positions.filter(|position| !named.contains(position)) {
                let Some(Err(refusal)) = asked.without(&BTreeSet::from([*one, other])) else {
                    continue;
                };
                let rule = refusal.rule();
                let is_turned = passes(&asked.answer, rule) == Some(true) && passes(&alone, rule) == Some(true);
                let is_told = receipt.rules.iter().any(|ground| ground.rule == rule);
                if is_turned && !is_told {
                    return Err(format!("without {one} and {other} {rule} refuses, and is not told"));
                }
                self.pairs += u64::from(is_turned);
            }
        }
        Ok(())
    }

    /// What is told to be absent since a position is there, and not after it; what is told to be absent is nowhere.
    fn judge_absences(&mut self, history: &[RecordedEvent], receipt: &Receipt) -> Result<(), String> {
        for absence in receipt.rules.iter().flat_map(|ground| &ground.absent) {
            let told = serde_json::to_value(absence).expect("an absence is JSON");
            let last = history.iter().rfind(|recorded| is_such(recorded, &told));
            let last = last.map(|recorded| recorded.position);
            if absence.after != last {
                return Err(format!("{absence:?} was last at {last:?}"));
            }
            self.absent += u64::from(last.is_none());
            self.absent_since += u64::from(last.is_some());
        }
        Ok(())
    }

    fn judge_rules(&mut self, answer: &Result<Vec<Event>, Refusal>, receipt: &Receipt) -> Result<(), String> {
        let rules: Vec<Rule> = receipt.rules.iter().map(|ground| ground.rule).collect();
        if !rules.is_sorted() {
            return Err("the rules are not in the catalogue's order".to_owned());
        }
        let refusing = receipt.rules.iter().filter(|ground| ground.verdict == Verdict::Refuses);
        let refusing: Vec<Rule> = refusing.map(|ground| ground.rule).collect();
        let expected: Vec<Rule> = answer.as_ref().err().map(Refusal::rule).into_iter().collect();
        if refusing != expected || !expected.is_empty() && rules.last() != expected.last() {
            return Err(format!("decide refuses by {expected:?}"));
        }
        for ground in &receipt.rules {
            let counts = match ground.verdict {
                Verdict::Holds => &mut self.holds,
                Verdict::Refuses => &mut self.refuses,
            };
            *counts.entry(ground.rule).or_default() += 1;
        }
        Ok(())
    }
}

/// Each event of a run, as it was recorded, and each command that recorded nothing.
fn judge(run: &Run<Enterprise>, judged: &mut Judged) -> Result<(), String> {
    for moment in &run.moments {
        let begun = usize::try_from(moment.before.position().value()).expect("a small history");
        let is_batch = matches!(moment.command, Command::ContinueRevocation { .. });
        if moment.recorded.is_empty() || moment.recorded.len() > 1 && !is_batch {
            let history = &run.history[..begun];
            let receipt = receipt::explain_command(opened(history), moment.command.clone(), moment.at);
            let receipt = receipt.expect("a history fits");
            let judgement = judged.judge(history, &moment.command, moment.at, &receipt);
            judgement.map_err(|what| told(&what, history, &receipt))?;
        }
        for (event, before) in moment.recorded.iter().zip(begun..) {
            let history = &run.history[..before];
            let receipt = receipt::explain(opened(&run.history), event.position).expect("the event is there");
            if receipt.recorded.as_ref() != Some(event) || !receipt.is_as_recorded() {
                return Err(told("another event is explained", history, &receipt));
            }
            let judgement = judged.judge(history, &receipt.command, receipt.at, &receipt);
            judgement.map_err(|what| told(&what, history, &receipt))?;
        }
    }
    Ok(())
}

fn told(what: &str, history: &[RecordedEvent], receipt: &Receipt) -> String {
    let receipt = serde_json::to_string(receipt).expect("a receipt is JSON");
    let mut told = format!("{what}\n{receipt}\n");
    for recorded in history {
        told += &serde_json::to_string(recorded).expect("an event is JSON");
        told.push('\n');
    }
    told
}

#[test]
fn what_a_receipt_names_matters_and_nothing_else_does() {
    let mut judged = Judged::default();
    let mut coverage = Coverage::default();
    for seed in seeds() {
        let explored = explore(seed, WORDS, |word| {
            let run = Run::<Enterprise>::of(word);
            coverage.observe(&run);
            judged.weighs = coverage.words.is_multiple_of(WEIGHED_EVERY);
            judge(&run, &mut judged)
        });
        if let Err(counterexample) = explored {
            panic!("{counterexample}");
        }
        assert!(
            judged.named > 1_000 && judged.unnamed > 30_000,
            "under seed {seed}: {judged:?}"
        );
    }
    println!("{judged:?}");
    // So every rule by which decide refuses has refused, and has its receipt. A seed alone may miss the rarest.
    assert_eq!(coverage.missing(), Vec::<String>::new(), "never met");
    let refuses = judged.refuses.keys();
    let never: Vec<_> = refuses.filter(|rule| !judged.holds.contains_key(rule)).collect();
    assert_eq!(never, Vec::<&Rule>::new(), "these refuse, and are never said to hold");
    assert!(judged.refuses.len() > 30 && judged.either > 0, "{judged:?}");
    assert!(judged.beside > 10 && judged.limited > 1_000, "{judged:?}");
    assert!(judged.absent > 1_000 && judged.absent_since > 1_000, "{judged:?}");
}
