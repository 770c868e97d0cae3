//! Revoking everything: who may ask, and the batches of the job.

use chrono::{DateTime, TimeDelta, Utc};
use enterprise_credentials::{Authority, CallRequirement, EnterpriseKind, Role, Rule};

use super::credentials::revoked;
use crate::plain::{Actor, Caller, Credential, Enterprise, Event, Refusal, Revocation};

/// How long an idempotency key answers for its first request.
const KEY_ANSWERS: TimeDelta = TimeDelta::hours(24);
/// The app permission that calls the operation.
const APP_PERMISSION: &str = "enterprise_credentials=write";

impl Enterprise {
    pub(super) fn decide_revoke_all(
        &self,
        caller: &Caller,
        revoke_credentials: bool,
        idempotency_key: Option<String>,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        let (requested_by, authority) = self.authorize(caller, at)?;
        if revoke_credentials && self.created()?.kind != EnterpriseKind::ManagedUsers {
            return Err(Refusal(Rule::ManagedUsersOnly));
        }
        if let Some(first) = self.requested_under(requested_by, idempotency_key.as_deref(), at) {
            if first.revoke_credentials != revoke_credentials {
                return Err(Refusal(Rule::IdempotencyKeyForOneRequest));
            }
            return Ok(Vec::new());
        }
        Ok(vec![Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
        }])
    }

    /// Who acts, and by what authority. The checks come in the catalogue's order.
    fn authorize(&self, caller: &Caller, at: DateTime<Utc>) -> Result<(Actor, Authority), Refusal> {
        let token = self.token(caller, at)?;
        self.created()?;
        match *caller {
            Caller::Stranger {} => Err(Refusal(Rule::StrangerSeesNothing)),
            Caller::Installation {
                installation,
                ref permissions,
            } => {
                if !permissions.iter().any(|permission| permission == APP_PERMISSION) {
                    return Err(Refusal(Rule::EnterpriseCredentialsWrite));
                }
                Ok((Actor::Installation { installation }, Authority::Installation))
            }
            Caller::Person { person, credential } => {
                let present = self.people.present(person);
                let role = present.ok_or(Refusal(Rule::StrangerSeesNothing))?.role();
                token.map_or(Ok(()), may_call)?;
                let authority = if role == Some(Role::Owner) {
                    Authority::Owner
                } else if self.may_write_credentials(person) {
                    Authority::Permission
                } else {
                    return Err(Refusal(Rule::OwnerOrPermission));
                };
                Ok((Actor::Person { person, credential }, authority))
            }
        }
    }

    /// The token in the caller's hand, which must be alive, and theirs.
    fn token(&self, caller: &Caller, at: DateTime<Utc>) -> Result<Option<&Credential>, Refusal> {
        let &Caller::Person {
            person,
            credential: Some(credential),
        } = caller
        else {
            return Ok(None);
        };
        let token = self.authenticated(credential, at)?;
        if token.owner != person {
            return Err(Refusal(Rule::CredentialOfCaller));
        }
        if token.kind.call_requirement() == CallRequirement::NotAnApiCredential {
            return Err(Refusal(Rule::SshKeyIsNoApiCredential));
        }
        Ok(Some(token))
    }

    /// The request of the last 24 hours that this key stands for.
    fn requested_under(&self, actor: Actor, key: Option<&str>, at: DateTime<Utc>) -> Option<&Revocation> {
        let key = key?;
        let latest = self.revocations.iter().rev();
        let mut recent = latest.take_while(|revocation| at - revocation.requested_at < KEY_ANSWERS);
        recent.find(|revocation| {
            revocation.idempotency_key.as_deref() == Some(key) && revocation.requested_by.is_same(actor)
        })
    }

    pub(super) fn decide_continue(&self, id: u64, limit: usize) -> Result<Vec<Event>, Refusal> {
        let place = self.revocations.iter().rposition(|revocation| revocation.id == id);
        let place = place.ok_or(Refusal(Rule::RevocationKnown))?;
        if place < self.completed {
            return Ok(Vec::new());
        }
        if place > self.completed {
            return Err(Refusal(Rule::RevocationsInOrder));
        }
        let revocation = &self.revocations[place];
        let (mut events, mut recorded) = (Vec::new(), 0);
        for credential in &self.issued[revocation.cursor..revocation.issued] {
            let record = &self.credentials[credential];
            if recorded == limit {
                if self.has_something_left(record, id) {
                    return Ok(events);
                }
                continue;
            }
            let before = events.len();
            self.record_credential(id, *credential, record, &mut events);
            recorded += usize::from(events.len() > before);
        }
        events.push(completed(revocation, &events));
        Ok(events)
    }

    /// A credential's pending authorizations in order of grant, then its pending destruction.
    fn record_credential(&self, id: u64, credential: u64, record: &Credential, events: &mut Vec<Event>) {
        for authorization in &record.authorizations {
            if self.pending_authorization(record, authorization) == Some(id) {
                events.push(revoked(credential, authorization.organization, Some(id)));
            }
        }
        if self.pending_destruction(record) == Some(id) {
            let revocation = Some(id);
            events.push(Event::CredentialDestroyed { credential, revocation });
        }
    }
}

impl Actor {
    /// Whether it is the same person, with whatever token, or the same installation.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Person { person, .. }, Self::Person { person: other, .. }) => person == other,
            (Self::Installation { .. }, Self::Installation { .. }) => self == other,
            _ => false,
        }
    }
}

/// Whether a token is of a kind, and has the scope, to call the operation.
fn may_call(token: &Credential) -> Result<(), Refusal> {
    match token.kind.call_requirement() {
        CallRequirement::NotAnApiCredential => Err(Refusal(Rule::SshKeyIsNoApiCredential)),
        CallRequirement::NotSupported => Err(Refusal(Rule::FineGrainedPatCannotCall)),
        CallRequirement::Scope(required) if token.scopes.iter().any(|scope| scope == required) => Ok(()),
        CallRequirement::Scope(APP_PERMISSION) => Err(Refusal(Rule::EnterpriseCredentialsWrite)),
        CallRequirement::Scope(_) => Err(Refusal(Rule::AdminEnterpriseScope)),
    }
}

/// The completion of a revocation whose last events these are.
fn completed(revocation: &Revocation, last: &[Event]) -> Event {
    let destroys = |event: &&Event| matches!(event, Event::CredentialDestroyed { .. });
    let credentials = last.iter().filter(destroys).count() as u64;
    let authorizations = last.len() as u64 - credentials;
    Event::RevocationCompleted {
        revocation: revocation.id,
        authorizations_revoked: revocation.authorizations_revoked + authorizations,
        credentials_destroyed: revocation.credentials_destroyed + credentials,
    }
}
