//! Bytes that need no memory of their own if they are few.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// Bytes that do not change any more.
#[derive(Clone)]
pub(super) enum Bytes {
    Short(ShortBytes),
    Long(Box<[u8]>),
}

/// So many fit where a list outside would need its address, its length and its capacity.
const SHORT_MAX: usize = 22;

/// A few bytes, in place.
#[derive(Clone, Default)]
pub(super) struct ShortBytes {
    length: u8,
    bytes: [u8; SHORT_MAX],
}

impl ShortBytes {
    /// Adds one byte and then others; false where they do not fit.
    #[inline]
    pub(super) fn push(&mut self, first: u8, others: &[u8]) -> bool {
        debug_assert!(usize::from(self.length) <= SHORT_MAX);
        let free = self.bytes.get_mut(usize::from(self.length)..).unwrap_or_default();
        let Some(([free], free_after)) = free.split_first_chunk_mut() else {
            return false;
        };
        let Some(free_after) = free_after.get_mut(..others.len()) else {
            return false;
        };
        *free = first;
        free_after.copy_from_slice(others);
        let [added, ..] = others.len().to_le_bytes();
        self.length += added + 1;
        true
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        debug_assert!(usize::from(self.length) <= SHORT_MAX);
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl Bytes {
    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes.as_slice(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Short(ShortBytes::default())
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bytes_as_fit_are_taken_and_no_others_are_lost() {
        for first in 0..=SHORT_MAX {
            for second in 0..=SHORT_MAX {
                let (mut bytes, others) = (ShortBytes::default(), [7; SHORT_MAX]);
                assert_eq!(bytes.push(1, &others[..first]), first < SHORT_MAX);
                let before = bytes.clone();
                let length = before.as_slice().len();
                let taken = bytes.push(2, &others[..second]);
                assert_eq!(taken, length + 1 + second <= SHORT_MAX, "{second} after {length}");
                assert_eq!(bytes.as_slice()[..length], *before.as_slice());
                assert_eq!(bytes.as_slice().len(), if taken { length + 1 + second } else { length });
            }
        }
    }

    #[test]
    fn where_bytes_are_kept_cannot_be_told() {
        let mut short = ShortBytes::default();
        assert!(short.push(4, b"repo"));
        let (short, long) = (Bytes::Short(short), Bytes::Long(Box::from(*b"\x04repo")));
        assert!(short == long && short.cmp(&long) == Ordering::Equal);
        assert!(Bytes::default() < short && Bytes::default() != short);
        assert_eq!(size_of::<Bytes>(), 24);
    }
}
