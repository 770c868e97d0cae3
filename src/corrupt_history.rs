//! The error of `apply`: the data is at fault, not the request.

use alloc::format;
use alloc::string::String;

use crate::id::{Position, RevocationId};
use crate::json::error_as_object;
use crate::timestamp::Timestamp;

/// The data is at fault: a recorded event does not fit what was recorded before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {position} does not fit the stream: {reason}")]
pub struct CorruptHistory {
    /// The position that the event claims.
    pub position: Position,
    /// What is wrong with it.
    pub reason: Corruption,
}

/// What is wrong with a recorded event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// A position is missing, or comes twice.
    #[error("expected position {expected}")]
    Position {
        /// What should come next.
        expected: Position,
    },
    /// An event is earlier than the one before it.
    #[error("time runs backwards: {at} comes after {last_at}")]
    Time {
        /// The event's time.
        at: Timestamp,
        /// The time of the event before it.
        last_at: Timestamp,
    },
    /// The event names something that the stream does not know.
    #[error("{what} `{id}` is unknown here")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: u64,
    },
    /// The event is a transition that does not exist from the present state.
    #[error("{0}")]
    Transition(&'static str),
    /// The event counts an item for another revocation than the one that it is pending in.
    #[error("the item is pending in {expected}, but recorded for \
        {found}", expected = revocation(.expected), found = revocation(.found))]
    Revocation {
        /// The revocation that the item is pending in.
        expected: Option<RevocationId>,
        /// The revocation that the event names.
        found: Option<RevocationId>,
    },
    /// A completion with other totals than what was recorded.
    #[error(
        "{authorizations_revoked} authorizations and {credentials_destroyed} credentials were recorded, the \
         completion says otherwise"
    )]
    Totals {
        /// Authorizations recorded for the revocation.
        authorizations_revoked: u64,
        /// Credentials recorded for the revocation.
        credentials_destroyed: u64,
    },
}

error_as_object!(CorruptHistory, position);
error_as_object!(Corruption);

fn revocation(id: &Option<RevocationId>) -> String {
    id.map_or_else(|| String::from("no revocation"), |id| format!("revocation {id}"))
}
