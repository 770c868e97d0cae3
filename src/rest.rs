//! The operation's HTTP contract as pure functions: one request in; status, headers and body out, and the events to
//! append.
//!
//! `POST /enterprises/{enterprise}/credential-authorizations/revoke-all`, and the progress of what it began at the
//! `Location` of its 202. A host translates between its HTTP library and these types, and looks the token up:
//!
//! 1. [`bearer_token`] finds the token; the host finds whose it is, and reads that enterprise's state afresh.
//! 2. [`admit`] refuses, before the body is read, whoever may not ask.
//! 3. [`handle`] answers. The host appends [`Outcome::events`], where it expects [`Enterprise::position`], and only then
//!    sends [`Outcome::response`]. If someone else appended first, it reads afresh and asks again.
//!
//! Of several faults the one that comes first in the catalogue is answered, see [`Rule::http`]. Who may ask is settled
//! before the body is looked at, so that nobody learns what they may not know.
//!
//! ```
//! use enterprise_credentials::rest::{self, Request};
//!
//! let headers: [(&str, &[u8]); 2] = [("User-Agent", b"curl/8.5.0"), ("Authorization", b"Bearer ghp_unknown")];
//! let request = Request { enterprise: "octo-corp", headers: &headers, request_id: "C0FFEE" };
//! assert_eq!(rest::bearer_token(&headers), Some("ghp_unknown"));
//!
//! let outcome = rest::handle(&request, None, b"", "2026-03-10T09:00:00.000Z".parse()?);
//! assert_eq!(outcome.response.status, 401);
//! assert!(outcome.events.is_empty());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Headers
//!
//! Every response has `Content-Type`, `X-GitHub-Request-Id` and `X-GitHub-Media-Type`; a request that asks for a known API
//! version, or for none, is told which was selected. From the moment the token authenticates there are
//! `X-Accepted-OAuth-Scopes` and `X-Accepted-GitHub-Permissions`, and for a token that carries scopes, a classic PAT or an
//! OAuth app's, its own as `X-OAuth-Scopes`: never before, so that a dead token's scopes are not told. `Location` is on
//! the 202 alone, and so is [`IGNORED_KEYS`], which names keys of the body that look like a misspelt `revoke_credentials`: they
//! are ignored, so what they were to ask for is not done.

mod body;
mod exchange;
mod fault;
mod misspelling;
mod request;
mod response;

use alloc::vec::Vec;

use crate::command::{Command, RevokeAll};
use crate::event::Event;
use crate::id::RevocationId;
use crate::rest::exchange::Exchange;
use crate::rest::fault::Fault;
use crate::timestamp::Timestamp;

#[cfg(doc)]
use crate::{Enterprise, Rule};

pub use request::{API_VERSION_DEFAULT, API_VERSIONS, Presented, Request, bearer_token};
pub use response::{
    Response, headers_too_large, internal_error, key_of_the_future, malformed, method_not_allowed, not_found,
    not_implemented, request_timeout, too_many_requests, unavailable, uri_too_long,
};

/// The header of a 202 that names keys of the body which were ignored, and look like a misspelt `revoke_credentials`.
pub const IGNORED_KEYS: &str = "X-Ignored-Body-Keys";

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// To be appended before the response is sent; empty where the request was refused or is a repeated one.
    pub events: Vec<Event>,
    /// To be sent, once the events are stored.
    pub response: Response,
    /// When the first request under its key was recorded, where this one repeats it. A host whose clock shows an earlier time cannot
    /// tell that it does, and answers with [`key_of_the_future`].
    pub repeats: Option<Timestamp>,
}

/// Asks everything that can be decided before the body is read.
///
/// `presented` is absent where the request has no token, or one that the host does not know. `at` is
/// `max(clock, last_at)`, as for [`Enterprise::decide`].
///
/// # Errors
/// The response to send instead of reading the body.
pub fn admit(request: &Request<'_>, presented: Option<&Presented<'_>>, at: Timestamp) -> Result<(), Response> {
    let exchange = Exchange::new(request, presented, at);
    exchange.admit().map(|_| ()).map_err(|fault| exchange.refuse(&fault))
}

/// Answers `POST …/revoke-all`. Asks again what [`admit`] asks: a token may die while the body arrives, so the state is to
/// be read afresh after it. A host may also call this alone.
///
/// Of a longer body it is enough to give the first [`BODY_BYTES_MAX`](crate::limits::BODY_BYTES_MAX) + 1 bytes.
pub fn handle(request: &Request<'_>, presented: Option<&Presented<'_>>, body: &[u8], at: Timestamp) -> Outcome {
    let exchange = Exchange::new(request, presented, at);
    revoke_all(&exchange, body).unwrap_or_else(|fault| Outcome {
        events: Vec::new(),
        response: exchange.refuse(&fault),
        repeats: None,
    })
}

/// Answers `GET …/revocations/{id}`, for whoever may revoke: 200 with [`Progress`](crate::Progress) as JSON, or 404 for an
/// id that is none, or not this enterprise's.
///
/// `id` is the raw path segment. An `Idempotency-Key` is not read.
pub fn progress(request: &Request<'_>, presented: Option<&Presented<'_>>, id: &str, at: Timestamp) -> Response {
    let exchange = Exchange::new(request, presented, at);
    let answer = exchange.authorize().and_then(|presented| {
        // Rule::RevocationKnown
        let progress = id.parse().ok().and_then(|id| presented.enterprise.progress(id));
        progress.ok_or(Fault::RevocationUnknown)
    });
    match answer {
        Ok(progress) => exchange.respond(200, &progress),
        Err(fault) => exchange.refuse(&fault),
    }
}

fn revoke_all(exchange: &Exchange<'_>, body: &[u8]) -> Result<Outcome, Fault> {
    let (presented, idempotency_key) = exchange.admit()?;
    let enterprise = presented.enterprise;
    let request = RevokeAll {
        caller: presented.caller.clone(),
        revoke_credentials: body::revoke_credentials(body)?,
        idempotency_key,
    };
    let at = exchange.at;
    let repeated = enterprise.repeated_request(&request, at);
    let warned = enterprise.warns(&request, at);
    let decided = enterprise.decide(&Command::RevokeAll(request), at);
    let events = decided.map_err(Fault::Refused)?;
    let revocation = repeated.map_or(enterprise.position().next(), RevocationId::cut);
    let mut response = exchange.accept(revocation, warned);
    let near_misses = misspelling::near_misses(body);
    response.headers.extend(near_misses.map(|keys| (IGNORED_KEYS, keys)));
    let repeats = repeated.and_then(|first| enterprise.progress(first));
    Ok(Outcome {
        events,
        response,
        repeats: repeats.map(|first| first.requested_at),
    })
}
