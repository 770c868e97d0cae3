//! Where a stream ends, and what it holds up to there.

use enterprise_credentials::{EnterpriseSlug, Position, Timestamp};
use enterprise_credentials_seal::{Frontier, Hash};

use super::error::altered;
use super::{Alteration, Batch, StoreError};

/// The end of a stream, and a commitment to every byte before it.
///
/// Two streams with the same head have the same lines, byte for byte: the frontier is the right edge of the Merkle tree
/// over them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    frontier: Frontier,
    last_at: Option<Timestamp>,
    running: u64,
}

impl Head {
    /// The head of a stream that has no line yet.
    pub const EMPTY: Self = Self {
        frontier: Frontier::EMPTY,
        last_at: None,
        running: 0,
    };

    /// A head of these parts. `last_at` is the time of the last line, `running` the number of revocations that were
    /// requested and not completed.
    pub const fn new(frontier: Frontier, last_at: Option<Timestamp>, running: u64) -> Self {
        Self {
            frontier,
            last_at,
            running,
        }
    }

    /// The last position; [`Position::START`] for a stream without lines.
    pub fn position(&self) -> Position {
        // A frontier only grows by lines, whose positions are within the limit.
        Position::new(self.frontier.size()).unwrap_or(Position::START)
    }

    /// The right edge of the tree over the lines. Its size is the last position.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The root of the tree over the lines.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The time of the last line.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// How many revocations were requested and are not completed.
    pub const fn running(&self) -> u64 {
        self.running
    }

    /// Fails unless a stream that has this head, and whose lines end at `lines`, is the one that ends with `expected`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it ends elsewhere, [`StoreError::Altered`] where it ends there with other lines,
    /// or its lines end elsewhere.
    pub(super) fn check_expected(
        &self,
        enterprise: &EnterpriseSlug,
        lines: Position,
        expected: &Self,
    ) -> Result<(), StoreError> {
        let actual = self.position();
        if actual != expected.position() {
            return Err(StoreError::Conflict {
                enterprise: enterprise.clone(),
                expected: expected.position(),
                actual,
            });
        }
        if lines != actual {
            return Err(altered(enterprise, Alteration::Beyond { head: actual, lines }));
        }
        if self.frontier != expected.frontier {
            let alteration = Alteration::Differs {
                position: actual,
                head: self.root(),
                lines: expected.root(),
            };
            return Err(altered(enterprise, alteration));
        }
        Ok(())
    }

    /// The head behind `batch`, which follows this one: its lines are hashed.
    ///
    /// # Errors
    /// [`StoreError::Permanent`], beyond any stream's last position.
    #[cfg(feature = "postgres")]
    pub(super) fn grown_by(&self, batch: &Batch) -> Result<Self, StoreError> {
        let mut frontier = self.frontier.clone();
        let grown = batch.extend(&mut frontier);
        grown.map_err(|error| StoreError::permanent("append to a stream", error))?;
        Ok(self.behind(batch, frontier))
    }

    /// The head behind `batch`, which follows this one, and with whose lines this frontier becomes `frontier`.
    pub(crate) fn behind(&self, batch: &Batch, frontier: Frontier) -> Self {
        Self {
            frontier,
            last_at: batch.last_at().or(self.last_at),
            running: (self.running + batch.requested()).saturating_sub(batch.completed()),
        }
    }
}
