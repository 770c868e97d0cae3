//! The state in numbers, for a person who looks at it.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::progress::Progress;
use crate::id::Position;
use crate::name::EnterpriseSlug;
use crate::person::{EnterpriseKind, Role};
use crate::refusal::CredentialDenial;
use crate::timestamp::Timestamp;

/// The state in numbers. Made by a scan of the whole state, O(its size).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The enterprise's name in URLs.
    pub slug: Option<EnterpriseSlug>,
    /// Its kind.
    pub kind: Option<EnterpriseKind>,
    /// The position of the last event.
    pub position: Position,
    /// The time of the last event.
    pub last_at: Option<Timestamp>,
    /// The time that was asked about: it decides which credentials have expired.
    pub at: Timestamp,
    /// Organizations in the enterprise now.
    pub organizations: u64,
    /// People in the enterprise now, by role.
    pub people: Vec<CountByRole>,
    /// Present people who hold `write_enterprise_credentials`.
    pub permission_holders: u64,
    /// Ownerships of organizations: an owner of two counts twice.
    #[serde(default, skip_serializing_if = "is_none")]
    pub organization_owners: u64,
    /// Credentials by kind.
    pub credentials: Vec<CountByKind>,
    /// The revocations, in order of their cuts.
    pub revocations: Vec<Progress>,
}

/// How many people have a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountByRole {
    /// The role.
    pub role: Role,
    /// How many have it.
    pub people: u64,
}

/// What became of the credentials of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountByKind {
    /// The kind.
    pub kind: CredentialKind,
    /// Ever issued.
    pub issued: u64,
    /// Of those, destroyed.
    pub destroyed: u64,
    /// Of those, not destroyed yet, but pending destruction.
    pub destruction_pending: u64,
    /// Of those, not destroyed, but their owner left.
    pub owner_departed: u64,
    /// Of those, none of that, but expired.
    pub expired: u64,
    /// Of those, alive: they authenticate.
    pub alive: u64,
    /// Live authorizations that are not pending, of credentials that are not pending either. Those of expired
    /// credentials are counted: expiry takes nothing out of a revocation's scope.
    pub authorizations_live: u64,
    /// Authorizations pending revocation, of any credential.
    pub authorizations_pending: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Enterprise {
    /// The state in numbers. `at` decides which credentials have expired, and nothing else.
    pub fn summary(&self, at: Timestamp) -> Summary {
        Summary {
            slug: self.slug().cloned(),
            kind: self.kind(),
            position: self.position(),
            last_at: self.last_at(),
            at,
            organizations: self.organizations().map(|_| 1).sum(),
            people: Role::ALL.map(|role| self.count_role(role)).into(),
            permission_holders: self
                .people()
                .map(|(person, ..)| u64::from(self.may_write_credentials(person)))
                .sum(),
            organization_owners: self.organization_owners().map(|_| 1).sum(),
            credentials: CredentialKind::ALL.map(|kind| self.count_kind(kind, at)).into(),
            revocations: self.revocations().collect(),
        }
    }

    fn count_role(&self, role: Role) -> CountByRole {
        let people = self.people().map(|(_, _, held)| u64::from(held == role)).sum();
        CountByRole { role, people }
    }

    fn count_kind(&self, kind: CredentialKind, at: Timestamp) -> CountByKind {
        let mut count = CountByKind {
            kind,
            issued: 0,
            destroyed: 0,
            destruction_pending: 0,
            owner_departed: 0,
            expired: 0,
            alive: 0,
            authorizations_live: 0,
            authorizations_pending: 0,
        };
        for credential in self.credentials.iter().filter(|credential| credential.kind() == kind) {
            count.issued += 1;
            let denied = self.authenticate(&credential, at).err();
            let fate = match denied {
                Some(CredentialDenial::Destroyed(_)) => &mut count.destroyed,
                Some(CredentialDenial::DestructionPending { .. }) => &mut count.destruction_pending,
                Some(CredentialDenial::OwnerDeparted(_)) => &mut count.owner_departed,
                Some(CredentialDenial::Expired { .. }) => &mut count.expired,
                Some(CredentialDenial::Unknown(_)) | None => &mut count.alive,
            };
            *fate += 1;
            let destruction_pending = matches!(denied, Some(CredentialDenial::DestructionPending { .. }));
            for authorization in self.credentials.authorizations(&credential) {
                if self.pending_authorization(&credential, &authorization).is_some() {
                    count.authorizations_pending += 1;
                } else if !destruction_pending && self.is_live(&credential, &authorization) {
                    count.authorizations_live += 1;
                }
            }
        }
        count
    }
}
