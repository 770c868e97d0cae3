//! A credential as a list has it.

use enterprise_credentials::{CredentialKind, Fingerprint, PersonId, Timestamp};

use super::{Fault, Organizations, Place};

/// A credential as a list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where its first row stands.
    pub place: Place,
    /// The list's own id, as it is written there; empty for the provider's SSH keys.
    pub id: String,
    /// Of what kind it is.
    pub kind: CredentialKind,
    /// The hash of the token, or the fingerprint of the key.
    pub fingerprint: Option<Fingerprint>,
    /// Whose it is.
    pub owner: PersonId,
    /// The owner's login; empty in lists that do not say it to be read.
    pub login: String,
    /// What became of it.
    pub state: State,
    /// From when on it no longer authenticates.
    pub expires_at: Option<Timestamp>,
    /// Whether that is written without decimals, or by the provider with zeros for them: then it
    /// may stand for any time within that second.
    pub in_whole_seconds: bool,
    /// Scopes and permissions, in the spelling of the log.
    pub scopes: Vec<String>,
    /// The organizations it is authorized for, with their logins where the list has them.
    pub organizations: Organizations,
}

/// What became of a credential.
///
/// Exhaustive: each is another answer to "can it still be used?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It authenticates.
    Active,
    /// It has expired.
    Expired,
    /// It is dead for another reason.
    Destroyed,
}

/// Rows of one credential that cannot be taken at their word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    /// Where the first of them stands.
    pub place: Place,
    /// The list's own type and id, as they are written there.
    pub named: Named,
    /// The credential's hash or fingerprint, if there is one; both if they disagree.
    pub fingerprints: Vec<Fingerprint>,
    /// What is wrong.
    pub fault: Fault,
}

/// What a list calls a credential: an id is its own only together with the type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The type, as it is written there.
    pub credential_type: String,
    /// The id, as it is written there; it may be empty.
    pub id: String,
}

/// An access that is listed and that no log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModelled {
    /// Where its first row stands.
    pub place: Place,
    /// What the list calls its kind.
    pub kind: String,
}
