//! The HTTP contract of the operations as pure functions. A request goes in. Status, headers, body and the events to
//! append come out.
//!
//! [`Operation`] is the table of all ten. Eight of them revoke. Each answers 202 with a `Location`, where the progress
//! of the revocation is. At an organization there are also the list of its authorizations and the removal of one. A
//! host routes by the table, translates between its HTTP library and these types, and looks the token up:
//!
//! 1. [`bearer_token`] finds the token; the host finds whose it is, and reads that enterprise's state afresh.
//! 2. [`admit`] refuses, before the body is read, whoever may not ask.
//! 3. [`handle`] answers; to list, [`list`]. The host appends [`Outcome::events`] in the name of [`Outcome::by`], where
//!    it expects [`Enterprise::position`], and only then sends [`Outcome::response`]. If someone else appended first,
//!    it reads afresh and asks again.
//!
//! If a request has several faults, the answer names the first one in the catalogue's order, see [`Rule::http`]. Who
//! may ask is settled before the body is looked at. So nobody learns what they may not know.
//!
//! ```
//! use enterprise_credentials::rest::{self, Path, Request};
//!
//! let headers: [(&str, &[u8]); 2] = [("User-Agent", b"curl/8.5.0"), ("Authorization", b"Bearer ghp_unknown")];
//! let request = Request { path: Path::revoke_all("octo-corp"), headers: &headers, request_id: "C0FFEE" };
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
//! Every response has `Content-Type`, `X-GitHub-Request-Id` and `X-GitHub-Media-Type`. If a request asks for a known
//! API version, or for none, the response says which was selected.
//!
//! Once the token authenticates, the response has `X-Accepted-OAuth-Scopes` and `X-Accepted-GitHub-Permissions`. If the
//! token carries scopes (a classic PAT, or an OAuth app's token), `X-OAuth-Scopes` names them. It is never there
//! earlier, so that nobody learns the scopes of a dead token.
//!
//! Only the 202 has `Location` and [`IGNORED_KEYS`]. The latter names keys of the body that look like an option and are
//! not read: what they were to ask for is not done. Only the list has `Link`.

mod body;
mod decider;
mod exchange;
mod fault;
mod listing;
mod misspelling;
mod operation;
mod query;
mod request;
mod response;

use alloc::vec::Vec;

use crate::command::{Command, Requested};
use crate::event::{Actor, Event};
use crate::id::RevocationId;
use crate::rest::exchange::Exchange;
use crate::rest::fault::Fault;
use crate::timestamp::Timestamp;

#[cfg(doc)]
use crate::{Enterprise, Rule};

pub use decider::Decider;
pub use listing::{ListedPage, Listing, list};
pub use operation::{Operation, Place};
pub use request::{API_VERSION_DEFAULT, API_VERSIONS, Path, Presented, Request, bearer_token};
pub use response::{
    Response, headers_too_large, internal_error, key_of_the_future, malformed, method_not_allowed, not_found,
    not_implemented, request_timeout, too_many_requests, unavailable, uri_too_long,
};

/// The header of a 202 that names keys of the body which were ignored, and look like an option.
pub const IGNORED_KEYS: &str = "X-Ignored-Body-Keys";

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// To be appended before the response is sent; empty where the request was refused or is a repeated one.
    pub events: Vec<Event>,
    /// Whom the events' envelopes name as the cause: the caller, for a single command.
    /// A request to revoke names its requester itself.
    pub by: Option<Actor>,
    /// To be sent, once the events are stored.
    pub response: Response,
    /// When the first request under its key was recorded, where this one repeats it. A host whose clock shows an
    /// earlier time cannot tell that it does, and answers with [`key_of_the_future`].
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
    exchange.admit().map(drop).map_err(|fault| exchange.refuse(&fault))
}

/// Asks whether the caller may ask for anything where the path says: for what a host serves beside the operations. An
/// `Idempotency-Key` is not read, and of the path only the operation's place and its owner.
///
/// # Errors
/// The response to send to whoever may not.
pub fn authorize(request: &Request<'_>, presented: Option<&Presented<'_>>, at: Timestamp) -> Result<(), Response> {
    let exchange = Exchange::new(request, presented, at);
    exchange.authorize().map(drop).map_err(|fault| exchange.refuse(&fault))
}

