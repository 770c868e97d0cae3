//! What a storage has to do if a stream is altered: hold the right lines again.

pub(super) mod ahead;
pub(super) mod damage;

use std::fmt;

use enterprise_credentials::EnterpriseSlug;

use super::{Batch, Head, StoreError};

pub(super) const MEND: &str = "mend a stream";

/// The lines of a stream, in batches, from its first one on.
pub(crate) type Batches<'a> = Box<dyn Iterator<Item = Result<Batch, StoreError>> + 'a>;

/// Lines that lead to a head. They are read more than once.
pub(crate) struct RightLines {
    /// How many there are.
    pub(crate) size: u64,
    /// Begins to read them.
    pub(crate) open: Box<dyn Fn() -> Result<Batches<'static>, StoreError> + Send + Sync>,
}

/// A stream that is to hold these lines, and have this head.
#[derive(Debug)]
pub(crate) struct Mending {
    pub(crate) enterprise: EnterpriseSlug,
    /// The head that the storage gave; nothing where it was broken or lost. Where it gives another by now,
    /// nothing is mended.
    pub(crate) found: Option<Head>,
    /// The head to which the lines lead.
    pub(crate) head: Head,
    pub(crate) lines: RightLines,
}

impl Mending {
    /// Fails unless the storage says of the head `now` what it said when this was found.
    pub(super) fn check_found(&self, now: Result<Option<Head>, StoreError>) -> Result<(), StoreError> {
        let now = match (now, &self.found) {
            (Ok(Some(now)), Some(found)) if now == *found => return Ok(()),
            (Err(StoreError::Altered(_)), None) => return Ok(()),
            (Ok(now), _) => now,
            (Err(error), _) => return Err(error),
        };
        Err(StoreError::Conflict {
            enterprise: self.enterprise.clone(),
            expected: self.head.position(),
            actual: now.unwrap_or_default().position(),
        })
    }
}

impl fmt::Debug for RightLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RightLines")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What was mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mended {
    /// How many damaged segments were taken out.
    pub segments: u64,
    /// How many lines were written in their place, or where some were missing.
    pub lines: u64,
    /// How many lines stood behind the head, and were taken out.
    pub lines_beyond: u64,
    /// How many rows of the look-up named something wrong, and were taken out.
    pub look_up_removed: u64,
    /// How many rows of the look-up were missing, and were written.
    pub look_up_added: u64,
    /// Whether the head was written.
    pub head: bool,
}

impl Mended {
    /// Whether nothing was wrong.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
