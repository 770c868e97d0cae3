//! Asking a host over HTTP: with a client as anyone would use it, and byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use ureq::Agent;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_string()
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build()
        .new_agent()
}

pub(crate) fn revoke_all_path(slug: &str) -> String {
    format!("/enterprises/{slug}/credential-authorizations/revoke-all")
}

/// `POST …/revoke-all` with a bearer token, a body, and more headers.
pub(crate) fn revoke_all(address: SocketAddr, slug: &str, token: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
    try_revoke_all(address, slug, token, body, headers).unwrap()
}

/// The same, where the host may die meanwhile.
pub(crate) fn try_revoke_all(
    address: SocketAddr,
    slug: &str,
    token: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, ureq::Error> {
    let mut request = agent()
        .post(format!("http://{address}{}", revoke_all_path(slug)))
        .header("Authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request.send(body)?)
}

/// `GET` with a bearer token.
pub(crate) fn get(address: SocketAddr, path: &str, token: &str) -> Answer {
    let request = agent().get(format!("http://{address}{path}"));
    answer(
        request
            .header("Authorization", format!("Bearer {token}"))
            .call()
            .unwrap(),
    )
    .unwrap()
}

/// Any request with a bearer token and more headers; with a body if there is one to send.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .header("Authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = if body.is_empty() {
        agent().run(request.body(()).unwrap())
    } else {
        agent().run(request.body(body).unwrap())
    };
    answer(sent.unwrap()).unwrap()
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let headers = response.headers().iter();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_string()))
            .collect(),
        body: response.body_mut().read_to_string()?,
    })
}

/// Sends exactly these bytes and reads until the host closes the connection. The host may close it before all is sent.
pub(crate) fn raw(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&String::from_utf8(bytes).unwrap())
}

fn parse(response: &str) -> Answer {
    let (head, body) = response
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no head: {response:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    Answer {
        status,
        headers: headers.map(|(name, value)| (name.into(), value.into())).collect(),
        body: body.to_string(),
    }
}

/// One connection, on which one request follows the other.
#[derive(Debug)]
pub(crate) struct Conversation(BufReader<TcpStream>);

impl Conversation {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends exactly these bytes, and reads the answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Answer {
        self.say(request);
        self.answer()
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Says that nothing more will be said.
    pub(crate) fn end(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Whether the host has nothing more to say either, and closes the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }

    /// Reads the next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// Reads the next answer, which has no body.
    pub(crate) fn head(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "the host hung up: {head:?}");
        }
        parse(&head)
    }
}

/// The head of a `GET`, with a bearer token and more lines.
pub(crate) fn get_head(path: &str, token: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer {token}\r\n{more}\r\n")
}
