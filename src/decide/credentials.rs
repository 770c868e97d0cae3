//! Credentials and authorizations, one at a time.

use alloc::vec::Vec;

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::{Fingerprint, Scopes};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

impl Enterprise {
    /// [`Rule::CredentialIdNeverReused`](crate::Rule::CredentialIdNeverReused)
    pub(super) fn decide_issue(
        &self,
        credential: CredentialId,
        owner: PersonId,
        kind: CredentialKind,
        scopes: &Scopes,
        expires_at: Option<Timestamp>,
        fingerprint: Option<&Fingerprint>,
    ) -> Result<Vec<Event>, Refusal> {
        if self.credentials.slot(credential).is_some() {
            return Err(Refusal::CredentialIdTaken(credential));
        }
        self.present_member(owner)?;
        Ok(Vec::from([Event::CredentialIssued {
            credential,
            owner,
            kind,
            scopes: scopes.clone(),
            expires_at,
            fingerprint: fingerprint.cloned(),
        }]))
    }

    /// [`Rule::RevokedPairIsTombstone`](crate::Rule::RevokedPairIsTombstone),
    /// [`Rule::OrganizationLeavesNoTombstone`](crate::Rule::OrganizationLeavesNoTombstone),
    /// [`Rule::FineGrainedMayAskAgain`](crate::Rule::FineGrainedMayAskAgain),
    /// [`Rule::SinglyRevokedMayBeGrantedAgain`](crate::Rule::SinglyRevokedMayBeGrantedAgain),
    /// [`Rule::NothingToDoIsNoEvent`](crate::Rule::NothingToDoIsNoEvent)
    pub(super) fn decide_authorize(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let record = self.issued(credential)?;
        self.authenticate(&record, at)?;
        self.known_organization(organization)?;
        // Rule::OrganizationPresent
        if self.organizations.present(organization).is_none() {
            return Err(Refusal::OrganizationGone(organization));
        }
        let granted = Event::CredentialAuthorized {
            credential,
            organization,
        };
        let found = self
            .credentials
            .authorization(&record, organization, &self.organizations);
        let Some((_, authorization)) = found else {
            return Ok(Vec::from([granted]));
        };
        if self.is_taken(&record, &authorization) && !record.kind().may_be_authorized_again() {
            return Err(Refusal::Tombstone {
                credential,
                organization,
            });
        }
        let pending = self.pending_authorization(&record, &authorization);
        if pending.is_some() {
            return Ok(Vec::from([revoked_event(credential, organization, pending), granted]));
        }
        if self.is_live(&record, &authorization) {
            return Ok(Vec::new());
        }
        Ok(Vec::from([granted]))
    }

    /// [`Rule::PendingItemRecordedEarly`](crate::Rule::PendingItemRecordedEarly)
    pub(super) fn decide_revoke(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
    ) -> Result<Vec<Event>, Refusal> {
        let record = self.issued(credential)?;
        self.known_organization(organization)?;
        let found = self
            .credentials
            .authorization(&record, organization, &self.organizations);
        let Some((_, authorization)) = found else {
            return Ok(Vec::new());
        };
        let pending = self.pending_authorization(&record, &authorization);
        if pending.is_none() && !self.is_live(&record, &authorization) {
            return Ok(Vec::new());
        }
        Ok(Vec::from([revoked_event(credential, organization, pending)]))
    }

    /// [`Rule::PendingItemRecordedEarly`](crate::Rule::PendingItemRecordedEarly),
    /// [`Rule::SingleDestructionSettlesOnlyItself`](crate::Rule::SingleDestructionSettlesOnlyItself),
    /// [`Rule::AnyKindDestroyedSingly`](crate::Rule::AnyKindDestroyedSingly): the kind is not asked.
    pub(super) fn decide_destroy(&self, credential: CredentialId) -> Result<Vec<Event>, Refusal> {
        let record = self.issued(credential)?;
        let revocation = self.pending_destruction(&record);
        let is_alive = !record.is_destroyed() && self.owner_is_present(&record);
        if revocation.is_none() && !is_alive {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::CredentialDestroyed { credential, revocation }]))
    }

    /// [`Rule::OrganizationKnown`](crate::Rule::OrganizationKnown)
    fn known_organization(&self, organization: OrganizationId) -> Result<(), Refusal> {
        let stay = self.organizations.latest(organization);
        stay.map(drop).ok_or(Refusal::OrganizationUnknown(organization))
    }
}

fn revoked_event(credential: CredentialId, organization: OrganizationId, revocation: Option<RevocationId>) -> Event {
    Event::AuthorizationRevoked {
        credential,
        organization,
        revocation,
    }
}
