//! The command `oracle`: requests and answers through pipes and over HTTP, and what a time limit does.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
mod openapi;
mod operations;
mod service;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use enterprise_credentials::oracle::{Oracle, REQUEST_BYTES_MAX};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The program, answering.
struct Program {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"));
        command.arg("oracle").args(arguments);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (requests, answers) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self {
            process,
            requests,
            answers,
        }
    }

    /// The answer, which is there before the next request is sent.
    fn ask(&mut self, request: &str) -> String {
        let mut requests = self.requests.as_ref().unwrap();
        requests.write_all(request.as_bytes()).unwrap();
        requests.write_all(b"\n").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "{request}: {answer}");
        answer.trim_end().to_owned()
    }

    fn ask_json(&mut self, request: &Value) -> Value {
        serde_json::from_str(&self.ask(&request.to_string())).unwrap()
    }

    /// Ends its requests: it ends, too.
    fn end(mut self) {
        drop(self.requests.take());
        let mut rest = String::new();
        self.answers.read_line(&mut rest).unwrap();
        assert_eq!((rest.as_str(), self.process.wait().unwrap().code()), ("", Some(0)));
    }
}

/// The requests that docs/oracle.md shows.
fn documented() -> Vec<&'static str> {
    let document = include_str!("../../../docs/oracle.md");
    let requests: Vec<_> = document.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    assert!(requests.len() > 20, "the examples are not found");
    requests
}

#[test]
fn a_pipe_answers_as_the_core_does_with_a_time_limit_and_without() {
    for arguments in [&[][..], &["--time-limit", "600000"]] {
        let mut program = Program::start(arguments);
        let mut oracle = Oracle::new();
        for request in documented() {
            assert_eq!(program.ask(request), oracle.call(request));
        }
        assert_eq!(program.ask(""), oracle.call(""));
        let too_long = "x".repeat(REQUEST_BYTES_MAX + 10);
        assert_eq!(program.ask(&too_long), oracle.call(&too_long));
        program.end();
    }
}

/// A change of the corpus is a decision: docs/decisions/0068.
#[test]
fn the_corpus_is_the_one_that_a_decision_names() {
    let corpus = include_bytes!("../../../corpus/corpus.jsonl");
    let sum: String = Sha256::digest(corpus)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let decision = include_str!("../../../docs/decisions/0068-a-corpus-that-is-drawn-once.md");
    let last = decision.lines().rfind(|line| line.starts_with("| ")).unwrap();
    assert!(
        last.contains(&format!("`{sum}`")),
        "say in docs/decisions/0068 why the corpus is now {sum}"
    );
}

/// As many events as a request holds: more than any machine reads in a millisecond.
fn heavy() -> Value {
    let at = "2026-03-10T09:00:00.000Z";
    let mut lines = format!(
        "{}\n",
        json!({"position": 1, "at": at, "type": "EnterpriseCreated", "slug": "octo-corp", "kind": "managed_users"})
    );
    for position in 2.. {
        let line = json!({
            "position": position, "at": at, "type": "OrganizationAdded", "organization": position,
            "login": format!("o{position}"),
        });
        if lines.len() > REQUEST_BYTES_MAX / 2 {
            break;
        }
        lines += &format!("{line}\n");
    }
    json!({"id": "heavy", "call": "begin", "lines": lines})
}

#[test]
fn what_takes_too_long_has_an_error_and_the_next_request_an_answer() {
    let mut program = Program::start(&["--time-limit", "1"]);
    let answer = program.ask_json(&heavy());
    assert_eq!(
        (&answer["id"], &answer["error"]["kind"]),
        (&json!("heavy"), &json!("time_limit")),
        "{answer}"
    );
    // A slow machine may take longer than a millisecond for anything.
    let asked = (0..1000).map(|id| program.ask_json(&json!({"id": id, "call": "end", "handle": 1})));
    let answered = asked
        .into_iter()
        .find(|answer| answer["error"]["kind"] != "time_limit")
        .unwrap();
    assert_eq!(answered["error"]["kind"], "unknown_handle", "{answered}");
    program.end();
}

