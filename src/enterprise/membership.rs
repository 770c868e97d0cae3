//! Memberships that end and return. An id may leave and come back, and nothing old comes back with it.

use alloc::vec::Vec;
use core::hash::Hasher;

use crate::enterprise::epoch::Epoch;
use crate::enterprise::index::Index;
use crate::enterprise::stored::{Stored, store_len, stored};
use crate::hashing::{Hash, spread};
use crate::name::Login;

/// One membership of one person or organization: a returning id gets a fresh one, so that what belonged to the old
/// membership stays ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ordinal(pub(crate) u32);

/// One stay of `Id` in the enterprise: what every access check asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay<Id, Facts> {
    pub(crate) id: Id,
    ended: Epoch,
    pub(crate) facts: Facts,
}

impl<Id, Facts> Stay<Id, Facts> {
    pub(crate) fn is_present(&self) -> bool {
        self.ended == Epoch::NEVER
    }

    /// Whether it had ended when a request was recorded.
    pub(crate) fn had_ended_at(&self, request: Epoch) -> bool {
        self.ended <= request
    }
}

/// A stay, and what else is known of it.
#[derive(Debug)]
pub(crate) struct Membership<'a, Id, Facts, Data> {
    pub(crate) stay: &'a Stay<Id, Facts>,
    pub(crate) data: &'a Data,
}

/// Every membership that ever was, and for each id its latest.
///
/// What every access check asks is kept together, `Facts` included: 16 bytes a stay, many of which fit a cache.
/// The rest is `Data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Memberships<Id, Facts, Data> {
    latest: Index,
    stays: Vec<Stay<Id, Facts>>,
    /// At the same places.
    data: Vec<Data>,
    /// The places of the present stays, and of some that ended, by their logins without regard to case.
    logins: Index,
}

/// What has a login.
pub(crate) trait Named {
    fn login(&self) -> &Login;
}

/// Who has a login, without regard to case, among those present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    One(Ordinal),
    /// Two or more: of an old log. Whom the login means cannot be told.
    Several,
}

impl<Id, Facts, Data> Default for Memberships<Id, Facts, Data> {
    fn default() -> Self {
        Self {
            latest: Index::default(),
            stays: Vec::new(),
            data: Vec::new(),
            logins: Index::default(),
        }
    }
}

impl<Id: Copy + Into<u64>, Facts: Copy, Data: Named> Memberships<Id, Facts, Data> {
    /// The latest stay of an id, ended or not; nothing for an id that never was.
    pub(crate) fn latest(&self, id: Id) -> Option<&Stay<Id, Facts>> {
        self.get(self.latest_ordinal(id)?)
    }

    /// The ordinal of the latest membership of an id, ended or not.
    pub(crate) fn latest_ordinal(&self, id: Id) -> Option<Ordinal> {
        let id = id.into();
        let is_it = |place| id_at(&self.stays, place) == Some(id);
        self.latest.find(spread(id), is_it).map(Ordinal)
    }

