//! Credentials and authorizations, one at a time.

use chrono::{DateTime, Utc};
use enterprise_credentials::Rule;

use crate::plain::{Authorization, Credential, Enterprise, Event, Outcome, Refusal};

impl Enterprise {
    pub(super) fn decide_authorize(
        &self,
        credential: u64,
        organization: u64,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        let record = self.authenticated(credential, at)?;
        if !self.known_organization(organization)? {
            return Err(Refusal(Rule::OrganizationPresent));
        }
        let granted = Event::CredentialAuthorized {
            credential,
            organization,
        };
        let Some(had) = record.authorization(organization) else {
            return Ok(vec![granted]);
        };
        let pending = self.pending_authorization(record, had);
        let is_taken = pending.is_some() || had.outcome == Outcome::Taken;
        if is_taken && !record.kind.may_be_authorized_again() {
            return Err(Refusal(Rule::RevokedPairIsTombstone));
        }
        Ok(match pending {
            Some(_) => vec![revoked(credential, organization, pending), granted],
            None if self.is_live(record, had) => Vec::new(),
            None => vec![granted],
        })
    }

    pub(super) fn decide_revoke(&self, credential: u64, organization: u64) -> Result<Vec<Event>, Refusal> {
        let record = self.known(credential)?;
        self.known_organization(organization)?;
        let Some(had) = record.authorization(organization) else {
            return Ok(Vec::new());
        };
        let pending = self.pending_authorization(record, had);
        if pending.is_none() && !self.is_live(record, had) {
            return Ok(Vec::new());
        }
        Ok(vec![revoked(credential, organization, pending)])
    }

    pub(super) fn decide_destroy(&self, credential: u64) -> Result<Vec<Event>, Refusal> {
        let record = self.known(credential)?;
        let revocation = self.pending_destruction(record);
        let is_alive = record.destroyed_at.is_none() && self.owner_is_present(record);
        if revocation.is_none() && !is_alive {
            return Ok(Vec::new());
        }
        Ok(vec![Event::CredentialDestroyed { credential, revocation }])
    }

    /// The credential, if it authenticates.
    pub(in crate::plain) fn authenticated(&self, credential: u64, at: DateTime<Utc>) -> Result<&Credential, Refusal> {
        let record = self.known(credential)?;
        if record.destroyed_at.is_some() {
            return Err(Refusal(Rule::CredentialNotDestroyed));
        }
        if self.pending_destruction(record).is_some() {
            return Err(Refusal(Rule::CredentialNotDestructionPending));
        }
        if !self.owner_is_present(record) {
            return Err(Refusal(Rule::CredentialOwnerPresent));
        }
        if record.expires_at.is_some_and(|expires_at| at >= expires_at) {
            return Err(Refusal(Rule::CredentialNotExpired));
        }
        Ok(record)
    }

    fn known(&self, credential: u64) -> Result<&Credential, Refusal> {
        self.credentials.get(&credential).ok_or(Refusal(Rule::CredentialKnown))
    }

    /// Whether a known organization is present.
    fn known_organization(&self, organization: u64) -> Result<bool, Refusal> {
        let stay = self.organizations.latest(organization);
        let stay = stay.ok_or(Refusal(Rule::OrganizationKnown))?;
        Ok(stay.is_present())
    }
}

impl Credential {
    pub(in crate::plain) fn authorization(&self, organization: u64) -> Option<&Authorization> {
        let mut authorizations = self.authorizations.iter();
        authorizations.find(|had| had.organization == organization)
    }
}

pub(super) fn revoked(credential: u64, organization: u64, revocation: Option<u64>) -> Event {
    Event::AuthorizationRevoked {
        credential,
        organization,
        revocation,
    }
}
