//! T3: events as a state, against the least that it needs and what one would write first.

use std::hint::black_box;

use enterprise_credentials::{Position, RecordedEvent};
use enterprise_credentials_benches::history::{Grown, windows};
use enterprise_credentials_benches::rounds::{Sample, compare};
use enterprise_credentials_benches::yardsticks::{Map, Probe};

use crate::{at_least, figure, title};

pub(crate) fn run(largest: u64) {
    fold_all(1_000_000);
    if largest > 1_000_000 {
        fold_all(largest);
    }
}

fn fold_all(credentials: u64) {
    let grown = Grown { credentials };
    let events = grown.credentials + grown.authorizations();
    title(&format!("Folding {events} events, {credentials} credentials"));
    let [folded, folded_singly, probed, mapped] = compare([
        &mut || {
            let mut enterprise = grown.founded();
            let after = enterprise.position();
            let sample = fold_windows(grown, after, |window| enterprise.apply_all(window).expect("they fit"));
            black_box(enterprise);
            sample
        },
        &mut || {
            let mut enterprise = grown.founded();
            let after = enterprise.position();
            let sample = fold(grown, after, |recorded| enterprise.apply(recorded).expect("it fits"));
            black_box(enterprise);
            sample
        },
        &mut || {
            let mut probe = Probe::new(credentials);
            let sample = fold(grown, Position::START, |recorded| probe.fold(&recorded.event));
            black_box(probe);
            sample
        },
        &mut || {
            let mut map = Map::default();
            grown.founding().for_each(|event| map.fold(&event));
            let sample = fold(grown, Position::START, |recorded| map.fold(&recorded.event));
            black_box(map);
            sample
        },
    ]);
    figure("apply_all", folded, "ns/event");
    figure("apply, one at a time", folded_singly, "ns/event");
    figure("bound: an index probe and a write", probed, "ns/event");
    figure("maps of structs", mapped, "ns/event");
    let share_of_bound = if credentials > 1_000_000 { 0.40 } else { 0.33 };
    at_least("T3", "apply_all, share of the bound", probed / folded, share_of_bound);
    at_least("T3", "apply_all, × maps of structs", mapped / folded, 2.5);
}

fn fold(grown: Grown, after: Position, mut apply: impl FnMut(&RecordedEvent)) -> Sample {
    fold_windows(grown, after, |window| window.iter().for_each(&mut apply))
}

/// Making the events is not measured.
fn fold_windows(grown: Grown, after: Position, mut apply_all: impl FnMut(&[RecordedEvent])) -> Sample {
    let mut sample = Sample::default();
    for window in windows(after, grown.events()) {
        sample.time(|| apply_all(&window));
        sample.add(window.len() as u64);
    }
    sample
}
