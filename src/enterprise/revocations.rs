//! Revocations, as the state keeps them: what each covers, how far its job is, and the idempotency keys of requests.

use alloc::collections::VecDeque;
use alloc::collections::btree_map::{BTreeMap, Entry};
use alloc::vec::Vec;

use crate::credential::CredentialType;
use crate::enterprise::epoch::Epoch;
use crate::enterprise::filter::Filter;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::running::{Coverage, Lanes, Running};
use crate::enterprise::stored::{Stored, store_len, stored};
use crate::enterprise::targets::Targets;
use crate::event::Actor;
use crate::id::{InstallationId, PersonId, RevocationId};
use crate::name::IdempotencyKey;
use crate::timestamp::Timestamp;

/// One revocation, from its request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) id: RevocationId,
    pub(crate) coverage: Coverage,
    pub(crate) requested_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
    pub(crate) authorizations_revoked: u64,
    pub(crate) credentials_destroyed: u64,
    /// Every credential before this slot has nothing left.
    pub(crate) cursor: u32,
}

/// Who an idempotency key belongs to: a person, whichever token is used, or an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Requester {
    Person(PersonId),
    Installation(InstallationId),
}

impl From<Actor> for Requester {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Person { person, .. } => Self::Person(person),
            Actor::Installation { installation } => Self::Installation(installation),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FirstUse {
    at: Timestamp,
    revocation: RevocationId,
}

/// Every revocation ever requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Revocations {
    /// In order of their requests: each at the place that its epoch says.
    all: Vec<Revocation>,
    /// The unfinished ones, in order of their cuts.
    running: VecDeque<RevocationId>,
    /// The same by what they take.
    taking: Lanes,
    /// Those of them that destroy credentials, by what they destroy.
    destroying: Lanes,
    /// How many of the unfinished ones are about each person.
    of_persons: BTreeMap<Ordinal, u32>,
    /// How many are limited to each organization.
    of_organizations: BTreeMap<Ordinal, u32>,
    /// The credentials of those whom the unfinished ones are about.
    targets: Targets,
    keys: BTreeMap<(Requester, IdempotencyKey), FirstUse>,
    /// The keys in order of first use, so that those past their 24 hours are forgotten.
    keys_in_order: VecDeque<(Requester, IdempotencyKey)>,
    /// When each requester first used them, in this order.
    first_uses: BTreeMap<Requester, VecDeque<Timestamp>>,
}

