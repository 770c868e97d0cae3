//! How far a revocation is.

use serde::{Deserialize, Serialize};

use crate::enterprise::revocations::Revocation;
use crate::id::RevocationId;
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
    /// Whether it destroys members' tokens and keys.
    pub revoke_credentials: bool,
    /// Authorizations recorded as revoked so far.
    pub authorizations_revoked: u64,
    /// Credentials recorded as destroyed so far.
    pub credentials_destroyed: u64,
    /// When it was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
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
    pub(crate) fn of(revocation: &Revocation) -> Self {
        let recorded = revocation.authorizations_revoked + revocation.credentials_destroyed;
        Self {
            id: revocation.id,
            state: match revocation.completed_at {
                Some(_) => RevocationState::Completed,
                None if recorded > 0 => RevocationState::Running,
                None => RevocationState::Queued,
            },
            requested_at: revocation.requested_at,
            revoke_credentials: revocation.coverage.revoke_credentials,
            authorizations_revoked: revocation.authorizations_revoked,
            credentials_destroyed: revocation.credentials_destroyed,
            completed_at: revocation.completed_at,
        }
    }
}
