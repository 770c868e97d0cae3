//! The authorizations of one credential.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::enterprise::membership::Ordinal;
use crate::id::{OrganizationId, Position, RevocationId};

/// Beyond this many authorizations a look-up goes through an index: most credentials have a few, some have thousands.
const UNINDEXED_MAX: usize = 16;

/// A credential's latest grant for one organization, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) organization: OrganizationId,
    /// The organization's membership that it was granted in.
    pub(crate) membership: Ordinal,
    pub(crate) granted_at: Position,
    pub(crate) outcome: Outcome,
}

/// What was recorded of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing: it is live, pending, or ended with its credential, owner or organization.
    Granted,
    /// Revoked, by a revocation or singly.
    Revoked(Option<RevocationId>),
}

/// The authorizations of one credential: one for each organization that it was ever authorized for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Authorizations {
    in_order_of_grant: Vec<Authorization>,
    /// When each organization's grant was made; empty until there are many.
    index: BTreeMap<OrganizationId, Position>,
}

impl Authorizations {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Authorization> {
        self.in_order_of_grant.iter()
    }

    pub(crate) fn get(&self, organization: OrganizationId) -> Option<&Authorization> {
        self.in_order_of_grant.get(self.place(organization)?)
    }

    /// Records a grant. It takes the place of an earlier one of the same organization.
    pub(crate) fn grant(&mut self, organization: OrganizationId, membership: Ordinal, granted_at: Position) {
        if let Some(place) = self.place(organization) {
            self.in_order_of_grant.remove(place);
        }
        self.in_order_of_grant.push(Authorization {
            organization,
            membership,
            granted_at,
            outcome: Outcome::Granted,
        });
        self.keep_index(organization, granted_at);
    }

    /// Records that a grant was revoked.
    pub(crate) fn revoke(&mut self, organization: OrganizationId, revocation: Option<RevocationId>) {
        let place = self.place(organization);
        if let Some(authorization) = place.and_then(|place| self.in_order_of_grant.get_mut(place)) {
            authorization.outcome = Outcome::Revoked(revocation);
        }
    }

    fn place(&self, organization: OrganizationId) -> Option<usize> {
        if self.index.is_empty() {
            let mut grants = self.in_order_of_grant.iter();
            return grants.position(|authorization| authorization.organization == organization);
        }
        let granted_at = self.index.get(&organization)?;
        let place = self.in_order_of_grant.binary_search_by_key(granted_at, |grant| grant.granted_at);
        place.ok()
    }

    fn keep_index(&mut self, organization: OrganizationId, granted_at: Position) {
        if !self.index.is_empty() {
            self.index.insert(organization, granted_at);
        } else if self.in_order_of_grant.len() > UNINDEXED_MAX {
            let grants = self.in_order_of_grant.iter();
            self.index = grants.map(|grant| (grant.organization, grant.granted_at)).collect();
        }
    }
}
