//! A stream's head as a row of a table: the same columns in every engine.

use enterprise_credentials::{EnterpriseSlug, Timestamp};
use enterprise_credentials_seal::Frontier;
use sha2::{Digest, Sha256};

use super::Head;
use super::entry::first_bytes;
use super::segment::integer;

/// A row of the table, as it stands there.
#[derive(Debug)]
pub(super) struct HeadRow {
    pub(super) size: i64,
    pub(super) frontier: Vec<u8>,
    pub(super) last_at: i64,
    pub(super) running: i64,
    pub(super) checksum: i64,
}

impl HeadRow {
    /// Of a head, with its checksum.
    pub(super) fn of(enterprise: &EnterpriseSlug, head: &Head) -> Self {
        let mut stored = Self {
            size: integer(head.position().value()),
            frontier: head.frontier().to_bytes(),
            last_at: head.last_at().map_or(0, Timestamp::milliseconds),
            running: integer(head.running()),
            checksum: 0,
        };
        stored.checksum = stored.sum(enterprise.as_str());
        stored
    }

    /// Of every other column.
    fn sum(&self, enterprise: &str) -> i64 {
        let hash = Sha256::new()
            .chain_update(self.size.to_le_bytes())
            .chain_update(self.last_at.to_le_bytes())
            .chain_update(self.running.to_le_bytes())
            .chain_update(enterprise)
            .chain_update(b"\n")
            .chain_update(&self.frontier)
            .finalize();
        first_bytes(&hash)
    }

    /// Nothing where the parts are not those that were written together.
    pub(super) fn checked(self, enterprise: &str) -> Option<Head> {
        if self.checksum != self.sum(enterprise) {
            return None;
        }
        let size = u64::try_from(self.size).ok()?;
        let frontier = Frontier::from_bytes(size, &self.frontier).ok()?;
        let last_at = Timestamp::from_milliseconds(self.last_at).ok()?;
        let running = u64::try_from(self.running).ok()?;
        Some(Head::new(frontier, Some(last_at), running))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_of_a_row_can_change_unnoticed() {
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let mut frontier = Frontier::EMPTY;
        frontier.push_line(b"one").unwrap();
        let head = Head::new(frontier, Some(Timestamp::from_milliseconds(12).unwrap()), 1);
        let stored = || HeadRow::of(&slug, &head);
        assert_eq!(stored().checked("octo-corp"), Some(head.clone()));
        assert_eq!(stored().checked("octo-corq"), None);
        for bit in 0..64 {
            for column in 0..4 {
                let mut changed = stored();
                let columns = [
                    &mut changed.size,
                    &mut changed.last_at,
                    &mut changed.running,
                    &mut changed.checksum,
                ];
                *columns[column] ^= 1 << bit;
                assert_eq!(changed.checked("octo-corp"), None, "bit {bit} of column {column}");
            }
        }
        for bit in 0..256 {
            let mut changed = stored();
            changed.frontier[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(changed.checked("octo-corp"), None, "bit {bit} of the frontier");
        }
    }
}
