//! An audit, whose every request is asked for its plan: of a history without any,
//! and with thousands about single people.

use std::num::NonZeroU32;

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::{Command, RecordedEvent};
use enterprise_credentials_benches::history::{Grown, at, owners, person, revoke_person, windows};
use enterprise_credentials_benches::rounds::Sample;

use crate::{figure, title};

const GROWN: Grown = Grown { credentials: 100_000 };
const REQUESTS: u64 = 10_000;

pub(crate) fn run() {
    title(&format!(
        "Auditing {} credentials, once: without a request, and with {REQUESTS} about single people, each with its job",
        GROWN.credentials
    ));
    let (mut auditor, mut grown, mut narrowed) = (Auditor::new(), Sample::default(), Sample::default());
    let founding = auditor.enterprise().record(GROWN.founding().collect(), at(0), None);
    let founding: Vec<RecordedEvent> = founding.collect();
    grown.time(|| observe(&mut auditor, &founding));
    for window in windows(auditor.enterprise().position(), GROWN.events()) {
        grown.time(|| observe(&mut auditor, &window));
    }
    for number in 0..REQUESTS {
        // The first one is the first owner, whom nobody may name.
        let target = person(number % (owners(GROWN.credentials) - 1) + 1);
        let mut next = Some(Command::Revoke(revoke_person(target, true)));
        while let Some(command) = next {
            let enterprise = auditor.enterprise();
            let events = enterprise.decide(&command, at(0)).expect("an allowed command");
            let recorded: Vec<RecordedEvent> = enterprise.record(events, at(0), None).collect();
            narrowed.time(|| observe(&mut auditor, &recorded));
            let running = auditor.enterprise().pending_revocations().next();
            let limit = NonZeroU32::MAX;
            next = running.map(|revocation| Command::ContinueRevocation { revocation, limit });
        }
    }
    let report = narrowed.time(|| auditor.finish());
    assert!(report.is_clean() && report.revocations.len() as u64 == REQUESTS);
    figure("the history without a request", grown.seconds() * 1e3, "ms");
    figure(
        "the requests, their jobs, and the report",
        narrowed.seconds() * 1e3,
        "ms",
    );
}

fn observe(auditor: &mut Auditor, recorded: &[RecordedEvent]) {
    for recorded in recorded {
        auditor.observe(recorded).expect("it fits");
    }
}
