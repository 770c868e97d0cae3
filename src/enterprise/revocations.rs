//! Revocations, as the state keeps them: what each covers, how far its job is, and the idempotency keys of requests.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::enterprise::epoch::Epoch;
use crate::enterprise::stored::{Stored, store_len, stored};
use crate::event::Actor;
use crate::id::{InstallationId, PersonId, RevocationId};
use crate::name::IdempotencyKey;
use crate::timestamp::Timestamp;

/// What a revocation is about, settled by its request: everything that was live at the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) request: Epoch,
    /// How many credentials had been issued at the cut: what was issued later is not covered.
    pub(crate) issued: u32,
    /// Whether members' tokens and keys are destroyed too.
    pub(crate) revoke_credentials: bool,
}

/// An unfinished revocation, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) id: RevocationId,
    pub(crate) coverage: Coverage,
}

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
    /// The unfinished ones.
    running: Vec<Running>,
    /// Those of the unfinished ones that destroy credentials.
    running_destroying: Vec<Running>,
    keys: BTreeMap<(Requester, IdempotencyKey), FirstUse>,
    /// The keys in order of first use, so that those past their 24 hours are forgotten.
    keys_in_order: VecDeque<(Requester, IdempotencyKey)>,
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
        self.running.iter().map(|running| running.id)
    }

    /// The earliest unfinished one that was requested after what happened in this epoch.
    pub(crate) fn running_after(&self, epoch: Epoch) -> Option<Running> {
        first_after(&self.running, |earlier| earlier.coverage.request < epoch)
    }

    /// The earliest unfinished one that destroys credentials, was requested after what happened in this epoch, and after the
    /// issue of the credential in this slot.
    pub(crate) fn running_destroying_after(&self, epoch: Epoch, slot: u32) -> Option<Running> {
        let is_earlier = |earlier: &Running| earlier.coverage.request < epoch || earlier.coverage.issued <= slot;
        first_after(&self.running_destroying, is_earlier)
    }

    /// Whether an unfinished one destroys credentials.
    pub(crate) fn is_any_destroying(&self) -> bool {
        !self.running_destroying.is_empty()
    }

    /// The oldest request at which an unfinished job may still ask for roles.
    pub(crate) fn oldest_destroying(&self) -> Option<Epoch> {
        self.running_destroying.first().map(|running| running.coverage.request)
    }

    /// The revocation that this key stands for at `at`, if its first use is less than 24 hours old.
    pub(crate) fn requested_under(&self, actor: Actor, key: &IdempotencyKey, at: Timestamp) -> Option<RevocationId> {
        let first_use = self.keys.get(&(actor.into(), key.clone()))?;
        first_use.at.answers_at(at).then_some(first_use.revocation)
    }

    /// Begins a revocation, where there is room for one. Its id is greater than all before it, and its request is of this epoch:
    /// by both the others are searched.
    #[inline]
    pub(crate) fn begin(&mut self, revocation: Revocation) {
        debug_assert!(!self.is_full(), "a request in the last epoch");
        debug_assert!(self.follows(&revocation), "{revocation:?} after {:?}", self.all.last());
        let running = Running {
            id: revocation.id,
            coverage: revocation.coverage,
        };
        self.all.push(revocation);
        self.running.push(running);
        if running.coverage.revoke_credentials {
            self.running_destroying.push(running);
        }
    }

    /// Whether a revocation may be the next.
    fn follows(&self, next: &Revocation) -> bool {
        let last = self.all.last();
        last.is_none_or(|last| last.id < next.id && last.coverage.issued <= next.coverage.issued)
            && next.coverage.request == self.now()
            && next.cursor <= next.coverage.issued
    }

    /// Whether none of them covers more credentials than were issued. For a state that was not made by events.
    pub(crate) fn are_of(&self, issued: u32) -> bool {
        self.all.last().is_none_or(|last| last.coverage.issued <= issued)
    }

    /// Remembers the key of a request; of several requests under one key the first counts.
    pub(crate) fn remember_key(&mut self, actor: Actor, key: IdempotencyKey, revocation: RevocationId, at: Timestamp) {
        let owned_key = (Requester::from(actor), key);
        if self.keys.contains_key(&owned_key) {
            return;
        }
        self.keys_in_order.push_back(owned_key.clone());
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
            self.keys_in_order.pop_front();
        }
    }

    /// The same revocations over a part of the credentials. `issued` says how many of the part were among the first so many.
    pub(crate) fn over_part(&self, issued: impl Fn(u32) -> u32) -> Self {
        let mut part = Self {
            keys: self.keys.clone(),
            keys_in_order: self.keys_in_order.clone(),
            ..Self::default()
        };
        for revocation in &self.all {
            part.begin(Revocation {
                coverage: Coverage {
                    issued: issued(revocation.coverage.issued),
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
        self.running.retain(|running| running.id != id);
        self.running_destroying.retain(|running| running.id != id);
    }

    fn place(&self, id: RevocationId) -> Option<usize> {
        self.all.binary_search_by_key(&id, |revocation| revocation.id).ok()
    }
}

stored!(Coverage {
    request,
    issued,
    revoke_credentials
});
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
            if revocations.get(first_use.revocation).is_none()
                || revocations.keys.insert(owned_key, first_use).is_some()
            {
                return None;
            }
        }
        Some(revocations)
    }
}

/// The first of the running ones after those that are earlier. There is seldom more than one.
fn first_after(running: &[Running], is_earlier: impl Fn(&Running) -> bool) -> Option<Running> {
    let first = running.first()?;
    if !is_earlier(first) {
        return Some(*first);
    }
    let earlier = running.partition_point(is_earlier);
    running.get(earlier).copied()
}
