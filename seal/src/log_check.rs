//! Whether a log has a known size and root, or begins with a log that has them.

use core::fmt;

use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hash};
use crate::proof::TooShort;

/// A comparison of a log, line by line, with the tree that it is said to begin with.
#[derive(Debug, Clone)]
pub struct LogCheck {
    size: u64,
    root: Hash,
    frontier: Frontier,
    behind: u64,
}

impl LogCheck {
    /// Begins before the first line of a log whose first `size` lines should have this root.
    pub const fn new(size: u64, root: Hash) -> Self {
        Self {
            size,
            root,
            frontier: Frontier::EMPTY,
            behind: 0,
        }
    }

    /// Takes the next line, without its line feed. What comes behind the first `size` lines may be anything.
    pub fn push_line(&mut self, line: &[u8]) {
        // A frontier is full only at the largest size that there is.
        if self.frontier.size() >= self.size || self.frontier.push_leaf(leaf_hash(line)).is_err() {
            self.behind = self.behind.saturating_add(1);
        }
    }

    /// How many lines came behind those that the root commits to: nothing is known of them.
    ///
    /// # Errors
    /// [`NotTheLog`].
    pub fn finish(self) -> Result<u64, NotTheLog> {
        let Self {
            size,
            root: expected,
            frontier,
            behind,
        } = self;
        let (lines, found) = (frontier.size(), frontier.root());
        match () {
            () if lines < size => Err(NotTheLog::TooShort(TooShort { lines, size })),
            () if found != expected => Err(NotTheLog::Differs { size, expected, found }),
            () => Ok(behind),
        }
    }
}

/// A log that is not the one whose size and root are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTheLog {
    /// It has fewer lines.
    TooShort(TooShort),
    /// Its first lines are others.
    Differs {
        /// How many lines should be the same.
        size: u64,
        /// The root that is known.
        expected: Hash,
        /// The root that these lines have.
        found: Hash,
    },
}

impl fmt::Display for NotTheLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(short) => short.fmt(f),
            Self::Differs { size, expected, found } => write!(
                f,
                "the log is not the one that was sealed: its first {size} lines have the root {}, and the sealed lines \
                 had {}",
                found.to_base64(),
                expected.to_base64()
            ),
        }
    }
}

impl core::error::Error for NotTheLog {}
