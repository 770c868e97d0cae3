//! Revocations, as the state keeps them: what each covers, how far its job is, and the idempotency keys of requests.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::event::Actor;
use crate::id::{InstallationId, PersonId, Position, RevocationId};
use crate::name::IdempotencyKey;
use crate::timestamp::Timestamp;

/// What a revocation is about, settled by its request: everything that was live at the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) cut: Position,
    /// Whether members' tokens and keys are destroyed too.
    pub(crate) revoke_credentials: bool,
}

/// One revocation, from its request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) scope: Scope,
    pub(crate) requested_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
    pub(crate) authorizations_revoked: u64,
    pub(crate) credentials_destroyed: u64,
    /// How many credentials had been issued at the cut: what was issued later is not in scope.
    pub(crate) slots_issued: usize,
    /// Every credential before this place in the order of issue has nothing left.
    pub(crate) cursor: usize,
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
    all: BTreeMap<RevocationId, Revocation>,
    /// The unfinished ones, in order of their cuts.
    running: Vec<RevocationId>,
    /// Those of the unfinished ones that destroy credentials.
    running_destroying: Vec<RevocationId>,
    keys: BTreeMap<(Requester, IdempotencyKey), FirstUse>,
    /// The keys in order of first use, so that those past their 24 hours are forgotten.
    keys_in_order: VecDeque<(Requester, IdempotencyKey)>,
}

impl Revocations {
    pub(crate) fn get(&self, id: RevocationId) -> Option<&Revocation> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RevocationId) -> Option<&mut Revocation> {
        self.all.get_mut(&id)
    }

    /// All of them, in order of their cuts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RevocationId, &Revocation)> {
        self.all.iter().map(|(id, revocation)| (*id, revocation))
    }

    pub(crate) fn last(&self) -> Option<RevocationId> {
        self.all.last_key_value().map(|(id, _)| *id)
    }

    /// The unfinished ones, in order of their cuts.
    pub(crate) fn running(&self) -> &[RevocationId] {
        &self.running
    }

    /// The earliest unfinished revocation with its cut after `position`.
    pub(crate) fn running_after(&self, position: Position) -> Option<(RevocationId, Scope)> {
        self.first_after(&self.running, position)
    }

    /// The earliest unfinished revocation that destroys credentials, with its cut after `position`.
    pub(crate) fn running_destroying_after(&self, position: Position) -> Option<(RevocationId, Scope)> {
        self.first_after(&self.running_destroying, position)
    }

    /// The oldest cut at which a running revocation may still ask for roles.
    pub(crate) fn oldest_destroying_cut(&self) -> Option<Position> {
        self.running_destroying.first().map(|id| id.cut())
    }

    /// The revocation that this key stands for at `at`, if its first use is less than 24 hours old.
    pub(crate) fn requested_under(&self, actor: Actor, key: &IdempotencyKey, at: Timestamp) -> Option<RevocationId> {
        let first_use = self.keys.get(&(actor.into(), key.clone()))?;
        first_use.at.answers_at(at).then_some(first_use.revocation)
    }

    /// Begins a revocation.
    pub(crate) fn begin(&mut self, id: RevocationId, revocation: Revocation) {
        self.running.push(id);
        if revocation.scope.revoke_credentials {
            self.running_destroying.push(id);
        }
        self.all.insert(id, revocation);
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

    /// Ends a revocation.
    pub(crate) fn complete(&mut self, id: RevocationId, at: Timestamp) {
        self.running.retain(|running| *running != id);
        self.running_destroying.retain(|running| *running != id);
        if let Some(revocation) = self.all.get_mut(&id) {
            revocation.completed_at = Some(at);
        }
    }

    fn first_after(&self, sorted: &[RevocationId], position: Position) -> Option<(RevocationId, Scope)> {
        let id = *sorted.get(sorted.partition_point(|id| id.cut() <= position))?;
        Some((id, self.all.get(&id)?.scope))
    }
}
