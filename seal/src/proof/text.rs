//! Proofs as texts that can be sent, each with the checkpoint to which it leads.

use alloc::vec::Vec;
use core::fmt;

use super::{ConsistencyProof, HASHES_MAX, InclusionProof, NotProven};
use crate::base64;
use crate::checkpoint::{Checkpoint, NotAuthentic};
use crate::hash::{Hash, leaf_hash};
use crate::key::VerifierKey;
use crate::malformed::{self, Lines, Malformed, number};
use crate::name::KeyName;
use crate::note::Note;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
const EXTRA: &str = "extra ";
const INDEX: &str = "index ";
const OLD: &str = "old ";

/// A line, and the proof that a sealed log has it: a file in C2SP's form `tlog-proof`, whose `extra` is the line.
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// extra, and the line's bytes in base64
/// index, and how many lines are before it
/// the hashes of the proof in base64, one a line
///
/// the checkpoint, a signed note
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLine {
    /// The line, without its line feed.
    pub line: Vec<u8>,
    /// That it is in the log.
    pub proof: InclusionProof,
    /// The log's checkpoint.
    pub checkpoint: Note,
}

impl SealedLine {
    /// The longest text that is read, in bytes.
    pub const BYTES_MAX: usize = 2 * Note::BYTES_MAX;

    /// Reads a proof file.
    ///
    /// # Errors
    /// [`Malformed`] where it is not one to the last byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "a proof that a line is in a log";
        let text = malformed::text(WHAT, bytes, Self::BYTES_MAX)?;
        let mut lines = Lines::of(WHAT, text);
        lines.next("`c2sp.org/tlog-proof@v1`", |line| (line == HEADER).then_some(()))?;
        let line = lines.next("`extra` and the line in base64", |line| {
            base64::decode(line.strip_prefix(EXTRA)?)
        })?;
        let index = lines.next("`index` and a number without leading zeros", |line| {
            number(line.strip_prefix(INDEX)?)
        })?;
        let hashes = hashes(&mut lines)?;
        let checkpoint = rest_as_note(&lines)?;
        let proof = InclusionProof { index, hashes };
        Ok(Self {
            line,
            proof,
            checkpoint,
        })
    }

    /// Checks all of it: that one of these keys has signed the checkpoint, and that the log it is of has this line,
    /// at this place.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn open(&self, keys: &[VerifierKey]) -> Result<Checkpoint, NotSealed> {
        let checkpoint = Checkpoint::open(&self.checkpoint, keys)?;
        let leaf = leaf_hash(&self.line);
        self.proof.verify(leaf, checkpoint.size, checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for SealedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InclusionProof { index, hashes } = &self.proof;
        writeln!(f, "{HEADER}\n{EXTRA}{}\n{INDEX}{index}", base64::encode(&self.line))?;
        write_hashes(f, hashes)?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The proof that a sealed log goes on from what it was at an older size,
/// in the form in which C2SP's `tlog-witness` takes it.
///
/// ```text
/// old, and the older size
/// the hashes of the proof in base64, one a line
///
/// the newer checkpoint, a signed note
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedGrowth {
    /// How many lines the log had.
    pub old: u64,
    /// That it only grew.
    pub proof: ConsistencyProof,
    /// The log's newer checkpoint.
    pub checkpoint: Note,
}

impl SealedGrowth {
    /// The longest text that is read, in bytes.
    pub const BYTES_MAX: usize = 2 * Note::BYTES_MAX;

    /// Reads a proof file.
    ///
    /// # Errors
    /// [`Malformed`] where it is not one to the last byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "a proof that a log only grew";
        let text = malformed::text(WHAT, bytes, Self::BYTES_MAX)?;
        let mut lines = Lines::of(WHAT, text);
        let old = lines.next("`old` and a number without leading zeros", |line| {
            number(line.strip_prefix(OLD)?)
        })?;
        let hashes = hashes(&mut lines)?;
        let checkpoint = rest_as_note(&lines)?;
        let proof = ConsistencyProof { hashes };
        Ok(Self { old, proof, checkpoint })
    }

    /// Checks all of it: that one of these keys has signed the newer checkpoint, that it is of the same log as the
    /// older one, and that the log only grew.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn open(&self, older: &Checkpoint, keys: &[VerifierKey]) -> Result<Checkpoint, NotSealed> {
        let newer = Checkpoint::open(&self.checkpoint, keys)?;
        if older.origin != newer.origin {
            let older = older.origin.clone();
            return Err(NotSealed::OtherLogs {
                older,
                newer: newer.origin,
            });
        }
        if self.old != older.size {
            return Err(NotSealed::OtherSize {
                proof: self.old,
                checkpoint: older.size,
            });
        }
        self.proof.verify((older.size, older.root), (newer.size, newer.root))?;
        Ok(newer)
    }
}

impl fmt::Display for SealedGrowth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{OLD}{}", self.old)?;
        write_hashes(f, &self.proof.hashes)?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Hashes, one a line, and the empty line behind them.
fn hashes(lines: &mut Lines<'_>) -> Result<Vec<Hash>, Malformed> {
    const EXPECTED: &str = "a hash, 32 bytes in base64, or the empty line behind at most 65 of them";
    let mut hashes = Vec::new();
    loop {
        let hash = lines.next(EXPECTED, |line| match line {
            "" => Some(None),
            line if hashes.len() < HASHES_MAX => Hash::from_base64(line).map(Some),
            _ => None,
        })?;
        match hash {
            Some(hash) => hashes.push(hash),
            None => return Ok(hashes),
        }
    }
}

/// The checkpoint at the end. An error names the line of the whole text.
fn rest_as_note(lines: &Lines<'_>) -> Result<Note, Malformed> {
    Note::parse(lines.rest().as_bytes()).map_err(|wrong| Malformed {
        line: wrong.line + lines.count(),
        ..wrong
    })
}

fn write_hashes(f: &mut fmt::Formatter<'_>, hashes: &[Hash]) -> fmt::Result {
    hashes.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))
}

/// Why a proof file shows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSealed {
    /// Its checkpoint is not taken as one.
    NotAuthentic(NotAuthentic),
    /// The proof does not lead to the checkpoint.
    NotProven(NotProven),
    /// The two checkpoints are of different logs.
    OtherLogs {
        /// The log of the older one.
        older: KeyName,
        /// The log of the newer one.
        newer: KeyName,
    },
    /// The proof begins at another size than the older checkpoint's.
    OtherSize {
        /// The size at which the proof begins.
        proof: u64,
        /// That of the older checkpoint.
        checkpoint: u64,
    },
}

impl fmt::Display for NotSealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAuthentic(error) => error.fmt(f),
            Self::NotProven(error) => error.fmt(f),
            Self::OtherLogs { older, newer } => {
                write!(f, "the checkpoints are of two different logs, `{older}` and `{newer}`")
            }
            Self::OtherSize { proof, checkpoint } => {
                write!(
                    f,
                    "the proof begins at {proof} lines, but the older checkpoint has {checkpoint}: fetch a proof for \
                     these two checkpoints"
                )
            }
        }
    }
}

impl core::error::Error for NotSealed {}

impl From<NotAuthentic> for NotSealed {
    fn from(error: NotAuthentic) -> Self {
        Self::NotAuthentic(error)
    }
}

impl From<NotProven> for NotSealed {
    fn from(error: NotProven) -> Self {
        Self::NotProven(error)
    }
}
