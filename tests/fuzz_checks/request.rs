//! What must hold of any request to revoke all, whoever makes it.
//! The fuzz target and the replay of its corpus both call it.
//!
//! An input is text: which enterprise, when, how the body is filled up, and the slug in its first line; then the
//! headers, a line each; after an empty line the body. The token in `Authorization` says who calls.

#[path = "request_expected.rs"]
mod expected;
#[path = "request_json.rs"]
mod json;
#[path = "request_world.rs"]
mod world;

use std::sync::LazyLock;

use enterprise_credentials::limits::BODY_BYTES_MAX;
use enterprise_credentials::rest::{self, Outcome, Presented, Request, Response};
use enterprise_credentials::{AccessDenial, CredentialDenial, CredentialId, Enterprise, RevokeAll, Rule, Timestamp};
use serde_json::Value;

use crate::memory;
use expected::{Asked, Expected};
use world::{HOUR_MS, SLUG, World};

static WORLDS: LazyLock<[World; 3]> = LazyLock::new(World::all);

/// Gives the status of the answer.
pub(crate) fn check(input: &[u8]) -> u16 {
    let asked = Input::parse(input);
    let headers: Vec<_> = asked
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let token = rest::bearer_token(&headers);
    assert_eq!(token.map(str::as_bytes), expected::token(&headers));
    let world = &WORLDS[asked.world];
    let caller = token.and_then(world::caller);
    let at = Timestamp::from_milliseconds(world.at.milliseconds() + asked.later_ms).unwrap();
    let presented = caller.as_ref().map(|caller| Presented {
        enterprise: &world.enterprise,
        caller: caller.clone(),
    });
    let request = Request {
        path: rest::Path::revoke_all(&asked.slug),
        headers: &headers,
        request_id: "R1",
    };
    let asked = Asked {
        world,
        token: caller.as_ref().and(token),
        later_ms: asked.later_ms,
        slug: &asked.slug,
        headers: &headers,
        body: &asked.body,
    };
    progress(&request, presented.as_ref(), &asked, at);
    answers(&request, presented.as_ref(), &asked, at)
}

/// An input, taken apart. Every input is one: the fuzzer wastes none.
struct Input<'a> {
    world: usize,
    later_ms: i64,
    slug: String,
    headers: Vec<(String, &'a [u8])>,
    body: Vec<u8>,
}

impl<'a> Input<'a> {
    fn parse(input: &'a [u8]) -> Self {
        let (first, mut rest) = split_line(input);
        let choice = |place: usize| first.get(place).copied().unwrap_or(b'0');
        let slug = String::from_utf8_lossy(first.get(3..).unwrap_or_default()).into_owned();
        let mut headers = Vec::new();
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            rest = after;
            if line.is_empty() {
                break;
            }
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            let value = line.get(colon + 1..).unwrap_or_default();
            let name = String::from_utf8_lossy(&line[..colon]).into_owned();
            headers.push((name, value.strip_prefix(b" ").unwrap_or(value)));
        }
        let mut body = rest.to_vec();
        match choice(2) {
            b'=' => body.resize(body.len().max(BODY_BYTES_MAX), b' '),
            b'>' => body.resize(body.len().max(BODY_BYTES_MAX + 1), b' '),
            _ => {}
        }
        let later_ms = [0, HOUR_MS - 1, HOUR_MS, 24 * HOUR_MS - 1, 24 * HOUR_MS];
        Self {
            world: usize::from(choice(0)) % WORLDS.len(),
            later_ms: later_ms[usize::from(choice(1)) % later_ms.len()],
            slug: if slug.is_empty() { SLUG.into() } else { slug },
            headers,
            body,
        }
    }
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

fn answers(request: &Request<'_>, presented: Option<&Presented<'_>>, asked: &Asked<'_>, at: Timestamp) -> u16 {
    let bytes_read = asked.body.len()
        + asked
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>();
    let outcome = memory::bounded(bytes_read, || rest::handle(request, presented, asked.body, at));
    assert_eq!(
        rest::handle(request, presented, asked.body, at),
        outcome,
        "the same request, another answer"
    );
    let Outcome { events, response, .. } = &outcome;
    can_be_sent(response);
    assert_eq!(response.status == 202, response.refused_by.is_none());
    let admitted = rest::admit(request, presented, at);
    match asked.before_the_body() {
        Some(fault) => {
            is_refused(response, &fault);
            assert_eq!(admitted.as_ref(), Err(response), "two answers to one caller");
            let without_body = rest::handle(request, presented, b"", at);
            assert_eq!(without_body, outcome, "who may not ask learns about the body");
        }
        None => {
            assert_eq!(admitted, Ok(()));
            match asked.of_the_body() {
                Ok(revoke_credentials) => match asked.after_the_body(revoke_credentials) {
                    Some(fault) => is_refused(response, &fault),
                    None => is_accepted(&outcome, presented, asked, revoke_credentials, at),
                },
                Err(fault) => is_refused(response, &fault),
            }
        }
    }
    if response.status != 202 {
        assert!(events.is_empty());
        assert_eq!(header(response, "Location"), None);
    }
    response.status
}

