//! What a verification finds, in words, and what to do about it.

use std::fmt;

use enterprise_credentials::{Position, Timestamp};
use serde::Serialize;

use super::Verified;
use crate::store::Alteration;

/// A difference between what a store holds and what was appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the stream that it concerns; nothing where it is the storage as a whole.
    pub stream: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong. It may grow: whoever matches on it has to expect more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The stream's lines, or its head.
    Altered(Alteration),
    /// A line is no event, or not one that can stand there.
    NotAnEvent {
        /// Which line.
        position: Position,
        /// Why not.
        said: String,
    },
    /// The time of the last line is not the one in the head.
    LastAt {
        /// In the head.
        head: Option<Timestamp>,
        /// In the lines.
        lines: Option<Timestamp>,
    },
    /// Not as many revocations are unfinished as the head says.
    Running {
        /// In the head.
        head: u64,
        /// In the lines.
        lines: u64,
    },
    /// Lines issue credentials with fingerprints that the look-up does not hold.
    NotLookedUp {
        /// How many.
        count: u64,
        /// The first of the lines.
        position: Position,
    },
    /// Rows of the look-up name lines that do not issue their credentials.
    LooksUpWrong {
        /// How many.
        count: u64,
        /// What the first row stands for.
        fingerprint: String,
        /// The line that it names.
        position: i64,
    },
    /// Rows of the look-up name a stream that does not exist.
    NoStream {
        /// How many.
        count: u64,
        /// What the first row stands for.
        fingerprint: String,
    },
    /// Lines or a head stand under a name that no enterprise can have.
    NoName,
    /// The storage is damaged beneath the streams.
    Storage {
        /// What it says.
        said: String,
    },
}

impl Fault {
    /// Its name, for machines.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Altered(Alteration::HeadLost) => "head_lost",
            Self::Altered(Alteration::HeadBroken) => "head_broken",
            Self::Altered(Alteration::Missing { .. }) => "lines_missing",
            Self::Altered(Alteration::Beyond { .. }) => "lines_beyond_head",
            Self::Altered(Alteration::Differs { .. }) => "lines_differ",
            Self::Altered(Alteration::SetBack { .. }) => "set_back",
            Self::Altered(Alteration::SealedBeyond { .. }) => "sealed_beyond_head",
            Self::Altered(Alteration::SealedOtherwise { .. }) => "sealed_otherwise",
            Self::Altered(Alteration::WitnessedBeyond { .. }) => "witnessed_beyond_head",
            Self::Altered(Alteration::WitnessedOtherwise { .. }) => "witnessed_otherwise",
            Self::Altered(Alteration::LookUp { .. }) | Self::LooksUpWrong { .. } => "look_up_wrong",
            Self::NotAnEvent { .. } => "not_an_event",
            Self::LastAt { .. } => "last_at_differs",
            Self::Running { .. } => "running_differs",
            Self::NotLookedUp { .. } => "look_up_missing",
            Self::NoStream { .. } => "look_up_without_stream",
            Self::NoName => "no_enterprise_name",
            Self::Storage { .. } => "storage_damaged",
        }
    }

    /// What to do about it.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::Altered(Alteration::HeadLost | Alteration::HeadBroken) => {
                "`repair --from LOG --accept-size N` with an export of N lines that you know to be the whole stream; \
                 if no enterprise of yours has this name, the name itself was damaged: `restore` a backup"
            }
            Self::Altered(alteration) if alteration.is_of_seal() => alteration.cure(),
            Self::Altered(_) => {
                "`repair --from LOG` with any log of the stream that leads to the same head: an earlier export, or the \
                 stream in a backup"
            }
            Self::LastAt { .. } | Self::Running { .. } | Self::NotLookedUp { .. } | Self::LooksUpWrong { .. } => {
                "`export` the stream, and `repair --from` this export"
            }
            Self::NoStream { .. } => "`repair` any stream: that removes such rows",
            Self::NotAnEvent { .. } => {
                "the lines are those that were appended, but this version cannot read them: use the version that wrote \
                 them"
            }
            Self::NoName | Self::Storage { .. } => {
                "`restore` a backup; or `export` every stream that is whole, and `import` them into a new store"
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| at.to_string());
        match self {
            Self::Altered(alteration) => alteration.fmt(f),
            Self::NotAnEvent { position, said } => write!(f, "the line at position {position} is no event: {said}"),
            Self::LastAt { head, lines } => write!(
                f,
                "its head says that the last line is of {}, and the line says {}",
                time(head),
                time(lines)
            ),
            Self::Running { head, lines } => write!(
                f,
                "its head counts {head} unfinished revocations, and its lines have {lines}: a job may never be resumed"
            ),
            Self::NotLookedUp { count, position } => write!(
                f,
                "the look-up lacks {count} of its credentials, the first issued at position {position}: their tokens \
                 get 401"
            ),
            Self::LooksUpWrong {
                count,
                fingerprint,
                position,
            } => write!(
                f,
                "{count} rows of the look-up name a line that does not issue their credential: their tokens get 503; \
                 the first names position {position} for the fingerprint `{fingerprint}`"
            ),
            Self::NoStream { count, fingerprint } => write!(
                f,
                "{count} rows of the look-up name this stream, which does not exist: their tokens get 503; the first \
                 is for the fingerprint `{fingerprint}`"
            ),
            Self::NoName => f.write_str("there are rows under this name, but no enterprise can have it"),
            Self::Storage { said } => write!(f, "the storage is damaged: {said}"),
        }
    }
}

/// For machines: the stream, the kind, and what a person is told.
impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            stream: Option<&'a str>,
            kind: &'a str,
            says: String,
            cure: &'a str,
        }
        let shape = Shape {
            stream: self.stream.as_deref(),
            kind: self.fault.kind(),
            says: self.fault.to_string(),
            cure: self.fault.cure(),
        };
        shape.serialize(serializer)
    }
}

/// The findings on their way to whoever asked, and the counts beside them.
pub(super) struct Findings<E> {
    each: E,
    pub(super) verified: Verified,
}

impl<E: FnMut(Finding)> Findings<E> {
    pub(super) fn to(each: E) -> Self {
        Self {
            each,
            verified: Verified::default(),
        }
    }

    pub(super) fn tell(&mut self, stream: Option<&str>, fault: Fault) {
        self.verified.findings += 1;
        let stream = stream.map(str::to_owned);
        (self.each)(Finding { stream, fault });
    }
}
