//! The request id, and one line of the log for each request.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use enterprise_credentials::rest;

use super::answer::{Answer, Noted, RequestId};
use super::connections::Connection;
use super::strangers::Strangers;
use super::{HttpOptions, Proxies};

/// What it takes to tell who asks.
#[derive(Debug)]
pub(super) struct Observer {
    proxies: Proxies,
    strangers: Arc<Strangers>,
}

impl Observer {
    pub(super) fn new(options: &HttpOptions) -> Self {
        Self {
            proxies: options.proxies.clone(),
            strangers: Arc::new(Strangers::new(options.failures_max)),
        }
    }
}

/// Numbers the request, and logs how it ended. Whose token does not authenticate is told so less politely, and is not logged
/// one by one, when there are many.
pub(super) async fn observe(State(observer): State<Arc<Observer>>, mut request: Request, next: Next) -> Response {
    let begun_at = Instant::now();
    let request_id = next_request_id();
    let method = known_method(request.method());
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let client = connection
        .as_ref()
        .map(|connection| observer.proxies.client(connection.peer, request.headers()));
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(RequestId(request_id.clone()));

    let mut response = next.run(request).await;

    let noted = response.extensions_mut().remove::<Noted>();
    let holder = noted.as_ref().and_then(|noted| noted.holder.as_ref());
    let has_failed = response.status() == StatusCode::UNAUTHORIZED;
    let has_authenticated = holder.is_some() && !has_failed && !response.status().is_server_error();
    if has_authenticated && let Some(connection) = &connection {
        connection.authenticated();
    }
    let stranger = client.filter(|_| !has_authenticated);
    let verdict = stranger.map(|client| observer.strangers.count(client, has_failed));
    if verdict.is_some_and(|verdict| verdict.is_limited) {
        response = Answer::from(rest::too_many_requests(&request_id)).into_response();
    }
    if verdict.is_some_and(|verdict| !verdict.is_logged) {
        return response;
    }
    tracing::info!(
        request_id,
        client = client.map(tracing::field::display),
        method,
        route = route.as_ref().map(MatchedPath::as_str),
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
        duration_ms = u64::try_from(begun_at.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
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
