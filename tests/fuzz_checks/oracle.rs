//! What must hold of any requests to an oracle, whoever writes them.
//! The fuzz target, the replay of its corpus and a random test all call it.
//!
//! An input is text: a request on each line, to one oracle that keeps an enterprise already, under handle 1.

use std::collections::BTreeSet;

use enterprise_credentials::oracle::Oracle;
use serde_json::Value;

/// An input has no more lines that are sent.
const REQUESTS_MAX: usize = 64;

const ENTERPRISE: &str = r#"{"call":"begin","events":[
{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"},
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"},
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"},
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued",
  "credential":901,"owner":7,"kind":"classic_pat","scopes":["admin:enterprise"]},
{"position":5,"at":"2026-03-10T09:00:00.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
]}"#;

/// The calls that may change what is kept.
const CHANGES: [&str; 5] = ["begin", "clone", "end", "apply", "carry_out"];

/// Gives the kinds of the errors, and the calls that had a result.
pub(crate) fn check(input: &[u8]) -> BTreeSet<String> {
    let mut oracle = Oracle::new();
    oracle.call(ENTERPRISE);
    let text = String::from_utf8_lossy(input);
    text.lines()
        .take(REQUESTS_MAX)
        .map(|request| answer(&mut oracle, request))
        .collect()
}

fn answer(oracle: &mut Oracle, request: &str) -> String {
    let before = everything(oracle);
    let answer = oracle.call(request);
    assert!(!answer.contains('\n'), "{answer}");
    let read: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
    if let Some(error) = read.get("error") {
        assert!(read.get("result").is_none(), "{answer}");
        assert!(
            error["message"].as_str().is_some_and(|message| !message.is_empty()),
            "{answer}"
        );
        assert_eq!(everything(oracle), before, "an error changes nothing: {answer}");
        return error["kind"].as_str().unwrap_or_default().to_owned();
    }
    assert!(read.get("result").is_some(), "{answer}");
    let request: Value = serde_json::from_str(request).unwrap_or_else(|error| panic!("{answer}: {error}"));
    assert_eq!(
        request.get("id").filter(|id| !id.is_null()).is_some(),
        read.get("id").is_some(),
        "{answer}"
    );
    let call = request["call"].as_str().unwrap_or_default();
    if !CHANGES.contains(&call) {
        assert_eq!(everything(oracle), before, "a question changes nothing: {call}");
    }
    call.to_owned()
}

/// The state of each enterprise that is kept, and of each that is not.
fn everything(oracle: &mut Oracle) -> Vec<String> {
    let states = 1..=oracle.last_handle();
    states
        .map(|handle| oracle.call(&format!(r#"{{"call":"snapshot","handle":{handle}}}"#)))
        .collect()
}