#[test]
fn a_process_that_died_is_told_and_its_handles_name_nothing_new() {
    let mut program = Program::start(&["--time-limit", "600000"]);
    assert_eq!(program.ask_json(&json!({"call": "begin"}))["result"]["handle"], 1);
    let id = program.process.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let killed = Command::new("kill").args(["-9", children.trim()]).status().unwrap();
    assert!(killed.success(), "{children}");
    let answer = program.ask_json(&json!({"id": 5, "call": "begin"}));
    assert_eq!(
        (&answer["id"], &answer["error"]["kind"]),
        (&json!(5), &json!("died")),
        "{answer}"
    );
    let begun = program.ask_json(&json!({"call": "begin"}));
    assert!(begun["result"]["handle"].as_u64() > Some(1), "{begun}");
    let lost = program.ask_json(&json!({"call": "end", "handle": 1}));
    assert_eq!(lost["error"]["kind"], "unknown_handle");
    program.end();
}

#[cfg(not(feature = "wrong"))]
#[test]
fn a_build_without_wrong_cores_says_how_to_get_them() {
    for arguments in [&["--list-wrong"][..], &["--wrong", "ExpiresLate"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"));
        let run = command.arg("oracle").args(arguments).output().unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(!run.status.success() && told.contains("`--features wrong`"), "{told}");
    }
}

#[cfg(feature = "wrong")]
mod wrong {
    use super::service::Service;
    use super::{Program, json};
    use enterprise_credentials_testkit::wrong::CORES;
    use std::process::Command;

    #[test]
    fn every_wrong_core_is_listed_and_speaks() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"));
        let run = command.args(["oracle", "--list-wrong"]).output().unwrap();
        let listed = String::from_utf8(run.stdout).unwrap();
        assert_eq!(listed.lines().count(), CORES.len());
        for (line, core) in listed.lines().zip(CORES) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let expected = json!({
                "name": core.name, "wrong": core.wrong, "breaks": core.breaks.to_string(),
                "seen_by_compare": core.is_seen_by_compare(),
            });
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_wrong_core_speaks_with_a_time_limit_and_without() {
        let issue = json!([
            {"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"},
            {"type": "AddMember", "member": 7, "login": "mona", "role": "owner"},
            {
                "type": "IssueCredential", "credential": 9, "owner": 7, "kind": "classic_pat",
                "expires_at": "2026-03-10T10:00:00.000Z",
            },
        ]);
        for (arguments, honoured) in [
            (&[][..], false),
            (&["--wrong", "HonoursTheExpired"], true),
            (&["--wrong", "HonoursTheExpired", "--time-limit", "600000"], true),
        ] {
            let mut program = Program::start(arguments);
            program.ask_json(&json!({"call": "begin"}));
            for command in issue.as_array().unwrap() {
                let at = "2026-03-10T09:00:00.000Z";
                let done = program.ask_json(&json!({"call": "carry_out", "handle": 1, "at": at, "command": command}));
                assert!(done["result"]["accepted"].is_object(), "{done}");
            }
            let at = "2026-03-10T10:00:00.000Z";
            let access = program.ask_json(&json!({"call": "access", "handle": 1, "at": at, "credential": 9}));
            assert_eq!(
                access["result"]["authenticates"]["allowed"], honoured,
                "{arguments:?}: {access}"
            );
            program.end();
        }
    }

    #[test]
    fn a_wrong_core_speaks_over_http() {
        let service = Service::start(&["--wrong", "NamesTwo"]);
        service.ask_json(&json!({"call": "begin"}));
        for command in [
            json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}),
            json!({"type": "AddMember", "member": 7, "login": "mona", "role": "owner"}),
            json!({"type": "AddMember", "member": 8, "login": "mona", "role": "owner"}),
        ] {
            let at = "2026-03-10T09:00:00.000Z";
            let done = service.ask_json(&json!({"call": "carry_out", "handle": 1, "at": at, "command": command}));
            assert!(done["result"]["accepted"].is_object(), "{done}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_where_to_look() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"));
        let run = command.args(["oracle", "--wrong", "Nobody"]).output().unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.code() == Some(2) && told.contains("--list-wrong"), "{told}");
    }
}
