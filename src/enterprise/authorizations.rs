//! The authorizations of a credential whose record has no room for them.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::enterprise::record::Authorization;
use crate::enterprise::stored::{Stored, stored};
use crate::id::OrganizationId;

/// Beyond this many authorizations a look-up goes through an index: some credentials have thousands.
const UNINDEXED_MAX: usize = 16;

/// The authorizations of one credential: one for each organization that it was ever authorized for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Authorizations {
    in_order_of_grant: Vec<Numbered>,
    granted_so_far: u64,
    /// The number of each organization's grant; empty until there are many.
    index: BTreeMap<OrganizationId, u64>,
}

/// An authorization with its number in the order of grant, which stays when others before it are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbered {
    number: u64,
    organization: OrganizationId,
    authorization: Authorization,
}

impl Authorizations {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Authorization> {
        self.in_order_of_grant.iter().map(|numbered| numbered.authorization)
    }

    /// The place of an organization's authorization in the order of grant.
    pub(crate) fn place(&self, organization: OrganizationId) -> Option<usize> {
        if self.index.is_empty() {
            let mut grants = self.in_order_of_grant.iter();
            return grants.position(|grant| grant.organization == organization);
        }
        let number = self.index.get(&organization)?;
        let place = self
            .in_order_of_grant
            .binary_search_by_key(number, |grant| grant.number);
        place.ok()
    }

    pub(crate) fn get(&self, place: usize) -> Option<Authorization> {
        self.in_order_of_grant.get(place).map(|numbered| numbered.authorization)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Authorization> {
        let numbered = self.in_order_of_grant.get_mut(place)?;
        Some(&mut numbered.authorization)
    }

    pub(crate) fn remove(&mut self, place: usize) {
        if place < self.in_order_of_grant.len() {
            self.in_order_of_grant.remove(place);
        }
    }

    pub(crate) fn grant(&mut self, organization: OrganizationId, authorization: Authorization) {
        self.granted_so_far += 1;
        let number = self.granted_so_far;
        self.in_order_of_grant.push(Numbered {
            number,
            organization,
            authorization,
        });
        if !self.index.is_empty() {
            self.index.insert(organization, number);
        } else if self.in_order_of_grant.len() > UNINDEXED_MAX {
            self.index_all();
        }
    }

    fn index_all(&mut self) {
        let grants = self.in_order_of_grant.iter();
        self.index = grants.map(|grant| (grant.organization, grant.number)).collect();
    }
}

stored!(Numbered {
    number,
    organization,
    authorization
});

impl Stored for Authorizations {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.granted_so_far.store(bytes);
        self.in_order_of_grant.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut authorizations = Self {
            granted_so_far: Stored::load(bytes)?,
            in_order_of_grant: Stored::load(bytes)?,
            index: BTreeMap::new(),
        };
        // Grants are replaced and never taken away, so there is an index as soon as there once were many.
        if authorizations.in_order_of_grant.len() > UNINDEXED_MAX {
            authorizations.index_all();
        }
        Some(authorizations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enterprise::epoch::Epoch;
    use crate::enterprise::membership::Ordinal;
    use crate::enterprise::record::GrantStatus;

    fn granted(count: u32) -> Authorizations {
        let mut authorizations = Authorizations::default();
        for number in 1..=count {
            let (organization, granted, status) = (Ordinal(number), Epoch(0), GrantStatus::Granted);
            let authorization = Authorization {
                organization,
                granted,
                status,
            };
            authorizations.grant(id(number), authorization);
        }
        authorizations
    }

    fn id(number: u32) -> OrganizationId {
        OrganizationId::new(number.into()).unwrap()
    }

    #[test]
    fn only_many_authorizations_have_an_index_and_all_are_found() {
        for count in 0..=40_u32 {
            let authorizations = granted(count);
            let indexed = if count > 16 { count as usize } else { 0 };
            assert_eq!(authorizations.index.len(), indexed, "{count}");
            for (number, place) in (1..=count).zip(0..) {
                assert_eq!(authorizations.place(id(number)), Some(place));
            }
            assert_eq!(authorizations.place(id(count + 1)), None);
        }
    }

    #[test]
    fn what_is_removed_leaves_the_others_in_order() {
        for count in [3, 30] {
            let mut authorizations = granted(count);
            authorizations.remove(1);
            assert_eq!(authorizations.place(id(2)), None);
            assert_eq!(authorizations.place(id(3)), Some(1));
            let left = authorizations.iter().count();
            authorizations.remove(left);
            assert_eq!(authorizations.iter().count(), left, "there is nothing behind the last");
        }
    }
}
