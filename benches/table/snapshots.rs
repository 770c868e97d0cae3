//! T11: a state from its snapshot, against the replay of the same history, and what a snapshot takes.

use enterprise_credentials::{Enterprise, log, snapshot};
use enterprise_credentials_benches::history::{Grown, at, windows};
use enterprise_credentials_benches::rounds::{compare, timed};
use enterprise_credentials_benches::rows::{at_least, at_most, figure, title};
use enterprise_credentials_benches::yardsticks::replay_by_derive;

const GROWN: Grown = Grown { credentials: 1_000_000 };

pub(crate) fn run() {
    title(&format!("Snapshots of {} credentials", GROWN.credentials));
    let enterprise = GROWN.folded();
    let kept = snapshot::write(&enterprise);
    let lines = lines();
    let [written, read, replayed, by_derive] = compare([
        &mut || timed(GROWN.credentials, || snapshot::write(&enterprise)),
        &mut || timed(GROWN.credentials, || snapshot::read(&kept).expect("a snapshot")),
        &mut || timed(GROWN.credentials, || log::replay(&lines).expect("a log")),
        &mut || timed(GROWN.credentials, || replay_by_derive(&lines)),
    ]);
    figure("write", written, "ns/credential");
    figure("read", read, "ns/credential");
    figure("replay of the same lines", replayed, "ns/credential");
    figure("replay of the same lines by serde's derive", by_derive, "ns/credential");
    at_least("T11", "read, × replay by serde's derive", by_derive / read, 50.0);
    figure("read, × replay", replayed / read, "");

    let founded = snapshot::write(&GROWN.founded()).len();
    let each = |bytes: usize| bytes as f64 / GROWN.credentials as f64;
    at_most("T11", "bytes a credential", each(kept.len() - founded), 24.1);
    figure("bytes a credential, with the people", each(kept.len()), "");
    let small = snapshot::write(&Enterprise::new());
    let [smallest] = compare([&mut || timed(100, || (0..100).for_each(|_| drop(snapshot::read(&small))))]);
    figure("read of an empty state: the fingerprint", smallest / 1_000.0, "µs");
}

fn lines() -> Vec<u8> {
    let mut enterprise = Enterprise::new();
    let founding = Vec::from_iter(enterprise.record(GROWN.founding().collect(), at(0), None));
    enterprise.apply_all(&founding).expect("the founding fits");
    let mut lines = Vec::new();
    founding
        .iter()
        .for_each(|recorded| log::write_line(recorded, &mut lines));
    for window in windows(enterprise.position(), GROWN.events()) {
        window.iter().for_each(|recorded| log::write_line(recorded, &mut lines));
    }
    lines
}
