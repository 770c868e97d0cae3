//! T7: the job in batches of 1,000, and the plan before it.

use std::hint::black_box;
use std::num::NonZeroU32;

use enterprise_credentials::log::Encoder;
use enterprise_credentials::{Command, Enterprise, Event, RecordedEvent};
use enterprise_credentials_benches::history::{Grown, MixedLog, at, revoke_all};
use enterprise_credentials_benches::rounds::{Sample, compare, timed};
use enterprise_credentials_benches::yardsticks::parse_minimal;

use crate::{at_most, carry_out, figure, title};

/// What Y took on the machine of the targets, in ns an event: a target in nanoseconds means little on any other.
const Y_OF_TARGETS: f64 = 190.0;

pub(crate) fn run() {
    let log = MixedLog::new(100_000, false);
    let grown = Grown { credentials: 1_000_000 };
    title(&format!(
        "The job: {} authorizations in batches of 1,000 credentials",
        grown.authorizations()
    ));
    let mut requested = grown.folded();
    let planned = requested.clone();
    carry_out(&mut requested, &Command::RevokeAll(revoke_all(false)));
    let [minimal, decided, recorded, applied, written, encoded, plan] = compare([
        &mut || timed(log.events, || parse_minimal(&log.bytes)),
        &mut || work(&requested).decide,
        &mut || work(&requested).record,
        &mut || work(&requested).apply,
        &mut || work(&requested).write,
        &mut || work(&requested).encode,
        &mut || timed(grown.credentials, || planned.plan(&revoke_all(true), at(0))),
    ]);
    figure("Y, for the speed of this machine", minimal, "ns/event");
    figure("decide", decided, "ns/authorization");
    figure("record: envelopes", recorded, "ns/authorization");
    figure("apply", applied, "ns/authorization");
    figure("writing the same events to a Vec", written, "ns/authorization");
    figure("encode: canonical lines", encoded, "ns/authorization");
    figure("plan, for comparison", plan, "ns/credential");
    at_most("T7", "decide + apply, ns an authorization", decided + applied, 40.0);
    let here = (decided + applied) / minimal * Y_OF_TARGETS;
    at_most("T7", "the same where Y takes 190 ns", here, 40.0);
    at_most("T7", "decide ÷ writing the same events", decided / written, 3.0);
}

/// What each step of the job took.
#[derive(Clone, Copy, Default)]
struct Steps {
    decide: Sample,
    record: Sample,
    apply: Sample,
    write: Sample,
    encode: Sample,
}

/// Works the one revocation of a state to its end.
fn work(requested: &Enterprise) -> Steps {
    let mut enterprise = requested.clone();
    let revocation = enterprise.pending_revocations().next().expect("a revocation");
    let limit = NonZeroU32::new(1_000).expect("not zero");
    let batch = Command::ContinueRevocation { revocation, limit };
    let (mut steps, mut lines) = (Steps::default(), Vec::new());
    while enterprise.pending_revocations().next().is_some() {
        let decided = steps.decide.time(|| enterprise.decide(&batch, at(0)).expect("a batch"));
        steps.write.time(|| write(&decided));
        let units = decided.len() as u64;
        let recorded = steps
            .record
            .time(|| Vec::from_iter(enterprise.record(decided, at(0), None)));
        steps.apply.time(|| enterprise.apply_all(&recorded).expect("they fit"));
        lines.clear();
        steps.encode.time(|| encode(&recorded, &mut lines));
        for step in [
            &mut steps.decide,
            &mut steps.write,
            &mut steps.record,
            &mut steps.apply,
            &mut steps.encode,
        ] {
            step.add(units);
        }
    }
    steps
}

fn write(events: &[Event]) -> Vec<Event> {
    let mut written = Vec::new();
    for event in events {
        written.push(black_box(event).clone());
    }
    written
}

fn encode(recorded: &[RecordedEvent], lines: &mut Vec<u8>) {
    let mut encoder = Encoder::new();
    recorded.iter().for_each(|recorded| encoder.encode(recorded, lines));
}
