//! The unfinished revocations, found by what they take. So an access check about one item costs the same, however many
//! of them run.

use alloc::vec::Vec;
use core::fmt;

use crate::enterprise::epoch::Epoch;
use crate::enterprise::filter::{Filter, Shape, Shapes};
use crate::enterprise::index::Index;
use crate::enterprise::stored::stored;
use crate::id::RevocationId;

/// What a revocation is about, settled by its request: what was live at the cut and matches its filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) request: Epoch,
    /// How many credentials had been issued at the cut: what was issued later is not covered.
    pub(crate) issued: u32,
    pub(crate) filter: Filter,
    /// Whether tokens and keys are destroyed too.
    pub(crate) revoke_credentials: bool,
}

stored!(Coverage {
    request,
    issued,
    filter,
    revoke_credentials
});

/// An unfinished revocation, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) id: RevocationId,
    pub(crate) coverage: Coverage,
}

/// Those of one filter, in order of their cuts.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    filter: Filter,
    /// In the lane itself: there is seldom another, and a check need not look elsewhere for it.
    first: Option<Running>,
    later: Vec<Running>,
}

/// Unfinished revocations by their filters.
#[derive(Clone)]
pub(crate) struct Lanes {
    /// The shapes of the filters that there are: of most there is none.
    shapes: Shapes,
    /// How many lanes of each shape hold any.
    in_use: [u32; Shape::COUNT],
    /// Those without a filter: the usual ones are found without a search.
    everything: Lane,
    filtered: Vec<Lane>,
    /// The places of `filtered`, by filter.
    index: Index,
    /// How many of `filtered` hold none: they are taken away when they are more than the others.
    unused: usize,
}

impl Lane {
    const fn new(filter: Filter) -> Self {
        Self {
            filter,
            first: None,
            later: Vec::new(),
        }
    }

    pub(crate) const fn filter(&self) -> Filter {
        self.filter
    }

    const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The earliest one after those that are earlier.
    #[inline]
    pub(crate) fn first_after(&self, is_earlier: impl Fn(&Running) -> bool) -> Option<&Running> {
        let first = self.first.as_ref()?;
        if !is_earlier(first) {
            return Some(first);
        }
        let earlier = self.later.partition_point(is_earlier);
        self.later.get(earlier)
    }

    fn push(&mut self, running: Running) {
        if self.first.is_none() {
            self.first = Some(running);
        } else {
            self.later.push(running);
        }
    }

    /// Whether it was there.
    fn remove(&mut self, id: RevocationId) -> bool {
        if self.first.is_some_and(|first| first.id == id) {
            self.first = (!self.later.is_empty()).then(|| self.later.remove(0));
        } else {
            let Some(place) = self.later.iter().position(|running| running.id == id) else {
                return false;
            };
            self.later.remove(place);
        }
        if self.later.is_empty() {
            self.later = Vec::new();
        }
        true
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            shapes: Shapes::default(),
            in_use: [0; Shape::COUNT],
            everything: Lane::new(Filter::EVERYTHING),
            filtered: Vec::new(),
            index: Index::default(),
            unused: 0,
        }
    }
}

