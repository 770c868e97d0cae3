//! The scopes of credentials: many credentials, few different lists.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::enterprise::index::{Index, spread};
use crate::enterprise::record::Record;
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
        if *scopes == self.none {
            return 0;
        }
        let is_it = |place: u32| self.numbered.get(place as usize) == Some(scopes);
        if let Some(place) = self.numbers.find(hash(scopes), is_it) {
            return number_at(place);
        }
        match u32::try_from(self.numbered.len()) {
            Ok(place) if number_at(place) < Record::SCOPES_MAX => {
                self.numbered.push(scopes.clone());
                let hash_at = |place: u32| self.numbered.get(place as usize).map_or(0, hash);
                self.numbers.insert(hash(scopes), place, hash_at);
                number_at(place)
            }
            _ => {
                self.unnumbered.insert(slot, scopes.clone());
                Record::SCOPES_MAX
            }
        }
    }

    /// The scopes of the credential in this slot, whose record has this number.
    pub(crate) fn get(&self, slot: u32, number: u16) -> &Scopes {
        let scopes = match usize::from(number).checked_sub(1) {
            None => None,
            Some(_) if number == Record::SCOPES_MAX => self.unnumbered.get(&slot),
            Some(place) => self.numbered.get(place),
        };
        scopes.unwrap_or(&self.none)
    }
}

/// The number of the list at this place.
fn number_at(place: u32) -> u16 {
    u16::try_from(place + 1).unwrap_or(Record::SCOPES_MAX)
}

fn hash(scopes: &Scopes) -> u32 {
    let mut spreading = Spreading(0);
    scopes.hash(&mut spreading);
    spread(spreading.0)
}

/// A hasher without a key: equal lists have equal hashes on every machine.
struct Spreading(u64);

impl Hasher for Spreading {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (byte, from) in last.iter_mut().zip(rest) {
            *byte = *from;
        }
        self.add(u64::from_le_bytes(last));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Spreading {
    const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
