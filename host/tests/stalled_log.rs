//! A log that nobody reads holds nothing up, and says what it lost as soon as it is read again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicU64, Ordering};

use common::history::{History, TOKEN_MEMBER, TOKEN_OWNER};
use common::http::{Conversation, get, get_head, revoke_all};
use common::process::{Serve, run_well};
use common::{Directory, wait_until};
use serde_json::Value;

const SLUG: &str = "octo-corp";
/// Each is a line of the log. A pipe holds some 300 of them, and the queue before it some 4,000.
const REQUESTS: u64 = 6_000;

fn with_unread_log() -> (Serve, Directory) {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    let serve = Serve::start_unread(&directory.store_url(), &["--log-format", "json"]);
    (serve, directory)
}

/// Requests that are refused to a token that authenticates, all on one connection: each is logged.
fn ask(serve: &Serve, requests: u64) {
    let path = format!("/enterprises/{SLUG}/credential-authorizations/revocations/1");
    let request = get_head(&path, TOKEN_MEMBER, "");
    let mut conversation = Conversation::new(serve.address);
    for _ in 0..requests {
        assert_eq!(conversation.ask(request.as_bytes()).status, 403);
    }
}

#[test]
fn a_host_whose_log_is_not_read_answers_and_stops() {
    let (serve, _directory) = with_unread_log();
    ask(&serve, REQUESTS);
    assert_eq!(revoke_all(serve.address, SLUG, TOKEN_OWNER, "", &[]).status, 202);
    assert_eq!(get(serve.address, "/healthz", "").status, 200);
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn a_log_that_is_read_again_says_how_many_lines_are_lost() {
    let (mut serve, _directory) = with_unread_log();
    ask(&serve, REQUESTS);
    let (written, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    let stderr = serve.stderr();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in BufReader::new(stderr).lines() {
                let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
                let is_request = line["message"] == "request";
                written.fetch_add(u64::from(is_request), Ordering::SeqCst);
                lost.fetch_add(line["lost"].as_u64().unwrap_or(0), Ordering::SeqCst);
            }
        });
        let accounted_for = || written.load(Ordering::SeqCst) + lost.load(Ordering::SeqCst);
        wait_until("every line is written or counted", || accounted_for() >= REQUESTS);
        assert_eq!(serve.terminate(), Some(0));
    });
    let (written, lost) = (written.into_inner(), lost.into_inner());
    assert!(written > 0 && lost > 0, "{written} written, {lost} lost");
    assert_eq!(written + lost, REQUESTS);
}
