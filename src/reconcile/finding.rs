//! Where the service's list and the log differ.

use core::fmt;

use crate::credential::CredentialKind;
use crate::id::{CredentialId, OrganizationId, PersonId};
use crate::json::error_as_object;
use crate::name::EnterpriseSlug;
use crate::refusal::{AccessDenial, CredentialDenial};
use crate::timestamp::Timestamp;

/// Where list and log differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which entry of the list, counted from 1 in the order of the comparisons; nothing for what is not in the list.
    pub entry: Option<u64>,
    /// Which credential of the log; for what the log does not have, the entry's own id, if it has one.
    pub credential: Option<CredentialId>,
    /// What differs.
    pub difference: Difference,
}

/// What differs between the service's list and the log. `listed` is what the list has, `recorded` what the log has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The entry has neither an id nor a fingerprint.
    #[error("has neither an id nor a fingerprint")]
    NotIdentified,
    /// The credential is in the service and not in the log.
    #[error("{} at the service and not in the log", if *.is_alive { "alive" } else { "known, though dead," })]
    NotInLog {
        /// Whether it is alive there.
        is_alive: bool,
    },
    /// The entry's id and its fingerprint do not belong to one credential of the log. Neither is compared.
    #[error("the fingerprint is not that of this id in the log, but {}", Whose(*of))]
    Mismatched {
        /// To which credential of the log the fingerprint belongs; nothing for none.
        of: Option<CredentialId>,
    },
    /// An earlier entry was about the same credential. This one is not compared.
    #[error("listed more than once")]
    ListedAgain,
    /// Alive in the log and not in the list.
    #[error("alive in the log and not listed by the service")]
    NotListed,
    /// Alive in the list and dead in the log.
    #[error("alive at the service and dead in the log: {denial}")]
    AliveAtServiceOnly {
        /// Why it is dead; names the rule.
        denial: CredentialDenial,
    },
    /// Dead in the list and alive in the log.
    #[error("dead at the service and alive in the log")]
    AliveInLogOnly,
    /// Another owner.
    #[error("owned by person {listed} at the service and by person {recorded} in the log")]
    Owner {
        /// In the list.
        listed: PersonId,
        /// In the log.
        recorded: PersonId,
    },
    /// Another kind.
    #[error("a {listed} at the service and a {recorded} in the log")]
    Kind {
        /// In the list.
        listed: CredentialKind,
        /// In the log.
        recorded: CredentialKind,
    },
    /// Another expiry.
    #[error("expires {} at the service and {} in the log", When(*listed), When(*recorded))]
    Expiry {
        /// In the list; nothing for never.
        listed: Option<Timestamp>,
        /// In the log; nothing for never.
        recorded: Option<Timestamp>,
    },
    /// Authorized for the organization in the list and not in the log: never, not any more, or not since a revocation.
    #[error("authorized for organization {organization} at the service and not in the log: {denial}")]
    AuthorizedAtServiceOnly {
        /// Which organization.
        organization: OrganizationId,
        /// Why not; names the rule.
        denial: AccessDenial,
    },
    /// Authorized for the organization in the log and not in the list.
    #[error("authorized for organization {organization} in the log and not at the service")]
    AuthorizedInLogOnly {
        /// Which organization.
        organization: OrganizationId,
    },
    /// Another enterprise has a credential with this fingerprint.
    #[error("enterprise {enterprise} has a credential with this fingerprint too")]
    Shared {
        /// Which enterprise.
        enterprise: EnterpriseSlug,
    },
}

impl Difference {
    /// What kind of difference it is, in one word for lists and counts.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotIdentified => "not_identified",
            Self::NotInLog { is_alive: true } => "alive_and_not_in_log",
            Self::NotInLog { is_alive: false } => "dead_and_not_in_log",
            Self::Mismatched { .. } => "mismatched",
            Self::ListedAgain => "listed_again",
            Self::NotListed => "not_listed",
            Self::AliveAtServiceOnly { .. } => "alive_at_service_only",
            Self::AliveInLogOnly => "alive_in_log_only",
            Self::Owner { .. } => "other_owner",
            Self::Kind { .. } => "other_kind",
            Self::Expiry { .. } => "other_expiry",
            Self::AuthorizedAtServiceOnly { .. } => "authorized_at_service_only",
            Self::AuthorizedInLogOnly { .. } => "authorized_in_log_only",
            Self::Shared { .. } => "shared",
        }
    }
}

/// The owner of a fingerprint, for a person.
struct Whose(Option<CredentialId>);

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(credential) => write!(f, "that of credential {credential}"),
            None => f.write_str("one that the log does not have"),
        }
    }
}

/// An expiry, for a person.
struct When(Option<Timestamp>);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, "at {at}"),
            None => f.write_str("never"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.entry, self.credential) {
            (Some(entry), Some(credential)) => write!(f, "entry {entry}, credential {credential}: ")?,
            (Some(entry), None) => write!(f, "entry {entry}: ")?,
            (None, Some(credential)) => write!(f, "credential {credential}: ")?,
            (None, None) => {}
        }
        self.difference.fmt(f)
    }
}

error_as_object!(Finding, entry, credential);
