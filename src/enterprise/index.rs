//! From a key to its place in a table. The table keeps the keys; the index keeps four bytes for each.

use alloc::vec::Vec;

/// Finds the place of a key in a table that it belongs to, by the key's hash.
///
/// An open-addressed table of four-byte entries: the low bits of an entry are a place, the bits above are those of the
/// hash that did not choose the entry's position. So a look-up reads the index once, and the table only where the key
/// is. A state is the same everywhere: no hash has a random key, and the order of entries is never read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// None, or a power of two, of which at most three quarters are taken.
    entries: Vec<u32>,
    /// One less than the number of entries: the bits of a place, and of a hash those that choose a position.
    mask: u32,
}

/// An entry that holds nothing: no entry holds the last place that its bits could name.
const FREE: u32 = u32::MAX;
const MASK_MIN: u32 = 7;

impl Index {
    /// How many places an index can tell apart.
    pub(crate) const PLACES_MAX: u32 = u32::MAX / 4 * 3;

    /// An empty index with room for so many places.
    pub(crate) fn with_places(places: u32) -> Self {
        let mut mask = MASK_MIN;
        while places > mask / 4 * 3 && mask < u32::MAX {
            mask = mask << 1 | 1;
        }
        Self::with_mask(mask)
    }

    fn with_mask(mask: u32) -> Self {
        let entries = alloc::vec![FREE; mask as usize + 1];
        Self { entries, mask }
    }

    /// The place whose key has this hash and `is_it`.
    pub(crate) fn find(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let (_, entry) = self.search(hash, is_it)?;
        (entry != FREE).then_some(entry & self.mask)
    }

    /// Lets a key be found that was not in the table. `hash_at` says the hash of the key at an earlier place.
    pub(crate) fn insert(&mut self, hash: u32, place: u32, hash_at: impl Fn(u32) -> Option<u32>) {
        self.make_room(place, hash_at);
        self.put(hash, place);
    }

    /// Lets a key be found at a new place, and no more at the one `before`.
    pub(crate) fn replace(&mut self, hash: u32, before: u32, place: u32, hash_at: impl Fn(u32) -> Option<u32>) {
        self.make_room(place, hash_at);
        let found = self.search(hash, |found| found == before);
        let entry = found.and_then(|(position, _)| self.entries.get_mut(position));
        debug_assert!(
            entry.as_ref().is_some_and(|entry| **entry != FREE),
            "no key at {before}"
        );
        if let Some(entry) = entry {
            *entry = hash & !self.mask | place;
        }
    }

    /// The position and the entry of a key, or of where it would be put; nothing in an empty index.
    fn search(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<(usize, u32)> {
        let mut position = hash & self.mask;
        loop {
            let entry = *self.entries.get(position as usize)?;
            // Even a free entry may look like one: no table has the place that it names.
            let is_candidate = (entry ^ hash) & !self.mask == 0;
            if is_candidate && is_it(entry & self.mask) || entry == FREE {
                return Some((position as usize, entry));
            }
            position = position.wrapping_add(1) & self.mask;
        }
    }

    fn put(&mut self, hash: u32, place: u32) {
        let free = self.search(hash, |_| false);
        debug_assert!(free.is_some(), "a quarter of the entries stays free");
        if let Some(entry) = free.and_then(|(position, _)| self.entries.get_mut(position)) {
            *entry = hash & !self.mask | place;
        }
    }

    /// Doubles, until a quarter stays free when every place up to this one is taken.
    fn make_room(&mut self, place: u32, hash_at: impl Fn(u32) -> Option<u32>) {
        debug_assert!(place < Self::PLACES_MAX, "no table has {place}");
        if !self.entries.is_empty() && place < self.mask / 4 * 3 {
            return;
        }
        let grown = Self::with_mask((self.mask << 1 | 1).max(MASK_MIN));
        let before = core::mem::replace(self, grown);
        for entry in before.entries.into_iter().filter(|entry| *entry != FREE) {
            let place = entry & before.mask;
            let hash = hash_at(place);
            debug_assert!(hash.is_some(), "the table has lost what stood at {place}");
            if let Some(hash) = hash {
                self.put(hash, place);
            }
        }
    }
}

/// An index follows from its table: two equal tables have equal indexes.
impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::spread;

    fn low(key: u64) -> u32 {
        u32::try_from(key).unwrap()
    }

