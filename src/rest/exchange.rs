//! One request being answered: what may be asked before its body, and what its answers have in common.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::credential::{ADMIN_ENTERPRISE_SCOPE, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE};
use crate::id::Position;
use crate::name::{IdempotencyKey, Scopes};
use crate::rest::fault::Fault;
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
        let refusal = presented.and_then(|Presented { enterprise, caller }| enterprise.authorize(caller, at).err());
        Self {
            request,
            presented,
            at,
            refusal: refusal.map(Fault::Refused),
        }
    }

    /// Everything before the body; also gives what was found on the way.
    pub(super) fn admit(&self) -> Result<(&'a Presented<'a>, Option<IdempotencyKey>), Fault> {
        let presented = self.authorize()?;
        Ok((presented, self.request.idempotency_key()?))
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

    /// The 202: the revocation, requested at this position, is queued.
    pub(super) fn accept(&self, revocation: Position, warned: bool) -> Response {
        let mut response = self.respond(202, &Accepted::new(warned));
        let enterprise = self.request.enterprise;
        let location = format!("/enterprises/{enterprise}/credential-authorizations/revocations/{revocation}");
        response.headers.push(("Location", location));
        response
    }

    pub(super) fn refuse(&self, fault: &Fault) -> Response {
        let (status, message) = (fault.status(), fault.message());
        let problem = Problem::new(status, &message, fault.documentation_url());
        Response {
            refused_by: Some(fault.rule()),
            ..self.respond(status, &problem)
        }
    }

    pub(super) fn respond(&self, status: u16, body: &impl Serialize) -> Response {
        let mut response = Response::new(status, self.request.request_id, body);
        let headers = &mut response.headers;
        if let Ok(version) = self.request.api_version() {
            headers.push(("X-GitHub-Api-Version-Selected", String::from(version)));
        }
        if let Some(presented) = self.authenticated() {
            let scopes = scopes(presented).map(|scopes| ("X-OAuth-Scopes", join(scopes)));
            headers.extend(scopes);
            headers.push(("X-Accepted-OAuth-Scopes", ADMIN_ENTERPRISE_SCOPE.to_string()));
            headers.push((
                "X-Accepted-GitHub-Permissions",
                ENTERPRISE_CREDENTIALS_WRITE.to_string(),
            ));
        }
        response
    }

    /// Whether the path names anything but the token's own enterprise.
    ///
    /// [`Rule::EnterpriseOfToken`](crate::Rule::EnterpriseOfToken)
    fn is_for_another_enterprise(&self) -> bool {
        let own = self.presented.and_then(|presented| presented.enterprise.slug());
        own.is_none_or(|own| own.as_str() != self.request.enterprise)
    }

    /// The caller, if the request got as far as that and the token is alive.
    fn authenticated(&self) -> Option<&'a Presented<'a>> {
        let dead = matches!(&self.refusal, Some(fault) if fault.status() == UNAUTHORIZED);
        self.presented.filter(|_| self.request.names_user_agent() && !dead)
    }
}

/// The scopes of a token of a kind that carries any.
fn scopes<'a>(presented: &Presented<'a>) -> Option<&'a Scopes> {
    let credential = presented.enterprise.credential(presented.caller.credential()?)?;
    let has_scopes = matches!(
        credential.kind(),
        CredentialKind::ClassicPat | CredentialKind::OauthAppUserToken
    );
    has_scopes.then(|| credential.scopes())
}

fn join(scopes: &Scopes) -> String {
    scopes.iter().collect::<Vec<_>>().join(", ")
}
