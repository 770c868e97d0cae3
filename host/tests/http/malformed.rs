//! Bytes that are no HTTP request, or an odd one, and what becomes of the connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::common::history::{TOKEN_MEMBER, TOKEN_OWNER};
use crate::common::http::{Answer, Conversation, raw, revoke_all_path};
use crate::common::wait_until;
use crate::running::{Running, SLUG};

/// A request for everything, up to its body.
fn head(token: &str, more: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer {token}\r\n{more}\r\n",
        revoke_all_path(SLUG)
    )
}

fn in_our_form(answer: &Answer, status: u16, message: &str) {
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (status, message),
        "{answer:?}"
    );
    assert!(answer.header("x-github-request-id").is_some(), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

#[test]
fn a_body_in_bad_chunks_or_cut_short_is_400_and_nothing_is_done() {
    let running = Running::new();
    for (headers, body) in [
        ("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "2\r\n{}"),
        ("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n"),
        ("Content-Length: 3\r\n", "{}"),
    ] {
        let mut conversation = Conversation::new(running.address);
        conversation.say(head(TOKEN_OWNER, headers).as_bytes());
        conversation.say(body.as_bytes());
        conversation.end();
        let answer = conversation.answer();
        in_our_form(&answer, 400, "Bad Request");
        assert_eq!(answer.header("connection"), Some("close"), "{body}");
        assert!(conversation.is_closed());
    }
    assert_eq!(running.requests(), 0);
}

#[test]
fn a_request_names_its_host_once() {
    let running = Running::new();
    for (request, status) in [
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200),
    ] {
        let mut conversation = Conversation::new(running.address);
        let answer = conversation.ask(request.as_bytes());
        assert_eq!(answer.status, status, "{request:?}");
        if status == 400 {
            in_our_form(&answer, 400, "Bad Request");
        }
    }
}

#[test]
fn a_body_in_another_coding_is_501_and_nothing_is_done() {
    let running = Running::new();
    for coding in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
    ] {
        let request = head(TOKEN_OWNER, &format!("{coding}\r\n")) + "2\r\n{}\r\n0\r\n\r\n";
        let answer = raw(running.address, request.as_bytes());
        in_our_form(&answer, 501, "Not Implemented");
        assert_eq!(answer.header("connection"), Some("close"));
    }
    assert_eq!(running.requests(), 0);
}

#[test]
fn what_is_no_request_is_answered_in_our_form_too() {
    let running = Running::new();
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: t\r\n\r\n", "x".repeat(70_000));
    let many_headers = format!("GET / HTTP/1.1\r\nHost: t\r\n{}\r\n", "X: y\r\n".repeat(200));
    for (bytes, status, message) in [
        ("\u{16}\u{3}\u{1}\0 not at all\r\n\r\n", 400, "Bad Request"),
        ("GET / HTTP/1.1\r\nHost t\r\n\r\n", 400, "Bad Request"),
        (
            "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
            400,
            "Bad Request",
        ),
        (
            "GET / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n\r\n",
            400,
            "Bad Request",
        ),
        (&long_path, 414, "URI Too Long"),
        (&many_headers, 431, "Request Header Fields Too Large"),
    ] {
        for before in ["GET", "HEAD"] {
            let mut conversation = Conversation::new(running.address);
            in_our_form(&conversation.ask(bytes.as_bytes()), status, message);

            // Also behind a request that is one, as the same bytes or later.
            let good = format!("{before} /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
            let mut conversation = Conversation::new(running.address);
            conversation.say(format!("{good}{bytes}").as_bytes());
            let answer = if before == "GET" {
                conversation.answer()
            } else {
                conversation.head()
            };
            assert_eq!(answer.status, 200);
            let answer = conversation.answer();
            in_our_form(&answer, status, message);
            assert_eq!(answer.header("connection"), Some("close"));
            assert!(answer.header("date").is_some());
            assert!(conversation.is_closed());
        }
    }
}

#[test]
fn a_connection_that_will_close_says_so() {
    let running = Running::impatient();
    let too_long = " ".repeat(64 * 1024 + 2);
    for (token, length, body, status) in [
        ("ghp_unknown", 2, "{}", 401),
        (TOKEN_MEMBER, 2, "{}", 403),
        (TOKEN_OWNER, 9, "{}", 408),
        (TOKEN_OWNER, too_long.len(), too_long.as_str(), 413),
    ] {
        let mut conversation = Conversation::new(running.address);
        let head = head(token, &format!("Content-Length: {length}\r\n"));
        conversation.say(head.as_bytes());
        conversation.say(body.as_bytes());
        let answer = conversation.answer();
        assert_eq!(
            (answer.status, answer.header("connection")),
            (status, Some("close")),
            "{answer:?}"
        );
        assert!(conversation.is_closed());
    }
}

#[test]
fn a_connection_that_stays_does_not_say_that_it_closes() {
    let running = Running::new();
    let mut conversation = Conversation::new(running.address);
    for (token, more, body, status) in [
        (TOKEN_OWNER, "Content-Length: 2\r\n", "{}", 202),
        (
            TOKEN_OWNER,
            "Transfer-Encoding: chunked\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
            202,
        ),
        (TOKEN_OWNER, "Content-Length: 2\r\n", "[]", 400),
        (TOKEN_MEMBER, "", "", 403),
        ("ghp_unknown", "", "", 401),
    ] {
        let answer = conversation.ask((head(token, more) + body).as_bytes());
        assert_eq!(
            (answer.status, answer.header("connection")),
            (status, None),
            "{answer:?}"
        );
    }
}

#[test]
fn a_stop_closes_the_connection_behind_the_answer_and_says_so() {
    let mut running = Running::new();
    running.switches.appends_wait.store(true, Ordering::SeqCst);
    let mut conversation = Conversation::new(running.address);
    conversation.say(head(TOKEN_OWNER, "Content-Length: 2\r\n").as_bytes());
    conversation.say(b"{}");
    let is_waiting = || running.switches.appends_waited.load(Ordering::SeqCst) > 0;
    wait_until("the request is being recorded", is_waiting);
    let stopping = running.runtime.spawn(running.host.take().unwrap().stop());
    let is_stopping = || std::net::TcpStream::connect(running.address).is_err();
    wait_until("nobody is accepted any more", is_stopping);
    // The connections learn of the stop just after that.
    std::thread::sleep(Duration::from_millis(300));
    running.switches.appends_wait.store(false, Ordering::SeqCst);
    let answer = conversation.answer();
    assert_eq!((answer.status, answer.header("connection")), (202, Some("close")));
    running.runtime.block_on(stopping).unwrap();
}

#[test]
fn a_misspelt_destruction_does_not_pass_for_one() {
    let running = Running::new();
    let answer = running.post(TOKEN_OWNER, r#"{"revoke-credentials":true}"#);
    assert_eq!(
        (answer.status, answer.header("x-ignored-body-keys")),
        (202, Some("revoke-credentials"))
    );
    let answer = running.post(TOKEN_OWNER, r#"{"revoke_credentials":false,"reason":"leak"}"#);
    assert_eq!((answer.status, answer.header("x-ignored-body-keys")), (202, None));
}
