//! T5, T6: accepting a revoke-all at any size, and the status of a credential, idle and pending.

use std::hint::black_box;

use enterprise_credentials::{Command, CredentialId, Enterprise, Event, OrganizationId};
use enterprise_credentials_benches::history::{Grown, at, credential, revoke_all};
use enterprise_credentials_benches::rounds::{compare, timed};
use enterprise_credentials_benches::yardsticks::Probe;

use crate::{at_most, carry_out, figure, title};

pub(crate) fn run(largest: u64) {
    accept([1_000, 100_000, largest]);
    status(Grown { credentials: 1_000_000 });
}

fn accept(sizes: [u64; 3]) {
    title("Accepting a revoke-all: decide, record and apply");
    let [mut small, mut medium, mut large] = sizes.map(|credentials| {
        let mut enterprise = Grown { credentials }.folded();
        let request = Command::RevokeAll(revoke_all(false));
        move || timed(1_000, || (0..1_000).for_each(|_| carry_out(&mut enterprise, &request)))
    });
    let taken = compare([&mut small, &mut medium, &mut large]);
    for (credentials, taken) in sizes.iter().zip(taken) {
        figure(&format!("{credentials} credentials"), taken, "ns");
    }
    let (least, most) = (
        taken.iter().copied().fold(f64::MAX, f64::min),
        taken.iter().copied().fold(0.0, f64::max),
    );
    at_most("T5", "slowest ÷ fastest", most / least, 1.5);
}

fn status(grown: Grown) {
    title(&format!("The status of a credential among {}", grown.credentials));
    let idle = grown.folded();
    let mut pending = idle.clone();
    carry_out(&mut pending, &Command::RevokeAll(revoke_all(true)));
    let mut probe = Probe::new(grown.credentials);
    let issued = grown
        .events()
        .take_while(|event| matches!(event, Event::CredentialIssued { .. }));
    issued.for_each(|event| probe.fold(&event));

    let asked: Vec<_> = grown
        .shuffled()
        .map(|number| (credential(number), grown.organization(number, 0)))
        .collect();
    let ask = |check: &dyn Fn(CredentialId, OrganizationId) -> bool| {
        timed(grown.credentials, || {
            asked
                .iter()
                .filter(|(credential, organization)| check(*credential, *organization))
                .count()
        })
    };
    let authenticates = |enterprise: &Enterprise, credential| enterprise.authenticates(credential, at(0)).is_ok();
    let may_use =
        |enterprise: &Enterprise, credential, organization| enterprise.may_use(credential, organization, at(0)).is_ok();
    let [probed, idle_known, pending_known, idle_used, pending_used] = compare([
        &mut || ask(&|credential, _| black_box(probe.look_up(credential.value())) > 0),
        &mut || ask(&|credential, _| authenticates(&idle, credential)),
        &mut || ask(&|credential, _| authenticates(&pending, credential)),
        &mut || ask(&|credential, organization| may_use(&idle, credential, organization)),
        &mut || ask(&|credential, organization| may_use(&pending, credential, organization)),
    ]);
    figure("bound: an index probe and a read", probed, "ns");
    for (what, taken) in [
        ("authenticates, idle, ÷ bound", idle_known),
        ("authenticates, pending, ÷ bound", pending_known),
        ("may_use, idle, ÷ bound", idle_used),
        ("may_use, pending, ÷ bound", pending_used),
    ] {
        at_most("T6", what, taken / probed, 1.7);
    }
}
