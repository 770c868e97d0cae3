//! The operation and its progress: whose token it is, what the core says to that, and the append before the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use enterprise_credentials::limits::BODY_BYTES_MAX;
use enterprise_credentials::rest::{self, Presented};
use enterprise_credentials::{Caller, CredentialId, Enterprise, Timestamp};
use http_body_util::BodyExt;

use super::answer::{Answer, RequestId};
use super::bearer::Bearer;
use super::{Api, Connection};
use crate::enterprises::{EnterpriseError, Patience, now};
use crate::store::{Holder, Store};

/// `POST /enterprises/{enterprise}/credential-authorizations/revoke-all`
pub(super) async fn revoke_all<S: Store>(
    State(api): State<Arc<Api<S>>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Answer {
    let (head, body) = request.into_parts();
    let asked = Asked {
        enterprise: path.map(|Path(enterprise)| enterprise).unwrap_or_default(),
        headers: head.headers,
        request_id,
        connection: head.extensions.get().cloned(),
    };
    let answer = api.revoke_all(&asked, body).await;
    answer.unwrap_or_else(|error| Answer::unavailable(&asked.request_id, &error))
}

/// `GET /enterprises/{enterprise}/credential-authorizations/revocations/{id}`
pub(super) async fn progress<S: Store>(
    State(api): State<Arc<Api<S>>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Answer {
    let (enterprise, id) = path.map(|Path(segments)| segments).unwrap_or_default();
    let asked = Asked::of(enterprise, request_id, request);
    let answer = api.progress(&asked, &id).await;
    answer.unwrap_or_else(|error| Answer::unavailable(&asked.request_id, &error))
}

/// A request without its body. A path segment that is not UTF-8 when decoded names no enterprise: it is left empty.
pub(super) struct Asked {
    pub(super) enterprise: String,
    headers: HeaderMap,
    pub(super) request_id: String,
    /// Where it came from, unless the router is asked without a server.
    connection: Option<Arc<Connection>>,
}

impl Asked {
    /// A request whose body nobody reads.
    pub(super) fn of(enterprise: String, request_id: String, request: Request) -> Self {
        let (head, _) = request.into_parts();
        Self {
            enterprise,
            headers: head.headers,
            request_id,
            connection: head.extensions.get().cloned(),
        }
    }

    pub(super) fn headers(&self) -> Vec<(&str, &[u8])> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    pub(super) fn with<'a>(&'a self, headers: &'a [(&'a str, &'a [u8])]) -> rest::Request<'a> {
        rest::Request {
            path: rest::Path::revoke_all(&self.enterprise),
            headers,
            request_id: &self.request_id,
        }
    }
}

impl<S: Store> Api<S> {
    async fn revoke_all(&self, asked: &Asked, body: Body) -> Result<Answer, EnterpriseError> {
        let Bearer { mut holder, is_shared } = self.bearer(&asked.enterprise, &asked.headers()).await?;
        if let Err(refused) = self.ask(asked, holder.as_ref(), rest::admit).await? {
            return Ok(Answer::to(holder, refused));
        }
        if let Some(connection) = &asked.connection {
            connection.authenticated();
        }
        let (body, is_whole) = match read(body, self.options.body_timeout).await {
            Received::Enough { body, is_whole } => (body, is_whole),
            Received::Late => return Ok(Answer::to(holder, rest::request_timeout(&asked.request_id))),
            Received::Broken => return Ok(Answer::to(holder, rest::malformed(&asked.request_id))),
        };
        if asked
            .connection
            .as_ref()
            .is_some_and(|connection| !connection.begin_recording())
        {
            return Ok(Answer::to(holder, rest::unavailable(&asked.request_id)));
        }
        let headers = asked.headers();
        if is_shared {
            // The body may have taken seconds, and the state that decides is that of one enterprise.
            holder = self.bearer(&asked.enterprise, &headers).await?.holder;
        }
        let request = asked.with(&headers);
        let response = match &holder {
            None => rest::handle(&request, None, &body, now()).response,
            Some(Holder { enterprise, credential }) => {
                let decide = |enterprise: &Enterprise, at: Timestamp| {
                    let presented = presented(enterprise, *credential);
                    let outcome = rest::handle(&request, presented.as_ref(), &body, at);
                    match outcome
                        .repeats
                        .filter(|first| self.enterprises.clock().is_of_the_future(*first))
                    {
                        Some(first) => (Vec::new(), rest::key_of_the_future(&asked.request_id, first)),
                        None => (outcome.events, outcome.response),
                    }
                };
                self.enterprises.decide(enterprise, Patience::REQUEST, decide).await?
            }
        };
        Ok(Answer::to(holder, response).with_body_read(is_whole))
    }

    async fn progress(&self, asked: &Asked, id: &str) -> Result<Answer, EnterpriseError> {
        let Bearer { holder, .. } = self.bearer(&asked.enterprise, &asked.headers()).await?;
        let response = self
            .ask(asked, holder.as_ref(), |request, presented, at| {
                rest::progress(request, presented, id, at)
            })
            .await?;
        Ok(Answer::to(holder, response))
    }

    /// Asks the core about the request, with the token's own enterprise as it is now. That of the path is not loaded.
    pub(super) async fn ask<T>(
        &self,
        asked: &Asked,
        holder: Option<&Holder>,
        ask: impl FnOnce(&rest::Request<'_>, Option<&Presented<'_>>, Timestamp) -> T + Send,
    ) -> Result<T, EnterpriseError> {
        let headers = asked.headers();
        let request = asked.with(&headers);
        let Some(holder) = holder else {
            return Ok(ask(&request, None, now()));
        };
        let ask = |enterprise: &Enterprise, at| {
            let presented = presented(enterprise, holder.credential);
            ask(&request, presented.as_ref(), at)
        };
        self.enterprises.ask(&holder.enterprise, ask).await
    }
}

/// The caller behind a credential. One that the stream does not know is nobody's, whatever the look-up says.
fn presented(enterprise: &Enterprise, credential: CredentialId) -> Option<Presented<'_>> {
    let person = enterprise.credential(credential)?.owner();
    let caller = Caller::Person {
        person,
        credential: Some(credential),
    };
    Some(Presented { enterprise, caller })
}

/// What came of a body.
enum Received {
    /// The whole of it, or of a longer one enough to see that it is too long.
    Enough { body: Vec<u8>, is_whole: bool },
    /// Not all of it came in time.
    Late,
    /// It ended early, or in chunks that are none.
    Broken,
}

async fn read(mut frames: Body, timeout: Duration) -> Received {
    let mut body = Vec::new();
    let arrives = async {
        while body.len() <= BODY_BYTES_MAX {
            match frames.frame().await {
                None => return Received::Enough { body, is_whole: true },
                Some(Err(_)) => return Received::Broken,
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        body.extend_from_slice(&data);
                    }
                }
            }
        }
        Received::Enough { body, is_whole: false }
    };
    tokio::time::timeout(timeout, arrives).await.unwrap_or(Received::Late)
}
