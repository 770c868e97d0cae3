//! Why a request has no result: as data, which a program can tell apart.

use alloc::format;
use alloc::string::{String, ToString};

use serde::{Serialize, Serializer};

use crate::corrupt_history::CorruptHistory;
use crate::id::{Position, RevocationId};
use crate::limits::excerpt;
use crate::log::{LogError, LogErrorKind};
use crate::oracle::bounds::{DEPTH_MAX, HANDLES_MAX, KEPT_BYTES_MAX, PAIRS_MAX, REQUEST_BYTES_MAX};
use crate::snapshot::SnapshotError;
use crate::timestamp::Timestamp;

/// Declares the kinds with their names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $name:literal;)*) => {
        /// What is wrong with a request: the `kind` of an error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name in an answer.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// No JSON object, more than 64 fields, or a field that is missing, unknown, there twice, or of another type.
    MalformedRequest, "malformed_request";
    /// Longer than [`REQUEST_BYTES_MAX`].
    TooLarge, "too_large";
    /// Deeper than [`DEPTH_MAX`].
    TooDeep, "too_deep";
    /// No such call.
    UnknownCall, "unknown_call";
    /// The caller speaks another version of the protocol or of the rule set.
    VersionMismatch, "version_mismatch";
    /// No enterprise has this number now.
    UnknownHandle, "unknown_handle";
    /// [`HANDLES_MAX`] enterprises are kept.
    TooManyHandles, "too_many_handles";
    /// What is kept would be more than [`KEPT_BYTES_MAX`].
    TooMuchKept, "too_much_kept";
    /// An event cannot be read.
    UnreadableEvent, "unreadable_event";
    /// An event reads well and does not fit what came before it.
    CorruptHistory, "corrupt_history";
    /// A text is no snapshot to start from.
    UnreadableSnapshot, "unreadable_snapshot";
    /// The time asked about is before the last event.
    TimeBackwards, "time_backwards";
    /// A plan is asked for of a command that asks to revoke nothing.
    NotARequest, "not_a_request";
    /// No revocation has this number.
    UnknownRevocation, "unknown_revocation";
    /// The events are not there: the enterprise began with a snapshot.
    NoHistory, "no_history";
    /// No event has this position.
    UnknownPosition, "unknown_position";
    /// More than [`PAIRS_MAX`] pairs are asked for.
    TooManyPairs, "too_many_pairs";
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What an answer says instead of a result.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fault {
    kind: ErrorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    message: String,
}

impl Fault {
    pub(super) fn new(kind: ErrorKind, message: impl ToString) -> Self {
        Self {
            kind,
            field: None,
            line: None,
            column: None,
            position: None,
            message: message.to_string(),
        }
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(super) fn of_field(field: &str, message: impl ToString) -> Self {
        Self {
            field: Some(excerpt(field)),
            ..Self::new(ErrorKind::MalformedRequest, message)
        }
    }

    pub(super) fn too_large() -> Self {
        let message = format!("a request has at most {REQUEST_BYTES_MAX} bytes: give a history in parts");
        Self::new(ErrorKind::TooLarge, message)
    }

    pub(super) fn too_deep() -> Self {
        let message = format!("lists and objects stand at most {DEPTH_MAX} deep in each other");
        Self::new(ErrorKind::TooDeep, message)
    }

    pub(super) fn unknown_call(call: &str) -> Self {
        let message = format!("`{}` is no call: docs/oracle.md lists them", excerpt(call));
        Self::new(ErrorKind::UnknownCall, message)
    }

    pub(super) fn version(what: &str, asked: u32, spoken: u32) -> Self {
        let message =
            format!("version {asked} of the {what} is asked for, and this is version {spoken}: bring both to one");
        Self::new(ErrorKind::VersionMismatch, message)
    }

    pub(super) fn unknown_handle(handle: u64) -> Self {
        let message = format!("no enterprise has handle {handle}: it was never begun, or it was ended");
        Self::new(ErrorKind::UnknownHandle, message)
    }

    pub(super) fn too_many_handles() -> Self {
        let message = format!("{HANDLES_MAX} enterprises are kept: end those that are not needed any more");
        Self::new(ErrorKind::TooManyHandles, message)
    }

    pub(super) fn too_much_kept() -> Self {
        let message = format!(
            "all enterprises together would be made of more than {KEPT_BYTES_MAX} bytes: end those that are not needed \
             any more"
        );
        Self::new(ErrorKind::TooMuchKept, message)
    }

    pub(super) fn time_backwards(at: Timestamp, last_at: Timestamp) -> Self {
        let message = format!("{at} is before the last event, at {last_at}: ask at the later of your clock and that");
        Self::new(ErrorKind::TimeBackwards, message)
    }

    pub(super) fn not_a_request() -> Self {
        Self::new(ErrorKind::NotARequest, "only `RevokeAll` and `Revoke` have a plan")
    }

    pub(super) fn unknown_revocation(revocation: RevocationId) -> Self {
        let message = format!("revocation `{revocation}` was never requested");
        Self::new(ErrorKind::UnknownRevocation, message)
    }

    pub(super) fn no_history() -> Self {
        let message = "the enterprise began with a snapshot, so its events are not here: begin it with its events";
        Self::new(ErrorKind::NoHistory, message)
    }

    pub(super) fn too_many_pairs() -> Self {
        let message = format!("there are more than {PAIRS_MAX} pairs to ask for: ask for single ones with `access`");
        Self::new(ErrorKind::TooManyPairs, message)
    }
}

impl From<LogError> for Fault {
    fn from(error: LogError) -> Self {
        let field = match &error.kind {
            LogErrorKind::MissingField { field, .. }
            | LogErrorKind::RepeatedField { field, .. }
            | LogErrorKind::InvalidField { field, .. } => Some(String::from(*field)),
            _ => None,
        };
        Self {
            field,
            line: Some(error.line),
            column: error.column,
            ..Self::new(ErrorKind::UnreadableEvent, &error)
        }
    }
}

impl From<CorruptHistory> for Fault {
    fn from(corrupt: CorruptHistory) -> Self {
        Self {
            position: Some(corrupt.position),
            ..Self::new(ErrorKind::CorruptHistory, &corrupt)
        }
    }
}

impl From<SnapshotError> for Fault {
    fn from(error: SnapshotError) -> Self {
        Self::new(ErrorKind::UnreadableSnapshot, error)
    }
}
