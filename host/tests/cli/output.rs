//! What becomes of a command whose output is not taken: it says so, and its exit code is still its answer.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use crate::store::imported;
use crate::{file, path, requested, sample, with_line};

const REFUSED: &str = r#"{"type":"RevokeAll","caller":{"person":6,"credential":6}}"#;
const NO_SPACE: &str = "error: cannot write to standard output: No space left on device (os error 28)\n";

fn run(arguments: &[&str], stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .output()
        .unwrap()
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// The exit code where nobody reads the output, and what is said then.
fn unread(arguments: &[&str]) -> (i32, String) {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let output = run(arguments, writer, Stdio::piped());
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Commands that print an answer to a question about a log.
fn questions(log: &str) -> Vec<Vec<&str>> {
    let destroy = r#"{"type":"DestroyCredential","credential":7}"#;
    let decide = vec!["decide", log, "--command", destroy];
    let questions = ["audit", "plan", "replay"];
    let in_words = questions.map(|question| vec![question, log]);
    let in_json = questions.map(|question| vec![question, log, "--json"]);
    [&in_words[..], &in_json[..], &[decide]].concat()
}

#[test]
fn output_that_cannot_be_written_is_named() {
    let log = file("output-full.jsonl", &sample("managed_users"));
    for arguments in [
        questions(&log),
        vec![vec!["generate", "--members", "1", "--credentials", "1"]],
    ]
    .concat()
    {
        let output = run(&arguments, full(), Stdio::piped());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(1), NO_SPACE),
            "{arguments:?}"
        );
    }
}

#[test]
fn an_import_that_cannot_say_so_is_done_and_says_that() {
    let log = file("output-import.jsonl", &sample("managed_users"));
    let store = format!("sqlite:{}", path("output-import.db").display());
    let output = run(&["import", "--store", &store, &log], full(), Stdio::piped());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("error: imported ") && said.contains("cannot write to standard output"),
        "{said}"
    );
    let export = ["export", "--store", &store, "--enterprise", "octo-corp"];
    let output = run(&export, full(), Stdio::piped());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), NO_SPACE);
}

#[test]
fn an_answer_that_is_not_read_to_its_end_is_the_same_answer() {
    let log = requested("managed_users", false);
    let clean = file("output-clean.jsonl", &log);
    let store = imported("output-unread", &log);
    let others: [&[&str]; 9] = [
        &["credentials", &clean],
        &["credentials", &clean, "--format", "jsonl"],
        &["explain", &clean, "--position", "9"],
        &["export", &clean, "--format", "ocsf"],
        &["verify", "--store", &store],
        &["repair", "--store", &store, "--from", &clean],
        &["import", "--store", &store, &clean],
        &["audit", "--help"],
        &["--version"],
    ];
    for arguments in questions(&clean).iter().map(Vec::as_slice).chain(others) {
        assert_eq!(unread(arguments), (0, String::new()), "{arguments:?}");
    }
    // Asked for by a member without the permission.
    let stranger = with_line(&log, log.lines().count(), |line| {
        line.replace(r#""person":2"#, r#""person":30"#)
    });
    assert_ne!(log, stranger);
    let findings = file("output-findings.jsonl", &stranger);
    for arguments in [vec!["audit", &findings], vec!["audit", &findings, "--json"]] {
        assert_eq!(unread(&arguments), (1, String::new()), "{arguments:?}");
    }
}

#[test]
fn a_stream_that_is_cut_short_is_not_whole_but_no_cause_for_complaint() {
    assert_eq!(unread(&["generate"]), (1, String::new()));
}

#[test]
fn a_refusal_that_cannot_be_shown_is_still_one() {
    let log = file("output-refused.jsonl", &sample("managed_users"));
    let output = run(&["decide", &log, "--command", REFUSED], Stdio::null(), full());
    assert_eq!(output.status.code(), Some(3));
}
