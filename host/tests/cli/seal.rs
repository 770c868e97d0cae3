//! `seal`, and `audit --checkpoint`: whoever holds a checkpoint and a key is told of any other log.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, Note, SigningKey};

use crate::store::imported;
use crate::{Run, file, path, requested, revoked, run, run_on, sample, with_line};

const ORIGIN: &str = "credentials.example.com/octo-corp";

/// A key that is the same in each test, under the name of a log.
fn secret(origin: &str) -> SigningKey {
    SigningKey::from_seed(KeyName::new(origin).unwrap(), &[7; 32])
}

/// A file with the verifier key of that log.
fn key(name: &str, origin: &str) -> String {
    file(
        &format!("seal-{name}.vkey"),
        &format!("{}\n", secret(origin).verifier_key()),
    )
}

/// What is signed of the first `lines` of a log.
fn note(log: &str, lines: usize) -> Note {
    let mut frontier = Frontier::EMPTY;
    log.lines()
        .take(lines)
        .for_each(|line| frontier.push_line(line.as_bytes()).unwrap());
    assert_eq!(frontier.size(), lines as u64);
    Checkpoint::of(KeyName::new(ORIGIN).unwrap(), &frontier).sign(&[secret(ORIGIN)])
}

/// A file with that.
fn checkpoint(name: &str, log: &str, lines: usize) -> String {
    file(&format!("seal-{name}.checkpoint"), &note(log, lines).to_string())
}

fn refused(run: &Run, said: &str) {
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains(said), "`{said}` is not in: {}", run.stderr);
}

fn wrong_argument(run: &Run, said: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains(said), "`{said}` is not in: {}", run.stderr);
}

#[test]
fn a_key_is_made_once_for_its_owner_alone_and_shows_its_public_half() {
    let path = path("seal-made.key");
    let name = path.to_str().unwrap();
    let made = run(&["seal", "key", name, "--log", "credentials.example.com"]).output();
    let secret = fs::read_to_string(&path).unwrap();
    assert!(
        secret.starts_with("PRIVATE+KEY+credentials.example.com+"),
        "the form of other tools"
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let public = ["seal", "key", name, "--public", "--enterprise", "octo-corp"];
    let shown = run(&public).output();
    let expected = SigningKey::from_secret_text(&secret)
        .unwrap()
        .named(KeyName::new(ORIGIN).unwrap())
        .verifier_key();
    assert_eq!(shown, format!("{expected}\n"));
    let half = secret.trim_end().splitn(5, '+').nth(4).unwrap();
    assert!(
        !made.contains(half) && !shown.contains(half),
        "the secret is never printed"
    );

    let again = run(&["seal", "key", name, "--log", "credentials.example.com"]);
    refused(&again, "a key is never overwritten");
    assert_eq!(fs::read_to_string(&path).unwrap(), secret);
    let other = crate::path("seal-other.key");
    run(&[
        "seal",
        "key",
        other.to_str().unwrap(),
        "--log",
        "credentials.example.com",
    ])
    .output();
    assert_ne!(fs::read_to_string(other).unwrap(), secret, "no two are the same");

    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        refused(&run(&public), "others can read the key");
    }
}

#[test]
fn what_is_no_key_is_refused_without_a_word_of_it() {
    let path = path("seal-bad.key");
    let name = path.to_str().unwrap();
    fs::write(&path, "PRIVATE+KEY+credentials.example.com+00000000+AQECAwQ=\n").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let run_ = run(&["seal", "key", name, "--public", "--enterprise", "octo-corp"]);
    refused(&run_, "this is not a signing key: line 1 should be");
    assert!(!run_.stderr.contains("AQECAwQ="), "{}", run_.stderr);
    for arguments in [
        vec![name],
        vec![name, "--public"],
        vec![name, "--log", "credentials example"],
        vec![name, "--log", "x", "--public", "--enterprise", "octo-corp"],
        vec![name, "--public", "--enterprise", "Octo"],
    ] {
        let run = run(&[&["seal", "key"], &arguments[..]].concat());
        assert_eq!(run.code, 2, "{run:?}");
    }
}

