//! What a request would be answered, were it sent now.

use anyhow::{Context, Result};
use enterprise_credentials::rest::{self, Presented};
use enterprise_credentials::{
    Authority, Caller, CredentialId, ENTERPRISE_CREDENTIALS_WRITE, Enterprise, InstallationId, Login,
    ORGANIZATION_ADMINISTRATION_WRITE, OrganizationAccess, Requested, Rule, Scopes, Timestamp,
};
use serde::Serialize;

use super::id::id;
use super::scope::Scope;
use super::terminal::{bad, good};

/// The answer of the operation, and what decides it.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    status: u16,
    body: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<Authority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_by: Option<Rule>,
}

impl Answer {
    /// Asks the contract itself, with the request that would be sent.
    pub(super) fn to(enterprise: &Enterprise, scope: &Scope, request: Requested<'_>, at: Timestamp) -> Result<Self> {
        let sent = rest::Request {
            path: scope.path(enterprise.slug().map_or("", |slug| slug.as_str())),
            headers: &[("User-Agent", b"enterprise-credentials")],
            request_id: "plan",
        };
        let caller = request.caller.clone();
        let presented = Presented { enterprise, caller };
        let body = scope.body(request.revoke_credentials);
        let response = rest::handle(&sent, Some(&presented), body.as_bytes(), at).response;
        let authority = match request.organization {
            None => enterprise.authorize(request.caller, at),
            Some(organization) => {
                enterprise.authorize_at_organization(request.caller, organization, OrganizationAccess::Write, at)
            }
        };
        Ok(Self {
            status: response.status,
            body: serde_json::from_slice(&response.body)?,
            authority: authority.ok().filter(|_| response.refused_by.is_none()),
            refused_by: response.refused_by,
        })
    }

    pub(super) fn in_words(&self) -> String {
        let message = self
            .body
            .get("message")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let ground = match (self.authority, self.refused_by) {
            (_, Some(rule)) => format!("{} by the rule {rule}: {}", bad("refused"), rule.sentence()),
            (Some(authority), None) => format!("{}, by the authority of: {}", good("accepted"), authority.as_str()),
            (None, None) => good("accepted"),
        };
        format!("{} {message}\n{ground}", self.status)
    }
}

/// The rule that refuses this request whoever makes it, if one does.
pub(super) fn refused_to_all_by(enterprise: &Enterprise, scope: &Scope, revoke_credentials: bool) -> Option<Rule> {
    // Of an installation with the permissions no other rule asks anything: what it is refused, everybody is.
    let caller = Caller::Installation {
        organization: None,
        installation: InstallationId::new(1).ok()?,
        permissions: Scopes::parse([ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_WRITE]).ok()?,
    };
    let command = scope.request(&caller, revoke_credentials).command();
    let at = enterprise.last_at().unwrap_or(Timestamp::MIN);
    let refusal = enterprise.decide(&command, at).err()?;
    Some(refusal.rule())
}

/// Who would ask: with a credential, or in a web session, which no token speaks for.
#[derive(Debug, Clone)]
pub(super) enum AskedBy {
    Credential(CredentialId),
    Person(Login),
}

/// Reads the id of a credential, or a login. Digits alone are an id.
pub(super) fn asked_by(text: &str) -> Result<AskedBy, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return id(text).map(AskedBy::Credential);
    }
    Login::new(text).map(AskedBy::Person).map_err(|error| error.to_string())
}

impl AskedBy {
    /// The caller: the owner of the credential, or the person who is there under the login.
    pub(super) fn caller(&self, enterprise: &Enterprise) -> Result<Caller> {
        let position = enterprise.position();
        let (person, credential) = match self {
            Self::Credential(credential) => {
                let owner = enterprise.credential(*credential).map(|credential| credential.owner());
                let owner = owner.with_context(|| {
                    format!(
                        "credential `{credential}` was not issued up to position {position}: \
                         `--as` takes the id of one that was"
                    )
                })?;
                (owner, Some(*credential))
            }
            Self::Person(login) => {
                let person = enterprise.person_by_login(login.as_str());
                let person = person.with_context(|| {
                    format!(
                        "nobody is in the enterprise as `{login}` at position {position}: `--as` takes who is there"
                    )
                })?;
                (person, None)
            }
        };
        Ok(Caller::Person { person, credential })
    }
}