    /// A table of keys with their index, and how its keys are hashed.
    struct Table {
        keys: Vec<u64>,
        hash: fn(u64) -> u32,
        index: Index,
    }

    impl Table {
        fn of(keys: &[u64], hash: fn(u64) -> u32) -> Self {
            let mut table = Self {
                keys: keys.to_vec(),
                hash,
                index: Index::default(),
            };
            for (place, key) in (0..).zip(keys) {
                table
                    .index
                    .insert(hash(*key), place, |place| Some(hash(keys[place as usize])));
            }
            table
        }

        /// The place of a key, and how often the table was asked for it.
        fn find(&self, key: u64) -> (Option<u32>, u32) {
            let mut asked = 0;
            let place = self.index.find((self.hash)(key), |place| {
                asked += 1;
                self.keys.get(place as usize) == Some(&key)
            });
            (place, asked)
        }
    }

    #[test]
    fn each_key_is_found_at_its_place_and_the_table_asked_only_there() {
        for step in [1, 2, 1000, 1 << 20, 1 << 32] {
            let keys: Vec<u64> = (1..=3000).map(|key| key * step).collect();
            let table = Table::of(&keys, spread);
            let mut asked = 0;
            for (place, key) in (0..).zip(&keys) {
                let (found, times) = table.find(*key);
                assert_eq!(found, Some(place));
                asked += times;
            }
            let strangers = (1..=3000).map(|key| table.find(key * step + 3000 * step));
            for (found, times) in strangers {
                assert_eq!(found, None);
                asked += times;
            }
            assert!(asked < 3000 + 30, "asked {asked} times for 3000 keys, step {step}");
        }
    }

    #[test]
    fn keys_of_one_hash_are_told_apart_also_at_the_end_of_the_entries() {
        let hashes: [fn(u64) -> u32; 4] = [|_| 0, |_| u32::MAX, |key| u32::MAX - low(key % 2), |key| !low(key)];
        for hash in hashes {
            let keys: Vec<u64> = (1..=100).collect();
            let table = Table::of(&keys, hash);
            for (place, key) in (0..).zip(&keys) {
                assert_eq!(table.find(*key).0, Some(place));
            }
            assert_eq!(table.find(101).0, None);
        }
        assert_eq!(Table::of(&[], spread).find(1), (None, 0));
    }

    #[test]
    fn a_quarter_of_the_entries_stays_free_and_no_more_room_is_taken_than_that_needs() {
        let mut entries = Vec::new();
        for count in 1..=200_usize {
            let keys: Vec<u64> = (1..=200).take(count).collect();
            let index = Table::of(&keys, spread).index;
            let free = index.entries.iter().filter(|entry| **entry == FREE).count();
            assert_eq!(index.entries.len() - free, count);
            assert_eq!(index.mask as usize + 1, index.entries.len());
            assert!(free * 4 >= index.entries.len(), "{free} free with {count} taken");
            entries.push(index.entries.len());
        }
        for (count, entries) in (1..).zip(entries) {
            let fits = |entries: usize| (entries - 1) / 4 * 3 >= count;
            assert!(fits(entries), "{count} in {entries}");
            assert!(entries == 8 || !fits(entries / 2), "{count} in {entries}");
        }
    }

    #[test]
    fn a_key_that_moves_is_found_at_its_new_place_alone() {
        let mut keys: Vec<u64> = (1..=50).collect();
        let mut table = Table::of(&keys, spread);
        for key in [1, 25, 50] {
            let place = low(keys.len() as u64);
            keys.push(key);
            let before = table.find(key).0.unwrap();
            table.keys = keys.clone();
            let hash_at = |place: u32| Some(spread(keys[place as usize]));
            table.index.replace(spread(key), before, place, hash_at);
            table.keys[before as usize] = 0;
            assert_eq!(table.find(key).0, Some(place));
        }
        for key in (2..=49).filter(|key| *key != 25) {
            assert_eq!(table.find(key).0, Some(low(key) - 1));
        }
    }

    #[test]
    fn a_hash_is_the_same_everywhere() {
        let hashes = [0, 1, 2, 901, (1 << 53) - 1].map(spread);
        assert_eq!(hashes, [0, 2_870_386_360, 3_605_184_859, 4_240_516_394, 1_938_999_642]);
    }
}
