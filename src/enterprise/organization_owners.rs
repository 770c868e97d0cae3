//! Who owns an organization.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::enterprise::membership::Ordinal;
use crate::enterprise::stored::{Stored, load_items, store_len};

/// The owners of organizations: of one stay each, so that no ownership comes back with a membership.
///
/// [`Rule::OwnershipEnds`](crate::Rule::OwnershipEnds): what belongs to a stay of an organization that ended is left
/// where it is, since nobody asks about that stay again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OrganizationOwners(BTreeSet<(Ordinal, Ordinal)>);

impl OrganizationOwners {
    /// Whether a person's stay has the ownership of an organization's stay.
    pub(crate) fn has(&self, person: Ordinal, organization: Ordinal) -> bool {
        self.0.contains(&(person, organization))
    }

    /// Adds an owner. False where they are one already.
    pub(crate) fn add(&mut self, person: Ordinal, organization: Ordinal) -> bool {
        self.0.insert((person, organization))
    }

    /// Takes an ownership away. False where there is none.
    pub(crate) fn remove(&mut self, person: Ordinal, organization: Ordinal) -> bool {
        self.0.remove(&(person, organization))
    }

    /// Takes all ownerships of a person's stay away.
    pub(crate) fn remove_all_of(&mut self, person: Ordinal) {
        let owned: Vec<_> = self.of(person).collect();
        for organization in owned {
            self.0.remove(&(person, organization));
        }
    }

    /// The stays of organizations that a person's stay owns.
    pub(crate) fn of(&self, person: Ordinal) -> impl Iterator<Item = Ordinal> {
        let all = (person, Ordinal(u32::MIN))..=(person, Ordinal(u32::MAX));
        self.0.range(all).map(|(_, organization)| *organization)
    }

    /// All ownerships: person and organization.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Ordinal, Ordinal)> {
        self.0.iter().copied()
    }
}

impl Stored for OrganizationOwners {
    fn store(&self, bytes: &mut Vec<u8>) {
        store_len(self.0.len(), bytes);
        for ownership in &self.0 {
            ownership.store(bytes);
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        load_items(bytes).map(Self)
    }
}
