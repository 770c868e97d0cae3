//! The credentials of the people about whom revocations are unfinished. One pass finds them for all these people, so
//! thousands of queued revocations do not cost a pass each.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use crate::enterprise::membership::Ordinal;

/// The places of some people's credentials, in order of issue. A cache:
/// it is made from the rest of the state when it is needed.
#[derive(Clone, Default)]
pub(crate) struct Targets {
    /// How many credentials had been issued when they were looked through.
    issued: u32,
    slots: BTreeMap<Ordinal, Vec<u32>>,
}

impl Targets {
    /// The credentials of a person's stay among the first that were issued;
    /// nothing where they have not been looked for.
    pub(crate) fn of(&self, person: Ordinal, issued: u32) -> Option<&[u32]> {
        let slots = self.slots.get(&person).filter(|_| issued <= self.issued)?;
        Some(slots.as_slice())
    }

    /// Looks for the credentials of these people. `owners` are those of all credentials, in order of issue.
    pub(crate) fn find(people: impl Iterator<Item = Ordinal>, owners: impl Iterator<Item = Ordinal>) -> Self {
        let mut targets = Self::default();
        targets.slots.extend(people.map(|person| (person, Vec::new())));
        // A flag for each stay: of most credentials no more is asked.
        let last = targets
            .slots
            .last_key_value()
            .map_or(0, |(Ordinal(last), _)| *last as usize);
        let mut is_asked_for = alloc::vec![false; last + 1];
        for Ordinal(person) in targets.slots.keys() {
            if let Some(is_asked_for) = is_asked_for.get_mut(*person as usize) {
                *is_asked_for = true;
            }
        }
        for owner in owners {
            if is_asked_for.get(owner.0 as usize) == Some(&true)
                && let Some(slots) = targets.slots.get_mut(&owner)
            {
                slots.push(targets.issued);
            }
            targets.issued += 1;
        }
        targets
    }
}

/// They follow from the rest of the state.
impl PartialEq for Targets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Targets {}

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Targets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_finds_the_credentials_of_all_who_are_asked_for() {
        let owners = [3, 1, 2, 3, 3, 0, 9].map(Ordinal);
        let targets = Targets::find([3, 2, 5].map(Ordinal).into_iter(), owners.into_iter());
        let of = |person| targets.of(Ordinal(person), 7);
        assert_eq!([3, 2, 5].map(of), [Some([0, 3, 4].as_slice()), Some(&[2]), Some(&[])]);
        assert_eq!([1, 9].map(of), [None, None], "nobody asked for them");
        assert_eq!(targets.of(Ordinal(3), 8), None, "one was issued since");
    }
}
