//! Checkpoints, in the form of C2SP's `tlog-checkpoint`: what a log was at some size, signed.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::key::{SigningKey, VerifierKey};
use crate::malformed::{Lines, Malformed, number};
use crate::name::KeyName;
use crate::note::{NotVerified, Note};

/// The claim that the log called `origin` had `size` lines, and that the tree over them has this root.
///
/// As text it is three lines: the origin, the size in decimal digits, the root in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: KeyName,
    /// How many lines it had.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The claim that the log is what this frontier is the right edge of.
    pub fn of(origin: KeyName, frontier: &Frontier) -> Self {
        let (size, root) = (frontier.size(), frontier.root());
        Self { origin, size, root }
    }

    /// Signs it with each of these keys, under the name of the log, whatever they are called.
    pub fn sign(&self, keys: &[SigningKey]) -> Note {
        let named = keys.iter().map(|key| key.named(self.origin.clone()));
        Note::signed(self.to_string(), &named.collect::<Vec<_>>())
    }

    /// Reads a note whose text is a checkpoint, if it is genuine: signed by one of these keys, whose name is the log's.
    ///
    /// # Errors
    /// [`NotAuthentic`].
    pub fn open(note: &Note, keys: &[VerifierKey]) -> Result<Self, NotAuthentic> {
        let signers = note.verify(keys)?;
        let checkpoint: Self = note.text().parse()?;
        // A signature is over the text alone. Whoever has a checkpoint of one log could show it as signed by another
        // log's key, where the two keys differ in their names alone.
        let other = signers.first().map(|key| key.name().clone());
        match other.filter(|_| signers.iter().all(|key| *key.name() != checkpoint.origin)) {
            None => Ok(checkpoint),
            Some(key) => Err(NotAuthentic::OtherLog {
                origin: checkpoint.origin,
                key,
            }),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::of("a checkpoint", text);
        let origin = lines.next("the name of a log, without white space and `+`", |line| {
            KeyName::new(line).ok()
        })?;
        let size = lines.next("the number of lines, in decimal digits without leading zeros", number)?;
        let root = lines.next("the root of the tree, 32 bytes in base64", Hash::from_base64)?;
        lines.end("the end: a checkpoint here has no lines but its origin, size and root")?;
        Ok(Self { origin, size, root })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, root } = self;
        writeln!(f, "{origin}\n{size}\n{}", root.to_base64())
    }
}

/// Why a note is not taken as a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAuthentic {
    /// Nobody whose key was given has signed it.
    NotVerified(NotVerified),
    /// Its text is no checkpoint.
    Malformed(Malformed),
    /// It is of another log than the one whose key has signed it.
    OtherLog {
        /// The log that it names.
        origin: KeyName,
        /// The name of the key.
        key: KeyName,
    },
}

impl fmt::Display for NotAuthentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVerified(error) => error.fmt(f),
            Self::Malformed(error) => error.fmt(f),
            Self::OtherLog { origin, key } => {
                write!(
                    f,
                    "the checkpoint is of the log `{origin}`, but the signature is for `{key}`"
                )
            }
        }
    }
}

impl core::error::Error for NotAuthentic {}

impl From<NotVerified> for NotAuthentic {
    fn from(error: NotVerified) -> Self {
        Self::NotVerified(error)
    }
}

impl From<Malformed> for NotAuthentic {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}
