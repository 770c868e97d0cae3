//! Which steps stay: those that show something new or catch a wrong core, and those that it takes to get there.

use std::collections::BTreeSet;
use std::vec::Vec;

use crate::corpus::asked::World;
use crate::corpus::chance::Chance;
use crate::corpus::is_shown;
use crate::corpus::points::{self, Point, Shown};
use crate::corpus::walk::Walk;
use crate::corpus::written::is_caught;
use crate::word::Step;
use crate::wrong;

/// How many walks are tried, each under a seed of its own.
const WALKS: u64 = 3000;
/// How many steps a walk has.
const STEPS: usize = 30;

/// One case: steps in a world.
pub(super) struct Case<'a> {
    pub(super) world: &'a World,
    pub(super) steps: Vec<Step>,
}

/// What stays.
pub(super) struct Selected<'a> {
    pub(super) cases: Vec<Case<'a>>,
    pub(super) shown: Shown,
}

/// Tries all walks.
pub(super) fn select(worlds: &[(World, u64)]) -> Selected<'_> {
    let mut selected = Selected {
        cases: Vec::new(),
        shown: Shown::default(),
    };
    let mut seen = BTreeSet::new();
    let mut begun = Vec::new();
    for (world, often) in worlds {
        let mut walk = Walk::new();
        selected.observe(&mut walk, &world.steps, &mut seen);
        begun.push((world, *often, walk));
    }
    for seed in 0..WALKS {
        let Some((world, start, steps)) = walk(&begun, seed) else {
            continue;
        };
        let new: BTreeSet<Point> = shows(start, &steps).difference(&seen).cloned().collect();
        if !new.is_empty() {
            let steps = fewest(steps, |fewer| shows(start, fewer).is_superset(&new));
            selected.observe(&mut start.clone(), &steps, &mut seen);
            selected.cases.push(Case { world, steps });
        }
    }
    for core in wrong::CORES.iter().filter(|core| is_shown(core)) {
        if selected
            .cases
            .iter()
            .any(|case| is_caught(core, case.world, &case.steps))
        {
            continue;
        }
        let walks = (WALKS..2 * WALKS).filter_map(|seed| walk(&begun, seed));
        let mut catching = walks.filter(|(world, _, steps)| is_caught(core, world, steps));
        if let Some((world, start, steps)) = catching.next() {
            let steps = fewest(steps, |fewer| is_caught(core, world, fewer));
            selected.observe(&mut start.clone(), &steps, &mut seen);
            selected.cases.push(Case { world, steps });
        }
    }
    selected.shown.combinations = seen.len();
    selected
}

/// The walk of this seed: its world, where that has come to, and the steps from there on.
fn walk<'a, 'b>(begun: &'b [(&'a World, u64, Walk)], seed: u64) -> Option<(&'a World, &'b Walk, Vec<Step>)> {
    let mut chance = Chance::new(seed);
    let mut turn = chance.below(begun.iter().map(|(_, often, _)| often).sum());
    let (world, _, start) = begun.iter().find(|(_, often, _)| {
        let is_it = turn < *often;
        turn = turn.saturating_sub(*often);
        is_it
    })?;
    Some((world, start, (0..STEPS).map(|_| world.step(&mut chance)).collect()))
}

impl Selected<'_> {
    fn observe(&mut self, walk: &mut Walk, steps: &[Step], seen: &mut BTreeSet<Point>) {
        for moment in steps.iter().filter_map(|step| walk.take(step)) {
            for point in points::of(&moment) {
                self.shown.observe(&moment, &point);
                seen.insert(point);
            }
        }
    }
}

fn shows(start: &Walk, steps: &[Step]) -> BTreeSet<Point> {
    let mut walk = start.clone();
    let moments = steps.iter().filter_map(|step| walk.take(step));
    moments.flat_map(|moment| points::of(&moment)).collect()
}

/// As few of the steps as will do: each is left out that can be, the last first.
fn fewest(mut steps: Vec<Step>, will_do: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    for place in (0..steps.len()).rev() {
        let mut fewer = steps.clone();
        fewer.remove(place);
        if will_do(&fewer) {
            steps = fewer;
        }
    }
    steps
}
