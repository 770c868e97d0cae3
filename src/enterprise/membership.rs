//! Memberships that end and return: an id may leave and come back, and nothing old comes back with it.

use alloc::vec::Vec;

use crate::enterprise::index::Index;
use crate::enterprise::revocations::Epoch;

/// One membership of one person or organization: a returning id gets a fresh one, so that what belonged to the old
/// membership stays ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ordinal(pub(crate) u32);

/// One stay of `Id` in the enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership<Id, Data> {
    pub(crate) id: Id,
    /// When it ended.
    ended: Option<Epoch>,
    pub(crate) data: Data,
}

impl<Id, Data> Membership<Id, Data> {
    pub(crate) fn is_present(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether it had ended when a request was recorded.
    pub(crate) fn had_ended_at(&self, request: Epoch) -> bool {
        self.ended.is_some_and(|ended| ended <= request)
    }
}

/// Every membership that ever was, and for each id its latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Memberships<Id, Data> {
    latest: Index,
    all: Vec<Membership<Id, Data>>,
}

impl<Id, Data> Default for Memberships<Id, Data> {
    fn default() -> Self {
        Self {
            latest: Index::default(),
            all: Vec::new(),
        }
    }
}

impl<Id: Copy + Into<u64>, Data> Memberships<Id, Data> {
    /// The latest membership of an id, ended or not; nothing for an id that never was.
    pub(crate) fn latest(&self, id: Id) -> Option<&Membership<Id, Data>> {
        self.get(self.latest_ordinal(id)?)
    }

    /// The ordinal of the latest membership of an id, ended or not.
    pub(crate) fn latest_ordinal(&self, id: Id) -> Option<Ordinal> {
        self.latest
            .find(id.into(), |place| id_at(&self.all, place))
            .map(Ordinal)
    }

    /// The present membership of an id.
    pub(crate) fn present(&self, id: Id) -> Option<&Membership<Id, Data>> {
        self.latest(id).filter(|membership| membership.is_present())
    }

    /// The ordinal of the present membership of an id.
    pub(crate) fn present_ordinal(&self, id: Id) -> Option<Ordinal> {
        let ordinal = self.latest_ordinal(id)?;
        self.get(ordinal)?.is_present().then_some(ordinal)
    }

    /// The membership of an ordinal that this table gave out.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&Membership<Id, Data>> {
        self.all.get(usize::try_from(ordinal.0).ok()?)
    }

    /// The present memberships, in order of arrival.
    pub(crate) fn iter_present(&self) -> impl Iterator<Item = &Membership<Id, Data>> {
        self.all.iter().filter(|membership| membership.is_present())
    }

    /// Begins a membership; nothing where there are 2^32 of them already.
    pub(crate) fn begin(&mut self, id: Id, data: Data) -> Option<Ordinal> {
        let place = u32::try_from(self.all.len()).ok()?;
        self.all.push(Membership { id, ended: None, data });
        let all = &self.all;
        self.latest.insert(id.into(), place, |place| id_at(all, place));
        Some(Ordinal(place))
    }

    /// Ends the present membership of an id.
    pub(crate) fn end(&mut self, id: Id, at: Epoch) {
        if let Some(membership) = self.present_mut(id) {
            membership.ended = Some(at);
        }
    }

    /// The data of the present membership of an id.
    pub(crate) fn present_data_mut(&mut self, id: Id) -> Option<&mut Data> {
        self.present_mut(id).map(|membership| &mut membership.data)
    }

    fn present_mut(&mut self, id: Id) -> Option<&mut Membership<Id, Data>> {
        let ordinal = self.latest_ordinal(id)?;
        let membership = self.all.get_mut(usize::try_from(ordinal.0).ok()?)?;
        membership.is_present().then_some(membership)
    }
}

fn id_at<Id: Copy + Into<u64>, Data>(all: &[Membership<Id, Data>], place: u32) -> Option<u64> {
    let membership = all.get(usize::try_from(place).ok()?)?;
    Some(membership.id.into())
}
