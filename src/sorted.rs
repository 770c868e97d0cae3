//! A map for what is small, or comes in order: pairs in a list, sorted by key. What comes last is put at the end; what
//! does not moves those after it. A B-tree moves fewer, for ten times the code with each kind of key and value: it is
//! for what a large state keeps.

use alloc::vec::{self, Vec};
use core::slice;

/// Pairs of a key and a value, in order of the keys. Each key is there once.
#[derive(Debug, Clone)]
pub(crate) struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Sorted<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> slice::Iter<'_, (K, V)> {
        self.0.iter()
    }
}

impl<K: Copy + Ord, V> Sorted<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        let (_, value) = self.0.get(self.place(key).ok()?)?;
        Some(value)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.place(key).ok()?;
        let (_, value) = self.0.get_mut(place)?;
        Some(value)
    }

    /// Changes the value of a key: a new one, if it has none.
    pub(crate) fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        let place = self.place(key).unwrap_or_else(|place| {
            self.0.insert(place, (key, V::default()));
            place
        });
        if let Some((_, value)) = self.0.get_mut(place) {
            change(value);
        }
    }

    /// Puts a value to a key that has none.
    pub(crate) fn add(&mut self, key: K, value: V) {
        if let Err(place) = self.place(key) {
            self.0.insert(place, (key, value));
        }
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.place(key).ok()?;
        let (_, value) = self.0.remove(place);
        Some(value)
    }

    /// Where the key is, or where it belongs.
    fn place(&self, key: K) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if *last >= key => self.0.binary_search_by_key(&key, |(key, _)| *key),
            _ => Err(self.0.len()),
        }
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> IntoIterator for Sorted<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> vec::IntoIter<(K, V)> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Sorted;

    #[test]
    fn pairs_are_in_order_however_they_come() {
        let mut pairs = Sorted::new();
        for key in [3, 5, 4, 1, 5] {
            pairs.add(key, [key, pairs.len()]);
        }
        assert_eq!(pairs.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [1, 3, 4, 5]);
        assert_eq!((pairs.get(5), pairs.get(2), pairs.get(6)), (Some(&[5, 1]), None, None));
        assert_eq!((pairs.remove(2), pairs.remove(4), pairs.len()), (None, Some([4, 2]), 3));
        pairs.update(2, |value| value[1] += 7);
        pairs.update(2, |value| value[1] += 7);
        if let Some(value) = pairs.get_mut(3) {
            *value = [0, 0];
        }
        assert_eq!(
            pairs.into_iter().collect::<Vec<_>>(),
            [(1, [1, 3]), (2, [0, 14]), (3, [0, 0]), (5, [5, 1])]
        );
    }
}
