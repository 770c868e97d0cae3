//! `seal verify` and `audit --checkpoint` with `--witness-key`: who has cosigned a checkpoint, and how long ago.

use std::time::{SystemTime, UNIX_EPOCH};

use enterprise_credentials_seal::{Checkpoint, CosigningKey, Frontier, KeyName, Note, SigningKey};

use crate::{Run, file, requested, run};

const ORIGIN: &str = "credentials.example.com/octo-corp";

fn secret() -> SigningKey {
    SigningKey::from_seed(KeyName::new(ORIGIN).unwrap(), &[7; 32])
}

fn witness(number: u8) -> CosigningKey {
    let name = format!("witness.example.com/w{number}");
    CosigningKey::from_seed(KeyName::new(&name).unwrap(), &[number; 32])
}

fn vkey(number: u8) -> String {
    witness(number).witness_key().to_string()
}

/// What a log is, signed by its key, and not yet by any witness.
fn checkpoint(log: &str) -> (Checkpoint, Note) {
    let mut frontier = Frontier::EMPTY;
    log.lines()
        .for_each(|line| frontier.push_line(line.as_bytes()).unwrap());
    let checkpoint = Checkpoint::of(KeyName::new(ORIGIN).unwrap(), &frontier);
    let note = checkpoint.sign(&[secret()]);
    (checkpoint, note)
}

fn ago(seconds: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - seconds
}

/// Each command that takes a checkpoint of a log, with these arguments more.
fn each(name: &str, log: &str, note: &Note, more: &[&str], check: impl Fn(&Run)) {
    let checkpoint = file(&format!("cosigned-{name}.checkpoint"), &note.to_string());
    let key = file(
        &format!("cosigned-{name}.vkey"),
        &format!("{}\n", secret().verifier_key()),
    );
    let log = file(&format!("cosigned-{name}.jsonl"), log);
    for command in [&["seal", "verify"][..], &["audit"]] {
        let with = [log.as_str(), "--checkpoint", &checkpoint, "--key", &key];
        check(&run(&[command, &with, more].concat()));
    }
}

#[test]
fn each_witness_that_was_asked_for_is_named_with_the_time_and_its_age() {
    let log = requested("managed_users", true);
    let (checkpoint, mut note) = checkpoint(&log);
    note.add(witness(1).cosign(&checkpoint, ago(2 * 3_600 + 5)));
    note.add(witness(2).cosign(&checkpoint, ago(3 * 86_400)));
    note.add(witness(3).cosign(&checkpoint, ago(0) + 3_600));
    let keys = [1, 2, 3].map(vkey);
    let more: Vec<&str> = keys.iter().flat_map(|key| ["--witness-key", key]).collect();
    each("named", &log, &note, &more, |run| {
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        let said: Vec<&str> = run.stdout.lines().filter(|line| line.contains("cosigned by")).collect();
        assert_eq!(said.len(), 3, "{}", run.stdout);
        assert!(
            said[0].contains("witness.example.com/w1+") && said[0].ends_with(", 2 hours ago"),
            "{said:?}"
        );
        assert!(
            said[1].contains("witness.example.com/w2+") && said[1].ends_with(", 3 days ago"),
            "{said:?}"
        );
        assert!(said[2].contains("THAT IS TO COME"), "{said:?}");
    });
    // Who asks for none is told of none: their keys are not known.
    each("none", &log, &note, &[], |run| {
        assert!(!run.stdout.contains("cosigned"), "{run:?}")
    });
}

#[test]
fn a_machine_gets_the_time_and_the_age_of_each_cosignature() {
    let log = requested("managed_users", true);
    let (checkpoint, mut note) = checkpoint(&log);
    let time = ago(90);
    note.add(witness(1).cosign(&checkpoint, time));
    let checkpoint = file("cosigned-machine.checkpoint", &note.to_string());
    let key = file("cosigned-machine.vkey", &secret().verifier_key().to_string());
    let log = file("cosigned-machine.jsonl", &log);
    let with = ["--checkpoint", &checkpoint, "--key", &key, "--witness-key", &vkey(1)];
    let document = run(&[&["audit", &log, "--json"], &with[..]].concat()).json();
    let cosigned = &document["seal"]["cosigned_by"];
    assert_eq!(cosigned.as_array().unwrap().len(), 1, "{cosigned}");
    assert_eq!(cosigned[0]["time"], time);
    assert!(
        cosigned[0]["witness"]
            .as_str()
            .unwrap()
            .starts_with("witness.example.com/w1+")
    );
    assert!(cosigned[0]["age_seconds"].as_u64().unwrap() >= 90);
}

#[test]
fn a_checkpoint_without_a_cosignature_that_was_asked_for_or_with_a_false_one_is_refused() {
    let log = requested("managed_users", true);
    let (checkpoint, mut note) = checkpoint(&log);
    note.add(witness(1).cosign(&checkpoint, ago(60)));
    let [first, second] = [1, 2].map(vkey);
    let both = ["--witness-key", &first, "--witness-key", &second];
    each("missing", &log, &note, &both, |run| {
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        let said = "has not cosigned the checkpoint: fetch one that it has";
        assert!(
            run.stderr.contains("`witness.example.com/w2+") && run.stderr.contains(said),
            "{run:?}"
        );
    });
    let older = Checkpoint {
        size: checkpoint.size - 1,
        ..checkpoint
    };
    note.add(witness(1).cosign(&older, ago(60)));
    each("false", &log, &note, &["--witness-key", &first], |run| {
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(
            run.stderr.contains("the signature by `witness.example.com/w1+"),
            "{run:?}"
        );
    });
    let log_key = secret().verifier_key().to_string();
    each("kind", &log, &note, &["--witness-key", &log_key], |run| {
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("a log's key is of another kind"), "{run:?}");
    });
}
