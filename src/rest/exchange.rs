//! One request while it is answered: what may be asked before its body is read, and what all its answers have in
//! common.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::credential::CredentialKind;
use crate::decide::OwnLoss;
use crate::id::{OrganizationId, PersonId, Position};
use crate::name::{IdempotencyKey, Scopes};
use crate::rest::fault::Fault;
use crate::rest::operation::{Operation, Place};
use crate::rest::request::{Presented, Request};
use crate::rest::response::{Accepted, Problem, Response};
use crate::timestamp::Timestamp;

/// The status that says that a token does not authenticate.
const UNAUTHORIZED: u16 = 401;

/// A request, what the host found behind its token, and when.
pub(super) struct Exchange<'a> {
    request: &'a Request<'a>,
    presented: Option<&'a Presented<'a>>,
    pub(super) at: Timestamp,
    /// Why the caller may not ask, if so.
    refusal: Option<Fault>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(request: &'a Request<'a>, presented: Option<&'a Presented<'a>>, at: Timestamp) -> Self {
        let path = &request.path;
        let refusal = presented.and_then(|Presented { enterprise, caller }| {
            let authorized = enterprise.authorize(path.operation, path.owner, caller, at);
            authorized.err()
        });
        Self {
            request,
            presented,
            at,
            refusal: refusal.map(Fault::Refused),
        }
    }

    /// Everything before the body of a request to revoke; also gives what was found on the way.
    pub(super) fn admit(&self) -> Result<Admitted<'a>, Fault> {
        let presented = self.authorize()?;
        let path = &self.request.path;
        // Rule::PersonOfPath
        let person = if path.operation.names_person() {
            let person = presented.enterprise.person_by_login(path.target);
            Some(person.ok_or(Fault::PersonUnknown)?)
        } else {
            None
        };
        Ok(Admitted {
            presented,
            organization: self.organization(presented),
            person,
            // The list and the removal have nothing that a key could name.
            idempotency_key: match path.operation.is_revocation() {
                true => self.request.idempotency_key()?,
                false => None,
            },
        })
    }

    /// Everything up to the caller's authority. Of several faults, the catalogue's first.
    pub(super) fn authorize(&self) -> Result<&'a Presented<'a>, Fault> {
        let user_agent = self.request.names_user_agent();
        let faults = [
            (!user_agent).then_some(Fault::UserAgentMissing),
            self.presented.is_none().then_some(Fault::TokenUnknown),
            self.refusal.clone(),
            self.request.api_version().err(),
            self.is_for_another_enterprise().then_some(Fault::OtherEnterprise),
        ];
        match faults.into_iter().flatten().min_by_key(Fault::precedence) {
            Some(fault) => Err(fault),
            None => self.presented.ok_or(Fault::TokenUnknown),
        }
    }

    pub(super) const fn operation(&self) -> Operation {
        self.request.path.operation
    }

    /// The last segment of the path.
    pub(super) const fn target(&self) -> &'a str {
        self.request.path.target
    }

    /// The organization of the path, for an operation on one.
    pub(super) fn organization(&self, presented: &Presented<'_>) -> Option<OrganizationId> {
        match self.operation().place() {
            Place::Enterprise => None,
            Place::Organization => presented.enterprise().organization_by_login(self.request.path.owner),
        }
    }

    /// The 202: the revocation, requested at this position, is queued.
    pub(super) fn accept(&self, revocation: Position, person: Option<&str>, loss: Option<OwnLoss>) -> Response {
        let operation = self.operation();
        let accepted = Accepted {
            message: operation.message(person),
            warning: loss.map(|loss| operation.warning(loss == OwnLoss::Destruction)),
        };
        let mut response = self.respond(202, &accepted);
        let location = operation.place().location(self.request.path.owner, revocation);
        response.headers.push(("Location", location));
        response
    }

    pub(super) fn refuse(&self, fault: &Fault) -> Response {
        let (status, message) = (fault.status(), fault.message());
        let problem = Problem::new(status, &message, fault.documentation_url(self.operation()));
        Response {
            refused_by: Some(fault.rule()),
            ..self.respond(status, &problem)
        }
    }

    pub(super) fn respond(&self, status: u16, body: &impl Serialize) -> Response {
        self.with_headers(Response::new(status, self.request.request_id, body))
    }

    /// The 204, which has no body.
    pub(super) fn respond_empty(&self) -> Response {
        self.with_headers(Response::empty(204, self.request.request_id))
    }

    fn with_headers(&self, mut response: Response) -> Response {
        let headers = &mut response.headers;
        if let Ok(version) = self.request.api_version() {
            headers.push(("X-GitHub-Api-Version-Selected", String::from(version)));
        }
        if let Some(presented) = self.authenticated() {
            let scopes = scopes(presented).map(|scopes| ("X-OAuth-Scopes", join(scopes)));
            headers.extend(scopes);
            let (scope, permission) = self.operation().accepts();
            headers.push(("X-Accepted-OAuth-Scopes", scope.to_string()));
            headers.push(("X-Accepted-GitHub-Permissions", permission.to_string()));
        }
        response
    }

    /// Whether the path names anything but the token's own enterprise.
    ///
    /// [`Rule::EnterpriseOfToken`](crate::Rule::EnterpriseOfToken)
    fn is_for_another_enterprise(&self) -> bool {
        let own = self.presented.and_then(|presented| presented.enterprise().slug());
        self.operation().place() == Place::Enterprise && own.is_none_or(|own| own.as_str() != self.request.path.owner)
    }

    /// The caller, if the request got as far as that and the token is alive.
    fn authenticated(&self) -> Option<&'a Presented<'a>> {
        let dead = matches!(&self.refusal, Some(fault) if fault.status() == UNAUTHORIZED);
        self.presented.filter(|_| self.request.names_user_agent() && !dead)
    }
}

/// What is settled about a request before its body.
pub(super) struct Admitted<'a> {
    pub(super) presented: &'a Presented<'a>,
    pub(super) organization: Option<OrganizationId>,
    pub(super) person: Option<PersonId>,
    pub(super) idempotency_key: Option<IdempotencyKey>,
}

/// The scopes of a token of a kind that carries any.
fn scopes<'a>(presented: &Presented<'a>) -> Option<&'a Scopes> {
    let credential = presented.enterprise().credential(presented.caller.credential()?)?;
    let has_scopes = matches!(
        credential.kind(),
        CredentialKind::ClassicPat | CredentialKind::OauthAppUserToken
    );
    has_scopes.then(|| credential.scopes())
}

fn join(scopes: &Scopes) -> String {
    scopes.iter().collect::<Vec<_>>().join(", ")
}
