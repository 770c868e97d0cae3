//! From an id to its place in a table. The table keeps the ids; the index keeps four bytes for each.

use hashbrown::HashTable;

/// Finds the place of an id in a table that it belongs to.
///
/// The hash has no key, so that a state is the same everywhere; its order is never read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    places: HashTable<u32>,
}

impl Index {
    /// The place of `id`, where `id_at` says which id a place holds.
    pub(crate) fn find(&self, id: u64, id_at: impl Fn(u32) -> Option<u64>) -> Option<u32> {
        self.places.find(spread(id), |place| id_at(*place) == Some(id)).copied()
    }

    /// Lets `id` be found at `place`, wherever it was before.
    pub(crate) fn insert(&mut self, id: u64, place: u32, id_at: impl Fn(u32) -> Option<u64>) {
        match self.places.find_mut(spread(id), |place| id_at(*place) == Some(id)) {
            Some(found) => *found = place,
            None => {
                let hash_at = |place: &u32| spread(id_at(*place).unwrap_or_default());
                self.places.insert_unique(spread(id), place, hash_at);
            }
        }
    }
}

/// An index follows from its table: two equal tables have equal indexes.
impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        self.places.len() == other.places.len()
    }
}

impl Eq for Index {}

/// Spreads ids, which are often consecutive, over all bits.
const fn spread(id: u64) -> u64 {
    let product = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ (product >> 32)
}
