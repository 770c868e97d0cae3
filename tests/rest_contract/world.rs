//! An enterprise built by commands, and requests to it.

use enterprise_credentials::rest::{self, Outcome, Presented, Request, Response};
use enterprise_credentials::{Caller, Command, Enterprise, Timestamp};
use serde_json::{Value, json};

pub(crate) const AGENT: (&str, &[u8]) = ("User-Agent", b"curl/8");
pub(crate) const SLUG: &str = "octo-corp";
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1000;

/// The owner's, with scope and living.
pub(crate) const CLASSIC: u64 = 901;
/// The same owner's, of an OAuth app.
pub(crate) const OAUTH: u64 = 902;
/// The same owner's, of a GitHub App.
pub(crate) const APP: u64 = 903;
/// The same owner's, which cannot call.
pub(crate) const FINE_GRAINED: u64 = 904;

pub(crate) struct World {
    pub(crate) enterprise: Enterprise,
    pub(crate) at: Timestamp,
}

impl World {
    /// Nothing has happened yet.
    pub(crate) fn empty() -> Self {
        let at = "2026-03-10T09:00:00.000Z".parse().unwrap();
        Self {
            enterprise: Enterprise::new(),
            at,
        }
    }

    /// Organization 3; owners 7 and 8; an API token of each kind of owner 7, none of them authorized.
    pub(crate) fn new(kind: &str) -> Self {
        let mut world = Self::empty();
        world.ask(json!({"type": "CreateEnterprise", "slug": SLUG, "kind": kind}));
        world.ask(json!({"type": "AddOrganization", "organization": 3, "login": "octo-org"}));
        world.ask(json!({"type": "AddMember", "member": 7, "login": "mona", "role": "owner"}));
        world.ask(json!({"type": "AddMember", "member": 8, "login": "hubot", "role": "owner"}));
        world.issue(CLASSIC, 7, "classic_pat", &["repo", "admin:enterprise"]);
        world.issue(OAUTH, 7, "oauth_app_user_token", &["admin:enterprise"]);
        world.issue(APP, 7, "github_app_user_token", &["enterprise_credentials=write"]);
        world.issue(FINE_GRAINED, 7, "fine_grained_pat", &["enterprise_credentials=write"]);
        world
    }

    pub(crate) fn managed() -> Self {
        Self::new("managed_users")
    }

    /// Decides, records and applies a command that must be accepted.
    pub(crate) fn ask(&mut self, command: Value) {
        let command: Command = serde_json::from_value(command).unwrap();
        let events = self.enterprise.decide(&command, self.at).unwrap();
        for recorded in self.enterprise.record(events, self.at, None) {
            self.enterprise.apply(&recorded).unwrap();
        }
    }

    pub(crate) fn issue(&mut self, credential: u64, owner: u64, kind: &str, scopes: &[&str]) {
        self.ask(json!({
            "type": "IssueCredential", "credential": credential, "owner": owner, "kind": kind, "scopes": scopes,
        }));
    }

    pub(crate) fn authorize(&mut self, credential: u64) {
        self.ask(json!({"type": "AuthorizeCredential", "credential": credential, "organization": 3}));
    }

    /// Runs every unfinished job to its end.
    pub(crate) fn finish_jobs(&mut self) {
        let pending: Vec<_> = self.enterprise.pending_revocations().collect();
        for revocation in pending {
            self.ask(json!({"type": "ContinueRevocation", "revocation": revocation, "limit": 1000}));
        }
    }

    pub(crate) fn wait(&mut self, milliseconds: i64) {
        self.at = Timestamp::from_milliseconds(self.at.milliseconds() + milliseconds).unwrap();
    }

    /// Answers a request to this enterprise and, as a host does, applies what it gave.
    pub(crate) fn post(&mut self, caller: Value, headers: &[(&str, &[u8])], body: &[u8]) -> Response {
        let Outcome { events, response, .. } = self.answer(Some(caller), SLUG, headers, body);
        for recorded in self.enterprise.record(events, self.at, None) {
            self.enterprise.apply(&recorded).unwrap();
        }
        response
    }

    pub(crate) fn answer(&self, caller: Option<Value>, slug: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Outcome {
        let presented = caller.map(|caller| self.presented(caller));
        rest::handle(&request(slug, headers), presented.as_ref(), body, self.at)
    }

    pub(crate) fn progress(&self, caller: Value, headers: &[(&str, &[u8])], id: &str) -> Response {
        rest::progress(&request(SLUG, headers), Some(&self.presented(caller)), id, self.at)
    }

    pub(crate) fn presented(&self, caller: Value) -> Presented<'_> {
        let caller: Caller = serde_json::from_value(caller).unwrap();
        Presented {
            enterprise: &self.enterprise,
            caller,
        }
    }
}

pub(crate) fn request<'a>(enterprise: &'a str, headers: &'a [(&'a str, &'a [u8])]) -> Request<'a> {
    Request {
        path: rest::Path::revoke_all(enterprise),
        headers,
        request_id: "R1",
    }
}

/// Owner 7 with one of the tokens.
pub(crate) fn with_token(credential: u64) -> Value {
    json!({"person": 7, "credential": credential})
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut values = response.headers.iter().filter(|(header, _)| *header == name);
    let value = values.next().map(|(_, value)| value.as_str());
    assert!(values.next().is_none(), "{name} comes twice");
    value
}

pub(crate) fn message(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    body["message"].as_str().unwrap().to_string()
}

pub(crate) fn is_warned(response: &Response) -> bool {
    assert_eq!(response.status, 202);
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    body.get("warning").is_some()
}

/// A response as it goes over the wire.
pub(crate) fn shown(response: &Response) -> String {
    let headers: String = response
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    format!(
        "{}\n{headers}\n{}",
        response.status,
        String::from_utf8_lossy(&response.body)
    )
}
