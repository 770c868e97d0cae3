//! What is wrong with a stream's rows. It is found by a comparison with the right lines.

use std::ops::RangeInclusive;

use super::ahead::{Ahead, Each};
use super::{RightLines, StoreError};
use crate::store::segment::Segment;

/// What is wrong with a stream's rows.
#[derive(Debug)]
pub(in crate::store) struct Damage<Key> {
    /// The keys of those that hold something wrong, or what another holds.
    pub(in crate::store) rows: Vec<Key>,
    /// The lines that no other row holds.
    pub(in crate::store) gaps: Vec<RangeInclusive<u64>>,
    /// How many lines there are behind the end.
    pub(in crate::store) lines_beyond: u64,
}

impl<Key> Damage<Key> {
    /// Whether nothing is.
    pub(in crate::store) const fn is_none(&self) -> bool {
        self.rows.is_empty() && self.gaps.is_empty()
    }

    fn gap(&mut self, lines: RangeInclusive<u64>) {
        if lines.is_empty() {
            return;
        }
        match self.gaps.last_mut() {
            Some(before) if before.end() + 1 == *lines.start() => *before = *before.start()..=*lines.end(),
            _ => self.gaps.push(lines),
        }
    }
}

/// The rows of a stream, one after the other in the order of their lines, beside the right lines.
pub(in crate::store) struct Comparison<'a, Key> {
    right: Ahead<'a>,
    size: u64,
    next: u64,
    damage: Damage<Key>,
}

impl<'a, Key> Comparison<'a, Key> {
    /// Begins with the first line. `each` is told of all that the right lines issue.
    pub(in crate::store) fn begin(lines: &'a RightLines, each: Each<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            right: Ahead::open(lines, each)?,
            size: lines.size,
            next: 1,
            damage: Damage {
                rows: Vec::new(),
                gaps: Vec::new(),
                lines_beyond: 0,
            },
        })
    }

    /// Takes the next row; nothing for its segment where its columns are none.
    pub(in crate::store) fn row(&mut self, key: Key, segment: Option<&Segment<'_>>) -> Result<(), StoreError> {
        let damage = &mut self.damage;
        let Some((held, lines)) = segment.and_then(|segment| Some((segment.positions()?, segment.lines))) else {
            damage.rows.push(key);
            return Ok(());
        };
        if *held.end() > self.size {
            damage.lines_beyond += held.end() - (*held.start()).max(self.size + 1) + 1;
        }
        if *held.start() < self.next || *held.end() > self.size {
            damage.rows.push(key);
            return Ok(());
        }
        self.right.skip(held.start() - self.next)?;
        damage.gap(self.next..=held.start() - 1);
        if self.right.take(held.end() - held.start() + 1)? != lines {
            damage.rows.push(key);
            damage.gap(held.clone());
        }
        self.next = held.end() + 1;
        Ok(())
    }

    /// What was found, behind the last row.
    pub(in crate::store) fn end(mut self) -> Result<Damage<Key>, StoreError> {
        // To the end, so that all that they issue is told.
        self.right.skip((self.size + 1).saturating_sub(self.next))?;
        self.damage.gap(self.next..=self.size);
        Ok(self.damage)
    }
}
