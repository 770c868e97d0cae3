//! What a credential and an authorization are at a time, in one word each.

use serde::Serialize;

use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::record::{Authorization, GrantStatus};
use crate::id::PersonId;
use crate::refusal::CredentialDenial;

/// What a credential is. [`Summary`](crate::Summary) counts the same words.
///
/// Exhaustive: each is another answer to "can it still be used?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// It authenticates.
    Alive,
    /// It has expired.
    Expired,
    /// It was destroyed.
    Destroyed,
    /// A revocation is to destroy it: dead, and not recorded yet.
    DestructionPending,
    /// Its owner left after it was issued: dead.
    OwnerDeparted,
}

/// What an authorization is, whatever became of its credential.
///
/// Exhaustive: each is another answer to "may the credential be used for the organization?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationStatus {
    /// The credential may be used for the organization, if it authenticates.
    Live,
    /// A revocation has taken it: dead, and not recorded yet.
    RevocationPending,
    /// It was revoked, singly or by a revocation.
    Revoked,
    /// It ended with its credential, with its owner's or with its organization's membership.
    Ended,
}

/// What a revocation took, and whether its job has recorded that.
///
/// Exhaustive: recorded or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// Dead, and not recorded yet.
    Pending,
    /// Recorded.
    Recorded,
}

impl CredentialStatus {
    /// Every status, in the order in which lists name them.
    pub const ALL: [Self; 5] = [
        Self::Alive,
        Self::Expired,
        Self::Destroyed,
        Self::DestructionPending,
        Self::OwnerDeparted,
    ];

    /// Its name in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Expired => "expired",
            Self::Destroyed => "destroyed",
            Self::DestructionPending => "destruction_pending",
            Self::OwnerDeparted => "owner_departed",
        }
    }

    /// The answer to whether a credential that was issued authenticates, in one word.
    pub(crate) fn of(authenticates: Result<PersonId, CredentialDenial>) -> Self {
        match authenticates {
            Ok(_) => Self::Alive,
            Err(CredentialDenial::Expired { .. }) => Self::Expired,
            Err(CredentialDenial::Destroyed(_)) => Self::Destroyed,
            Err(CredentialDenial::DestructionPending { .. }) => Self::DestructionPending,
            Err(CredentialDenial::OwnerDeparted(_) | CredentialDenial::Unknown(_)) => Self::OwnerDeparted,
        }
    }
}

impl AuthorizationStatus {
    /// Every status, in the order in which lists name them.
    pub const ALL: [Self; 4] = [Self::Live, Self::RevocationPending, Self::Revoked, Self::Ended];

    /// Its name in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::RevocationPending => "revocation_pending",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }

    pub(crate) fn of(enterprise: &Enterprise, credential: &Credential<'_>, held: &Authorization) -> Self {
        match held.status {
            GrantStatus::Revoked | GrantStatus::Taken => Self::Revoked,
            GrantStatus::Ended => Self::Ended,
            GrantStatus::Granted if enterprise.pending_authorization(credential, held).is_some() => {
                Self::RevocationPending
            }
            GrantStatus::Granted if enterprise.is_live(credential, held) => Self::Live,
            GrantStatus::Granted => Self::Ended,
        }
    }
}
