//! From a fingerprint to the credential that was issued with it: 12 bytes for each.

use alloc::vec::Vec;
use core::hash::Hasher;

use crate::hashing::Hash;
use crate::name::Fingerprint;

/// The credentials of a history by fingerprint, in as much room as their number needs.
///
/// Two fingerprints with the same hash of 64 bits would be taken for one. Of ten million, that happens to two in one
/// history of some hundred thousand.
#[derive(Debug, Clone)]
pub(super) struct Fingerprints {
    entries: Vec<Entry>,
    is_sorted: bool,
}

/// The hash of a fingerprint, its high half first, and the slot of the credential.
type Entry = [u32; 3];

const _: () = assert!(size_of::<Entry>() == 12);

impl Fingerprints {
    pub(super) fn with_capacity(credentials: u32) -> Self {
        Self {
            entries: Vec::with_capacity(credentials as usize),
            is_sorted: true,
        }
    }

    pub(super) fn insert(&mut self, fingerprint: &Fingerprint, slot: u32) {
        let [high, low] = hash(fingerprint);
        self.entries.push([high, low, slot]);
        self.is_sorted = false;
    }

    /// The slots of the credentials with this fingerprint, the one issued last first.
    pub(super) fn slots(&mut self, fingerprint: &Fingerprint) -> impl Iterator<Item = u32> + Clone {
        if !self.is_sorted {
            self.entries.sort_unstable();
            self.is_sorted = true;
        }
        let hash = hash(fingerprint);
        let behind = self.entries.partition_point(|[high, low, _]| [*high, *low] <= hash);
        let up_to = self.entries.get(..behind).unwrap_or_default().iter().rev();
        (up_to.take_while(move |[high, low, _]| [*high, *low] == hash)).map(|[.., slot]| *slot)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

fn hash(fingerprint: &Fingerprint) -> [u32; 2] {
    let mut hash = Hash::default();
    hash.write(fingerprint.as_str().as_bytes());
    let bytes = hash.finish().to_be_bytes();
    let ([high, low], []) = bytes.as_chunks() else {
        return [0; 2];
    };
    [u32::from_be_bytes(*high), u32::from_be_bytes(*low)]
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn fingerprint(number: u32) -> Fingerprint {
        Fingerprint::new(&format!("SHA256:{number}")).unwrap()
    }

    fn slots(fingerprints: &mut Fingerprints, number: u32) -> Vec<u32> {
        fingerprints.slots(&fingerprint(number)).collect()
    }

    #[test]
    fn each_is_found_and_of_equal_ones_the_last_first() {
        let mut fingerprints = Fingerprints::with_capacity(60_000);
        for slot in 0..50_000 {
            fingerprints.insert(&fingerprint(slot), slot);
        }
        fingerprints.insert(&fingerprint(7), 50_000);
        for slot in (0..50_000).filter(|slot| *slot != 7) {
            assert_eq!(slots(&mut fingerprints, slot), [slot]);
            assert_eq!(slots(&mut fingerprints, 50_000 + slot), [0; 0]);
        }
        assert_eq!(slots(&mut fingerprints, 7), [50_000, 7]);
        fingerprints.insert(&fingerprint(60_000), 50_001);
        assert_eq!(slots(&mut fingerprints, 60_000), [50_001], "also after a look");
        assert_eq!((fingerprints.len(), fingerprints.entries.capacity()), (50_002, 60_000));
    }
}
