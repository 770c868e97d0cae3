//! The authorizations of one credential.

use alloc::boxed::Box;
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
    /// When each organization's grant was made, kept once there are many.
    index: Option<Box<BTreeMap<OrganizationId, Position>>>,
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
        match &self.index {
            None => self
                .in_order_of_grant
                .iter()
                .position(|authorization| authorization.organization == organization),
            Some(index) => {
                let granted_at = index.get(&organization)?;
                self.in_order_of_grant
                    .binary_search_by_key(granted_at, |authorization| authorization.granted_at)
                    .ok()
            }
        }
    }

    fn keep_index(&mut self, organization: OrganizationId, granted_at: Position) {
        if let Some(index) = &mut self.index {
            index.insert(organization, granted_at);
        } else if self.in_order_of_grant.len() > UNINDEXED_MAX {
            let entries = self.in_order_of_grant.iter();
            self.index = Some(Box::new(entries.map(|a| (a.organization, a.granted_at)).collect()));
        }
    }
}
