//! A witness cosigns one history, whoever asks, how many ask at once, and however often it is killed.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enterprise_credentials_seal::{NoteSignature, SigningKey, WitnessKey};

use crate::common::Directory;
use crate::log::Log;
use crate::process::{Answer, Witness, ask, directory};

const ORIGIN: &str = "credentials.example.com/octo-corp";

fn stale(size: u64) -> Answer {
    Answer {
        status: 409,
        content_type: Some("text/x.tlog.size".to_owned()),
        body: format!("{size}\n"),
    }
}

/// The time of the one cosignature in an answer, over the log's checkpoint of that size.
fn cosigned(answer: &Answer, log: &Log, size: u64, key: &WitnessKey) -> u64 {
    assert_eq!(answer.status, 200, "{answer:?}");
    let signatures = NoteSignature::parse_lines(answer.body.as_bytes()).unwrap();
    assert_eq!(signatures.len(), 1);
    key.cosigned_at(&log.note(size), &signatures[0]).unwrap()
}

#[test]
fn a_log_is_cosigned_as_it_grows_and_each_refusal_has_the_status_of_the_specification() {
    let (files, log) = (Directory::new(), Log::new(ORIGIN));
    let known = [
        log.verifier_key(),
        Log::new("credentials.example.com/acme").verifier_key(),
    ];
    let mut witness = Witness::start(&directory(files.file("w1"), &known));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (old, new) in [(0, 5), (5, 8), (8, 8), (8, 21)] {
        let time = cosigned(&witness.ask(log.growth(old, new)), &log, new, &witness.key);
        assert!(time.abs_diff(now) < 60, "{time}, and it is {now}");
    }
    assert_eq!(witness.ask(log.growth(8, 30)), stale(21));
    assert_eq!(witness.ask(log.growth(0, 21)), stale(21));
    assert_eq!(witness.ask(log.growth(0, 5)), stale(21));
    assert_eq!(
        witness.ask(log.forked(20).growth(21, 21)),
        stale(21),
        "another log of that size"
    );
    let refused = |request: String, status: u16| {
        let answer = witness.ask(request);
        assert_eq!(answer.status, status, "{answer:?}");
    };
    refused(log.forked(20).growth(21, 30).to_string(), 422);
    refused(log.growth(21, 30).to_string().replace("old 21\n", "old 31\n"), 400);
    refused(log.growth(21, 30).to_string().replace("old 21\n", "old 021\n"), 400);
    refused("old 21\n".to_owned(), 400);
    refused(String::new(), 400);
    // It may hang up before it has heard all of that.
    let long = ask(witness.address, "x".repeat(1 << 20));
    assert!(long.map_or(true, |answer| answer.status == 413));
    let extended = log.growth(21, 30).to_string().replace("\n30\n", "\n30\nextension\n");
    assert!(matches!(witness.ask(extended).status, 400 | 403));
    refused(Log::new("credentials.example.com/other").growth(0, 3).to_string(), 404);
    let stranger = Log {
        key: SigningKey::from_seed(log.key.name().clone(), &[2; 32]),
        ..log.clone()
    };
    refused(stranger.growth(21, 30).to_string(), 403);
    cosigned(&witness.ask(log.growth(21, 30)), &log, 30, &witness.key);
    // Another log stands elsewhere.
    let acme = Log::new("credentials.example.com/acme");
    cosigned(&witness.ask(acme.growth(0, 3)), &acme, 3, &witness.key);

    let mut stderr = witness.stderr();
    witness.kill();
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    for convicting in [log.forked(20).note(21), log.forked(20).note(30)] {
        assert!(
            said.contains(&convicting.to_string()),
            "the other history is kept as evidence: {said}"
        );
    }
}

/// Logs that a witness knows, and has cosigned nothing of.
fn logs(count: u32) -> Vec<Log> {
    (0..count)
        .map(|number| Log::new(&format!("{ORIGIN}-{number}")))
        .collect()
}

#[test]
fn of_histories_that_are_shown_at_once_one_is_cosigned() {
    let (files, logs) = (Directory::new(), logs(20));
    let keys: Vec<_> = logs.iter().map(Log::verifier_key).collect();
    let witness = Witness::start(&directory(files.file("w1"), &keys));
    for log in &logs {
        let statuses: Vec<u16> = thread::scope(|scope| {
            let show = |fork| {
                let request = log.forked(fork).growth(0, 4 + fork);
                scope.spawn(move || ask(witness.address, request).unwrap().status)
            };
            let shown: Vec<_> = (0..6).map(show).collect();
            shown.into_iter().map(|shown| shown.join().unwrap()).collect()
        });
        let with = |status| statuses.iter().filter(|it| **it == status).count();
        assert_eq!((with(200), with(409)), (1, 5), "{statuses:?}");
    }
}

/// How many lines a log has in the end.
const END: u64 = 24;

