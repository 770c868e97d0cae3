//! Credentials and authorizations: issued, granted, revoked, destroyed.

use alloc::vec::Vec;

use crate::corrupt_history::Corruption;
use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::apply::structure::{TOO_MANY, structure, unknown_person};
use crate::enterprise::credentials::Credential;
use crate::enterprise::record::{Authorization, GrantStatus, Record};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::Scopes;
use crate::timestamp::Timestamp;

impl Enterprise {
    pub(super) fn issue(
        &mut self,
        id: CredentialId,
        owner: PersonId,
        kind: CredentialKind,
        scopes: &Scopes,
        expires_at: Option<Timestamp>,
    ) -> Result<(), Corruption> {
        let fresh = self.credentials.slot(id).is_none();
        structure(fresh, "the credential id was issued before")?;
        let owner = self.people.present_ordinal(owner).ok_or(unknown_person(owner))?;
        let make = |scopes| Record::new(id, kind, owner, scopes, expires_at.is_some());
        let slot = self.credentials.issue(id, make, scopes).ok_or(TOO_MANY)?;
        if let Some(expires_at) = expires_at {
            self.credentials.expire(slot, expires_at);
        }
        Ok(())
    }

    pub(super) fn grant(
        &mut self,
        id: CredentialId,
        slot: Option<u32>,
        organization: OrganizationId,
    ) -> Result<(), Corruption> {
        let credential = self.known_credential(id, slot)?;
        let membership = self.present_organization(organization)?;
        structure(!credential.is_destroyed(), "the credential is destroyed")?;
        structure(self.owner_is_present(&credential), "the credential's owner left")?;
        let replaced = self
            .credentials
            .authorization(&credential, organization, &self.organizations);
        if let Some((_, authorization)) = &replaced {
            let pending = self.pending_authorization(&credential, authorization).is_some();
            structure(!pending, "the authorization is pending in a revocation")?;
            structure(
                !self.is_live(&credential, authorization),
                "the authorization is live already",
            )?;
        }
        let authorization = Authorization {
            organization: membership,
            granted: self.revocations.now(),
            status: GrantStatus::Granted,
        };
        let (slot, replaced) = (credential.slot, replaced.map(|(place, _)| place));
        let may_move = self.revocations.taking().is_empty() || !self.has_authorization_pending(&credential);
        let organizations = &self.organizations;
        (self.credentials).grant(slot, replaced, organization, authorization, may_move, organizations);
        Ok(())
    }

    pub(super) fn revoke(
        &mut self,
        id: CredentialId,
        slot: Option<u32>,
        organization: OrganizationId,
        revocation: Option<RevocationId>,
    ) -> Result<(), Corruption> {
        let credential = self.known_credential(id, self.cursor(revocation).or(slot))?;
        let found = self
            .credentials
            .authorization(&credential, organization, &self.organizations);
        let (place, authorization) = found.ok_or(Corruption::Transition("the authorization was never granted"))?;
        let pending = self.running_authorization(&credential, authorization);
        let unrecorded = pending.is_some() || self.is_live(&credential, &authorization);
        structure(unrecorded, "the authorization is neither live nor pending")?;
        same_revocation(pending.map(|running| running.id), revocation)?;
        let status = pending.map_or(GrantStatus::Revoked, |running| running.coverage.settles_as());
        let slot = credential.slot;
        self.credentials.set_status(slot, place, status);
        self.count(revocation, slot, |revocation| revocation.authorizations_revoked += 1);
        Ok(())
    }

    pub(super) fn destroy(
        &mut self,
        id: CredentialId,
        slot: Option<u32>,
        revocation: Option<RevocationId>,
    ) -> Result<(), Corruption> {
        let credential = self.known_credential(id, self.cursor(revocation).or(slot))?;
        structure(!credential.is_destroyed(), "the credential is destroyed already")?;
        let pending = self.pending_destruction(&credential);
        let unrecorded = pending.is_some() || self.owner_is_present(&credential);
        structure(unrecorded, "the credential left with its owner and is not pending")?;
        same_revocation(pending, revocation)?;
        let (slot, ended) = (credential.slot, self.ended_with(&credential));
        for place in ended {
            self.credentials.set_status(slot, place, GrantStatus::Ended);
        }
        self.credentials.destroy(slot);
        self.count(revocation, slot, |revocation| revocation.credentials_destroyed += 1);
        Ok(())
    }

    /// Where the job of a revocation is: it records in order of issue.
    fn cursor(&self, revocation: Option<RevocationId>) -> Option<u32> {
        Some(self.revocations.get(revocation?)?.cursor)
    }

    /// The places of the authorizations that end with a credential that is being destroyed: all but the pending ones,
    /// which wait for their job.
    fn ended_with(&self, credential: &Credential<'_>) -> Vec<usize> {
        let ends = |(place, authorization): (usize, Authorization)| {
            let pending = self.pending_authorization(credential, &authorization).is_some();
            (authorization.status == GrantStatus::Granted && !pending).then_some(place)
        };
        let authorizations = self.credentials.authorizations(credential).enumerate();
        authorizations.filter_map(ends).collect()
    }
}

fn same_revocation(expected: Option<RevocationId>, found: Option<RevocationId>) -> Result<(), Corruption> {
    if expected == found {
        return Ok(());
    }
    Err(Corruption::Revocation { expected, found })
}
