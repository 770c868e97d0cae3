//! Asking the host.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ureq::Agent;

/// Longer than any answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A question, when it was asked and how it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) slug: String,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// 0 where there was no answer.
    pub(crate) status: u16,
    /// The position in `Location`.
    pub(crate) position: Option<u64>,
    pub(crate) body: String,
}

/// A client that keeps its connection.
pub(crate) struct Client {
    agent: Agent,
    address: SocketAddr,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build()
            .new_agent();
        Self { agent, address }
    }

    pub(crate) fn revoke_all(&self, slug: &str, token: &str, body: &str, key: Option<&str>) -> Told {
        let url = format!(
            "http://{}/enterprises/{slug}/credential-authorizations/revoke-all",
            self.address
        );
        let mut request = self.agent.post(url).header("Authorization", format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        told(slug, || request.send(body))
    }

    pub(crate) fn progress(&self, slug: &str, token: &str, position: u64) -> Told {
        let url = format!(
            "http://{}/enterprises/{slug}/credential-authorizations/revocations/{position}",
            self.address
        );
        let request = self.agent.get(url).header("Authorization", format!("Bearer {token}"));
        told(slug, || request.call())
    }

    pub(crate) fn health(&self) -> Told {
        let request = self.agent.get(format!("http://{}/healthz", self.address));
        told("", || request.call())
    }
}

fn told(slug: &str, ask: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Told {
    let began = Instant::now();
    let answer = ask();
    let (mut status, mut position, mut body) = (0, None, String::new());
    if let Ok(mut answer) = answer {
        status = answer.status().as_u16();
        let location = answer
            .headers()
            .get("location")
            .and_then(|location| location.to_str().ok());
        position = location.and_then(|location| location.rsplit('/').next()?.parse().ok());
        body = answer.body_mut().read_to_string().unwrap_or_default();
    }
    Told {
        slug: slug.to_owned(),
        began,
        ended: Instant::now(),
        status,
        position,
        body,
    }
}
