//! T1, T2: JSON lines as events, as a state, and back.

use std::hint::black_box;

use enterprise_credentials::RecordedEvent;
use enterprise_credentials::log;
use enterprise_credentials_benches::history::MixedLog;
use enterprise_credentials_benches::rounds::{compare, timed};
use enterprise_credentials_benches::yardsticks::{
    decode_each, not_canonical, parse_minimal, replay_by_derive, skip_all,
};

use crate::{at_least, figure, title};

/// Enough that the log does not stay in the caches.
const EVENTS: u64 = 300_000;

pub(crate) fn run() {
    for (fingerprints, what) in [(false, "without fingerprints"), (true, "with fingerprints")] {
        let log = MixedLog::new(EVENTS, fingerprints);
        let bytes_each = log.bytes.len() as f64 / log.events as f64;
        title(&format!(
            "Decoding {} events of {bytes_each:.0} bytes, {what}",
            log.events
        ));
        read(&log);
        write(&log);
    }
}

fn read(log: &MixedLog) {
    let (bytes, events) = (&log.bytes, log.events);
    let mut copy = bytes.clone();
    let not_canonical = not_canonical(bytes);
    let [minimal, skipped, copied, decoded, parsed, replayed, derived] = compare([
        &mut || timed(events, || parse_minimal(bytes)),
        &mut || timed(events, || skip_all(bytes)),
        &mut || timed(events, || copy.copy_from_slice(bytes)),
        &mut || timed(events, || log::read(bytes).filter(Result::is_ok).count()),
        &mut || timed(events, || decode_each(&not_canonical)),
        &mut || timed(events, || log::replay(bytes).expect("a log")),
        &mut || timed(events, || replay_by_derive(bytes)),
    ]);
    figure("Y: serde_json into a minimal borrowed struct", minimal, "ns/event");
    figure("IgnoredAny", skipped, "ns/event");
    figure("memcpy", copied, "ns/event");
    figure("canonical decoder", decoded, "ns/event");
    figure("JSON parser, the fallback", parsed, "ns/event");
    figure("replay", replayed, "ns/event");
    figure("replay by serde's derive", derived, "ns/event");
    at_least("T1", "canonical decoder, × Y", minimal / decoded, 3.5);
    at_least("T1", "JSON parser, × Y", minimal / parsed, 0.75);
    at_least("T2", "lines to a usable state, × Y", minimal / replayed, 1.8);
    at_least(
        "T2",
        "the same, × serde's derive and the same state",
        derived / replayed,
        4.0,
    );
}

fn write(log: &MixedLog) {
    let events: Vec<RecordedEvent> = log::read(&log.bytes).map(|read| read.expect("an event")).collect();
    let [written, serialized] = compare([
        &mut || {
            timed(log.events, || {
                let mut bytes = Vec::with_capacity(log.bytes.len());
                events.iter().for_each(|recorded| log::write_line(recorded, &mut bytes));
                assert_eq!(bytes.len(), log.bytes.len());
                black_box(bytes)
            })
        },
        &mut || {
            timed(log.events, || {
                let mut bytes = Vec::with_capacity(log.bytes.len());
                for recorded in &events {
                    bytes.extend(serde_json::to_vec(recorded).expect("JSON"));
                    bytes.push(b'\n');
                }
                assert_eq!(bytes.len(), log.bytes.len());
                black_box(bytes)
            })
        },
    ]);
    figure("canonical writer", written, "ns/event");
    figure("serde_json's writer", serialized, "ns/event");
}
