//! The core's responses as axum's, and what the log says about them.

use std::error::Error;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use enterprise_credentials::{Rule, rest};

use super::routes::Route;
use crate::enterprises::EnterpriseError;
use crate::error_chain::error_chain;
use crate::store::{Holder, StoreError};

/// The id of a request: in its response, and on every line that the log has about it.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// An answer, and who got it.
#[derive(Debug)]
pub(super) struct Answer {
    response: rest::Response,
    holder: Option<Holder>,
    body_is_read: bool,
    route: Option<&'static Route>,
}

/// What is known about an answer besides itself. For the log: never a header, a path or a body, which may hold a token.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    pub(super) refused_by: Option<Rule>,
    pub(super) holder: Option<Holder>,
    /// Whether the request's body was read to its end, so that another request may follow it.
    pub(super) body_is_read: bool,
    /// What was asked for, without the names in the path.
    pub(super) route: Option<&'static str>,
}

impl Answer {
    pub(super) const fn to(holder: Option<Holder>, response: rest::Response) -> Self {
        Self {
            response,
            holder,
            body_is_read: false,
            route: None,
        }
    }

    /// The same, of this route.
    pub(super) const fn on(mut self, route: &'static Route) -> Self {
        self.route = Some(route);
        self
    }

    /// The same, and whether the request's body was read to its end.
    pub(super) const fn with_body_read(mut self, body_is_read: bool) -> Self {
        self.body_is_read = body_is_read;
        self
    }

    /// 503, with its reason in the log alone.
    pub(super) fn unavailable(request_id: &str, error: &(dyn Error + 'static)) -> Self {
        // Of an altered stream the log tells once a minute, whoever asks.
        let is_told = matches!(
            error.downcast_ref(),
            Some(EnterpriseError::Store(StoreError::Altered(_)))
        );
        if !is_told {
            tracing::error!(request_id, error = error_chain(error), "cannot answer");
        }
        rest::unavailable(request_id).into()
    }
}

impl From<rest::Response> for Answer {
    fn from(response: rest::Response) -> Self {
        Self::to(None, response)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let noted = Noted {
            refused_by: self.response.refused_by,
            holder: self.holder,
            body_is_read: self.body_is_read,
            route: self.route.map(|route| route.pattern.as_str()),
        };
        let builder = Response::builder().status(self.response.status).extension(noted);
        self.response
            .headers
            .into_iter()
            .fold(builder, |builder, (name, value)| builder.header(name, value))
            .body(Body::from(self.response.body))
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}