#[test]
fn a_log_holds_if_it_is_the_sealed_one_or_goes_on_from_it() {
    let log = requested("managed_users", true);
    let lines = log.lines().count();
    let (url, name) = (imported("seal-holds", &log), file("seal-holds.jsonl", &log));
    let key = key("holds", ORIGIN);
    for (sealed, said) in [
        (
            lines,
            format!("HOLDS for lines 1 to {lines}, as `{ORIGIN}` was sealed; that is the whole log"),
        ),
        (lines - 1, "1 line behind them is NOT COVERED".to_owned()),
        (lines - 20, "20 lines behind them are NOT COVERED".to_owned()),
        (
            1,
            format!(
                "HOLDS for line 1, as `{ORIGIN}` was sealed; {} lines behind it are NOT COVERED",
                lines - 1
            ),
        ),
        (
            0,
            format!("HOLDS for no line, as `{ORIGIN}` was sealed; {lines} lines are NOT COVERED"),
        ),
    ] {
        let checkpoint = checkpoint(&format!("holds-{sealed}"), &log, sealed);
        let with = ["--checkpoint", &checkpoint, "--key", &key];
        let of_file = run(&[&["seal", "verify", &name], &with[..]].concat()).output();
        let of_stdin = run_on(&log, &[&["seal", "verify", "-"], &with[..]].concat()).output();
        let in_store = ["seal", "verify", "--store", &url, "--enterprise", "octo-corp"];
        let of_store = run(&[&in_store, &with[..]].concat()).output();
        assert!(
            of_file.contains("seal        HOLDS for ") && of_file.contains(&said),
            "{of_file}"
        );
        assert_eq!((&of_stdin, &of_store), (&of_file, &of_file));
    }
}

#[test]
fn any_other_log_is_named_by_what_is_wrong_with_it() {
    let log = sample("managed_users");
    let lines = log.lines().count();
    let (checkpoint, key) = (checkpoint("other", &log, lines), key("other", ORIGIN));
    let shorter = log
        .lines()
        .take(lines - 1)
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let differs = format!("its first {lines} lines have the root");
    for (other, said) in [
        (
            shorter,
            format!(
                "the log ends at line {}, but it had {lines} lines when it was sealed",
                lines - 1
            ),
        ),
        (String::new(), "the log ends at line 0".to_owned()),
        (with_line(&log, 2, |line| line.replace(":2,", ": 2,")), differs.clone()),
        (log.replace("octo_admin", "octo_admim"), differs.clone()),
        (log.replace('\n', "\r\n"), differs.clone()),
        (format!("\n{log}"), differs),
        ("x".repeat(100_000), "line 1 is longer than 65536 bytes".to_owned()),
    ] {
        for command in [vec!["seal", "verify"], vec!["audit"]] {
            let arguments = [&command[..], &["-", "--checkpoint", &checkpoint, "--key", &key]].concat();
            let run = run_on(&other, &arguments);
            assert_eq!(run.code, 1, "{run:?}");
            // What an audit cannot read is its first complaint.
            if command[0] == "seal" {
                assert!(run.stderr.contains(&said), "`{said}` is not in: {}", run.stderr);
                assert!(!run.stdout.contains("HOLDS"), "{}", run.stdout);
            }
        }
    }
}

