//! The operations and their progress: whose token it is, what the core says, and the append before the answer.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use enterprise_credentials::limits::BODY_BYTES_MAX;
use enterprise_credentials::rest::{self, Decider, Operation, Place, Presented};
use enterprise_credentials::{Caller, CredentialId, Enterprise, Timestamp};

use super::answer::{Answer, RequestId};
use super::bearer::Bearer;
use super::body::{self, Received};
use super::routes::{self, Found, Goal, Names};
use super::{Api, Connection};
use crate::enterprises::{EnterpriseError, Patience, now};
use crate::store::{Holder, Store};

/// Answers whatever is an operation or its progress by the table of routes, and everything else with 404.
pub(super) async fn answer<S: Store>(
    State(api): State<Arc<Api<S>>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    request: Request,
) -> Answer {
    let (head, body) = request.into_parts();
    let (route, goal, names) = match routes::find(&head.method, head.uri.path()) {
        Found::Route { route, goal, names } => (route, goal, names),
        Found::OtherMethods { route, allow } => {
            return Answer::from(rest::method_not_allowed(&request_id, &allow)).on(route);
        }
        Found::Nothing => return rest::not_found(&request_id).into(),
    };
    let asked = Asked {
        goal,
        names,
        query: head.uri.query().unwrap_or_default().to_string(),
        headers: head.headers,
        request_id: request_id.clone(),
        connection: head.extensions.get().cloned(),
    };
    let answer = match goal {
        Goal::Progress(_) => api.progress(&asked).await,
        Goal::Checkpoint => api.checkpoint(&asked).await,
        Goal::Consistency => api.consistency(&asked).await,
        Goal::Operation(Operation::List) => api.list_in_time(Arc::new(asked)).await,
        Goal::Operation(operation) => api.operate(operation, &asked, body).await,
    };
    let answer = answer.unwrap_or_else(|error| Answer::unavailable(&request_id, &error));
    answer.on(route)
}

/// A request without its body.
pub(super) struct Asked {
    goal: Goal,
    names: Names,
    pub(super) query: String,
    headers: HeaderMap,
    pub(super) request_id: String,
    /// Where it came from, unless the router is asked without a server.
    pub(super) connection: Option<Arc<Connection>>,
}

impl Asked {
    pub(super) fn headers(&self) -> Vec<(&str, &[u8])> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    /// The last name in the path.
    pub(super) const fn target(&self) -> &str {
        self.names.target.as_str()
    }

    const fn operation(&self) -> Operation {
        self.goal.operation()
    }

    /// The name of the enterprise or the organization, and which of the two it is.
    pub(super) const fn owner(&self) -> (Place, &str) {
        (self.operation().place(), self.names.owner.as_str())
    }

    /// The request as the core takes it. A name that several organizations have, which the token opens, is nobody's.
    pub(super) fn with<'a>(&'a self, headers: &'a [(&'a str, &'a [u8])], bearer: &Bearer) -> rest::Request<'a> {
        rest::Request {
            path: rest::Path {
                operation: self.operation(),
                owner: if bearer.is_ambiguous { "" } else { &self.names.owner },
                target: &self.names.target,
            },
            headers,
            request_id: &self.request_id,
        }
    }

    /// From here on whoever asks is somebody, when connections are given up.
    pub(super) fn has_authenticated(&self) {
        if let Some(connection) = &self.connection {
            connection.authenticated();
        }
    }

    /// From here on the request is not broken off. False where it was already.
    fn begins_recording(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_none_or(|connection| connection.begin_recording())
    }
}

impl<S: Store> Api<S> {
    /// Answers what may record something: a request to revoke, and the removal of one authorization.
    async fn operate(&self, operation: Operation, asked: &Asked, body: Body) -> Result<Answer, EnterpriseError> {
        let mut bearer = self.bearer(asked).await?;
        if let Err(refused) = self.ask(asked, &bearer, rest::admit).await? {
            return Ok(Answer::to(bearer.holder, refused));
        }
        asked.has_authenticated();
        let (body, is_whole) = if operation.is_revocation() {
            match body::read(body, BODY_BYTES_MAX, self.options.body_timeout).await {
                Received::Enough { body, is_whole } => (body, is_whole),
                Received::Late => return Ok(Answer::to(bearer.holder, rest::request_timeout(&asked.request_id))),
                Received::Broken => return Ok(Answer::to(bearer.holder, rest::malformed(&asked.request_id))),
            }
        } else {
            (Vec::new(), false)
        };
        if !asked.begins_recording() {
            return Ok(Answer::to(bearer.holder, rest::unavailable(&asked.request_id)));
        }
        if bearer.is_shared {
            // The body may have taken seconds, and the state that decides is that of one enterprise.
            bearer = self.bearer(asked).await?;
        }
        let response = self.record(asked, &bearer, &body).await?;
        Ok(Answer::to(bearer.holder, response).with_body_read(is_whole))
    }

    /// Lets the core decide, and records its events before its answer is given.
    async fn record(&self, asked: &Asked, bearer: &Bearer, body: &[u8]) -> Result<rest::Response, EnterpriseError> {
        let headers = asked.headers();
        let request = asked.with(&headers, bearer);
        let Some(Holder { enterprise, credential }) = &bearer.holder else {
            return Ok(rest::handle(&request, None, body, now()).response);
        };
        let decide = |enterprise: &Enterprise, at: Timestamp| {
            let presented = presented(enterprise, *credential);
            let outcome = rest::handle(&request, presented.as_ref(), body, at);
            let clock = self.enterprises.clock();
            match outcome.repeats.filter(|first| clock.is_of_the_future(*first)) {
                Some(first) => (Vec::new(), None, rest::key_of_the_future(&asked.request_id, first)),
                None => (outcome.events, outcome.by, outcome.response),
            }
        };
        self.enterprises.decide_by(enterprise, Patience::REQUEST, decide).await
    }

    async fn progress(&self, asked: &Asked) -> Result<Answer, EnterpriseError> {
        let bearer = self.bearer(asked).await?;
        let id = &asked.names.target;
        let response = self
            .ask(asked, &bearer, |request, presented, at| {
                rest::progress(request, presented, id, at)
            })
            .await?;
        Ok(Answer::to(bearer.holder, response))
    }

    /// Asks the core about the request, with the token's own enterprise as it is now. That of the path is not loaded.
    pub(super) async fn ask<T>(
        &self,
        asked: &Asked,
        bearer: &Bearer,
        ask: impl FnOnce(&rest::Request<'_>, Option<&Presented<'_>>, Timestamp) -> T + Send,
    ) -> Result<T, EnterpriseError> {
        let headers = asked.headers();
        let request = asked.with(&headers, bearer);
        let Some(holder) = &bearer.holder else {
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
pub(super) fn presented(enterprise: &dyn Decider, credential: CredentialId) -> Option<Presented<'_>> {
    let person = enterprise.enterprise().credential(credential)?.owner();
    let caller = Caller::Person {
        person,
        credential: Some(credential),
    };
    Some(Presented { enterprise, caller })
}
