//! Responses: the form that all of them have, and those that a host gives when the operation does not answer.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::rest::fault::{API_URL, NOT_FOUND};
use crate::rule::Rule;
use crate::timestamp::Timestamp;

/// A response, to be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers: names in their documented spelling, values of visible ASCII and single spaces.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON.
    pub body: Vec<u8>,
    /// The rule that refused the request: for the host's log, not for the caller, who may not be told.
    pub refused_by: Option<Rule>,
}

/// 400, where the bytes are no HTTP request, or break off. Nothing was done.
pub fn malformed(request_id: &str) -> Response {
    Response::problem(400, "Bad Request", request_id)
}

/// 404, for paths that are none.
pub fn not_found(request_id: &str) -> Response {
    Response::problem(404, NOT_FOUND, request_id)
}

/// 405, for paths that know other methods: `allow` lists those, comma-separated, for the header `Allow`.
pub fn method_not_allowed(request_id: &str, allow: &str) -> Response {
    let mut response = Response::problem(405, "Method Not Allowed", request_id);
    response.headers.push(("Allow", allow.to_string()));
    response
}

/// 408, where the request did not arrive in time. Nothing was done.
pub fn request_timeout(request_id: &str) -> Response {
    Response::problem(408, "Request Timeout", request_id)
}

/// 414, where the path is longer than the host reads.
pub fn uri_too_long(request_id: &str) -> Response {
    Response::problem(414, "URI Too Long", request_id)
}

/// 431, where the head is longer than the host reads, or has more headers.
pub fn headers_too_large(request_id: &str) -> Response {
    Response::problem(431, "Request Header Fields Too Large", request_id)
}

/// 429, in place of a 401, where many tokens of one client did not authenticate.
/// The token of this request did not either.
pub fn too_many_requests(request_id: &str) -> Response {
    let mut response = Response::problem(429, "Too Many Requests", request_id);
    response.headers.push(("Retry-After", "1".to_string()));
    response
}

/// 422, where the request's `Idempotency-Key` was first used at a time that the host's clock has not reached: the
/// stream was written under a clock that had leapt ahead, or the host's is late. 202 could be the answer to a request
/// of long ago, and revoke nothing.
pub fn key_of_the_future(request_id: &str, first_used_at: Timestamp) -> Response {
    let message = format!(
        "This Idempotency-Key was first used at {first_used_at}, which is ahead of the clock: whether this request \
         repeats that one cannot be told. Nothing was revoked: send another key, or none"
    );
    Response::problem(422, &message, request_id)
}

/// 500, where the host failed. The caller does not know what was done: the request may be repeated under the same
/// `Idempotency-Key`.
pub fn internal_error(request_id: &str) -> Response {
    Response::problem(500, "Internal Server Error", request_id)
}

/// 501, where the body comes in a transfer coding that the host does not read. Nothing was done.
pub fn not_implemented(request_id: &str) -> Response {
    Response::problem(501, "Not Implemented", request_id)
}

/// 503, where the enterprise's stream cannot be read or appended to now:
/// an answer from memory might honour a dead token.
pub fn unavailable(request_id: &str) -> Response {
    let mut response = Response::problem(503, "Service Unavailable", request_id);
    response.headers.push(("Retry-After", "1".to_string()));
    response
}

impl Response {
    /// A response with the headers that every one has.
    #[expect(
        clippy::expect_used,
        reason = "memory takes every write, keys are strings, and every value that exists can be written"
    )]
    pub(super) fn new(status: u16, request_id: &str, body: &impl Serialize) -> Self {
        Self {
            status,
            headers: Vec::from([
                ("Content-Type", "application/json; charset=utf-8".to_string()),
                ("X-GitHub-Request-Id", request_id.to_string()),
                ("X-GitHub-Media-Type", "github.v3; format=json".to_string()),
            ]),
            body: serde_json::to_vec(body).expect("a body can be written"),
            refused_by: None,
        }
    }

    /// The same without a body, and without the type that one would have.
    pub(super) fn empty(status: u16, request_id: &str) -> Self {
        let mut response = Self::new(status, request_id, &());
        response.headers.retain(|(name, _)| *name != "Content-Type");
        response.body.clear();
        response
    }

    fn problem(status: u16, message: &str, request_id: &str) -> Self {
        Self::new(status, request_id, &Problem::new(status, message, API_URL))
    }
}

/// The body of the 202.
#[derive(Serialize)]
pub(super) struct Accepted {
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warning: Option<&'static str>,
}

/// The body of every error.
#[derive(Serialize)]
pub(super) struct Problem<'a> {
    message: &'a str,
    documentation_url: &'a str,
    status: String,
}

impl<'a> Problem<'a> {
    pub(super) fn new(status: u16, message: &'a str, documentation_url: &'a str) -> Self {
        Self {
            message,
            documentation_url,
            status: status.to_string(),
        }
    }
}
