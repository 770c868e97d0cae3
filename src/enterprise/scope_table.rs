//! The scopes of credentials: many credentials, few different lists.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::{Hash as _, Hasher};

use crate::enterprise::index::Index;
use crate::enterprise::record::Record;
use crate::enterprise::stored::Stored;
use crate::hashing::{Hash, spread};
use crate::name::Scopes;

/// Gives each list of scopes a number that fits a credential's record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScopeTable {
    /// What most kinds of credential carry: number 0.
    none: Scopes,
    /// The lists with the numbers from 1 on.
    numbered: Vec<Scopes>,
    numbers: Index,
    /// The lists of credentials that found all numbers given out, by slot.
    unnumbered: BTreeMap<u32, Scopes>,
}

impl ScopeTable {
    /// The number for the scopes of the credential in this slot.
    pub(crate) fn number(&mut self, slot: u32, scopes: &Scopes) -> u16 {
        if scopes.is_empty() {
            return 0;
        }
        let is_it = |place: u32| self.numbered.get(place as usize) == Some(scopes);
        if let Some(place) = self.numbers.find(hash(scopes), is_it) {
            return number_at(place);
        }
        match u32::try_from(self.numbered.len()) {
            Ok(place) if number_at(place) < Record::SCOPES_MAX => {
                self.numbered.push(scopes.clone());
                let hash_at = |place: u32| self.numbered.get(place as usize).map(hash);
                self.numbers.insert(hash(scopes), place, hash_at);
                number_at(place)
            }
            _ => {
                self.unnumbered.insert(slot, scopes.clone());
                Record::SCOPES_MAX
            }
        }
    }

    /// The scopes of the credential in this slot, whose record has this number. There are some: neither numbers nor
    /// lists are ever taken back.
    pub(crate) fn get(&self, slot: u32, number: u16) -> &Scopes {
        let scopes = self.find(slot, number);
        debug_assert!(scopes.is_some(), "number {number} was not given to slot {slot}");
        scopes.unwrap_or(&self.none)
    }

    /// Whether the credential in this slot got this number. For a state that was not made by events.
    pub(crate) fn has(&self, slot: u32, number: u16) -> bool {
        self.find(slot, number).is_some()
    }

    fn find(&self, slot: u32, number: u16) -> Option<&Scopes> {
        match usize::from(number).checked_sub(1) {
            None => Some(&self.none),
            Some(_) if number == Record::SCOPES_MAX => self.unnumbered.get(&slot),
            Some(place) => self.numbered.get(place),
        }
    }
}

impl Stored for ScopeTable {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.numbered.store(bytes);
        self.unnumbered.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut table = Self {
            numbered: Stored::load(bytes)?,
            unnumbered: Stored::load(bytes)?,
            ..Self::default()
        };
        let hash_at = |place: u32| table.numbered.get(place as usize).map(hash);
        for (place, scopes) in (0..).zip(&table.numbered) {
            table.numbers.insert(hash(scopes), place, hash_at);
        }
        Some(table)
    }
}

/// The number of the list at this place.
fn number_at(place: u32) -> u16 {
    u16::try_from(place + 1).unwrap_or(Record::SCOPES_MAX)
}

fn hash(scopes: &Scopes) -> u32 {
    let mut hash = Hash::default();
    scopes.hash(&mut hash);
    spread(hash.finish())
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::format;

    use super::*;

    fn list(number: u32) -> Scopes {
        Scopes::parse([format!("scope:{number}").as_str(), "repo"]).unwrap()
    }

    #[test]
    fn equal_lists_share_a_number_and_only_lists_beyond_all_numbers_are_kept_for_each_credential() {
        let mut table = ScopeTable::default();
        assert_eq!(table.number(0, &Scopes::default()), 0);
        let last = u32::from(Record::SCOPES_MAX) - 1;
        for again in [0, 5000] {
            for number in 1..=last {
                assert_eq!(u32::from(table.number(again + number, &list(number))), number);
            }
        }
        assert_eq!((table.numbered.len(), table.unnumbered.len()), (last as usize, 0));
        for slot in [7, 8] {
            assert_eq!(table.number(slot, &list(last + slot)), Record::SCOPES_MAX);
            assert_eq!(*table.get(slot, Record::SCOPES_MAX), list(last + slot));
        }
        assert_eq!((table.numbered.len(), table.unnumbered.len()), (last as usize, 2));
        assert_eq!(table.number(9, &list(last)), Record::SCOPES_MAX - 1);
        assert_eq!(*table.get(9, 1), list(1));
        assert_eq!(*table.get(7, 0), Scopes::default());
    }

    #[test]
    fn lists_of_scopes_are_spread() {
        let numbered = (0..1000).map(list);
        let lengths = (1..=64).map(|length| {
            Scopes::parse([(0..length).map(|_| 'a').collect::<alloc::string::String>().as_str()]).unwrap()
        });
        let counts = (1..=64).map(|count| Scopes::parse(core::iter::repeat_n("repo", count)).unwrap());
        let hashes: BTreeSet<u32> = numbered
            .chain(lengths)
            .chain(counts)
            .map(|scopes| hash(&scopes))
            .collect();
        assert!(hashes.len() > 1100, "{} hashes of 1128 lists", hashes.len());
    }
}
