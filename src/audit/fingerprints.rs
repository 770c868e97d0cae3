//! The fingerprints that a history has issued. They show if one is used a second time.

use alloc::vec::Vec;
use core::hash::Hasher;

use crate::hashing::Hash;
use crate::name::Fingerprint;

/// Among how many lists the hashes are spread, so that to insert into one stays cheap.
const LISTS: usize = 4_096;

/// A hash of each fingerprint: 8 bytes, and as much again where a list has just grown.
///
/// Two fingerprints with the same hash would be taken for one. Of ten million,
/// that happens to two in one history of some hundred thousand.
#[derive(Debug, Clone, Default)]
pub(super) struct Fingerprints(Vec<Vec<u64>>);

impl Fingerprints {
    /// Notes a fingerprint. False where it was noted before.
    pub(super) fn is_new(&mut self, fingerprint: &Fingerprint) -> bool {
        if self.0.is_empty() {
            self.0.resize_with(LISTS, Vec::new);
        }
        let mut hash = Hash::default();
        hash.write(fingerprint.as_str().as_bytes());
        let hash = hash.finish();
        let list = usize::try_from(hash >> (u64::BITS - LISTS.ilog2())).unwrap_or_default();
        let Some(list) = self.0.get_mut(list) else {
            debug_assert!(false, "there is a list for each value of the first bits");
            return true;
        };
        match list.binary_search(&hash) {
            Ok(_) => false,
            Err(place) => {
                list.insert(place, hash);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn each_is_new_once() {
        let mut fingerprints = Fingerprints::default();
        for round in [true, false] {
            for number in 0..50_000 {
                let fingerprint = Fingerprint::new(&format!("SHA256:{number}")).unwrap();
                assert_eq!(fingerprints.is_new(&fingerprint), round, "{number}");
            }
        }
    }
}
