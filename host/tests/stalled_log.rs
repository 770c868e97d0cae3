//! A log that nobody reads holds nothing up, and says what it lost as soon as it is read again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::history::{History, TOKEN_MEMBER, TOKEN_OWNER};
use common::http::{get, revoke_all};
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
    let request = format!(
        "GET /enterprises/{SLUG}/credential-authorizations/revocations/1 HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\n\
         Authorization: Bearer {TOKEN_MEMBER}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(serve.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..requests {
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(status(&mut answers), 403);
    }
}

/// Reads one answer.
fn status(answers: &mut impl BufRead) -> u16 {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        match line.trim_end().split_once(' ') {
            Some(("HTTP/1.1", rest)) => status = rest.split(' ').next().unwrap().parse().unwrap(),
            Some(("content-length:", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    answers.read_exact(&mut vec![0; length]).unwrap();
    status
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
