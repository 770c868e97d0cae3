//! Credentials, as the state keeps them: records in order of issue, and an index by id.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::credential::CredentialKind;
use crate::enterprise::authorizations::Authorizations;
use crate::enterprise::membership::Ordinal;
use crate::id::{CredentialId, Position};
use crate::name::Scopes;
use crate::timestamp::Timestamp;

/// One credential, from its issue on and for good: ids are never reused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) id: CredentialId,
    /// The owner's membership in which it was issued.
    pub(crate) owner: Ordinal,
    pub(crate) kind: CredentialKind,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) issued_at: Position,
    /// The position of its destruction.
    pub(crate) destroyed_at: Option<Position>,
    pub(crate) authorizations: Authorizations,
}

impl Credential {
    /// Whether it was destroyed when the event at `cut` was recorded.
    pub(crate) fn was_destroyed_at(&self, cut: Position) -> bool {
        self.destroyed_at.is_some_and(|destroyed_at| destroyed_at < cut)
    }
}

/// Every credential ever issued.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    slots: BTreeMap<CredentialId, usize>,
    in_order_of_issue: Vec<Credential>,
}

impl Credentials {
    pub(crate) fn len(&self) -> usize {
        self.in_order_of_issue.len()
    }

    /// The place of a credential in the order of issue, from 0.
    pub(crate) fn slot(&self, id: CredentialId) -> Option<usize> {
        self.slots.get(&id).copied()
    }

    pub(crate) fn get(&self, id: CredentialId) -> Option<&Credential> {
        self.at(self.slot(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: CredentialId) -> Option<&mut Credential> {
        let slot = self.slot(id)?;
        self.in_order_of_issue.get_mut(slot)
    }

    pub(crate) fn at(&self, slot: usize) -> Option<&Credential> {
        self.in_order_of_issue.get(slot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.in_order_of_issue.iter()
    }

    pub(crate) fn issue(&mut self, credential: Credential) {
        self.slots.insert(credential.id, self.in_order_of_issue.len());
        self.in_order_of_issue.push(credential);
    }
}
