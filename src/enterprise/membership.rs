//! Memberships that end and return: an id may leave and come back, and nothing old comes back with it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::id::Position;

/// One membership of one person or organization: a returning id gets a fresh one, so that what belonged to the old
/// membership stays ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ordinal(usize);

/// One stay of `Id` in the enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership<Id, Data> {
    pub(crate) id: Id,
    pub(crate) ended_at: Option<Position>,
    pub(crate) data: Data,
}

impl<Id, Data> Membership<Id, Data> {
    pub(crate) fn is_present(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether it had ended when the event at `cut` was recorded.
    pub(crate) fn had_ended_at(&self, cut: Position) -> bool {
        self.ended_at.is_some_and(|ended_at| ended_at < cut)
    }
}

/// Every membership that ever was, and for each id its latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Memberships<Id, Data> {
    latest: BTreeMap<Id, Ordinal>,
    all: Vec<Membership<Id, Data>>,
}

impl<Id, Data> Default for Memberships<Id, Data> {
    fn default() -> Self {
        Self {
            latest: BTreeMap::new(),
            all: Vec::new(),
        }
    }
}

impl<Id: Ord + Copy, Data> Memberships<Id, Data> {
    /// The latest membership of an id, ended or not; nothing for an id that never was.
    pub(crate) fn latest(&self, id: Id) -> Option<&Membership<Id, Data>> {
        self.latest.get(&id).and_then(|ordinal| self.all.get(ordinal.0))
    }

    /// The present membership of an id.
    pub(crate) fn present(&self, id: Id) -> Option<&Membership<Id, Data>> {
        self.latest(id).filter(|membership| membership.is_present())
    }

    /// The ordinal of the present membership of an id.
    pub(crate) fn present_ordinal(&self, id: Id) -> Option<Ordinal> {
        let ordinal = *self.latest.get(&id)?;
        self.all.get(ordinal.0)?.is_present().then_some(ordinal)
    }

    /// The membership of an ordinal that this table gave out.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&Membership<Id, Data>> {
        self.all.get(ordinal.0)
    }

    /// The present memberships, in order of arrival.
    pub(crate) fn iter_present(&self) -> impl Iterator<Item = &Membership<Id, Data>> {
        self.all.iter().filter(|membership| membership.is_present())
    }

    /// Begins a membership.
    pub(crate) fn begin(&mut self, id: Id, data: Data) {
        self.latest.insert(id, Ordinal(self.all.len()));
        self.all.push(Membership {
            id,
            ended_at: None,
            data,
        });
    }

    /// Ends the present membership of an id at the event of this position.
    pub(crate) fn end(&mut self, id: Id, at: Position) {
        if let Some(membership) = self.present_mut(id) {
            membership.ended_at = Some(at);
        }
    }

    /// The data of the present membership of an id.
    pub(crate) fn present_data_mut(&mut self, id: Id) -> Option<&mut Data> {
        self.present_mut(id).map(|membership| &mut membership.data)
    }

    fn present_mut(&mut self, id: Id) -> Option<&mut Membership<Id, Data>> {
        let ordinal = self.latest.get(&id)?;
        self.all.get_mut(ordinal.0).filter(|membership| membership.is_present())
    }
}
