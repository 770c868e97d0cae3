//! The HTTP API: translation between axum and the core's [`rest`], which holds every rule of the operations.

mod address;
mod answer;
mod auditors;
mod bearer;
mod body;
mod checkpoints;
mod clients;
mod connections;
mod list;
mod malformed;
mod observe;
mod operation;
mod oracle;
mod proxies;
mod routes;
mod strangers;
#[cfg(feature = "tls")]
mod tls;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};
use enterprise_credentials::rest;
use tokio::sync::Semaphore;

use crate::enterprises::Enterprises;
use crate::store::Store;

pub use auditors::{Auditors, AuditorsError, auditor_token};
pub use connections::{listen, serve};
pub use oracle::oracle_router;
pub use proxies::{Proxies, ProxyHeader};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError, TlsFiles};

use answer::{Answer, RequestId};
use bearer::SharedTokens;
use connections::connection::Connection;
use observe::REQUEST_ID;

/// What the API allows its clients.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// How long the head of a request may take to arrive, from the connection or the last answer on.
    pub head_timeout: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a client may take nothing of its answers.
    pub write_timeout: Duration,
    /// How long a list may take, or a proof that a log only grew, the wait for its turn included.
    pub list_timeout: Duration,
    /// How long a list goes on whose client has closed its side of the connection. The client may have gone, or have
    /// said that it asks nothing more: HTTP/1 cannot tell the two apart.
    pub closed_timeout: Duration,
    /// How long requests may take to end after the stop.
    pub drain_timeout: Duration,
    /// How many connections are kept at once. For one more the idlest goes.
    pub connections_max: usize,
    /// The proxies in front of the host.
    pub proxies: Proxies,
    /// How many requests of one address (IPv6: of a /64) may fail to authenticate in a second with 401.
    /// Those beyond it get
    /// 429. One whose token authenticates is never limited.
    pub failures_max: NonZeroU32,
    /// Who gets checkpoints and proofs beside those who may revoke.
    pub auditors: Option<Arc<Auditors>>,
    /// The certificate to show, where connections are to be TLS.
    #[cfg(feature = "tls")]
    pub tls: Option<Arc<Tls>>,
}

impl HttpOptions {
    /// Enough for the machines of a company behind one address, whose tokens have just died together.
    pub const FAILURES_DEFAULT: NonZeroU32 = NonZeroU32::new(200).unwrap();
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            list_timeout: Duration::from_secs(30),
            closed_timeout: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(15),
            connections_max: 1024,
            proxies: Proxies::default(),
            failures_max: Self::FAILURES_DEFAULT,
            auditors: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// What every handler works with.
#[derive(Debug)]
struct Api<S> {
    enterprises: Arc<Enterprises<S>>,
    options: HttpOptions,
    shared: SharedTokens,
    /// The permit for making a proof.
    proving: Semaphore,
}

/// The API over `enterprises`: the operations of [`rest::Operation`], the progress of what they begin, the checkpoints
/// that were signed, and `GET /healthz`. What is
/// none of these is 404; routes that another router has, with which this one is merged, go before.
pub fn router<S: Store>(enterprises: Arc<Enterprises<S>>, options: HttpOptions) -> Router {
    let shared = SharedTokens::default();
    let api = Arc::new(Api {
        enterprises,
        options,
        shared,
        proving: Semaphore::new(1),
    });
    Router::new()
        .route("/healthz", only("GET, HEAD", get(health::<S>)))
        .fallback(operation::answer::<S>)
        .with_state(api)
        .layer(middleware::from_fn(observe::observe))
}

/// Other methods of a known path get 405, with those that it has.
fn only<S: Store>(allow: &'static str, methods: MethodRouter<Arc<Api<S>>>) -> MethodRouter<Arc<Api<S>>> {
    methods.fallback(move |Extension(RequestId(id)): Extension<RequestId>| async move {
        Answer::from(rest::method_not_allowed(&id, allow))
    })
}

/// 200 while the clock is right and the store can be read and written; else 503, so that a balancer sends requests to a
/// host that can answer them. One tenant's altered stream, or another process that writes, must not take the host out:
/// that is 200 with `degraded`.
async fn health<S: Store>(State(api): State<Arc<Api<S>>>, Extension(RequestId(id)): Extension<RequestId>) -> Response {
    if let Err(suspect) = api.enterprises.clock().now() {
        return Answer::unavailable(&id, &suspect).into_response();
    }
    let health = match api.enterprises.store().health().await {
        Ok(health) => health,
        Err(error) => return Answer::unavailable(&id, &error).into_response(),
    };
    let (altered, waiting_ms) = (
        api.enterprises.altered(),
        health.waiting.map(|waiting| waiting.as_millis()),
    );
    let durability = health
        .durability
        .map_or(String::new(), |durability| format!(r#","durability":"{durability}""#));
    let unsealed = api.enterprises.sealer().map_or(0, |sealer| sealer.unsealed());
    let body = match (altered, waiting_ms, unsealed) {
        (0, None, 0) => format!(r#"{{"status":"ok"{durability}}}"#),
        (altered, waiting_ms, unsealed) => {
            let waiting_ms = waiting_ms.unwrap_or_default();
            let faults = format!(
                r#""altered_streams":{altered},"waiting_for_lock_ms":{waiting_ms},"unsealed_streams":{unsealed}"#
            );
            format!(r#"{{"status":"degraded",{faults}{durability}}}"#)
        }
    };
    let content_type = "application/json; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type), (REQUEST_ID, id.as_str())], body).into_response()
}
