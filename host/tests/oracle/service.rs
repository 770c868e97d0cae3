//! The oracle over HTTP.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use enterprise_credentials::oracle::{Oracle, REQUEST_BYTES_MAX};
use serde_json::Value;

use super::common::http::{Answer, Conversation, send};
use super::common::process::{PROGRAM, run};
use super::documented;

/// The program, listening. Killed when dropped.
pub(super) struct Service {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Service {
    pub(super) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["oracle", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://").unwrap();
        Self {
            process,
            address: address.parse().unwrap(),
        }
    }

    pub(super) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_as("", method, path, body)
    }

    pub(super) fn send_as(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        send(self.address, method, path, token, body, &[("User-Agent", "a suite")])
    }

    pub(super) fn ask(&self, request: &str) -> String {
        let answer = self.send("POST", "/oracle", request);
        assert_eq!(answer.status, 200, "{request}: {answer:?}");
        answer.body
    }

    pub(super) fn ask_json(&self, request: &Value) -> Value {
        serde_json::from_str(&self.ask(&request.to_string())).unwrap()
    }

    /// Sends a signal, as `-INT`, and gives the exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn http_answers_as_the_core_does() {
    let service = Service::start(&[]);
    let mut oracle = Oracle::new();
    for request in documented() {
        assert_eq!(service.ask(request), oracle.call(request));
    }
    let version = r#"{"call":"version"}"#;
    let longest = version.to_owned() + &" ".repeat(REQUEST_BYTES_MAX - version.len());
    for request in ["", "?", &longest, &format!("{longest} ")] {
        assert_eq!(service.ask(request), oracle.call(request));
    }
    assert!(service.ask(&longest).starts_with(r#"{"result":"#));
    assert_eq!(service.stop("-TERM"), Some(0));
}

#[test]
fn requests_may_follow_each_other_on_one_connection() {
    let service = Service::start(&[]);
    let mut connection = Conversation::new(service.address);
    for handle in 1..=3 {
        let begin = r#"{"call":"begin"}"#;
        let length = begin.len();
        let head = format!("POST /oracle HTTP/1.1\r\nHost: oracle\r\nContent-Length: {length}\r\n\r\n");
        let answer = connection.ask(format!("{head}{begin}").as_bytes());
        assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.json()["result"]["handle"], handle);
    }
    drop(connection);
    assert_eq!(service.stop("-INT"), Some(0));
}

#[test]
fn what_is_no_request_to_the_oracle_is_told_so() {
    let service = Service::start(&[]);
    let answer = service.send("GET", "/oracle", "");
    assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")));
    assert_eq!(service.send("POST", "/", "{}").status, 404);
}

#[test]
fn a_service_has_no_time_limit() {
    let refused = run(&["oracle", "--listen", "127.0.0.1:0", "--time-limit", "5"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("--listen") && told.contains("--time-limit"), "{told}");
}

#[test]
fn a_place_that_is_taken_is_named() {
    let service = Service::start(&[]);
    let address = service.address.to_string();
    let failed = run(&["oracle", "--listen", &address]);
    let told = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("cannot listen on `{address}`")), "{told}");
}
