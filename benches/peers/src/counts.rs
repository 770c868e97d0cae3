//! What every contestant must agree on, or no figure is printed.

use enterprise_credentials::{Enterprise, Timestamp};

use crate::plain;

/// The end of a history in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) credentials_alive: u64,
    pub(crate) authorizations_live: u64,
    pub(crate) authorizations_pending: u64,
}

/// What came of some commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) commands: u64,
    pub(crate) events: u64,
    pub(crate) refused: u64,
    pub(crate) counts: Counts,
}

impl From<&Enterprise> for Counts {
    fn from(enterprise: &Enterprise) -> Self {
        // At a time before any expiry: the other contestants know of none.
        let kinds = enterprise.summary(Timestamp::MIN).credentials;
        Self {
            credentials_alive: kinds.iter().map(|kind| kind.alive).sum(),
            authorizations_live: kinds.iter().map(|kind| kind.authorizations_live).sum(),
            authorizations_pending: kinds.iter().map(|kind| kind.authorizations_pending).sum(),
        }
    }
}

impl From<&plain::Enterprise> for Counts {
    fn from(enterprise: &plain::Enterprise) -> Self {
        Self {
            credentials_alive: enterprise.credentials_alive(),
            authorizations_live: enterprise.authorizations_live(),
            authorizations_pending: enterprise.authorizations_pending(),
        }
    }
}