    /// The present membership of an id.
    pub(crate) fn present(&self, id: Id) -> Option<Membership<'_, Id, Facts, Data>> {
        let ordinal = self.present_ordinal(id)?;
        let (stay, data) = (self.get(ordinal)?, self.data(ordinal)?);
        Some(Membership { stay, data })
    }

    /// The ordinal of the present membership of an id.
    pub(crate) fn present_ordinal(&self, id: Id) -> Option<Ordinal> {
        let ordinal = self.latest_ordinal(id)?;
        self.get(ordinal)?.is_present().then_some(ordinal)
    }

    /// The stay of an ordinal that this table gave out. There is one: no stay is ever removed.
    #[inline]
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&Stay<Id, Facts>> {
        debug_assert!(self.has(ordinal), "{ordinal:?} of a table that did not give it out");
        self.stays.get(ordinal.0 as usize)
    }

    /// Whether this table gave out an ordinal. For a state that was not made by events;
    /// all others only know such ordinals.
    pub(crate) const fn has(&self, ordinal: Ordinal) -> bool {
        (ordinal.0 as usize) < self.stays.len()
    }

    /// What else is known of the stay of this ordinal.
    pub(crate) fn data(&self, ordinal: Ordinal) -> Option<&Data> {
        self.data.get(ordinal.0 as usize)
    }

    /// The present memberships, in order of arrival.
    pub(crate) fn iter_present(&self) -> impl Iterator<Item = Membership<'_, Id, Facts, Data>> {
        let memberships = self.stays.iter().zip(&self.data);
        let present = memberships.filter(|(stay, _)| stay.is_present());
        present.map(|(stay, data)| Membership { stay, data })
    }

    /// Begins a membership; nothing where there are too many already.
    /// What belonged to an earlier one of the same id stays with that one.
    ///
    /// [`Rule::NothingOldComesBack`](crate::Rule::NothingOldComesBack)
    pub(crate) fn begin(&mut self, id: Id, facts: Facts, data: Data) -> Option<Ordinal> {
        let place = u32::try_from(self.stays.len()).ok()?;
        let place = (place < Index::PLACES_MAX).then_some(place)?;
        let before = self.latest_ordinal(id);
        debug_assert!(self.present_ordinal(id).is_none(), "who is present does not come again");
        self.stays.push(Stay {
            id,
            ended: Epoch::NEVER,
            facts,
        });
        self.data.push(data);
        let hash_at = |place| id_at(&self.stays, place).map(spread);
        match before {
            Some(Ordinal(before)) => self.latest.replace(spread(id.into()), before, place, hash_at),
            None => self.latest.insert(spread(id.into()), place, hash_at),
        }
        self.index_login(place);
        Some(Ordinal(place))
    }

    /// Lets the stay at this place, the last, be found by its login. It takes the place of an ended stay with that
    /// login, so that who comes and goes is found as fast as who stays.
    fn index_login(&mut self, place: u32) {
        let Some(login) = self.data.last().map(Data::login) else {
            return;
        };
        let hash_at = |place: u32| {
            self.data
                .get(place as usize)
                .map(|data| hash_folded(data.login().as_str()))
        };
        let hash = hash_folded(login.as_str());
        let ended = self.logins.find(hash, |found| {
            self.is_login(found, login.as_str()) && !self.is_present(found)
        });
        match ended {
            Some(ended) => self.logins.replace(hash, ended, place, hash_at),
            None => self.logins.insert(hash, place, hash_at),
        }
    }

    /// Who is present with this login, without regard to case.
    ///
    /// [`Rule::LoginNamesOne`](crate::Rule::LoginNamesOne)
    pub(crate) fn holder(&self, login: &str) -> Holder {
        let mut holder = Holder::Nobody;
        self.each_holder(login, |found| {
            holder = match holder {
                Holder::Nobody => Holder::One(found),
                Holder::One(_) | Holder::Several => Holder::Several,
            };
        });
        holder
    }

    /// Has `take` take all those who are present with this login, without regard to case:
    /// in an old log there may be several.
    pub(crate) fn each_holder(&self, login: &str, mut take: impl FnMut(Ordinal)) {
        // Looks at all that could be it, since it says of none that it is.
        self.logins.find(hash_folded(login), |found| {
            if self.is_login(found, login) && self.is_present(found) {
                take(Ordinal(found));
            }
            false
        });
    }

    /// One of those who are present with this login, without regard to case.
    pub(crate) fn first_present(&self, login: &str) -> Option<(&Stay<Id, Facts>, &Data)> {
        let is_it = |found| self.is_login(found, login) && self.is_present(found);
        let found = Ordinal(self.logins.find(hash_folded(login), is_it)?);
        Some((self.get(found)?, self.data(found)?))
    }

    fn is_login(&self, place: u32, login: &str) -> bool {
        let data = self.data.get(place as usize);
        data.is_some_and(|data| data.login().as_str().eq_ignore_ascii_case(login))
    }

    fn is_present(&self, place: u32) -> bool {
        self.stays.get(place as usize).is_some_and(Stay::is_present)
    }

    /// Ends the present membership of an id; nothing where it has none.
    pub(crate) fn end(&mut self, id: Id, at: Epoch) -> Option<()> {
        debug_assert!(at != Epoch::NEVER, "what has ended has an end");
        let Ordinal(place) = self.present_ordinal(id)?;
        self.stays.get_mut(place as usize)?.ended = at;
        Some(())
    }

    /// A table of these memberships alone, which are given in order: each gets the ordinal of its place among them.
    pub(crate) fn excerpt(&self, ordinals: &[Ordinal]) -> Self
    where
        Data: Clone,
    {
        let mut excerpt = Self::default();
        for ordinal in ordinals {
            let found = self.get(*ordinal).zip(self.data(*ordinal));
            debug_assert!(found.is_some(), "{ordinal:?} of another table");
            let Some((stay, data)) = found else { continue };
            excerpt.begin(stay.id, stay.facts, data.clone());
            if let Some(copied) = excerpt.stays.last_mut() {
                copied.ended = stay.ended;
            }
        }
        excerpt
    }

    /// The facts of a stay, present or not.
    pub(crate) fn facts_mut(&mut self, ordinal: Ordinal) -> Option<&mut Facts> {
        self.stays.get_mut(ordinal.0 as usize).map(|stay| &mut stay.facts)
    }

    /// The facts and the data of the present membership of an id.
    pub(crate) fn present_mut(&mut self, id: Id) -> Option<(&mut Facts, &mut Data)> {
        let place = self.present_ordinal(id)?.0 as usize;
        let stay = self.stays.get_mut(place)?;
        Some((&mut stay.facts, self.data.get_mut(place)?))
    }
}

stored!(Ordinal { 0 });

impl<Id, Facts, Data> Stored for Memberships<Id, Facts, Data>
where
    Id: Stored + Copy + Into<u64>,
    Facts: Stored + Copy,
    Data: Stored + Named,
{
    fn store(&self, bytes: &mut Vec<u8>) {
        store_len(self.stays.len(), bytes);
        for (stay, data) in self.stays.iter().zip(&self.data) {
            stay.id.store(bytes);
            stay.ended.store(bytes);
            stay.facts.store(bytes);
            data.store(bytes);
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut memberships = Self::default();
        for _ in 0..u32::load(bytes)? {
            let (id, ended) = (Id::load(bytes)?, Epoch::load(bytes)?);
            if memberships.present_ordinal(id).is_some() {
                return None;
            }
            let begun = memberships.begin(id, Facts::load(bytes)?, Data::load(bytes)?)?;
            memberships.stays.get_mut(begun.0 as usize)?.ended = ended;
        }
        Some(memberships)
    }
}

/// A hash of a login without regard to case.
fn hash_folded(login: &str) -> u32 {
    let mut hash = Hash::default();
    for bytes in login.as_bytes().chunks(size_of::<u64>()) {
        let mut word = [0; size_of::<u64>()];
        for (folded, byte) in word.iter_mut().zip(bytes) {
            *folded = byte.to_ascii_lowercase();
        }
        hash.write_u64(u64::from_le_bytes(word));
    }
    spread(hash.finish())
}

fn id_at<Id: Copy + Into<u64>, Facts>(stays: &[Stay<Id, Facts>], place: u32) -> Option<u64> {
    let stay = stays.get(place as usize)?;
    Some(stay.id.into())
}
