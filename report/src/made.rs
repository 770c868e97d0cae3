//! A history made of a service's inventory, so that a plan can be asked of an enterprise that never had a log.
//!
//! Its events are those that the rules allow, and its times are invented: an inventory says what is, not how it came to
//! be. So its first line is marked, by a field that every reader of logs ignores.

mod maker;
mod map;
mod people;

use std::collections::BTreeMap;

use enterprise_credentials::{CredentialId, CredentialKind, InvalidValue, Role, Timestamp};
use serde::{Deserialize, Serialize};

pub use maker::{LeftOut, Making, NotMade, Readings, make};
pub use map::Map;
pub use people::{People, PeopleError};

/// What a made history says of itself, in the field `made_from` of its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// When the inventory was exported.
    pub exported_at: Timestamp,
    /// Credentials that are in the history.
    pub credentials: u64,
    /// Credentials that are not, because their rows could not be taken at their word.
    pub left_out: u64,
    /// What the inventory lists and no log holds, by the inventory's name for its kind.
    pub not_modelled: BTreeMap<String, u64>,
    /// People in the history.
    pub people: u64,
    /// Those of them whose role is not known. The history calls them collaborators, and marks each.
    pub unknown_roles: u64,
    /// Those of them who were given [`assumed_role`](Self::assumed_role).
    pub assumed_roles: u64,
    /// The role that those are given of whom it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_role: Option<Role>,
}

/// The first line of a made history, as far as it is marked.
#[derive(Serialize, Deserialize)]
struct Marked<T> {
    made_from: T,
}

/// The line of a person whose role is not known.
#[derive(Serialize, Deserialize)]
struct RoleUnknown {
    role_unknown: bool,
}

impl MadeFrom {
    /// The mark on a log's first line; nothing if that is not marked.
    pub fn of_line(line: &[u8]) -> Option<Self> {
        let marked: Marked<Self> = serde_json::from_slice(line).ok()?;
        Some(marked.made_from)
    }
}

/// Whether the line of a made history adds a person whose role is not known.
pub fn is_role_unknown(line: &[u8]) -> bool {
    serde_json::from_slice(line).is_ok_and(|line: RoleUnknown| line.role_unknown)
}

/// How many ids there are for each number of the inventory: one for each kind, and those that are counted.
const KINDS: u64 = 8;

/// The id in a made history of what the inventory lists under this number, which is the provider's only together with
/// the kind: eight times the number, and one digit for the kind.
///
/// # Errors
/// [`InvalidValue`] where the number is none, or too large.
pub fn made_id(kind: CredentialKind, id: &str) -> Result<CredentialId, InvalidValue> {
    let number = id.parse::<CredentialId>()?.value();
    let digit = match kind {
        CredentialKind::ClassicPat => 1,
        CredentialKind::FineGrainedPat => 2,
        CredentialKind::SshKey => 3,
        CredentialKind::OauthAppUserToken => 4,
        CredentialKind::GithubAppUserToken => 5,
    };
    CredentialId::new(number.saturating_mul(KINDS) + digit)
}

/// The id of the so many-th credential that the inventory lists without a number.
fn counted_id(number: u64) -> Result<CredentialId, InvalidValue> {
    CredentialId::new(number.saturating_mul(KINDS))
}
