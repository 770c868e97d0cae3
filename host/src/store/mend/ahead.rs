//! The lines that are right, read as they are needed.

use std::ops::RangeInclusive;

use enterprise_credentials::Position;

use super::{Batches, MEND, RightLines, StoreError};
use crate::store::Page;
use crate::store::batch::Issued;

/// How many lines are handed on at a time.
const LINES_AT_ONCE: u64 = 4_096;

/// Is told of what lines issue.
pub(in crate::store) type Each<'a> = Box<dyn FnMut(&[Issued]) -> Result<(), StoreError> + 'a>;

/// The right lines, one after the other.
pub(in crate::store) struct Ahead<'a> {
    batches: Batches<'a>,
    each: Each<'a>,
    /// What was read of them, each with its line feed; those before `begin` are taken.
    bytes: Vec<u8>,
    begin: usize,
}

impl<'a> Ahead<'a> {
    /// Begins with the first one. `each` is told of all that they issue.
    pub(in crate::store) fn open(lines: &'a RightLines, each: Each<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            batches: (lines.open)()?,
            each,
            bytes: Vec::new(),
            begin: 0,
        })
    }

    /// Takes the next lines, joined by line feeds.
    pub(in crate::store) fn take(&mut self, count: u64) -> Result<&[u8], StoreError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.bytes.drain(..self.begin);
        self.begin = 0;
        let (mut lines, mut searched) = (0, 0);
        loop {
            let unsearched = self.bytes.get(searched..).unwrap_or_default();
            for end in memchr::memchr_iter(b'\n', unsearched) {
                lines += 1;
                if lines == count {
                    let end = searched + end;
                    self.begin = end + 1;
                    return Ok(self.bytes.get(..end).unwrap_or_default());
                }
            }
            searched = self.bytes.len();
            self.read()?;
        }
    }

    /// Passes over the next lines.
    pub(in crate::store) fn skip(&mut self, mut count: u64) -> Result<(), StoreError> {
        while count > 0 {
            let some = count.min(LINES_AT_ONCE);
            self.take(some)?;
            count -= some;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let Some(batch) = self.batches.next() else {
            return Err(StoreError::permanent(MEND, "the log was changed while it was read"));
        };
        let batch = batch?;
        (self.each)(batch.issued())?;
        self.bytes.extend_from_slice(batch.page().bytes());
        Ok(())
    }
}

/// Has `insert` write the lines of the gaps, each time some behind a position, and gives how many there were.
pub(in crate::store) fn fill(
    lines: &RightLines,
    gaps: &[RangeInclusive<u64>],
    mut insert: impl FnMut(Position, &Page) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let mut right = Ahead::open(lines, Box::new(|_| Ok(())))?;
    let (mut next, mut written) = (1, 0);
    for gap in gaps {
        right.skip(gap.start() - next)?;
        next = *gap.start();
        while next <= *gap.end() {
            let count = (gap.end() - next + 1).min(LINES_AT_ONCE);
            let mut page = Page::default();
            page.push_joined(right.take(count)?);
            let after = Position::new(next - 1).map_err(|error| StoreError::permanent(MEND, error))?;
            insert(after, &page)?;
            (next, written) = (next + count, written + count);
        }
    }
    Ok(written)
}
