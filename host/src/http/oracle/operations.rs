//! The operations of an enterprise that an oracle keeps, under its handle: `/1/enterprises/…`.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use enterprise_credentials::oracle::{ErrorKind, Oracle};
use enterprise_credentials::rest::{self, Operation, Presented};
use enterprise_credentials::{CredentialId, Timestamp};

use crate::enterprises::time_for;
use crate::http::operation::presented;
use crate::http::routes::{self, Found, Goal, Names};

/// A request for an operation or its progress, without its body.
pub(super) struct Asked {
    handle: u64,
    goal: Goal,
    names: Names,
    query: String,
    headers: HeaderMap,
    request_id: String,
}

impl Asked {
    /// What the head of a request asks for.
    ///
    /// # Errors
    /// The answer, where its path and method lead to nothing.
    pub(super) fn of(head: Parts, request_id: String) -> Result<Self, rest::Response> {
        let Some((handle, path)) = under_handle(head.uri.path()) else {
            return Err(rest::not_found(&request_id));
        };
        match routes::find(&head.method, path) {
            // An oracle signs nothing.
            Found::Nothing
            | Found::Route {
                goal: Goal::Checkpoint | Goal::Consistency,
                ..
            } => Err(rest::not_found(&request_id)),
            Found::OtherMethods { allow, .. } => Err(rest::method_not_allowed(&request_id, &allow)),
            Found::Route { goal, names, .. } => Ok(Self {
                handle,
                goal,
                names,
                query: head.uri.query().unwrap_or_default().to_owned(),
                headers: head.headers,
                request_id,
            }),
        }
    }

    /// Whether it has a use for a body.
    pub(super) const fn reads_body(&self) -> bool {
        matches!(self.goal, Goal::Operation(operation) if operation.is_revocation())
    }

    /// Lets the core that speaks decide, and records what it decides.
    pub(super) fn answer(&self, oracle: &mut Oracle, body: &[u8]) -> rest::Response {
        let headers = self.headers.iter();
        let headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = rest::Request {
            path: rest::Path {
                operation: self.goal.operation(),
                owner: &self.names.owner,
                target: &self.names.target,
            },
            headers: &headers,
            request_id: &self.request_id,
        };
        let Some(decider) = oracle.decider(self.handle) else {
            return rest::not_found(&self.request_id);
        };
        let at = time_for(decider.enterprise());
        let presented = bearer(&headers).and_then(|credential| presented(decider, credential));
        let presented = presented.as_ref();
        let mut response = match self.goal {
            Goal::Progress(_) => rest::progress(&request, presented, &self.names.target, at),
            Goal::Operation(Operation::List) => self.list(&request, presented, oracle, at),
            _ => {
                let outcome = rest::handle(&request, presented, body, at);
                match oracle.record(self.handle, outcome.events, at, outcome.by) {
                    Ok(()) => outcome.response,
                    Err(ErrorKind::TooMuchKept) => rest::unavailable(&self.request_id),
                    Err(_) => rest::internal_error(&self.request_id),
                }
            }
        };
        self.lead_back(&mut response);
        response
    }

    fn list(
        &self,
        request: &rest::Request<'_>,
        presented: Option<&Presented<'_>>,
        oracle: &Oracle,
        at: Timestamp,
    ) -> rest::Response {
        let mut listing = match rest::list(request, presented, &self.query, at) {
            Ok(listing) => listing,
            Err(refused) => return refused,
        };
        if let Some(presented) = presented {
            while listing.look(presented.enterprise.enterprise()) {}
        }
        let history = oracle.history(self.handle).unwrap_or_default();
        history.iter().for_each(|recorded| listing.observe(recorded));
        listing.page().respond(request, presented, at)
    }

    /// Makes its links lead under the same handle.
    fn lead_back(&self, response: &mut rest::Response) {
        for (name, value) in &mut response.headers {
            match *name {
                "Location" => value.insert_str(0, &format!("/{}", self.handle)),
                "Link" => *value = value.replace("</", &format!("</{}/", self.handle)),
                _ => {}
            }
        }
    }
}

/// The credential whose token a request carries: an oracle knows no secrets, so an id stands for one.
fn bearer(headers: &[(&str, &[u8])]) -> Option<CredentialId> {
    rest::bearer_token(headers)?.parse().ok()
}

/// The handle at the beginning of a path, and what follows it.
fn under_handle(path: &str) -> Option<(u64, &str)> {
    let digits = path.strip_prefix('/')?.split('/').next()?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    let handle = digits.parse().ok().filter(|_| is_number)?;
    Some((handle, path.get(1 + digits.len()..)?))
}
