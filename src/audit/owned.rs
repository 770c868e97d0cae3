//! Who owns which credentials. A history may have thousands of requests about single people, and a question about one
//! person should look only at their credentials.

use alloc::vec::Vec;

use crate::enterprise::Enterprise;
use crate::enterprise::membership::Ordinal;

/// The credentials of each stay, as chains from the last one issued: 4 bytes a credential, and 4 a stay. Nothing is
/// kept until it is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Owned {
    /// For each credential the slot of the one before it in the same stay, or [`NONE`].
    before: Vec<u32>,
    /// For each stay the slot of its last one, or [`NONE`].
    last: Vec<u32>,
}

/// No credential has this slot.
const NONE: u32 = u32::MAX;

impl Owned {
    /// The slots of all that was ever issued in a stay, in order of issue.
    pub(super) fn of(&mut self, enterprise: &Enterprise, person: Ordinal) -> Vec<u32> {
        self.note(enterprise);
        let last = self.last.get(person.0 as usize).copied();
        let known = |slot: u32| (slot != NONE).then_some(slot);
        let before = |slot: &u32| self.before.get(*slot as usize).copied().and_then(known);
        let mut slots: Vec<u32> = core::iter::successors(last.and_then(known), before).collect();
        slots.reverse();
        slots
    }

    /// Goes on with what was issued since it was asked last.
    fn note(&mut self, enterprise: &Enterprise) {
        let Ok(noted) = u32::try_from(self.before.len()) else {
            debug_assert!(false, "a slot is a u32");
            return;
        };
        for credential in enterprise.credentials.range(noted..enterprise.credentials.len()) {
            let Ordinal(owner) = credential.owner();
            let owner = owner as usize;
            if self.last.len() <= owner {
                self.last.resize(owner + 1, NONE);
            }
            if let Some(last) = self.last.get_mut(owner) {
                self.before.push(core::mem::replace(last, credential.slot));
            }
        }
    }
}
