//! The real request, and its real answer.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use enterprise_credentials::RevocationId;
use ureq::Agent;
use ureq::http::{self, HeaderMap, StatusCode};

use super::caller::Means;

/// Longer than any answer takes: nobody waits for a server that hangs.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How much of a token is shown: enough to know it by, too little to use.
const TOKEN_SHOWN: usize = 8;
/// What every request carries beside its token.
const HEADERS: [(&str, &str); 3] = [
    ("Accept", "application/vnd.github+json"),
    ("User-Agent", "enterprise-credentials-rehearsal"),
    ("X-GitHub-Api-Version", "2026-03-10"),
];
/// Of an answer's headers those that are shown.
const HEADERS_SHOWN: [&str; 4] = [
    "location",
    "x-github-request-id",
    "x-oauth-scopes",
    "x-accepted-oauth-scopes",
];

/// A request with a bearer token.
#[derive(Clone)]
pub(super) struct Request {
    url: String,
    token: String,
    described: String,
    /// What is posted; nothing is got.
    body: Option<String>,
}

impl Request {
    /// The request to revoke at this path.
    pub(super) fn revoke(address: SocketAddr, path: &str, means: &Means, body: String) -> Self {
        Self {
            url: format!("http://{address}{path}"),
            token: means.token.clone(),
            described: means.described.clone(),
            body: Some(body),
        }
    }

    /// How far a revocation is, asked at its `Location`.
    pub(super) fn progress(address: SocketAddr, location: &str, means: &Means) -> Self {
        Self {
            url: format!("http://{address}{location}"),
            token: means.token.clone(),
            described: means.described.clone(),
            body: None,
        }
    }

    pub(super) fn in_words(&self) -> String {
        let shown: String = self.token.chars().take(TOKEN_SHOWN).collect();
        let headers: String = HEADERS.map(|(name, value)| format!("  {name}: {value}\n")).concat();
        format!(
            "  POST {}\n  Authorization: Bearer {shown}…   ({})\n{headers}\n  {}\n",
            self.url,
            self.described,
            self.body.as_deref().unwrap_or_default()
        )
    }

    /// Sends it as any client would, and reads the whole answer.
    pub(super) async fn send(&self) -> Result<Answer> {
        let request = self.clone();
        let sent = tokio::task::spawn_blocking(move || request.send_blocking());
        let answer = sent.await.context("the request was not sent")?;
        answer.with_context(|| format!("`{}` does not answer", self.url))
    }

    fn send_blocking(&self) -> Result<Answer, ureq::Error> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT));
        let request = http::Request::builder()
            .uri(&self.url)
            .header("Authorization", format!("Bearer {}", self.token));
        let request = HEADERS
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        let agent = config.build().new_agent();
        let mut response = match &self.body {
            Some(body) => agent.run(request.method("POST").body(body.as_str())?)?,
            None => agent.run(request.body(())?)?,
        };
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string()?,
        })
    }
}

/// What the server said.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn body(&self) -> &str {
        &self.body
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.status == StatusCode::ACCEPTED
    }

    pub(super) fn is_server_error(&self) -> bool {
        self.status.is_server_error()
    }

    /// The id at the end of the `Location`.
    pub(super) fn revocation(&self) -> Result<RevocationId> {
        let id = self.location()?.rsplit('/').next().and_then(|id| id.parse().ok());
        Ok(RevocationId::new(
            id.context("the `Location` of the answer names no revocation")?,
        )?)
    }

    pub(super) fn in_words(&self, took: Duration) -> String {
        let mut words = format!("  {}, after {}\n", self.status, super::took(took));
        for name in HEADERS_SHOWN {
            for value in self.headers.get_all(name) {
                let value = String::from_utf8_lossy(value.as_bytes());
                words.push_str(&format!("  {name}: {value}\n"));
            }
        }
        words.push_str(&format!("\n  {}\n", self.body));
        words
    }

    pub(super) fn location(&self) -> Result<&str> {
        let location = self.headers.get("location").and_then(|value| value.to_str().ok());
        location.context("the answer has no `Location`")
    }
}
