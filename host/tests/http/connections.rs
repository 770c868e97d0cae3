//! Paths, methods, and bytes that come slowly or in pieces.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::common::history::TOKEN_OWNER;
use crate::common::http::{get, raw, revoke_all, revoke_all_path};
use crate::common::wait_until;
use crate::running::{Running, SLUG};

const NOT_FOUND: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#;

#[test]
fn a_chunked_body_is_read_and_limited_alike() {
    let running = Running::new();
    let chunked = |chunks: &[&str]| {
        let mut request = format!(
            "POST {} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nConnection: close\r\n\
             Authorization: token {TOKEN_OWNER}\r\nTransfer-Encoding: chunked\r\n\r\n",
            revoke_all_path(SLUG)
        );
        for chunk in chunks {
            request.push_str(&format!("{:x}\r\n{chunk}\r\n", chunk.len()));
        }
        request.push_str("0\r\n\r\n");
        raw(running.address, request.as_bytes())
    };
    assert_eq!(chunked(&[r#"{"revoke_"#, r#"credentials":"#, "false}"]).status, 202);
    assert_eq!(chunked(&[&" ".repeat(40_000), &" ".repeat(25_537)]).status, 413);
}

#[test]
fn a_body_that_does_not_arrive_is_408_and_nothing_is_done() {
    let running = Running::impatient();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer {TOKEN_OWNER}\r\n\
         Content-Length: 100\r\n\r\n{{",
        revoke_all_path(SLUG)
    );
    let answer = raw(running.address, request.as_bytes());
    assert_eq!((answer.status, answer.message().as_str()), (408, "Request Timeout"));
    assert_eq!(running.requests(), 0);
}

#[test]
fn a_head_that_does_not_arrive_ends_the_connection() {
    let running = Running::impatient();
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.write_all(b"POST /enterprises/").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    let ended = std::io::Read::read_to_end(&mut stream, &mut rest);
    assert!(ended.is_ok(), "the connection stayed open: {ended:?}");
}

#[test]
fn what_was_asked_in_full_is_done_even_if_the_caller_hangs_up() {
    let running = Running::new();
    for asked in 1..=10 {
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer {TOKEN_OWNER}\r\n\r\n",
            revoke_all_path(SLUG)
        );
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
        wait_until("the request is recorded", || running.requests() == asked);
    }
}

#[test]
fn a_slug_may_be_percent_encoded() {
    let running = Running::new();
    let answer = revoke_all(running.address, "octo%2Dcorp", TOKEN_OWNER, "", &[]);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(
        answer
            .header("location")
            .unwrap()
            .starts_with("/enterprises/octo-corp/")
    );
}

#[test]
fn unknown_paths_are_404_and_other_methods_405() {
    let running = Running::new();
    for path in [
        "/",
        "/enterprises",
        "/enterprises/octo-corp/credential-authorizations/revoke-all/",
        "/metrics",
    ] {
        let answer = running.raw(&format!("GET {path}"), &[]);
        assert_eq!((answer.status, answer.body.as_str()), (404, NOT_FOUND), "{path}");
    }
    for (line, allow) in [
        (format!("GET {}", revoke_all_path(SLUG)), "POST"),
        ("POST /healthz".to_string(), "GET, HEAD"),
        (
            format!("DELETE /enterprises/{SLUG}/credential-authorizations/revocations/1"),
            "GET, HEAD",
        ),
    ] {
        let answer = running.raw(&line, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
        assert_eq!(answer.message(), "Method Not Allowed");
    }
}

#[test]
fn every_response_has_a_request_id_of_its_own() {
    let running = Running::new();
    let mut ids: Vec<String> = [
        running.post(TOKEN_OWNER, ""),
        running.post("ghp_unknown", ""),
        running.raw("GET /nowhere", &[]),
        running.raw("POST /healthz", &[]),
        get(running.address, "/healthz", ""),
    ]
    .iter()
    .map(|answer| answer.header("x-github-request-id").unwrap().to_string())
    .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn a_stopped_host_takes_no_more_requests() {
    let mut running = Running::new();
    let address = running.address;
    let host = running.host.take().unwrap();
    running.runtime.block_on(host.stop());
    assert!(TcpStream::connect(address).is_err());
}