impl Revocations {
    pub(crate) fn get(&self, id: RevocationId) -> Option<&Revocation> {
        self.all.get(self.place(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: RevocationId) -> Option<&mut Revocation> {
        let place = self.place(id)?;
        self.all.get_mut(place)
    }

    /// All of them, in order of their cuts.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Revocation> {
        self.all.iter()
    }

    /// The present epoch: that of the next request.
    pub(crate) fn now(&self) -> Epoch {
        let now = u32::try_from(self.all.len()).map(Epoch);
        debug_assert!(now.is_ok(), "a request in the last epoch was the last");
        now.unwrap_or(Epoch::LAST)
    }

    /// Whether there is no epoch for what would happen after another request.
    pub(crate) fn is_full(&self) -> bool {
        self.now() >= Epoch::LAST
    }

    /// The unfinished ones, in order of their cuts.
    pub(crate) fn running(&self) -> impl Iterator<Item = RevocationId> {
        self.running.iter().copied()
    }

    /// How many are unfinished.
    pub(crate) fn running_count(&self) -> usize {
        self.running.len()
    }

    /// How many of them are limited to this organization's stay.
    pub(crate) fn running_of_organization(&self, organization: Ordinal) -> usize {
        let running = self.of_organizations.get(&organization);
        running.map_or(0, |running| *running as usize)
    }

    /// How many keys of this requester answer at `at`. Some that do not may not be forgotten yet.
    pub(crate) fn keys_of(&self, actor: Actor, at: Timestamp) -> usize {
        let first_uses = self.first_uses.get(&actor.into());
        first_uses.map_or(0, |uses| {
            uses.len() - uses.partition_point(|first_use| !first_use.answers_at(at))
        })
    }

    /// The unfinished ones by what they take.
    #[inline]
    pub(crate) const fn taking(&self) -> &Lanes {
        &self.taking
    }

    /// Those of the unfinished ones that destroy credentials, by what they destroy.
    #[inline]
    pub(crate) const fn destroying(&self) -> &Lanes {
        &self.destroying
    }

    /// The oldest request at which an unfinished job may still ask for roles: one about a person asks for none.
    pub(crate) fn oldest_asking_for_roles(&self) -> Option<Epoch> {
        if self.destroying.is_empty() {
            return None;
        }
        let types = CredentialType::ALL.map(Some).into_iter().chain([None]);
        let first = types.filter_map(|of| self.destroying.first(Filter::new(None, None, of)));
        first.map(|running| running.coverage.request).min()
    }

    /// Whether an unfinished one is about this person's stay.
    pub(crate) fn is_target(&self, person: Ordinal) -> bool {
        self.of_persons.contains_key(&person)
    }

    /// What the unfinished ones are limited to.
    pub(crate) fn filters_running(&self) -> impl Iterator<Item = Filter> {
        let running = self.running.iter().filter_map(|id| self.get(*id));
        running.map(|revocation| revocation.coverage.filter)
    }

    /// The credentials in this person's stay, where they have been looked for.
    pub(crate) fn target(&self, person: Ordinal, issued: u32) -> Option<&[u32]> {
        self.targets.of(person, issued)
    }

    /// Looks for the credentials of all whom the unfinished ones are about. `owners` are those of all credentials,
    /// in order of issue.
    pub(crate) fn find_targets(&mut self, owners: impl Iterator<Item = Ordinal>) {
        self.targets = Targets::find(self.of_persons.keys().copied(), owners);
    }

    /// The revocation that this key stands for at `at`, if its first use is less than 24 hours old.
    pub(crate) fn requested_under(&self, actor: Actor, key: &IdempotencyKey, at: Timestamp) -> Option<RevocationId> {
        let first_use = self.keys.get(&(actor.into(), key.clone()))?;
        first_use.at.answers_at(at).then_some(first_use.revocation)
    }

    /// Begins a revocation, where there is room for one. Its id is greater than all before it, and its request is of
    /// this epoch: by both the others are searched.
    #[inline]
    pub(crate) fn begin(&mut self, revocation: Revocation) {
        debug_assert!(!self.is_full(), "a request in the last epoch");
        debug_assert!(self.follows(&revocation), "{revocation:?} after {:?}", self.all.last());
        let running = Running {
            id: revocation.id,
            coverage: revocation.coverage,
        };
        self.all.push(revocation);
        let filter = running.coverage.filter;
        count(&mut self.of_persons, filter.person());
        count(&mut self.of_organizations, filter.organization());
        self.running.push_back(running.id);
        self.taking.push(running);
        if running.coverage.revoke_credentials {
            self.destroying.push(running);
        }
    }

    /// Whether a revocation may be the next.
    fn follows(&self, next: &Revocation) -> bool {
        let last = self.all.last();
        last.is_none_or(|last| last.id < next.id && last.coverage.issued <= next.coverage.issued)
            && next.coverage.request == self.now()
            && next.cursor <= next.coverage.issued
            && !(next.coverage.revoke_credentials && next.coverage.filter.organization().is_some())
    }

    /// Whether none of them covers more credentials than were issued, and each filter is of memberships that there are.
    /// For a state that was not made by events.
    pub(crate) fn are_of(&self, issued: u32, has: impl Fn(Filter) -> bool) -> bool {
        self.all.last().is_none_or(|last| last.coverage.issued <= issued)
            && self.all.iter().all(|revocation| has(revocation.coverage.filter))
    }

    /// Remembers the key of a request; of several requests under one key the first counts.
    pub(crate) fn remember_key(&mut self, actor: Actor, key: IdempotencyKey, revocation: RevocationId, at: Timestamp) {
        let owned_key = (Requester::from(actor), key);
        if self.keys.contains_key(&owned_key) {
            return;
        }
        self.keys_in_order.push_back(owned_key.clone());
        self.first_uses.entry(owned_key.0).or_default().push_back(at);
        self.keys.insert(owned_key, FirstUse { at, revocation });
    }

    /// Forgets the keys that answer no more at `at`.
    pub(crate) fn forget_old_keys(&mut self, at: Timestamp) {
        while let Some(owned_key) = self.keys_in_order.front() {
            if self
                .keys
                .get(owned_key)
                .is_some_and(|first_use| first_use.at.answers_at(at))
            {
                return;
            }
            self.keys.remove(owned_key);
            if let Entry::Occupied(mut uses) = self.first_uses.entry(owned_key.0) {
                uses.get_mut().pop_front();
                if uses.get().is_empty() {
                    uses.remove();
                }
            }
            self.keys_in_order.pop_front();
        }
    }

    /// The same revocations over a part of the state. `issued` says how many credentials of the part were among the
    /// first so many, and `filter` what a filter is there.
    pub(crate) fn over_part(&self, issued: impl Fn(u32) -> u32, filter: impl Fn(Filter) -> Filter) -> Self {
        let mut part = Self {
            keys: self.keys.clone(),
            keys_in_order: self.keys_in_order.clone(),
            first_uses: self.first_uses.clone(),
            ..Self::default()
        };
        for revocation in &self.all {
            part.begin(Revocation {
                coverage: Coverage {
                    issued: issued(revocation.coverage.issued),
                    filter: filter(revocation.coverage.filter),
                    ..revocation.coverage
                },
                completed_at: None,
                cursor: issued(revocation.cursor),
                ..*revocation
            });
            if let Some(at) = revocation.completed_at {
                part.complete(revocation.id, at);
            }
        }
        part
    }

    /// Ends a revocation.
    pub(crate) fn complete(&mut self, id: RevocationId, at: Timestamp) {
        let Some(revocation) = self.get_mut(id) else {
            debug_assert!(false, "`{id}` was never requested");
            return;
        };
        debug_assert!(revocation.completed_at.is_none(), "`{id}` is completed already");
        revocation.completed_at = Some(at);
        let filter = revocation.coverage.filter;
        if let Some(place) = self.running.iter().position(|running| *running == id) {
            self.running.remove(place);
        }
        discount(&mut self.of_persons, filter.person());
        discount(&mut self.of_organizations, filter.organization());
        self.taking.remove(id, filter);
        self.destroying.remove(id, filter);
        if self.running.is_empty() {
            self.running = VecDeque::new();
            self.targets = Targets::default();
        }
    }

    fn place(&self, id: RevocationId) -> Option<usize> {
        self.all.binary_search_by_key(&id, |revocation| revocation.id).ok()
    }
}

fn count(unfinished: &mut BTreeMap<Ordinal, u32>, of: Option<Ordinal>) {
    if let Some(of) = of {
        *unfinished.entry(of).or_default() += 1;
    }
}

fn discount(unfinished: &mut BTreeMap<Ordinal, u32>, of: Option<Ordinal>) {
    if let Some(of) = of
        && let Entry::Occupied(mut count) = unfinished.entry(of)
    {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

stored!(Revocation {
    id,
    coverage,
    requested_at,
    completed_at,
    authorizations_revoked,
    credentials_destroyed,
    cursor
});
stored!(FirstUse { at, revocation });

impl Stored for Requester {
    fn store(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::Person(person) => (false, person).store(bytes),
            Self::Installation(installation) => (true, installation).store(bytes),
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        Some(if bool::load(bytes)? {
            Self::Installation(Stored::load(bytes)?)
        } else {
            Self::Person(Stored::load(bytes)?)
        })
    }
}

impl Stored for Revocations {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.all.store(bytes);
        debug_assert_eq!(
            self.keys_in_order.len(),
            self.keys.len(),
            "each key is in the order once"
        );
        let first_uses = self.keys_in_order.iter().filter_map(|key| self.keys.get_key_value(key));
        store_len(self.keys_in_order.len(), bytes);
        for ((requester, key), first_use) in first_uses {
            requester.store(bytes);
            key.store(bytes);
            first_use.store(bytes);
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut revocations = Self::default();
        for mut revocation in Vec::<Revocation>::load(bytes)? {
            let (id, completed_at) = (revocation.id, revocation.completed_at.take());
            if revocations.is_full() || !revocations.follows(&revocation) {
                return None;
            }
            revocations.begin(revocation);
            if let Some(at) = completed_at {
                revocations.complete(id, at);
            }
        }
        for _ in 0..u32::load(bytes)? {
            let owned_key: (Requester, IdempotencyKey) = Stored::load(bytes)?;
            revocations.keys_in_order.push_back(owned_key.clone());
            let first_use: FirstUse = Stored::load(bytes)?;
            let uses = revocations.first_uses.entry(owned_key.0).or_default();
            uses.push_back(first_use.at);
            if revocations.get(first_use.revocation).is_none()
                || revocations.keys.insert(owned_key, first_use).is_some()
            {
                return None;
            }
        }
        Some(revocations)
    }
}
