//! What was signed of a stream, as a store keeps it.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Checkpoint, Frontier, InvalidKeyName, KeyName, Malformed, Note};

use super::error::altered;
use super::{Alteration, StoreError};

/// A checkpoint of a stream: signed, and durable before anybody is given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// Which log of the stream: 1, and one more for each time that its seal was begun anew.
    pub log: u32,
    /// The right edge of the tree over the lines that it covers. Proofs to later checkpoints begin with it.
    pub frontier: Frontier,
    /// What was signed, with its signatures.
    pub note: Note,
}

impl KeptCheckpoint {
    /// The number of a stream's first log.
    pub const FIRST_LOG: u32 = 1;

    /// What a stream's log is called in a service of this name: `NAME/SLUG`,
    /// and `NAME/SLUG/2` once its seal was begun anew.
    ///
    /// # Errors
    /// [`InvalidKeyName`] where that is too long.
    pub fn origin(name: &KeyName, enterprise: &EnterpriseSlug, log: u32) -> Result<KeyName, InvalidKeyName> {
        let first = name.join(enterprise.as_str())?;
        match log {
            0..=Self::FIRST_LOG => Ok(first),
            log => first.join(&log.to_string()),
        }
    }

    /// How many lines it covers.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Whether this is all of `other`: signed alike, and by all who signed that;
    /// witnesses may have signed this one too.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let has = |signature| self.note.signatures().contains(signature);
        let is_same = (self.log, &self.frontier, self.note.text()) == (other.log, &other.frontier, other.note.text());
        is_same && other.note.signatures().iter().all(has)
    }

    /// Takes a row of a table.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(super) fn read(log: i64, size: i64, frontier: &[u8], note: &str) -> Result<Self, StoreError> {
        let row = || -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
            let (log, size) = (log.try_into()?, size.try_into()?);
            let frontier = Frontier::from_bytes(size, frontier)?;
            let note = Note::parse(note.as_bytes())?;
            Ok(Self { log, frontier, note }.checked()?)
        };
        row().map_err(|broken| StoreError::permanent("read a checkpoint", broken))
    }

    /// Fails unless what is signed is of the frontier's tree: else a proof from it would be of another.
    pub(crate) fn checked(self) -> Result<Self, Malformed> {
        let signed = self.signed()?;
        if (signed.size, signed.root) == (self.size(), self.frontier.root()) {
            return Ok(self);
        }
        Err(Malformed {
            what: "a checkpoint",
            line: 2,
            expected: "the size and the root of what is kept beside it",
        })
    }

    /// What is signed.
    ///
    /// # Errors
    /// [`Malformed`] where the note is not one of a checkpoint.
    pub fn signed(&self) -> Result<Checkpoint, Malformed> {
        self.note.text().parse()
    }

    /// The error of a store that holds another tree of the same size: two histories were signed.
    #[cfg(any(feature = "contract", feature = "postgres", feature = "sqlite"))]
    pub(super) fn contradicts(&self, enterprise: &EnterpriseSlug, kept: &Frontier) -> StoreError {
        let alteration = Alteration::SealedOtherwise {
            size: kept.size(),
            sealed: kept.root(),
            head: self.size(),
            lines: self.frontier.root(),
        };
        altered(enterprise, alteration)
    }
}