#[test]
fn a_checkpoint_that_is_not_genuine_says_nothing_of_any_log() {
    let log = sample("managed_users");
    let name = file("seal-genuine.jsonl", &log);
    let lines = log.lines().count();
    let genuine = note(&log, lines).to_string();
    let key = key("genuine", ORIGIN);
    let stranger = self::key("stranger", "credentials.example.com/acme");
    let smaller = genuine.replace(&format!("\n{lines}\n"), "\n5\n");
    let relabelled = Note::sign(note(&log, lines).text(), &[secret("credentials.example.com/acme")]).unwrap();
    for (text, key, said) in [
        (smaller, &key, "is false: the text or the signature was altered"),
        (genuine.clone(), &stranger, "no signature is by a key that was given"),
        (
            relabelled.to_string(),
            &stranger,
            "but the signature is for `credentials.example.com/acme`",
        ),
    ] {
        let checkpoint = file("seal-genuine.checkpoint", &text);
        for command in [vec!["seal", "verify", &name], vec!["audit", &name]] {
            let run = run(&[&command[..], &["--checkpoint", &checkpoint, "--key", key]].concat());
            refused(&run, "the checkpoint is not genuine: ");
            refused(&run, said);
            assert_eq!(run.stdout, "");
        }
    }
    let no_note = file("seal-genuine.no-note", "size 7\n");
    let no_key = file("seal-genuine.no-key", &genuine);
    let empty = file("seal-genuine.empty", "");
    let checkpoint = file("seal-genuine.checkpoint-2", &genuine);
    for (checkpoint, key, said) in [
        (&no_note, &key, "this is not a signed note: line 2 should be"),
        (
            &checkpoint,
            &no_key,
            "line 1: this is not a verifier key: line 1 should be `name+id+key`",
        ),
        (&checkpoint, &empty, "it holds no key"),
        (&"/nonexistent".to_owned(), &key, "cannot read it"),
    ] {
        wrong_argument(
            &run(&["seal", "verify", &name, "--checkpoint", checkpoint, "--key", key]),
            said,
        );
    }
    assert_eq!(
        run(&["audit", &name, "--checkpoint", &checkpoint]).code,
        2,
        "a key is needed"
    );
    assert_eq!(run(&["audit", &name, "--key", &key]).code, 2, "a checkpoint is needed");
}

#[test]
fn a_file_may_hold_several_keys_and_a_checkpoint_several_signatures() {
    let log = sample("managed_users");
    let (name, lines) = (file("seal-several.jsonl", &log), log.lines().count());
    let next = SigningKey::from_seed(KeyName::new(ORIGIN).unwrap(), &[8; 32]);
    let both: Checkpoint = note(&log, lines).text().parse().unwrap();
    let both = both.sign(&[secret(ORIGIN), next.clone()]).to_string();
    let both = file("seal-several.checkpoint", &both);
    let (old, new) = (secret(ORIGIN).verifier_key(), next.verifier_key());
    for keys in [format!("{old}\n"), format!("{new}\n"), format!("{new}\n{old}\n")] {
        let keys = file("seal-several.vkey", &keys);
        let words = run(&["seal", "verify", &name, "--checkpoint", &both, "--key", &keys]).output();
        assert!(words.contains("HOLDS"), "{words}");
    }
}

