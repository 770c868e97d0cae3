//! The file commands and the rehearsal, as a person runs them: the real program, its output and its exit codes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod audit;
mod audit_until;
mod backup;
mod cosigned;
mod counts;
mod credentials;
mod decide;
mod diff;
mod explain;
mod feeds;
mod generate;
mod help;
mod hints;
mod import;
mod import_inventory;
mod output;
mod plan;
mod reconcile;
mod rehearse;
mod repair;
mod replay;
mod schemas;
mod scope;
mod seal;
mod store;
mod stored;
mod terminal;
mod verify;

#[path = "../common/mod.rs"]
mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run of the program gave.
#[derive(Debug)]
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    /// The document that it printed, which is as its schema says.
    fn json(&self) -> Value {
        let document = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        schemas::validate(&document);
        document
    }

    /// The run was fine, and this is what it printed.
    fn output(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }
}

/// Runs the program with nothing on its standard input.
fn run(arguments: &[&str]) -> Run {
    run_on("", arguments)
}

/// Runs the program with this on its standard input.
fn run_on(stdin: &str, arguments: &[&str]) -> Run {
    run_on_bytes(stdin.as_bytes(), arguments)
}

/// The same where it is no text.
fn run_on_bytes(stdin: &[u8], arguments: &[&str]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_owned();
    // A program that stops reading early closes the pipe, which is no fault.
    let writer = std::thread::spawn(move || drop(input.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A small sample enterprise's log.
fn sample(kind: &str) -> String {
    run(&[
        "generate",
        "--members",
        "40",
        "--credentials",
        "300",
        "--seed",
        "7",
        "--kind",
        kind,
    ])
    .output()
}

/// A sample's log with a finished revocation behind it, requested by the owner with credential 2.
fn revoked(kind: &str, revoke_credentials: bool) -> String {
    let log = requested(kind, revoke_credentials);
    let revocation = log.lines().count();
    let job = format!(r#"{{"type":"ContinueRevocation","revocation":{revocation},"limit":100000}}"#);
    decided(log, &job)
}

/// A sample's log with a revocation behind it of which nothing is done yet.
fn requested(kind: &str, revoke_credentials: bool) -> String {
    let caller = r#"{"person":2,"credential":2}"#;
    let request = format!(r#"{{"type":"RevokeAll","caller":{caller},"revoke_credentials":{revoke_credentials}}}"#);
    decided(sample(kind), &request)
}

/// A log with the events behind it that a command leads to.
fn decided(log: String, command: &str) -> String {
    let events = run_on(&log, &["decide", "-", "--command", command, "--at", "2026-03-10"]).output();
    log + &events
}

/// Replaces a line, counted from 1.
fn with_line(log: &str, number: usize, change: impl Fn(&str) -> String) -> String {
    let lines = log.lines().enumerate();
    lines.map(|(index, line)| if index + 1 == number { change(line) } else { line.to_owned() } + "\n").collect()
}

/// A file in the tests' own directory.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{name}", std::process::id()))
}

/// A file with this in it.
fn file(name: &str, content: &str) -> String {
    let path = path(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
