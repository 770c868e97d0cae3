//! The core as JSON and the operations over HTTP, of enterprises in memory: a service for others to test their suites
//! against.

mod operations;

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware;
use axum::routing::post;
use axum::{Extension, Router};
use enterprise_credentials::limits::BODY_BYTES_MAX;
use enterprise_credentials::oracle::{Oracle, REQUEST_BYTES_MAX};
use enterprise_credentials::rest;
use tokio::task::spawn_blocking;

use super::HttpOptions;
use super::answer::{Answer, RequestId};
use super::body::{self, Received};
use super::observe;
use operations::Asked;

/// What every handler works with. One request is answered at a time, as through a pipe.
type Shared = Arc<Mutex<Oracle>>;

/// An [`Oracle`] over HTTP, in memory: `POST /oracle` takes one of its requests as the body, and answers 200 with its
/// answer. The operations of [`rest::Operation`] and their progress are below the handle of an enterprise, as in
/// `/1/enterprises/octo-corp/credential-authorizations/revoke-all`. There the id of a credential stands for its token.
pub fn oracle_router(oracle: Oracle) -> Router {
    let shared: Shared = Arc::new(Mutex::new(oracle));
    let only_post = |Extension(RequestId(id)): Extension<RequestId>| async move {
        Answer::from(rest::method_not_allowed(&id, "POST"))
    };
    Router::new()
        .route("/oracle", post(call).fallback(only_post))
        .fallback(operate)
        .with_state(shared)
        .layer(middleware::from_fn(observe::observe))
}

/// Answers a request of the protocol. An error of the protocol is an answer, too: only a body that does not arrive is
/// none.
async fn call(
    State(oracle): State<Shared>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Answer {
    let headers = vec![
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("X-GitHub-Request-Id", id.clone()),
    ];
    answer(oracle, id, request.into_body(), REQUEST_BYTES_MAX, |oracle, body| {
        rest::Response {
            status: 200,
            headers,
            body: oracle.call(&String::from_utf8_lossy(body)).into_bytes(),
            refused_by: None,
        }
    })
    .await
}

/// Answers an operation of the enterprise whose handle begins the path.
async fn operate(
    State(oracle): State<Shared>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Answer {
    let (head, body) = request.into_parts();
    let asked = match Asked::of(head, id.clone()) {
        Ok(asked) => asked,
        Err(answer) => return answer.into(),
    };
    let reads_body = asked.reads_body();
    let body = if reads_body { body } else { Body::empty() };
    let answer = answer(oracle, id, body, BODY_BYTES_MAX, move |oracle, body| {
        asked.answer(oracle, body)
    })
    .await;
    // What has no use for a body leaves it where it is.
    if reads_body {
        answer
    } else {
        answer.with_body_read(false)
    }
}

/// Reads the body, and lets the oracle answer. It may take long.
async fn answer(
    oracle: Shared,
    id: String,
    body: Body,
    bytes_max: usize,
    answer: impl FnOnce(&mut Oracle, &[u8]) -> rest::Response + Send + 'static,
) -> Answer {
    let (body, is_whole) = match body::read(body, bytes_max, HttpOptions::default().body_timeout).await {
        Received::Enough { body, is_whole } => (body, is_whole),
        Received::Late => return rest::request_timeout(&id).into(),
        Received::Broken => return rest::malformed(&id).into(),
    };
    let answered = spawn_blocking(move || answer(&mut oracle.lock().unwrap_or_else(PoisonError::into_inner), &body));
    match answered.await {
        Ok(answer) => Answer::from(answer).with_body_read(is_whole),
        Err(_) => rest::internal_error(&id).into(),
    }
}