#[test]
fn the_proof_of_a_line_is_checked_without_the_log() {
    let log = requested("managed_users", false);
    let lines = log.lines().count();
    let (name, url) = (file("seal-prove.jsonl", &log), imported("seal-prove", &log));
    let (sealed, key) = (checkpoint("prove", &log, lines - 3), key("prove", ORIGIN));
    for position in [1, 2, lines / 2, lines - 3] {
        let number = position.to_string();
        let proof = run(&["seal", "prove", &name, "--position", &number, "--checkpoint", &sealed]).output();
        let stored = [
            "--store",
            &url,
            "--enterprise",
            "octo-corp",
            "--position",
            &number,
            "--checkpoint",
            &sealed,
        ];
        assert_eq!(run(&[&["seal", "prove"], &stored[..]].concat()).output(), proof);
        let words = run_on(&proof, &["seal", "check", "-", "--key", &key]).output();
        assert!(
            words.contains("HOLDS: the sealed log has this line at position"),
            "{words}"
        );
        assert!(words.contains(log.lines().nth(position - 1).unwrap()), "{words}");

        let elsewhere = proof.replace(&format!("index {}", position - 1), &format!("index {position}"));
        refused(
            &run_on(&elsewhere, &["seal", "check", "-", "--key", &key]),
            "the proof is not genuine",
        );
        wrong_argument(
            &run_on(proof.trim_end(), &["seal", "check", "-", "--key", &key]),
            "should be a signature",
        );
    }
    let beyond = (lines - 2).to_string();
    let run_ = run(&["seal", "prove", &name, "--position", &beyond, "--checkpoint", &sealed]);
    refused(
        &run_,
        &format!("the checkpoint covers positions 1 to {}, not {beyond}", lines - 3),
    );
    assert_eq!(
        run(&["seal", "prove", &name, "--position", "0", "--checkpoint", &sealed]).code,
        2
    );
    assert_eq!(run(&["seal", "prove", &name, "--checkpoint", &sealed]).code, 2);
    let other = log.replace("octo_admin", "octo_admim");
    let run_ = run_on(
        &other,
        &["seal", "prove", "-", "--position", "7", "--checkpoint", &sealed],
    );
    refused(&run_, "does not lead to the checkpoint");
    assert_eq!(run_.stdout, "", "no proof that would show nothing");
}

#[test]
fn a_line_that_is_shown_does_nothing_to_a_terminal() {
    let log = "one\n\u{1b}[31mred\u{7}\nthree\n";
    let (sealed, key) = (checkpoint("escape", log, 3), key("escape", ORIGIN));
    let proof = run_on(log, &["seal", "prove", "-", "--position", "2", "--checkpoint", &sealed]).output();
    let words = run_on(&proof, &["seal", "check", "-", "--key", &key]).output();
    assert!(
        words.contains(r"\u{1b}[31mred\u{7}") && !words.contains('\u{1b}'),
        "{words}"
    );
}

#[test]
fn two_checkpoints_are_of_one_history_if_the_log_or_a_proof_shows_it() {
    let log = revoked("managed_users", true);
    let lines = log.lines().count();
    let (name, url, key) = (
        file("seal-compare.jsonl", &log),
        imported("seal-compare", &log),
        key("compare", ORIGIN),
    );
    let new = checkpoint("compare-new", &log, lines - 2);
    for old in [0, 1, 64, 100, lines - 3, lines - 2] {
        let old = checkpoint(&format!("compare-{old}"), &log, old);
        let proof = run(&["seal", "prove", &name, "--from", &old, "--checkpoint", &new]).output();
        let proof = file("seal-compare.proof", &proof);
        let compare = ["seal", "compare", &old, &new, "--key", &key];
        for by in [
            vec!["--log", &name],
            vec!["--proof", &proof],
            vec!["--store", &url, "--enterprise", "octo-corp"],
        ] {
            let words = run(&[&compare, &by[..]].concat()).output();
            assert!(words.contains("ONE: the log only grew"), "{words}");
        }
    }
    let (old, other) = (
        checkpoint("compare-100", &log, 100),
        checkpoint("compare-101", &log, 101),
    );
    let proof = run(&["seal", "prove", &name, "--from", &other, "--checkpoint", &new]).output();
    let proof = file("seal-compare-other.proof", &proof);
    let compare =
        |older: &str, newer: &str, by: &[&str]| run(&[&["seal", "compare", older, newer, "--key", &key], by].concat());
    refused(
        &compare(&old, &new, &[]),
        "give the log with `--log`, or a proof with `--proof`",
    );
    refused(
        &compare(&old, &new, &["--proof", &proof]),
        "the proof begins at 101 lines, but OLD has 100",
    );
    refused(
        &compare(&other, &old, &["--proof", &proof]),
        "a log of 100 lines cannot go on from one of 101",
    );
    let middle = checkpoint("compare-200", &log, 200);
    refused(
        &compare(&other, &middle, &["--proof", &proof]),
        "the proof leads to another checkpoint than NEW",
    );
    assert_eq!(compare(&old, &new, &["--proof", &proof, "--log", &name]).code, 2);
}

