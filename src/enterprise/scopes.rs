//! The scopes of credentials: many credentials, few different lists.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::enterprise::record::Record;
use crate::name::Scopes;

/// Gives each list of scopes a number that fits a credential's record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScopeTable {
    /// What most kinds of credential carry: number 0.
    none: Scopes,
    /// The lists with the numbers from 1 on.
    numbered: Vec<Scopes>,
    numbers: BTreeMap<Scopes, u16>,
    /// The lists of credentials that found all numbers given out, by slot.
    unnumbered: BTreeMap<u32, Scopes>,
}

impl ScopeTable {
    /// The number for the scopes of the credential in this slot.
    pub(crate) fn number(&mut self, slot: u32, scopes: &Scopes) -> u16 {
        if *scopes == self.none {
            return 0;
        }
        if let Some(number) = self.numbers.get(scopes) {
            return *number;
        }
        match u16::try_from(self.numbered.len() + 1) {
            Ok(number) if number < Record::SCOPES_MAX => {
                self.numbered.push(scopes.clone());
                self.numbers.insert(scopes.clone(), number);
                number
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