impl Lanes {
    /// Whether none runs.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.shapes.0 == 0
    }

    /// Those without a filter.
    #[inline]
    pub(crate) const fn everything(&self) -> &Lane {
        &self.everything
    }

    /// The shapes of those that may match what belongs to somebody: none with a person, if none is about them.
    #[inline]
    pub(crate) const fn possible(&self, owner_is_target: bool) -> Shapes {
        let others = if owner_is_target { 0 } else { Shape::OF_PERSONS };
        Shapes(self.shapes.0 & !others)
    }

    /// The lanes of these shapes whose filters match an item, given as the narrowest that does.
    #[inline]
    pub(crate) fn matching(&self, shapes: Shapes, item: Filter) -> impl Iterator<Item = &Lane> {
        shapes.filter_map(move |shape| {
            if shape == Shape::EVERYTHING {
                return Some(&self.everything);
            }
            let place = self.place(item.of_shape(shape))?;
            self.filtered.get(place)
        })
    }

    /// The earliest with this very filter.
    pub(crate) fn first(&self, filter: Filter) -> Option<&Running> {
        self.lane(filter)?.first.as_ref()
    }

    /// Adds one whose cut is later than those of all others.
    pub(crate) fn push(&mut self, running: Running) {
        let filter = running.coverage.filter;
        if self.lane(filter).is_none() {
            self.make(filter);
        }
        let lane = self.lane_mut(filter);
        debug_assert!(lane.is_some(), "no lane for {running:?}");
        let Some(lane) = lane else {
            return;
        };
        let was_empty = lane.is_empty();
        lane.push(running);
        if was_empty {
            self.fill(filter.shape());
        }
    }

    pub(crate) fn remove(&mut self, id: RevocationId, filter: Filter) {
        let Some(lane) = self.lane_mut(filter) else {
            return;
        };
        if lane.remove(id) && lane.is_empty() {
            self.empty(filter);
        }
    }

    /// Counts a lane that holds none any more.
    fn empty(&mut self, filter: Filter) {
        let shape = filter.shape();
        if let Some(in_use) = self.in_use.get_mut(shape.place()) {
            *in_use -= 1;
            if *in_use == 0 {
                self.shapes.0 &= !shape.bit();
            }
        }
        self.unused += usize::from(shape != Shape::EVERYTHING);
        if self.unused * 2 > self.filtered.len() {
            self.filtered.retain(|lane| !lane.is_empty());
            self.filtered.shrink_to_fit();
            self.unused = 0;
            self.index = Index::default();
            for (place, lane) in (0..).zip(&self.filtered) {
                let hash_at = |place: u32| hash_at(&self.filtered, place);
                self.index.insert(lane.filter.hash(), place, hash_at);
            }
        }
    }

    #[inline]
    fn lane(&self, filter: Filter) -> Option<&Lane> {
        if filter == Filter::EVERYTHING {
            return Some(&self.everything);
        }
        let place = self.place(filter)?;
        self.filtered.get(place)
    }

    fn lane_mut(&mut self, filter: Filter) -> Option<&mut Lane> {
        if filter == Filter::EVERYTHING {
            return Some(&mut self.everything);
        }
        let place = self.place(filter)?;
        self.filtered.get_mut(place)
    }

    /// Makes a lane, which holds none yet.
    fn make(&mut self, filter: Filter) {
        let place = u32::try_from(self.filtered.len()).unwrap_or(u32::MAX);
        self.filtered.push(Lane::new(filter));
        self.unused += 1;
        let hash_at = |place: u32| hash_at(&self.filtered, place);
        self.index.insert(filter.hash(), place, hash_at);
    }

    /// Counts a lane that holds its first.
    fn fill(&mut self, shape: Shape) {
        self.shapes.0 |= shape.bit();
        if let Some(in_use) = self.in_use.get_mut(shape.place()) {
            *in_use += 1;
        }
        self.unused -= usize::from(shape != Shape::EVERYTHING);
    }

    #[inline]
    fn place(&self, filter: Filter) -> Option<usize> {
        let is_it = |place: u32| {
            self.filtered
                .get(place as usize)
                .is_some_and(|lane| lane.filter == filter)
        };
        self.index.find(filter.hash(), is_it).map(|place| place as usize)
    }
}

/// Lanes follow from the list of all revocations: two equal lists have equal lanes, whatever was taken away before.
impl PartialEq for Lanes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lanes {}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").finish_non_exhaustive()
    }
}

