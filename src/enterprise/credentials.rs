//! Credentials, as the state keeps them: records in order of issue, and an index by id. What few credentials need is
//! kept elsewhere.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::credential::CredentialKind;
use crate::enterprise::authorizations::Authorizations;
use crate::enterprise::index::Index;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::people_and_organizations::{Organizations, People};
use crate::enterprise::record::{Authorization, GrantStatus, Record};
use crate::enterprise::scope_table::ScopeTable;
use crate::enterprise::stored::Stored;
use crate::hashing::spread;
use crate::id::{CredentialId, OrganizationId};
use crate::name::Scopes;
use crate::timestamp::Timestamp;

/// How many records a page holds: pages let the table grow without copying or doubling.
const PAGE_RECORDS: u32 = 1 << 12;

/// How many slots are looked at before the index is asked: the job passes credentials that have nothing to record.
const NEAR: usize = 8;

/// A credential as it is now, with its place in the order of issue, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credential<'a> {
    pub(crate) slot: u32,
    record: &'a Record,
}

impl Credential<'_> {
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

    /// Whether nothing is recorded yet of any of its authorizations, as far as its record tells.
    pub(crate) const fn may_have_granted(&self) -> bool {
        self.record.is_spilled() || self.record.has_granted()
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

/// What is inlined always is on the way of each event, and has a second caller since lists are decided on excerpts:
/// called, it would cost `apply` 4 % more instructions.
impl Credentials {
    /// How many there are.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn slot(&self, id: CredentialId) -> Option<u32> {
        self.get(id).map(|credential| credential.slot)
    }

    #[inline]
    pub(crate) fn get(&self, id: CredentialId) -> Option<Credential<'_>> {
        let mut found = None;
        let is_it = |slot| {
            found = record_at(&self.pages, slot).filter(|record| record.id() == id);
            found.is_some()
        };
        let slot = self.slots.find(spread(id.value()), is_it)?;
        found.map(|record| Credential { slot, record })
    }

    /// Where a credential is, as far as the index tells without a look at the records.
    pub(crate) fn likely_slot(&self, id: CredentialId) -> Option<u32> {
        self.slots.find(spread(id.value()), |_| true)
    }

    /// The credential in this slot.
    pub(crate) fn at(&self, slot: u32) -> Option<Credential<'_>> {
        let record = record_at(&self.pages, slot)?;
        Some(Credential { slot, record })
    }

    /// The credential with this id, which is likely to be at this slot or one of the next few of the same page.
    #[inline]
    pub(crate) fn get_likely(&self, id: CredentialId, slot: Option<u32>) -> Option<Credential<'_>> {
        let near = slot.and_then(|slot| self.get_near(id, slot));
        near.or_else(|| self.get(id))
    }

    #[inline]
    fn get_near(&self, id: CredentialId, slot: u32) -> Option<Credential<'_>> {
        let (page, place) = address(slot);
        let near = self.pages.get(page)?.get(place..)?.iter().take(NEAR);
        let (slot, record) = (slot..).zip(near).find(|(_, record)| record.id() == id)?;
        Some(Credential { slot, record })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Credential<'_>> {
        self.range(0..self.len)
    }

    /// The credentials in these slots, as far as there are any.
    pub(crate) fn range(&self, slots: Range<u32>) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        let (page, place) = address(slots.start);
        let mut pages = self.pages.get(page..).unwrap_or_default().iter();
        let first = pages.next().and_then(|first| first.get(place..)).unwrap_or_default();
        let records = first.iter().chain(pages.flatten());
        slots.zip(records).map(|(slot, record)| Credential { slot, record })
    }

    pub(crate) fn scopes(&self, credential: &Credential<'_>) -> &Scopes {
        self.scopes.get(credential.slot, credential.record.scopes())
    }

    pub(crate) fn expires_at(&self, credential: &Credential<'_>) -> Option<Timestamp> {
        if !credential.record.expires() {
            return None;
        }
        let expiry = self.expiry(credential.slot);
        debug_assert!(expiry.is_some(), "`{}` expires, and nobody knows when", credential.id());
        expiry
    }

    fn expiry(&self, slot: u32) -> Option<Timestamp> {
        let place = self.expiries.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        self.expiries.get(place).map(|(_, expires_at)| *expires_at)
    }

    /// A credential's authorizations, in order of grant.
    pub(crate) fn authorizations(&self, credential: &Credential<'_>) -> impl Iterator<Item = Authorization> + use<'_> {
        let spilled = credential
            .record
            .is_spilled()
            .then(|| self.spilled(credential))
            .flatten();
        credential
            .record
            .authorizations()
            .chain(spilled.into_iter().flat_map(Authorizations::iter))
    }

    /// A credential's latest authorization for an organization, and its place in the order of grant.
    #[inline(always)]
    pub(crate) fn authorization(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
        organizations: &Organizations,
    ) -> Option<(usize, Authorization)> {
        let place = self.place(credential, organization, organizations)?;
        let authorization = if credential.record.is_spilled() {
            self.spilled(credential)?.get(place)
        } else {
            credential.record.authorization(place)
        };
        Some((place, authorization?))
    }

    /// A credential's latest authorization for an organization, without its place: what an access check asks for.
    #[inline(always)]
    pub(crate) fn held(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
        organizations: &Organizations,
    ) -> Option<Authorization> {
        if credential.record.is_spilled() {
            let spilled = self.spilled(credential)?;
            return spilled.get(spilled.place(organization)?);
        }
        let is_for =
            |held: &Authorization| (organizations.get(held.organization)).is_some_and(|stay| stay.id == organization);
        credential.record.authorizations().find(is_for)
    }

    /// The authorizations of a credential whose record says that they are kept here.
    fn spilled(&self, credential: &Credential<'_>) -> Option<&Authorizations> {
        let spilled = self.spilled.get(&credential.slot);
        debug_assert!(
            spilled.is_some(),
            "the authorizations of `{}` are lost",
            credential.id()
        );
        spilled
    }

    #[inline(always)]
    fn place(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
        organizations: &Organizations,
    ) -> Option<usize> {
        if credential.record.is_spilled() {
            return self.spilled(credential)?.place(organization);
        }
        let is_for = |authorization: Authorization| {
            (organizations.get(authorization.organization)).is_some_and(|stay| stay.id == organization)
        };
        credential.record.authorizations().position(is_for)
    }

    /// Adds a credential; nothing where there are too many already.
    pub(crate) fn issue(&mut self, id: CredentialId, make: impl FnOnce(u16) -> Record, scopes: &Scopes) -> Option<u32> {
        debug_assert!(self.slot(id).is_none(), "`{id}` was issued before");
        let slot = (self.len < Index::PLACES_MAX).then_some(self.len)?;
        self.len += 1;
        let record = make(self.scopes.number(slot, scopes));
        self.push(record);
        let hash_at = |slot| record_at(&self.pages, slot).map(|record| spread(record.id().value()));
        self.slots.insert(spread(id.value()), slot, hash_at);
        Some(slot)
    }

    #[inline(always)]
    fn push(&mut self, record: Record) {
        match self.pages.last_mut() {
            Some(page) if page.len() < PAGE_RECORDS as usize => page.push(record),
            _ => {
                let mut page = Vec::with_capacity(PAGE_RECORDS as usize);
                page.push(record);
                self.pages.push(page);
            }
        }
    }

    /// Records when the credential issued last expires.
    pub(crate) fn expire(&mut self, slot: u32, expires_at: Timestamp) {
        debug_assert_eq!(slot + 1, self.len, "expiries are in order of issue");
        self.expiries.push((slot, expires_at));
    }

    pub(crate) fn destroy(&mut self, slot: u32) {
        if let Some(record) = self.record_mut(slot) {
            record.set_destroyed();
        }
    }

    /// Records a grant, in place of an earlier one of the same organization. `others_may_move` says whether none of the
    /// others is pending: see [`Record::grant`].
    #[inline(always)]
    pub(crate) fn grant(
        &mut self,
        slot: u32,
        replaced: Option<usize>,
        organization: OrganizationId,
        authorization: Authorization,
        others_may_move: bool,
        organizations: &Organizations,
    ) {
        let Some(record) = self.record_mut(slot) else {
            return;
        };
        let was_spilled = record.is_spilled();
        if !was_spilled {
            if let Some(place) = replaced {
                record.remove(place);
            }
            if record.grant(authorization.organization, authorization.granted, others_may_move) {
                return;
            }
            self.spill(slot, organizations);
        }
        let spilled = self.spilled.entry(slot).or_default();
        if let Some(place) = replaced.filter(|_| was_spilled) {
            spilled.remove(place);
        }
        spilled.grant(organization, authorization);
    }

    /// Records what became of the authorization at this place in the order of grant.
    #[inline(always)]
    pub(crate) fn set_status(&mut self, slot: u32, place: usize, status: GrantStatus) {
        match self.record_mut(slot) {
            Some(record) if !record.is_spilled() => record.set_status(place, status),
            _ => {
                let authorization = self.spilled.get_mut(&slot).and_then(|spilled| spilled.get_mut(place));
                debug_assert!(authorization.is_some(), "slot {slot} has no authorization {place}");
                if let Some(authorization) = authorization {
                    authorization.status = status;
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

    /// Whether each record is complete, and of memberships that there are. For a state that was not made by events; all
    /// others are so.
    pub(crate) fn are_of(&self, people: &People, organizations: &Organizations) -> bool {
        let (mut spilled, mut expiring) = (0, 0);
        let are_complete = self.iter().all(|credential| {
            let Credential { slot, record } = credential;
            spilled += usize::from(record.is_spilled());
            expiring += usize::from(record.expires());
            people.has(record.owner())
                && self.scopes.has(slot, record.scopes())
                && (!record.is_spilled() || self.spilled.contains_key(&slot))
                && (!record.expires() || self.expiry(slot).is_some())
                && (self.authorizations(&credential)).all(|held| organizations.has(held.organization))
        });
        are_complete && spilled == self.spilled.len() && expiring == self.expiries.len()
    }

    /// The record in a slot that holds one.
    fn record_mut(&mut self, slot: u32) -> Option<&mut Record> {
        debug_assert!(slot < self.len, "slot {slot} of {}", self.len);
        let (page, place) = address(slot);
        self.pages.get_mut(page)?.get_mut(place)
    }
}

impl Stored for Credentials {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.len.store(bytes);
        bytes.reserve(self.len as usize * size_of::<Record>());
        for record in self.pages.iter().flatten() {
            record.store(bytes);
        }
        self.scopes.store(bytes);
        self.expiries.store(bytes);
        self.spilled.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut credentials = Self {
            len: Stored::load(bytes)?,
            ..Self::default()
        };
        let records = bytes.split_off(..(credentials.len as usize).checked_mul(size_of::<Record>())?)?;
        let (records, _) = records.as_chunks::<{ size_of::<Record>() }>();
        for mut record in records.iter().map(<[u8; _]>::as_slice) {
            credentials.push(Some(Record::load(&mut record)?).filter(Record::is_valid)?);
        }
        credentials.slots = Index::with_places(credentials.len);
        for (slot, record) in (0..).zip(credentials.pages.iter().flatten()) {
            credentials.slots.insert(spread(record.id().value()), slot, |_| None);
        }
        credentials.scopes = Stored::load(bytes)?;
        credentials.expiries = Stored::load(bytes)?;
        credentials.spilled = Stored::load(bytes)?;
        Some(credentials)
    }
}

fn record_at(pages: &[Vec<Record>], slot: u32) -> Option<&Record> {
    let (page, place) = address(slot);
    pages.get(page)?.get(place)
}

const fn address(slot: u32) -> (usize, usize) {
    ((slot / PAGE_RECORDS) as usize, (slot % PAGE_RECORDS) as usize)
}
