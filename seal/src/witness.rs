//! What a witness may cosign: only a checkpoint that goes on from all that it has cosigned before.

use core::fmt;

use crate::checkpoint::{Checkpoint, NotAuthentic};
use crate::key::VerifierKey;
use crate::name::KeyName;
use crate::proof::{NotProven, SealedGrowth};

impl SealedGrowth {
    /// Decides as a witness, which of this log has cosigned `last` at last; at first that is the log without lines.
    /// Gives what it may cosign now, after it has made durable that this is the last one.
    ///
    /// # Errors
    /// [`NotWitnessed`]; then nothing may be signed.
    pub fn witness(&self, last: &Checkpoint, keys: &[VerifierKey]) -> Result<Checkpoint, NotWitnessed> {
        let newer = Checkpoint::open(&self.checkpoint, keys).map_err(NotWitnessed::NotAuthentic)?;
        if newer.origin != last.origin {
            return Err(NotWitnessed::OtherLog { origin: newer.origin });
        }
        if self.old > newer.size {
            let (old, new) = (self.old, newer.size);
            return Err(NotWitnessed::Shrinks { old, new });
        }
        if self.old != last.size {
            return Err(NotWitnessed::Stale { size: last.size });
        }
        match self.proof.verify((last.size, last.root), (newer.size, newer.root)) {
            Ok(()) => Ok(newer),
            Err(NotProven::Split { size }) => Err(NotWitnessed::Split { size }),
            Err(error) => Err(NotWitnessed::NotProven(error)),
        }
    }
}

/// Why a witness does not cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotWitnessed {
    /// It is not taken as the log's. Answered with 403.
    NotAuthentic(NotAuthentic),
    /// It is of another log than the one that was asked about.
    OtherLog {
        /// The log that it names.
        origin: KeyName,
    },
    /// The proof begins at a larger size than the checkpoint has. Answered with 400.
    Shrinks {
        /// Where the proof begins.
        old: u64,
        /// The size of the checkpoint.
        new: u64,
    },
    /// The proof does not begin at the size that was cosigned last. Answered with 409 and that size.
    Stale {
        /// The size that was cosigned last.
        size: u64,
    },
    /// At the size that was cosigned last the log was another. Answered with 409 and that size.
    Split {
        /// That size.
        size: u64,
    },
    /// The proof does not lead from what was cosigned last to the checkpoint. Answered with 422.
    NotProven(NotProven),
}

impl fmt::Display for NotWitnessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAuthentic(error) => error.fmt(f),
            Self::OtherLog { origin } => {
                write!(f, "the checkpoint is of the log `{origin}`, which was not asked about")
            }
            Self::Shrinks { old, new } => {
                write!(
                    f,
                    "the proof begins at {old} lines, and the checkpoint has {new}: logs only grow"
                )
            }
            Self::Stale { size } => write!(
                f,
                "the checkpoint that was cosigned last has {size} lines: begin the proof there"
            ),
            Self::Split { size } => {
                write!(
                    f,
                    "another log of {size} lines was cosigned under this name: there are two histories"
                )
            }
            Self::NotProven(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for NotWitnessed {}
