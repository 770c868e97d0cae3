//! Credentials, as the state keeps them: records in order of issue, an index by id, and out of line what few need.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::credential::CredentialKind;
use crate::enterprise::authorizations::Authorizations;
use crate::enterprise::index::Index;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::people::Organizations;
use crate::enterprise::record::{Authorization, Outcome, Record};
use crate::enterprise::scopes::ScopeTable;
use crate::id::{CredentialId, OrganizationId};
use crate::name::Scopes;
use crate::timestamp::Timestamp;

/// How many records a page holds: pages let the table grow without copying or doubling.
const PAGE_RECORDS: u32 = 1 << 12;

/// A credential as it is now, with its place in the order of issue, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) slot: u32,
    record: Record,
}

impl Credential {
    pub(crate) const fn id(&self) -> CredentialId {
        self.record.id()
    }

    pub(crate) const fn kind(&self) -> CredentialKind {
        self.record.kind()
    }

    /// The owner's membership in which it was issued.
    pub(crate) const fn owner(&self) -> Ordinal {
        self.record.owner()
    }

    pub(crate) const fn is_destroyed(&self) -> bool {
        self.record.is_destroyed()
    }
}

/// Every credential ever issued.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    pages: Vec<Vec<Record>>,
    len: u32,
    slots: Index,
    scopes: ScopeTable,
    /// When credentials expire, in order of issue, for those that do.
    expiries: Vec<(u32, Timestamp)>,
    /// The authorizations that do not fit their records.
    spilled: BTreeMap<u32, Authorizations>,
}

impl Credentials {
    /// How many there are.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn slot(&self, id: CredentialId) -> Option<u32> {
        self.slots.find(id.value(), |slot| id_at(&self.pages, slot))
    }

    pub(crate) fn get(&self, id: CredentialId) -> Option<Credential> {
        self.at(self.slot(id)?)
    }

    pub(crate) fn at(&self, slot: u32) -> Option<Credential> {
        let record = *record_at(&self.pages, slot)?;
        Some(Credential { slot, record })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Credential> {
        let records = self.pages.iter().flatten();
        (0..)
            .zip(records)
            .map(|(slot, record)| Credential { slot, record: *record })
    }

    pub(crate) fn scopes(&self, credential: &Credential) -> &Scopes {
        self.scopes.get(credential.slot, credential.record.scopes())
    }

    pub(crate) fn expires_at(&self, credential: &Credential) -> Option<Timestamp> {
        if !credential.record.expires() {
            return None;
        }
        let place = self
            .expiries
            .binary_search_by_key(&credential.slot, |(slot, _)| *slot)
            .ok()?;
        self.expiries.get(place).map(|(_, expires_at)| *expires_at)
    }

    /// A credential's authorizations, in order of grant.
    pub(crate) fn authorizations(&self, credential: &Credential) -> impl Iterator<Item = Authorization> {
        let spilled = credential
            .record
            .is_spilled()
            .then(|| self.spilled.get(&credential.slot))
            .flatten();
        credential
            .record
            .authorizations()
            .chain(spilled.into_iter().flat_map(Authorizations::iter))
    }

    /// A credential's latest authorization for an organization, and its place in the order of grant.
    pub(crate) fn authorization(
        &self,
        credential: &Credential,
        organization: OrganizationId,
        organizations: &Organizations,
    ) -> Option<(usize, Authorization)> {
        if credential.record.is_spilled() {
            let spilled = self.spilled.get(&credential.slot)?;
            let place = spilled.place(organization)?;
            return Some((place, spilled.get(place)?));
        }
        let is_for = |authorization: &Authorization| {
            (organizations.get(authorization.organization)).is_some_and(|stay| stay.id == organization)
        };
        credential
            .record
            .authorizations()
            .enumerate()
            .find(|(_, authorization)| is_for(authorization))
    }

    /// Adds a credential; nothing where there are 2^32 of them already.
    pub(crate) fn issue(&mut self, id: CredentialId, make: impl FnOnce(u16) -> Record, scopes: &Scopes) -> Option<u32> {
        let slot = self.len;
        self.len = self.len.checked_add(1)?;
        let record = make(self.scopes.number(slot, scopes));
        match self.pages.last_mut() {
            Some(page) if page.len() < PAGE_RECORDS as usize => page.push(record),
            _ => {
                let mut page = Vec::with_capacity(PAGE_RECORDS as usize);
                page.push(record);
                self.pages.push(page);
            }
        }
        let pages = &self.pages;
        self.slots.insert(id.value(), slot, |slot| id_at(pages, slot));
        Some(slot)
    }

    /// Records when the credential issued last expires.
    pub(crate) fn expire(&mut self, slot: u32, expires_at: Timestamp) {
        self.expiries.push((slot, expires_at));
    }

    pub(crate) fn destroy(&mut self, slot: u32) {
        if let Some(record) = self.record_mut(slot) {
            record.set_destroyed();
        }
    }

    /// Records a grant, in place of an earlier one of the same organization.
    pub(crate) fn grant(
        &mut self,
        slot: u32,
        replaced: Option<usize>,
        organization: OrganizationId,
        authorization: Authorization,
        organizations: &Organizations,
    ) {
        let Some(record) = self.record_mut(slot) else {
            return;
        };
        if !record.is_spilled() {
            if let Some(place) = replaced {
                record.remove(place);
            }
            if record.grant(authorization.organization, authorization.granted) {
                return;
            }
            self.spill(slot, organizations);
        } else if let (Some(place), Some(spilled)) = (replaced, self.spilled.get_mut(&slot)) {
            spilled.remove(place);
        }
        self.spilled.entry(slot).or_default().grant(organization, authorization);
    }

    /// Records what became of the authorization at this place in the order of grant.
    pub(crate) fn set_outcome(&mut self, slot: u32, place: usize, outcome: Outcome) {
        match self.record_mut(slot) {
            Some(record) if !record.is_spilled() => record.set_outcome(place, outcome),
            _ => {
                if let Some(authorization) = self.spilled.get_mut(&slot).and_then(|spilled| spilled.get_mut(place)) {
                    authorization.outcome = outcome;
                }
            }
        }
    }

    /// Moves a record's authorizations out of line.
    fn spill(&mut self, slot: u32, organizations: &Organizations) {
        let Some(record) = self.record_mut(slot) else {
            return;
        };
        let mut spilled = Authorizations::default();
        for authorization in record.authorizations() {
            if let Some(stay) = organizations.get(authorization.organization) {
                spilled.grant(stay.id, authorization);
            }
        }
        record.set_spilled();
        self.spilled.insert(slot, spilled);
    }

    fn record_mut(&mut self, slot: u32) -> Option<&mut Record> {
        let (page, place) = address(slot)?;
        self.pages.get_mut(page)?.get_mut(place)
    }
}

fn record_at(pages: &[Vec<Record>], slot: u32) -> Option<&Record> {
    let (page, place) = address(slot)?;
    pages.get(page)?.get(place)
}

fn id_at(pages: &[Vec<Record>], slot: u32) -> Option<u64> {
    record_at(pages, slot).map(|record| record.id().value())
}

fn address(slot: u32) -> Option<(usize, usize)> {
    Some((
        usize::try_from(slot / PAGE_RECORDS).ok()?,
        usize::try_from(slot % PAGE_RECORDS).ok()?,
    ))
}
