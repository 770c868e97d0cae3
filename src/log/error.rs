//! The bytes are at fault: where, and what is wrong with them.

use alloc::string::String;
use core::fmt;

use crate::id::Position;
use crate::json::error_as_object;
use crate::limits::LINE_BYTES_MAX;
use crate::timestamp::Timestamp;

/// A line that is not the next event of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogError {
    /// The line, counted from 1.
    pub line: u64,
    /// The byte of the line, counted from 1, near which the fault was seen;
    /// absent where the line as a whole is at fault.
    pub column: Option<usize>,
    /// What is wrong.
    pub kind: LogErrorKind,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, column {column}: {}", self.line, self.kind),
            None => write!(f, "line {}: {}", self.line, self.kind),
        }
    }
}

impl core::error::Error for LogError {}

error_as_object!(LogError, line, column);
error_as_object!(LogErrorKind);

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogErrorKind {
    /// Nothing but white space.
    #[error("the line is empty: remove it, an event stands on every line")]
    Empty,
    /// More than [`LINE_BYTES_MAX`] bytes.
    #[error("the line is longer than {LINE_BYTES_MAX} bytes, which no event is")]
    LineTooLong,
    /// A line feed within what was given as one line.
    #[error("a line feed stands inside the event: write each event on one line")]
    LineFeed,
    /// Not UTF-8.
    #[error("the line is not UTF-8")]
    InvalidUtf8,
    /// The line ends before its event does.
    #[error("the line ends inside the event: it was cut short, fetch the whole log")]
    CutShort,
    /// Not JSON.
    #[error("the line is not JSON: {reason}")]
    Json {
        /// What the parser says.
        reason: String,
    },
    /// JSON, but not an object.
    #[error("the line is JSON, but an event is a JSON object")]
    NotAnObject,
    /// An event type that this version does not know, shortened.
    #[error("event type `{name}` is unknown to this version: read the log with the version that wrote it")]
    UnknownType {
        /// The name on the line, shortened.
        name: String,
    },
    /// A field that every event of this type has is not there.
    #[error("{part} has no field `{field}`")]
    MissingField {
        /// The event type, or `the envelope`.
        part: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field stands there twice.
    #[error("{part} has field `{field}` twice: which one holds is undefined, keep one")]
    RepeatedField {
        /// The event type, or `the envelope`.
        part: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field's value is of the wrong type, or outside its limits.
    #[error("field `{field}` of {part}: {reason}")]
    InvalidField {
        /// The event type, or `the envelope`.
        part: &'static str,
        /// The field.
        field: &'static str,
        /// What is allowed and what was found.
        reason: String,
    },
    /// Fields of which each is valid, and which are no event together.
    #[error("{part} is no event: {contradiction}")]
    Contradiction {
        /// The event type.
        part: &'static str,
        /// What does not go together.
        contradiction: &'static str,
    },
    /// A position other than the next.
    #[error("position {found} where {expected} is due: lines are missing, repeated or out of order")]
    Gap {
        /// The position that is due.
        expected: Position,
        /// The position on the line.
        found: Position,
    },
    /// An event earlier than the one before it.
    #[error("time runs backwards: {at} comes after {last_at}")]
    TimeBackwards {
        /// The time on the line.
        at: Timestamp,
        /// The time of the event before it.
        last_at: Timestamp,
    },
}
