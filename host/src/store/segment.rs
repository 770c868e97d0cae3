//! Segments: consecutive lines of a stream, as one value of a table. Every engine cuts and reads them alike.

use std::ops::RangeInclusive;

use enterprise_credentials::{EnterpriseSlug, Position};

use super::error::altered;
use super::{Alteration, Page, StoreError};

/// How many lines a segment holds at most, and how many bytes, unless one line alone is longer. What a segment holds is
/// read whole for one line of it, for the look-up.
const SEGMENT_LINES_MAX: usize = 1_024;
const SEGMENT_BYTES_MAX: usize = 64 * 1024;

/// Cuts lines into segments: how many lines each holds, and the lines, joined by line feeds.
pub(super) fn cut(page: &Page) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = page.bytes();
    std::iter::from_fn(move || {
        let (mut count, mut end) = (0, 0);
        for line_end in memchr::memchr_iter(b'\n', rest) {
            if count > 0 && (count == SEGMENT_LINES_MAX || line_end > SEGMENT_BYTES_MAX) {
                break;
            }
            (count, end) = (count + 1, line_end);
        }
        let segment = rest.get(..end).filter(|_| count > 0)?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some((count, segment))
    })
}

/// A row of a table of segments.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) lines: &'a [u8],
}

impl Segment<'_> {
    /// Adds its lines behind `after` and behind what the page holds of them,
    /// as far as the page has no more than `limit` then.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where the next line is not in it.
    pub(super) fn follow(
        &self,
        page: &mut Page,
        enterprise: &EnterpriseSlug,
        after: Position,
        limit: usize,
    ) -> Result<(), StoreError> {
        let held = after.value() + page.len() as u64;
        let skipped = self.place_of(held + 1).ok_or_else(|| missing(enterprise, held))?;
        self.add(page, skipped, limit);
        Ok(())
    }

    /// How many of its lines stand before position `next`. Nothing where that one is not in it,
    /// or it does not hold as many lines as it says.
    pub(super) fn place_of(&self, next: u64) -> Option<usize> {
        let next = i64::try_from(next).ok()?;
        let count = usize::try_from(self.last.checked_sub(self.first)?.checked_add(1)?).ok()?;
        let holds = memchr::memchr_iter(b'\n', self.lines).count() + 1;
        if self.first > next || self.last < next || count != holds {
            return None;
        }
        usize::try_from(next - self.first).ok()
    }

    /// The positions of its lines. Nothing where it does not hold as many lines as it says.
    pub(super) fn positions(&self) -> Option<RangeInclusive<u64>> {
        let (first, last) = (u64::try_from(self.first).ok()?, u64::try_from(self.last).ok()?);
        (first > 0 && self.place_of(first) == Some(0)).then_some(first..=last)
    }

    /// Adds its lines but for the first `skipped`, as far as the page has no more than `limit` then.
    fn add(&self, page: &mut Page, skipped: usize, limit: usize) {
        let mut ends = memchr::memchr_iter(b'\n', self.lines);
        let begin = skipped
            .checked_sub(1)
            .and_then(|end| ends.nth(end))
            .map_or(0, |end| end + 1);
        let room = limit - page.len();
        let end = ends.nth(room - 1).unwrap_or(self.lines.len());
        page.push_joined(self.lines.get(begin..end).unwrap_or_default());
    }
}

/// Lines that should stand behind `position` do not.
pub(super) fn missing(enterprise: &EnterpriseSlug, position: u64) -> StoreError {
    let position = self::position(position);
    altered(enterprise, Alteration::Missing { position })
}

/// Ids and positions end at 2^53 − 1, so that each fits a column.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A position that a table says; the start where it is none.
pub(super) fn position(value: u64) -> Position {
    Position::new(value).unwrap_or(Position::START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_whole_lines_within_both_limits_and_lose_none() {
        let long = vec![b'x'; SEGMENT_BYTES_MAX + 1];
        let half = vec![b'y'; SEGMENT_BYTES_MAX / 2];
        for (lines, counts) in [
            (vec![], vec![]),
            (vec![&b"one"[..]; 1_024], vec![1_024]),
            (vec![&b"one"[..]; 2_049], vec![1_024, 1_024, 1]),
            (vec![&half[..]; 5], vec![1, 1, 1, 1, 1]),
            (vec![&half[..half.len() - 1]; 5], vec![2, 2, 1]),
            (vec![&b"one"[..], &long, b"two", b""], vec![1, 1, 2]),
        ] {
            let page = Page::from_iter(&lines);
            let segments: Vec<_> = cut(&page).collect();
            assert_eq!(segments.iter().map(|(count, _)| *count).collect::<Vec<_>>(), counts);
            let mut again = Page::default();
            for (_, segment) in segments {
                again.push_joined(segment);
            }
            assert_eq!(again, page);
        }
    }

    #[test]
    fn a_segment_gives_the_lines_asked_for_or_says_that_it_has_not_got_them() {
        let segment = |first, last| Segment {
            first,
            last,
            lines: b"5\n6\n7\n8",
        };
        let whole = segment(5, 8);
        for (next, place) in [(4, None), (5, Some(0)), (7, Some(2)), (8, Some(3)), (9, None)] {
            assert_eq!(whole.place_of(next), place, "{next}");
        }
        for (first, last) in [(5, 7), (5, 9), (9, 5), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN)] {
            assert_eq!(segment(first, last).place_of(6), None, "{first} to {last}");
        }
        for (skipped, limit, expected) in [
            (0, 9, "5\n6\n7\n8\n"),
            (0, 1, "5\n"),
            (2, 9, "7\n8\n"),
            (1, 2, "6\n7\n"),
            (3, 1, "8\n"),
        ] {
            let mut page = Page::default();
            whole.add(&mut page, skipped, limit);
            assert_eq!(page.bytes(), expected.as_bytes(), "{skipped}, {limit}");
        }
    }
}