/// The status is a documented one, the body is JSON, and the headers could be written on the wire.
fn can_be_sent(response: &Response) {
    assert!(
        matches!(response.status, 200 | 202 | 400 | 401 | 403 | 404 | 413 | 422),
        "{}",
        response.status
    );
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    if response.status >= 400 {
        assert_eq!(body["status"], response.status.to_string());
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
        let url = body["documentation_url"].as_str().unwrap();
        assert_eq!(url == "https://docs.github.com/rest", response.status == 401);
        assert!(url.starts_with("https://docs.github.com/rest"));
    }
    for (name, value) in &response.headers {
        assert!(
            value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()),
            "{name}: {value:?}"
        );
        assert_eq!(header(response, name), Some(value.as_str()), "{name} comes twice");
    }
    assert_eq!(
        header(response, "Content-Type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(header(response, "X-GitHub-Request-Id"), Some("R1"));
    let is_authenticated = header(response, "X-Accepted-OAuth-Scopes").is_some();
    assert!(response.status != 401 || !is_authenticated);
    assert!(is_authenticated || header(response, "X-OAuth-Scopes").is_none());
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut values = response
        .headers
        .iter()
        .filter(|(header, _)| header.eq_ignore_ascii_case(name));
    let value = values.next().map(|(_, value)| value.as_str());
    value.filter(|_| values.next().is_none())
}

fn is_refused(response: &Response, expected: &Expected) {
    let of_the_rule = response.refused_by.and_then(Rule::http).map(|http| http.status);
    assert_eq!(of_the_rule, Some(expected.status));
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let found = (response.status, body["message"].as_str().unwrap());
    match &expected.message {
        Some(message) => assert_eq!(found, (expected.status, message.as_str())),
        None => assert_eq!(found.0, expected.status, "{}", found.1),
    }
}

fn is_accepted(
    outcome: &Outcome,
    presented: Option<&Presented<'_>>,
    asked: &Asked<'_>,
    revoke_credentials: bool,
    at: Timestamp,
) {
    let (events, response) = (&outcome.events, &outcome.response);
    let Presented { enterprise, caller } = presented.unwrap();
    let enterprise = enterprise.enterprise();
    assert_eq!(response.status, 202, "{}", String::from_utf8_lossy(&response.body));
    let first = asked.first_under_the_key();
    assert_eq!(events.len(), usize::from(first.is_none()));
    let id = first.map_or(enterprise.position().value() + 1, |first| first.value());
    let location = format!("/enterprises/{SLUG}/credential-authorizations/revocations/{id}");
    assert_eq!(header(response, "Location"), Some(location.as_str()));

    let mut after = Enterprise::clone(enterprise);
    for recorded in enterprise.record(events.clone(), at, None) {
        after.apply(&recorded).unwrap();
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(body["message"], "Credential authorization revocation has been queued");
    let is_hit = caller
        .credential()
        .is_some_and(|credential| has_anything_pending(&after, credential, at));
    assert_eq!(body.get("warning").is_some(), is_hit);
    assert!(revoke_credentials || caller.credential().is_none_or(|id| after.authenticates(id, at).is_ok()));

    let again = RevokeAll {
        caller: caller.clone(),
        revoke_credentials,
        idempotency_key: asked.key().map(|key| key.parse_key()),
    };
    assert_eq!(
        after.repeated_request(&again, at).map(|id| id.cut().value()),
        again.idempotency_key.map(|_| id)
    );
}

/// As an access check sees it.
fn has_anything_pending(state: &Enterprise, credential: CredentialId, at: Timestamp) -> bool {
    let destruction = state.authenticates(credential, at);
    matches!(destruction, Err(CredentialDenial::DestructionPending { .. }))
        || state.organizations().any(|(organization, _)| {
            let used = state.may_use(credential, organization, at);
            matches!(used, Err(AccessDenial::RevocationPending { .. }))
        })
}

/// The body, for want of a path, is the id that is asked for.
fn progress(request: &Request<'_>, presented: Option<&Presented<'_>>, asked: &Asked<'_>, at: Timestamp) {
    let id = String::from_utf8_lossy(asked.body);
    let response = rest::progress(request, presented, &id, at);
    can_be_sent(&response);
    match asked.before_the_key() {
        Some(fault) => is_refused(&response, &fault),
        None => {
            let known = presented
                .unwrap()
                .enterprise
                .enterprise()
                .revocations()
                .any(|known| known.id.to_string() == id);
            assert_eq!(response.status, if known { 200 } else { 404 });
        }
    }
}
