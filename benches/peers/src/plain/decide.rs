//! The plain decider's rules.

use chrono::{DateTime, Utc};
use enterprise_credentials::{CallRequirement, EnterpriseKind, Role};

use super::{Actor, Command, Credential, Enterprise, Event, Outcome, Refusal};

impl Enterprise {
    pub(crate) fn decide(&self, command: Command, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::IssueCredential {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint,
            } => {
                if self.credentials.contains_key(&credential) {
                    return Err(Refusal::CredentialIdTaken);
                }
                if !self.people.contains_key(&owner) {
                    return Err(Refusal::MemberUnknown);
                }
                Ok(vec![Event::CredentialIssued {
                    credential,
                    owner,
                    kind,
                    scopes,
                    expires_at,
                    fingerprint,
                }])
            }
            Command::AuthorizeCredential {
                credential,
                organization,
            } => self.decide_authorize(credential, organization, at),
            Command::RevokeAuthorization {
                credential,
                organization,
            } => self.decide_revoke(credential, organization),
            Command::DestroyCredential { credential } => self.decide_destroy(credential),
            Command::RevokeAll {
                caller,
                revoke_credentials,
            } => self.decide_revoke_all(caller, revoke_credentials, at),
            Command::ContinueRevocation { revocation, limit } => self.decide_continue(revocation, limit),
        }
    }

    fn decide_authorize(&self, credential: u64, organization: u64, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let record = self.authenticated(credential, at)?;
        if !self.organizations.contains_key(&organization) {
            return Err(Refusal::OrganizationUnknown);
        }
        let granted = Event::CredentialAuthorized {
            credential,
            organization,
        };
        let mut authorizations = record.authorizations.iter();
        let Some(had) = authorizations.find(|had| had.organization == organization) else {
            return Ok(vec![granted]);
        };
        let pending = self.pending_authorization(had);
        let is_taken = pending.is_some() || had.outcome == Outcome::Taken;
        if is_taken && !record.kind.may_be_authorized_again() {
            return Err(Refusal::Tombstone);
        }
        Ok(match pending {
            Some(_) => vec![revoked(credential, organization, pending), granted],
            None if had.outcome == Outcome::Granted => Vec::new(),
            None => vec![granted],
        })
    }

    fn decide_revoke(&self, credential: u64, organization: u64) -> Result<Vec<Event>, Refusal> {
        let record = self.known(credential)?;
        if !self.organizations.contains_key(&organization) {
            return Err(Refusal::OrganizationUnknown);
        }
        let mut authorizations = record.authorizations.iter();
        let granted = authorizations.find(|had| had.organization == organization && had.outcome == Outcome::Granted);
        Ok(granted
            .map(|had| revoked(credential, organization, self.pending_authorization(had)))
            .into_iter()
            .collect())
    }

    fn decide_destroy(&self, credential: u64) -> Result<Vec<Event>, Refusal> {
        let record = self.known(credential)?;
        if record.destroyed {
            return Ok(Vec::new());
        }
        let revocation = self.pending_destruction(record);
        Ok(vec![Event::CredentialDestroyed { credential, revocation }])
    }

    fn decide_revoke_all(
        &self,
        caller: Actor,
        revoke_credentials: bool,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        let record = self.authenticated(caller.credential, at)?;
        let may_call = match record.kind.call_requirement() {
            CallRequirement::Scope(required) => record.scopes.iter().any(|scope| scope == required),
            CallRequirement::NotSupported | CallRequirement::NotAnApiCredential => false,
        };
        let is_owner = (self.people.get(&caller.person)).is_some_and(|person| person.role == Role::Owner);
        if record.owner != caller.person || !may_call || !is_owner {
            return Err(Refusal::NotQualified);
        }
        if revoke_credentials && self.kind != Some(EnterpriseKind::ManagedUsers) {
            return Err(Refusal::NotManagedUsers);
        }
        Ok(vec![Event::RevokeAllRequested {
            requested_by: caller,
            revoke_credentials,
        }])
    }

    fn decide_continue(&self, id: u64, limit: usize) -> Result<Vec<Event>, Refusal> {
        let place = self.revocations.iter().rposition(|revocation| revocation.id == id);
        let place = place.ok_or(Refusal::RevocationUnknown)?;
        if place < self.completed {
            return Ok(Vec::new());
        }
        if place > self.completed {
            return Err(Refusal::EarlierRevocationRuns);
        }
        let revocation = &self.revocations[place];
        let (mut authorizations_revoked, mut credentials_destroyed) =
            (revocation.authorizations_revoked, revocation.credentials_destroyed);
        let mut events = Vec::new();
        let mut left = self.issued[revocation.cursor..revocation.issued]
            .iter()
            .filter(|credential| self.has_something_left(**credential, id));
        for &credential in left.by_ref().take(limit) {
            let record = &self.credentials[&credential];
            for authorization in &record.authorizations {
                if self.pending_authorization(authorization) == Some(id) {
                    events.push(revoked(credential, authorization.organization, Some(id)));
                    authorizations_revoked += 1;
                }
            }
            if self.pending_destruction(record) == Some(id) {
                events.push(Event::CredentialDestroyed {
                    credential,
                    revocation: Some(id),
                });
                credentials_destroyed += 1;
            }
        }
        if left.next().is_none() {
            events.push(Event::RevocationCompleted {
                revocation: id,
                authorizations_revoked,
                credentials_destroyed,
            });
        }
        Ok(events)
    }

    fn known(&self, credential: u64) -> Result<&Credential, Refusal> {
        self.credentials.get(&credential).ok_or(Refusal::CredentialUnknown)
    }

    fn authenticated(&self, credential: u64, at: DateTime<Utc>) -> Result<&Credential, Refusal> {
        let record = self.known(credential)?;
        let has_expired = record.expires_at.is_some_and(|expires_at| at >= expires_at);
        if has_expired || !self.is_alive(record) {
            return Err(Refusal::CredentialDead);
        }
        Ok(record)
    }
}

fn revoked(credential: u64, organization: u64, revocation: Option<u64>) -> Event {
    Event::AuthorizationRevoked {
        credential,
        organization,
        revocation,
    }
}
