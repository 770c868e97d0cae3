//! What is no log is refused by every command that reads one, with what it is and what to do.

use crate::store::imported;
use crate::{Run, file, path, requested, run, run_on, run_on_bytes, sample, with_line};

const COMMAND: &str = r#"{"type":"DestroyCredential","credential":7}"#;

/// What people give in place of a log, and a part of what they are told.
fn mistakes() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let log = sample("managed_users");
    let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let events: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = serde_json::to_string_pretty(&events[0]).unwrap();
    let document = run_on(&log, &["plan", "-", "--json"]).output();
    vec![
        (
            "gzip",
            b"\x1f\x8b\x08\0\0\0\0\0".to_vec(),
            "unpack it with `gzip -dc FILE`",
        ),
        (
            "zstd",
            b"\x28\xb5\x2f\xfd\x04".to_vec(),
            "unpack it with `zstd -dc FILE`",
        ),
        (
            "sqlite",
            b"SQLite format 3\0\x10\0".to_vec(),
            "with `--store sqlite:FILE",
        ),
        (
            "utf-16",
            [b"\xff\xfe".to_vec(), utf_16(&log)].concat(),
            "`iconv -f UTF-16",
        ),
        ("mark", [b"\xef\xbb\xbf", log.as_bytes()].concat(), "a byte order mark"),
        ("pretty", first.into_bytes(), "`jq -c . FILE` puts"),
        (
            "array",
            serde_json::to_vec(&events).unwrap(),
            "`jq -c '.[]' FILE` takes",
        ),
        ("document", document.into_bytes(), "give the log that it was made from"),
        (
            "broken-off",
            b"!! export broke off: no space\n".to_vec(),
            "export it again",
        ),
    ]
}

/// Every command that reads a log, from this file.
fn readers<'a>(log: &'a str, store: &'a str) -> Vec<Vec<&'a str>> {
    vec![
        vec!["audit", log],
        vec!["plan", log],
        vec!["replay", log],
        vec!["credentials", log],
        vec!["explain", log, "--position", "1"],
        vec!["decide", log, "--command", COMMAND],
        vec!["decide", log, "--command", COMMAND, "--explain"],
        vec!["export", log, "--format", "ocsf"],
        vec!["import", "--store", store, log],
        vec!["repair", "--store", store, "--from", log],
    ]
}

#[track_caller]
fn is_refused(run: &Run, said: &str, whatever: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{whatever:?}: {run:?}");
    assert!(
        run.stderr.starts_with("error: ") && run.stderr.contains(said) && run.stderr.lines().count() == 1,
        "{whatever:?}: {run:?}"
    );
}

#[test]
fn what_is_no_log_is_named_by_every_command_that_reads_one() {
    let store = imported("hints", &sample("managed_users"));
    for (name, bytes, said) in mistakes() {
        let path = path(&format!("hints-{name}"));
        std::fs::write(&path, &bytes).unwrap();
        let path = path.to_str().unwrap();
        for arguments in readers(path, &store) {
            is_refused(&run(&arguments), said, &arguments);
        }
        for arguments in readers("-", &store) {
            is_refused(&run_on_bytes(&bytes, &arguments), said, &arguments);
        }
        is_refused(&run(&["rehearse", "--history", path]), said, &["rehearse"]);
    }
}

#[test]
fn a_directory_and_an_empty_file_are_named() {
    let store = imported("hints-none", &sample("managed_users"));
    for arguments in readers(env!("CARGO_TARGET_TMPDIR"), &store) {
        is_refused(&run(&arguments), "it is a directory: name the log in it", &arguments);
    }
    let empty = file("hints-empty", "");
    for arguments in readers(&empty, &store) {
        let run = run(&arguments);
        match arguments[0] {
            // A command may be the first of a history, and a feed may be of nothing.
            "decide" => assert_eq!(run.code, 3, "{run:?}"),
            "export" => assert_eq!(run.output(), ""),
            _ => assert!(
                run.code == 1
                    && run.stdout.is_empty()
                    && (run.stderr.contains("no event") || run.stderr.contains("is empty")),
                "{run:?}"
            ),
        }
    }
}

#[test]
fn a_command_in_place_of_an_event_is_named_with_its_event() {
    let log = requested("managed_users", true);
    let store = imported("hints-command", &log);
    let mistaken = with_line(&log, log.lines().count(), |line| {
        line.replace("RevokeAllRequested", "RevokeAll")
    });
    let mistaken = file("hints-command.jsonl", &mistaken);
    for arguments in readers(&mistaken, &store) {
        if arguments[0] == "explain" {
            continue; // It reads as far as the event that is asked for.
        }
        let run = run(&arguments);
        let hint = "\nhint: `RevokeAll` is a command, and a log holds events: the event that it leads to is \
                    `RevokeAllRequested`.";
        assert!(run.code == 1 && run.stderr.contains(hint), "{arguments:?}: {run:?}");
        assert!(!run.stdout.contains("NO FINDINGS"), "{run:?}");
    }
}

#[test]
fn of_what_could_not_be_read_there_is_no_verdict() {
    let unreadable = run_on("no log\n", &["audit", "-"]);
    assert_eq!((unreadable.code, unreadable.stdout.as_str()), (1, ""));
    assert!(
        unreadable
            .stderr
            .starts_with("error: nothing can be audited: cannot read standard input: line 1"),
        "{unreadable:?}"
    );
    let document = run_on("no log\n", &["audit", "-", "--json"]);
    assert_eq!((document.code, &document.json()["complete"]), (1, &false.into()));
}
