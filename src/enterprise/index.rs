//! From a key to its place in a table. The table keeps the keys; the index keeps four bytes for each.

use alloc::vec::Vec;

/// Finds the place of a key in a table that it belongs to, by the key's hash.
///
/// An open-addressed table of four-byte entries: the low bits of an entry are a place, the bits above are those of the hash that
/// did not choose the entry's position. So a look-up reads the index once, and the table only where the key is. A state is
/// the same everywhere: no hash has a random key, and the order of entries is never read.
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
    pub(crate) fn insert(&mut self, hash: u32, place: u32, hash_at: impl Fn(u32) -> u32) {
        self.make_room(place, hash_at);
        self.put(hash, place);
    }

    /// Lets a key be found at a new place, and no more at the one `before`.
    pub(crate) fn replace(&mut self, hash: u32, before: u32, place: u32, hash_at: impl Fn(u32) -> u32) {
        self.make_room(place, hash_at);
        let found = self.search(hash, |found| found == before);
        let entry = found.and_then(|(position, _)| self.entries.get_mut(position));
        if let Some(entry) = entry {
            *entry = hash & !self.mask | place;
        }
    }

    /// The position and the entry of a key, or of where it would be put; nothing in an empty index.
    fn search(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<(usize, u32)> {
        let mut position = hash & self.mask;
        loop {
            let entry = *self.entries.get(position as usize)?;
            let is_candidate = (entry ^ hash) & !self.mask == 0;
            if is_candidate && is_it(entry & self.mask) || entry == FREE {
                return Some((position as usize, entry));
            }
            position = position.wrapping_add(1) & self.mask;
        }
    }

    fn put(&mut self, hash: u32, place: u32) {
        let free = self.search(hash, |_| false);
        if let Some(entry) = free.and_then(|(position, _)| self.entries.get_mut(position)) {
            *entry = hash & !self.mask | place;
        }
    }

    /// Doubles, until a quarter stays free when every place up to this one is taken.
    fn make_room(&mut self, place: u32, hash_at: impl Fn(u32) -> u32) {
        if !self.entries.is_empty() && place < self.mask / 4 * 3 {
            return;
        }
        let grown = Self::with_mask((self.mask << 1 | 1).max(MASK_MIN));
        let before = core::mem::replace(self, grown);
        for entry in before.entries.into_iter().filter(|entry| *entry != FREE) {
            let place = entry & before.mask;
            self.put(hash_at(place), place);
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
