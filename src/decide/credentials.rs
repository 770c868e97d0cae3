//! Credentials and authorizations, one at a time.

use alloc::vec::Vec;

use crate::command::Command;
use crate::decide::one;
use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::{CredentialId, OrganizationId};
use crate::refusal::{CredentialDenial, Refusal};
use crate::timestamp::Timestamp;

impl Enterprise {
    /// [`Rule::CredentialIdNeverReused`](crate::Rule::CredentialIdNeverReused)
    pub(super) fn decide_issue(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let Command::IssueCredential {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            fingerprint,
        } = command
        else {
            return Ok(Vec::new());
        };
        if self.credentials.slot(*credential).is_some() {
            return Err(Refusal::CredentialIdTaken(*credential));
        }
        self.present_member(*owner)?;
        Ok(one(Event::CredentialIssued {
            credential: *credential,
            owner: *owner,
            kind: *kind,
            scopes: scopes.clone(),
            expires_at: *expires_at,
            fingerprint: fingerprint.clone(),
        }))
    }

    /// [`Rule::RevokedPairIsTombstone`](crate::Rule::RevokedPairIsTombstone), and
    /// [`Rule::FineGrainedMayAskAgain`](crate::Rule::FineGrainedMayAskAgain).
    pub(super) fn decide_authorize(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        self.authenticates(credential, at)?;
        let record = self
            .credentials
            .get(credential)
            .ok_or(CredentialDenial::Unknown(credential))?;
        self.known_organization(organization)?;
        if self.organizations.present(organization).is_none() {
            return Err(Refusal::OrganizationGone(organization));
        }
        let granted = Event::CredentialAuthorized {
            credential,
            organization,
        };
        let Some(authorization) = record.authorizations.get(organization) else {
            return Ok(one(granted));
        };
        let pending = self.pending_authorization(record, authorization);
        match (self.taken_by(record, authorization), pending) {
            (Some(revocation), _) if !record.kind.may_be_authorized_again() => Err(Refusal::Tombstone {
                credential,
                organization,
                revocation,
            }),
            (_, Some(_)) => Ok(alloc::vec![revoked_event(credential, organization, pending), granted]),
            (None, None) if self.is_live(record, authorization) => Ok(Vec::new()),
            _ => Ok(one(granted)),
        }
    }

    /// [`Rule::PendingItemRecordedEarly`](crate::Rule::PendingItemRecordedEarly)
    pub(super) fn decide_revoke(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
    ) -> Result<Vec<Event>, Refusal> {
        let record = self
            .credentials
            .get(credential)
            .ok_or(CredentialDenial::Unknown(credential))?;
        self.known_organization(organization)?;
        let Some(authorization) = record.authorizations.get(organization) else {
            return Ok(Vec::new());
        };
        let pending = self.pending_authorization(record, authorization);
        if pending.is_none() && !self.is_live(record, authorization) {
            return Ok(Vec::new());
        }
        Ok(one(revoked_event(credential, organization, pending)))
    }

    /// [`Rule::PendingItemRecordedEarly`](crate::Rule::PendingItemRecordedEarly),
    /// [`Rule::SingleDestructionSettlesOnlyItself`](crate::Rule::SingleDestructionSettlesOnlyItself)
    pub(super) fn decide_destroy(&self, credential: CredentialId) -> Result<Vec<Event>, Refusal> {
        let record = self
            .credentials
            .get(credential)
            .ok_or(CredentialDenial::Unknown(credential))?;
        let revocation = self.pending_destruction(record);
        let is_alive = record.destroyed_at.is_none() && self.owner_is_present(record);
        if revocation.is_none() && !is_alive {
            return Ok(Vec::new());
        }
        Ok(one(Event::CredentialDestroyed { credential, revocation }))
    }

    fn known_organization(&self, organization: OrganizationId) -> Result<(), Refusal> {
        let stay = self.organizations.latest(organization);
        stay.map(drop).ok_or(Refusal::OrganizationUnknown(organization))
    }
}

fn revoked_event(
    credential: CredentialId,
    organization: OrganizationId,
    revocation: Option<crate::id::RevocationId>,
) -> Event {
    Event::AuthorizationRevoked {
        credential,
        organization,
        revocation,
    }
}