/// Answers every operation but the list. Asks again what [`admit`] asks: a token may die while the body arrives, so the
/// state is to be read afresh after it. A host may also call this alone.
///
/// Of a longer body it is enough to give the first [`BODY_BYTES_MAX`](crate::limits::BODY_BYTES_MAX) + 1 bytes. That of
/// [`Operation::Remove`] is not read.
pub fn handle(request: &Request<'_>, presented: Option<&Presented<'_>>, body: &[u8], at: Timestamp) -> Outcome {
    let exchange = Exchange::new(request, presented, at);
    let outcome = match exchange.operation() {
        Operation::Remove => remove(&exchange),
        operation if operation.is_revocation() => revoke(&exchange, body),
        _ => Ok(Outcome::of(not_found(request.request_id))),
    };
    outcome.unwrap_or_else(|fault| Outcome::of(exchange.refuse(&fault)))
}

impl Outcome {
    /// An answer with nothing to append.
    const fn of(response: Response) -> Self {
        Self {
            events: Vec::new(),
            by: None,
            response,
            repeats: None,
        }
    }
}

/// Answers `GET …/revocations/{id}`, for whoever may revoke there: 200 with [`Progress`](crate::Progress) as JSON, or
/// 404 for an id that is none, or not one of this enterprise, or at an organization not one of its own.
///
/// `id` is the raw path segment. An `Idempotency-Key` is not read,
/// and of the path only the operation's place and its owner.
pub fn progress(request: &Request<'_>, presented: Option<&Presented<'_>>, id: &str, at: Timestamp) -> Response {
    let exchange = Exchange::new(request, presented, at);
    let answer = exchange.authorize().and_then(|presented| {
        // Rule::RevocationKnown
        let progress = id.parse().ok().and_then(|id| presented.enterprise().progress(id));
        let organization = exchange.organization(presented);
        let is_its_own = |of: Option<_>| organization.is_none() || organization == of;
        progress
            .filter(|progress| is_its_own(progress.organization))
            .ok_or(Fault::RevocationUnknown)
    });
    match answer {
        Ok(progress) => exchange.respond(200, &progress),
        Err(fault) => exchange.refuse(&fault),
    }
}

/// Answers the operations that revoke.
fn revoke(exchange: &Exchange<'_>, body: &[u8]) -> Result<Outcome, Fault> {
    let admitted = exchange.admit()?;
    let (operation, at) = (exchange.operation(), exchange.at);
    let options = body::options(operation, body)?;
    let decider = admitted.presented.enterprise;
    let enterprise = decider.enterprise();
    let request = Requested {
        caller: &admitted.presented.caller,
        organization: admitted.organization,
        person: admitted.person,
        credential_type: options.credential_type,
        revoke_credentials: options.revoke_credentials,
        idempotency_key: admitted.idempotency_key.as_ref(),
    };
    let repeated = enterprise.repeated_request(request, at);
    let loss = enterprise.own_loss(request, at);
    let loss = loss.filter(|_| decider.may_warn(request, at));
    let decided = decider.decide(&request.command(), at);
    let events = decided.map_err(Fault::Refused)?;
    let revocation = repeated.map_or(enterprise.position().next(), RevocationId::cut);
    let person = admitted.person.and_then(|person| enterprise.login_of(person));
    let mut response = exchange.accept(revocation, person.map(|login| login.as_str()), loss);
    let near_misses = misspelling::near_misses(operation, body);
    response.headers.extend(near_misses.map(|keys| (IGNORED_KEYS, keys)));
    let repeats = repeated.and_then(|first| enterprise.progress(first));
    Ok(Outcome {
        events,
        by: None,
        response,
        repeats: repeats.map(|first| first.requested_at),
    })
}

/// Answers the removal of one authorization, as the single command does it.
///
/// [`Rule::AuthorizationOfPath`](crate::Rule::AuthorizationOfPath)
fn remove(exchange: &Exchange<'_>) -> Result<Outcome, Fault> {
    let presented = exchange.authorize()?;
    let credential = exchange.target().parse().map_err(|_| Fault::NothingToRemove)?;
    let organization = exchange.organization(presented).ok_or(Fault::NothingToRemove)?;
    let command = Command::RevokeAuthorization {
        credential,
        organization,
    };
    let decided = presented.enterprise.decide(&command, exchange.at);
    let events = decided.ok().filter(|events| !events.is_empty());
    Ok(Outcome {
        events: events.ok_or(Fault::NothingToRemove)?,
        by: presented.caller.actor(),
        response: exchange.respond_empty(),
        repeats: None,
    })
}
