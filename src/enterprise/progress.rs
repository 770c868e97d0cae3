//! How far a revocation is.

use serde::{Deserialize, Serialize};

use crate::command::Requested;
use crate::credential::CredentialType;
use crate::enterprise::revocations::Revocation;
use crate::id::{OrganizationId, PersonId, RevocationId};
use crate::timestamp::Timestamp;

/// How far a revocation is. Recorded counts only: what remains would be a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The revocation: the position of its request, which is its cut.
    pub id: RevocationId,
    /// How far it is.
    pub state: RevocationState,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// The organization that it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// The person whom it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The type of credential that it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_type: Option<CredentialType>,
    /// Whether it destroys tokens and keys.
    pub revoke_credentials: bool,
    /// Authorizations recorded as revoked so far.
    pub authorizations_revoked: u64,
    /// Credentials recorded as destroyed so far.
    pub credentials_destroyed: u64,
    /// The earlier revocation that its job waits for: jobs run in the order of their cuts.
    /// What is in its scope is refused all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<RevocationId>,
    /// When it was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}

/// What a revocation is limited to, by its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) person: Option<PersonId>,
    pub(crate) credential_type: Option<CredentialType>,
}

impl Limits {
    /// Those of a request to revoke everything.
    pub(crate) const NONE: Self = Self {
        organization: None,
        person: None,
        credential_type: None,
    };
}

impl From<Requested<'_>> for Limits {
    fn from(request: Requested<'_>) -> Self {
        Self {
            organization: request.organization,
            person: request.person,
            credential_type: request.credential_type,
        }
    }
}

/// The state of a revocation.
///
/// Exhaustive: a revocation has no other states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationState {
    /// Requested, and effective; nothing is recorded yet.
    Queued,
    /// Something is recorded, something may be left.
    Running,
    /// Everything in its scope is recorded.
    Completed,
}

impl RevocationState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
        }
    }
}

impl Progress {
    pub(crate) fn of(revocation: &Revocation, limits: Limits, behind: Option<RevocationId>) -> Self {
        let recorded = revocation.authorizations_revoked + revocation.credentials_destroyed;
        Self {
            id: revocation.id,
            state: match revocation.completed_at {
                Some(_) => RevocationState::Completed,
                None if recorded > 0 => RevocationState::Running,
                None => RevocationState::Queued,
            },
            requested_at: revocation.requested_at,
            organization: limits.organization,
            person: limits.person,
            credential_type: limits.credential_type,
            revoke_credentials: revocation.coverage.revoke_credentials,
            authorizations_revoked: revocation.authorizations_revoked,
            credentials_destroyed: revocation.credentials_destroyed,
            behind,
            completed_at: revocation.completed_at,
        }
    }
}
