//! The request id, and one line of the log for each request.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONNECTION, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use enterprise_credentials::rest;

use super::answer::{Answer, Noted, RequestId};
use super::connections::connection::Connection;
use super::malformed;

/// The header of each answer that has the request's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");

/// Numbers the request, and logs how it ended. Whose token does not authenticate is told so less politely, and is not
/// logged one by one, when there are many.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let begun_at = Instant::now();
    let request_id = next_request_id();
    let method = known_method(request.method());
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let client = connection
        .as_ref()
        .map(|connection| connection.clients.address(connection.peer, request.headers()));
    let matched = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(RequestId(request_id.clone()));

    let has_body = !request.body().is_end_stream();
    let refused = malformed::refused(request.version(), request.headers(), &request_id);
    let mut response = match refused {
        Some(refused) => Answer::from(refused).into_response(),
        None => next.run(request).await,
    };

    let noted = response.extensions_mut().remove::<Noted>();
    if has_body && !noted.as_ref().is_some_and(|noted| noted.body_is_read) {
        // What is left of the body cannot be told from another request.
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let holder = noted.as_ref().and_then(|noted| noted.holder.as_ref());
    let has_failed = response.status() == StatusCode::UNAUTHORIZED;
    let has_authenticated = holder.is_some() && !has_failed && !response.status().is_server_error();
    if let Some((connection, client)) = connection.as_ref().zip(client) {
        if has_authenticated {
            connection.authenticated();
        } else {
            let verdict = connection.clients.count_stranger(client, has_failed);
            if verdict.is_limited {
                response = slowed_down(&response, &request_id);
            }
            if !verdict.is_logged {
                return response;
            }
        }
    }
    tracing::info!(
        request_id,
        client = client.map(tracing::field::display),
        method,
        route = matched
            .as_ref()
            .map(MatchedPath::as_str)
            .or(noted.as_ref().and_then(|noted| noted.route)),
        status = response.status().as_u16(),
        rule = noted
            .as_ref()
            .and_then(|noted| noted.refused_by)
            .map(tracing::field::display),
        enterprise = holder.map(|holder| holder.enterprise.as_str()),
        credential = holder.map(|holder| holder.credential.value()),
        location = response
            .headers()
            .get(LOCATION)
            .and_then(|location| location.to_str().ok()),
        ignored_keys = response
            .headers()
            .get(rest::IGNORED_KEYS)
            .and_then(|keys| keys.to_str().ok()),
        duration_ms = u64::try_from(begun_at.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// 429 in place of a 401, on a connection that stays as it is.
fn slowed_down(refused: &Response, request_id: &str) -> Response {
    let mut response = Answer::from(rest::too_many_requests(request_id)).into_response();
    if let Some(connection) = refused.headers().get(CONNECTION) {
        response.headers_mut().insert(CONNECTION, connection.clone());
    }
    response
}

/// Numbers, counts and logs what came instead of a request, and gives its answer.
pub(super) fn unreadable(connection: &Connection, status: StatusCode) -> rest::Response {
    let request_id = next_request_id();
    let client = connection.clients.address(connection.peer, &HeaderMap::new());
    let verdict = connection.clients.count_stranger(client, false);
    if verdict.is_logged {
        tracing::info!(
            request_id,
            client = tracing::field::display(client),
            status = status.as_u16(),
            "unreadable request"
        );
    }
    malformed::unreadable(status, &request_id)
}

/// Unique across processes and restarts: a number drawn for the process, and a count.
fn next_request_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("{:016X}:{:X}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A method that is none may be anything, a misplaced token too.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
