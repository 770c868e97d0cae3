//! Proofs: a few hashes that show what a tree's root commits to.

mod consistency;
mod gather;
mod inclusion;
mod text;

pub use consistency::{ConsistencyProof, ConsistencyProver};
pub use inclusion::{InclusionProof, InclusionProver};
pub use text::{NotSealed, SealedGrowth, SealedLine};

use core::fmt;

/// How many hashes a proof has at most: one for each bit of a size, and one that a size of 2^64 − 1 may take more.
const HASHES_MAX: usize = 65;

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProven {
    /// The line would stand behind the end of the tree.
    Beyond {
        /// How many leaves are before the line's.
        index: u64,
        /// How many leaves the tree has.
        size: u64,
    },
    /// The older tree would be larger than the newer one.
    Shrunk {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer tree.
        new: u64,
    },
    /// Two trees of the same size have different roots: somebody has two histories.
    Split {
        /// The size of both.
        size: u64,
    },
    /// The proof has more or fewer hashes than a proof for these sizes.
    Length,
    /// The hashes lead to another root, so line, position, proof or root is not the one it was.
    Differs,
}

impl fmt::Display for NotProven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond { index, size } => {
                write!(
                    f,
                    "the proof is for a line that has {index} lines before it, in a log of {size}"
                )
            }
            Self::Shrunk { old, new } => {
                write!(f, "a log of {new} lines cannot go on from one of {old}: logs only grow")
            }
            Self::Split { size } => {
                write!(
                    f,
                    "these are two histories: both have {size} lines, and not the same ones"
                )
            }
            Self::Length => f.write_str("the proof has too many or too few hashes for logs of these sizes"),
            Self::Differs => f.write_str(
                "the proof does not lead to the checkpoint's root: the line, its position, the proof or the log is not \
                 the one that was sealed",
            ),
        }
    }
}

impl core::error::Error for NotProven {}

/// A log that ends before the tree of which something shall be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort {
    /// How many lines it has.
    pub lines: u64,
    /// How many the tree has.
    pub size: u64,
}

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, size } = self;
        write!(
            f,
            "the log ends at line {lines}, but it had {size} lines when it was sealed: fetch the whole log, or find \
             out who cut it"
        )
    }
}

impl core::error::Error for TooShort {}