/// What a history got of a witness that dies now and then.
#[derive(Debug, Default)]
struct Got {
    sizes: Vec<u64>,
    refused: u32,
}

/// Shows a history until the witness has cosigned some history to its end,
/// as whoever has the log's key would who wants this one to be it.
fn show_all(witness: &Known, history: &Log) -> Got {
    let (mut got, mut old) = (Got::default(), 0);
    while old < END {
        let new = old + 2;
        match ask(witness.address, history.growth(old, new)) {
            Ok(Answer { status: 200, body, .. }) => {
                let signature = &NoteSignature::parse_lines(body.as_bytes()).unwrap()[0];
                assert!(witness.key.cosigned_at(&history.note(new), signature).is_some());
                got.sizes.push(new);
                old = new;
            }
            Ok(Answer { status: 409, body, .. }) => old = body.trim().parse().unwrap(),
            Ok(Answer { status: 422, .. }) => {
                got.refused += 1;
                thread::sleep(Duration::from_millis(1));
            }
            Ok(answer) => panic!("{answer:?}"),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
    got
}

/// Where a witness is, and its key, also while it is dead.
#[derive(Debug, Clone)]
struct Known {
    address: std::net::SocketAddr,
    key: WitnessKey,
}

#[test]
fn a_witness_that_is_killed_again_and_again_never_contradicts_itself() {
    let (files, logs) = (Directory::new(), logs(12));
    let keys: Vec<_> = logs.iter().map(Log::verifier_key).collect();
    let directory = directory(files.file("w1"), &keys);
    let mut witness = Witness::start(&directory);
    let known = Known {
        address: witness.address,
        key: witness.key.clone(),
    };
    // They are one up to the line of their number, and another each behind that.
    let histories = [u64::MAX, 3, 7, 11, 15, 19];
    let done = AtomicBool::new(false);
    let kills = Mutex::new(0);
    let got: Vec<Vec<Got>> = thread::scope(|scope| {
        let (logs, known) = (&logs, &known);
        let shown = histories.map(|fork| {
            scope.spawn(move || {
                logs.iter()
                    .map(|log| show_all(known, &log.forked(fork)))
                    .collect::<Vec<_>>()
            })
        });
        let killer = scope.spawn(|| {
            let mut pause = 1;
            while !done.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20 + pause));
                pause = pause * 7 % 61;
                let address = witness.kill();
                witness = Witness::start_at(&directory, address);
                assert_eq!(witness.key, known.key, "it is the same witness");
                *kills.lock().unwrap() += 1;
            }
        });
        let got = shown.map(ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        killer.join().unwrap();
        got.map(Result::unwrap).into()
    });
    let mut cosigned = 0;
    for (place, log) in logs.iter().enumerate() {
        let roots: HashSet<(u64, String)> = histories
            .iter()
            .zip(&got)
            .flat_map(|(fork, got)| {
                let of = move |size: &u64| (*size, log.forked(*fork).checkpoint(*size).root.to_string());
                got[place].sizes.iter().map(of)
            })
            .collect();
        let is_one = |fork: &u64| {
            roots
                .iter()
                .all(|(size, root)| *root == log.forked(*fork).checkpoint(*size).root.to_string())
        };
        assert!(histories.iter().any(is_one), "{roots:?}");
        cosigned += roots.len();
    }
    let kills = kills.into_inner().unwrap();
    println!(
        "killed {kills} times, {cosigned} checkpoints cosigned of {} logs",
        logs.len()
    );
    assert!(kills >= 3 && cosigned >= 24, "{kills} {cosigned}");
    assert!(got.iter().flatten().any(|got| got.refused > 0));
}

#[test]
fn a_directory_has_one_witness_and_one_that_cannot_be_read_none() {
    let (files, log) = (Directory::new(), Log::new(ORIGIN));
    let directory = directory(files.file("w1"), &[log.verifier_key()]);
    let witness = Witness::start(&directory);
    assert!(Witness::fail_to_start(&directory).contains("another witness uses the directory"));
    cosigned(&witness.ask(log.growth(0, 4)), &log, 4, &witness.key);
    witness.kill();

    let kept = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "checkpoint"))
        .unwrap();
    let bytes = fs::read(&kept).unwrap();
    for broken in [
        &b""[..],
        &bytes[..bytes.len() / 2],
        &log.note(4).to_string().replace(ORIGIN, "other").into_bytes(),
    ] {
        fs::write(&kept, broken).unwrap();
        let said = Witness::fail_to_start(&directory);
        assert!(said.contains(ORIGIN), "it does not begin anew: {said}");
    }
    fs::write(&kept, bytes).unwrap();
    let witness = Witness::start(&directory);
    assert_eq!(witness.ask(log.forked(2).growth(0, 9)), stale(4));

    witness.kill();
    fs::write(directory.join("key"), "PRIVATE+KEY+nobody\n").unwrap();
    assert!(Witness::fail_to_start(&directory).contains("this is not a witness's signing key"));
}