fn hash_at(lanes: &[Lane], place: u32) -> Option<u32> {
    lanes.get(place as usize).map(|lane| lane.filter.hash())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::CredentialType;
    use crate::enterprise::membership::Ordinal;

    fn running(id: u64, filter: Filter) -> Running {
        Running {
            id: RevocationId::new(id).unwrap(),
            coverage: Coverage {
                request: Epoch(u32::try_from(id).unwrap()),
                issued: 0,
                filter,
                revoke_credentials: false,
            },
        }
    }

    fn of_person(person: u32) -> Filter {
        Filter::new(None, Some(Ordinal(person)), None)
    }

    /// The ids of the first ones that match an item.
    fn found(lanes: &Lanes, person: u32) -> Vec<u64> {
        let item = Filter::of_authorization(Ordinal(0), Ordinal(person), CredentialType::SshKey);
        let lanes = lanes.matching(lanes.possible(true), item);
        let first = lanes.filter_map(|lane| lane.first_after(|_| false));
        first.map(|running| running.id.value()).collect()
    }

    #[test]
    fn each_is_found_by_what_it_takes_until_it_is_removed_and_then_takes_no_memory() {
        const PEOPLE: u32 = 1000;
        let mut lanes = Lanes::default();
        for id in 1..=u64::from(PEOPLE) * 2 {
            let person = u32::try_from(id).unwrap() % PEOPLE;
            lanes.push(running(id, of_person(person)));
        }
        lanes.push(running(5000, Filter::EVERYTHING));
        assert_eq!(lanes.unused, 0, "each lane holds some");
        for person in 0..PEOPLE {
            let first = if person == 0 { PEOPLE } else { person };
            assert_eq!(found(&lanes, person), [5000, u64::from(first)]);
        }
        assert_eq!(found(&lanes, PEOPLE), [5000]);
        assert_eq!(lanes.possible(false), Shapes::EVERYTHING, "all others are about people");
        lanes.remove(RevocationId::new(5000).unwrap(), Filter::EVERYTHING);
        for id in 1..=u64::from(PEOPLE) * 2 {
            let person = u32::try_from(id).unwrap() % PEOPLE;
            lanes.remove(RevocationId::new(id).unwrap(), of_person(person));
            let left = if id < u64::from(PEOPLE) + 1 {
                Vec::from([id + u64::from(PEOPLE)])
            } else {
                Vec::new()
            };
            assert_eq!(found(&lanes, person), left, "after {id}");
            let lanes_in_use = lanes.filtered.iter().filter(|lane| !lane.is_empty()).count();
            assert!(
                lanes.filtered.len() <= lanes_in_use * 2,
                "{} for {lanes_in_use}",
                lanes.filtered.len()
            );
        }
        assert!(lanes.is_empty());
        assert_eq!(
            (lanes.filtered.capacity(), lanes.unused, lanes.in_use),
            (0, 0, [0; Shape::COUNT])
        );
    }

    #[test]
    fn the_first_one_after_an_epoch_is_found_in_its_lane() {
        let mut lanes = Lanes::default();
        for id in [2, 5, 7] {
            lanes.push(running(id, of_person(1)));
        }
        let first_after = |epoch| {
            let lane = lanes.lane(of_person(1)).unwrap();
            lane.first_after(|earlier| earlier.coverage.request < Epoch(epoch))
                .map(|first| first.id.value())
        };
        assert_eq!(
            [1, 2, 3, 6, 8].map(first_after),
            [Some(2), Some(2), Some(5), Some(7), None]
        );
        assert_eq!(lanes.first(of_person(1)), Some(&running(2, of_person(1))));
        assert_eq!(lanes.first(of_person(2)), None);
    }

    #[test]
    fn those_of_one_lane_are_removed_in_any_order() {
        for order in [[2, 5, 7], [2, 7, 5], [5, 2, 7], [5, 7, 2], [7, 2, 5], [7, 5, 2]] {
            let mut lanes = Lanes::default();
            let mut left = Vec::from([2, 5, 7]);
            for id in &left {
                lanes.push(running(*id, of_person(1)));
            }
            for id in order {
                assert!(!lanes.is_empty());
                lanes.remove(RevocationId::new(id).unwrap(), of_person(1));
                left.retain(|other| *other != id);
                let first = left.first().map(|first| running(*first, of_person(1)));
                assert_eq!(lanes.first(of_person(1)), first.as_ref(), "{id} of {order:?}");
                let last = lanes
                    .lane(of_person(1))
                    .and_then(|lane| lane.first_after(|other| Some(&other.id.value()) != left.last()));
                assert_eq!(
                    last.map(|last| last.id.value()),
                    left.last().copied(),
                    "{id} of {order:?}"
                );
            }
            assert!(lanes.is_empty());
        }
    }
}