#[test]
fn two_histories_under_one_name_are_told_apart() {
    let log = revoked("managed_users", true);
    let forged = with_line(&log, 50, |line| line.replace("2025", "2024"));
    let lines = log.lines().count();
    let key = key("split", ORIGIN);
    let (old, new) = (
        checkpoint("split-old", &log, 100),
        checkpoint("split-new", &forged, lines),
    );
    let same_size = checkpoint("split-same", &forged, 100);
    let split = run(&["seal", "compare", &old, &same_size, "--key", &key]);
    refused(
        &split,
        "these are two histories: both have 100 lines, and not the same ones",
    );
    for log in [log, forged] {
        let run = run_on(&log, &["seal", "compare", &old, &new, "--key", &key, "--log", "-"]);
        refused(&run, "the log is not the one that was sealed");
        let run = run_on(&log, &["seal", "prove", "-", "--from", &old, "--checkpoint", &new]);
        refused(&run, "does not lead to the checkpoint");
    }
}

#[test]
fn an_audit_says_first_whether_the_log_is_the_sealed_one() {
    let log = revoked("managed_users", true);
    let lines = log.lines().count();
    let (sealed, key) = (checkpoint("audit", &log, lines - 1), key("audit", ORIGIN));
    let with = ["audit", "-", "--checkpoint", &sealed, "--key", &key];
    let words = run_on(&log, &with).output();
    let first: Vec<&str> = words.lines().take(4).collect();
    let holds = format!("`{ORIGIN}` was sealed; 1 line behind them is NOT COVERED");
    assert!(
        first[3].contains("seal         HOLDS") && first[3].ends_with(&holds),
        "{words}"
    );
    let document = run_on(&log, &[&with[..], &["--json"]].concat()).json();
    let seal = &document["seal"];
    assert_eq!((&seal["holds"], &seal["not_covered"]), (&true.into(), &1.into()));
    assert_eq!((&seal["origin"], &seal["size"]), (&ORIGIN.into(), &(lines - 1).into()));

    // Another owner is blamed: no rule is broken.
    let other = log.replace("octo_admin", "octo_admim");
    assert_eq!(run_on(&other, &["audit", "-"]).code, 0);
    let audit = run_on(&other, &with);
    refused(&audit, "the log is not the one that was sealed");
    assert!(
        audit.stdout.contains("seal         BROKEN") && !audit.stdout.contains("NO FINDINGS"),
        "{}",
        audit.stdout
    );
    let last = "  NOT THE LOG THAT WAS SEALED, though every event is one that the rules allow\n";
    assert!(audit.stdout.ends_with(last), "{}", audit.stdout);
    let document = run_on(&other, &[&with[..], &["--json"]].concat()).json();
    assert_eq!(document["seal"]["holds"], false);
    assert!(
        document["seal"]["fault"].as_str().unwrap().contains("have the root"),
        "{document}"
    );
    assert_eq!(run_on(&log, &["audit", "-", "--json"]).json().get("seal"), None);
}

#[test]
fn of_a_log_that_breaks_off_the_seal_tells_whether_it_was_sealed_so() {
    let whole = sample("managed_users");
    let broken = with_line(&whole, 50, |_| "{".to_owned());
    let (lines, key) = (whole.lines().count(), key("broken", ORIGIN));
    for (log, holds) in [(&broken, "seal         HOLDS"), (&whole, "seal         BROKEN")] {
        let sealed = checkpoint("broken", log, lines);
        let audit = run_on(&broken, &["audit", "-", "--checkpoint", &sealed, "--key", &key]);
        refused(&audit, "line 50");
        assert!(audit.stdout.contains(holds), "{}", audit.stdout);
    }
}
