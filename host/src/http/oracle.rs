//! The core as JSON over HTTP: a service for others to test their suites against.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware;
use axum::routing::post;
use axum::{Extension, Router};
use enterprise_credentials::oracle::{Oracle, REQUEST_BYTES_MAX};
use enterprise_credentials::rest;
use tokio::task::spawn_blocking;

use super::HttpOptions;
use super::answer::{Answer, RequestId};
use super::body::{self, Received};
use super::observe;

/// What every handler works with. One request is answered at a time, as through a pipe.
type Shared = Arc<Mutex<Oracle>>;

/// An [`Oracle`] over HTTP: `POST /oracle` takes one of its requests as the body, and answers 200 with its answer. All
/// that it keeps is in memory.
pub fn oracle_router(oracle: Oracle) -> Router {
    let shared: Shared = Arc::new(Mutex::new(oracle));
    let only_post = |Extension(RequestId(id)): Extension<RequestId>| async move {
        Answer::from(rest::method_not_allowed(&id, "POST"))
    };
    Router::new()
        .route("/oracle", post(call).fallback(only_post))
        .fallback(not_found)
        .with_state(shared)
        .layer(middleware::from_fn(observe::observe))
}

async fn not_found(Extension(RequestId(id)): Extension<RequestId>) -> Answer {
    rest::not_found(&id).into()
}

/// Answers a request. An error of the protocol is an answer, too: only a body that does not arrive is none.
async fn call(
    State(oracle): State<Shared>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Answer {
    let (asked, is_whole) = match read(request.into_body()).await {
        Received::Enough { body, is_whole } => (body, is_whole),
        Received::Late => return rest::request_timeout(&id).into(),
        Received::Broken => return rest::malformed(&id).into(),
    };
    // A call may take long.
    let called = spawn_blocking(move || {
        let mut oracle = oracle.lock().unwrap_or_else(PoisonError::into_inner);
        oracle.call(&String::from_utf8_lossy(&asked))
    });
    let Ok(answer) = called.await else {
        return rest::internal_error(&id).into();
    };
    let answer = rest::Response {
        status: 200,
        headers: vec![
            ("Content-Type", "application/json; charset=utf-8".to_owned()),
            ("X-GitHub-Request-Id", id),
        ],
        body: answer.into_bytes(),
        refused_by: None,
    };
    Answer::from(answer).with_body_read(is_whole)
}

async fn read(body: Body) -> Received {
    body::read(body, REQUEST_BYTES_MAX, HttpOptions::default().body_timeout).await
}
