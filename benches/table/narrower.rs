//! Narrower requests: accepted at any size, checks amid thousands of them, and their jobs.

use std::num::NonZeroU32;

use enterprise_credentials::{Command, CredentialType, Enterprise, PersonId, Revoke, RevokeAll};
use enterprise_credentials_benches::history::{Grown, at, credential, organization, owners, person, revoke_person};
use enterprise_credentials_benches::rounds::{Sample, compare, timed};

use crate::{at_most, carry_out, figure, title};

/// How many are queued at once.
const QUEUED: u64 = 10_000;
/// Each shape that has an organization has one of its own: how many of one may run is bounded.
const ORGANIZATIONS: u64 = 4;

pub(crate) fn run(largest: u64) {
    let sizes = [1_000, 100_000, largest];
    let mut states = sizes.map(|credentials| {
        let mut enterprise = Grown { credentials }.folded();
        for number in 0..ORGANIZATIONS {
            let (organization, member) = (organization(number), person(0));
            carry_out(&mut enterprise, &Command::AddOrganizationOwner { organization, member });
        }
        enterprise
    });
    let [_, _, large] = &states;
    let large = large.clone();
    accept(sizes, &mut states);
    drop(states);
    checks(Grown { credentials: 1_000_000 });
    jobs(largest, &large);
}

/// Each shape at each size. Those of one shape run at once, and those of the shapes before it.
fn accept(sizes: [u64; 3], states: &mut [Enterprise; 3]) {
    const REQUESTS: u64 = 100;
    title(&format!(
        "Accepting a request of each shape, with {sizes:?} credentials: decide, record and apply"
    ));
    for (name, request) in shapes() {
        let command = &request;
        let [mut small, mut medium, mut large] = states
            .each_mut()
            .map(|enterprise| move || timed(REQUESTS, || (0..REQUESTS).for_each(|_| carry_out(enterprise, command))));
        let taken = compare([&mut small, &mut medium, &mut large]);
        let (least, most) = (
            taken.iter().copied().fold(f64::MAX, f64::min),
            taken.iter().copied().fold(0.0, f64::max),
        );
        let [small, medium, large] = taken.map(|ns| format!("{ns:.0}"));
        at_most(
            "N1",
            &format!("{name}: {small}, {medium}, {large} ns; slowest ÷ fastest"),
            most / least,
            1.5,
        );
    }
}

/// Each shape of filter, by the name of its operation.
fn shapes() -> [(&'static str, Command); 8] {
    let of = |organization, person, credential_type| Revoke {
        organization,
        person,
        credential_type,
        ..revoke_person(self::person(1), false)
    };
    let (person, keys) = (Some(person(1)), Some(CredentialType::SshKey));
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|number| Some(organization(number)));
    let everything = RevokeAll {
        caller: of(None, None, keys).caller,
        revoke_credentials: false,
        idempotency_key: None,
    };
    [
        ("everything", Command::RevokeAll(everything)),
        ("type", Command::Revoke(of(None, None, keys))),
        ("person", Command::Revoke(of(None, person, None))),
        ("person, type", Command::Revoke(of(None, person, keys))),
        ("organization", Command::Revoke(of(first, None, None))),
        ("organization, type", Command::Revoke(of(second, None, keys))),
        ("organization, person", Command::Revoke(of(third, person, None))),
        ("organization, person, type", Command::Revoke(of(fourth, person, keys))),
    ]
}

/// The status of random credentials while ten thousand run, half of them about somebody else.
fn checks(grown: Grown) {
    title(&format!(
        "The status of a credential among {}, while {QUEUED} run about single people",
        grown.credentials
    ));
    let idle = grown.folded();
    let mut amid = idle.clone();
    queue(&mut amid, grown);
    let authenticates = |enterprise: &Enterprise| {
        let is_alive = |number: &u64| enterprise.authenticates(credential(*number), at(0)).is_ok();
        timed(grown.credentials, || grown.shuffled().filter(is_alive).count())
    };
    let may_use = |enterprise: &Enterprise| {
        let is_usable = |number: &u64| {
            let organization = grown.organization(*number, 0);
            enterprise.may_use(credential(*number), organization, at(0)).is_ok()
        };
        timed(grown.credentials, || grown.shuffled().filter(is_usable).count())
    };
    let [idle_known, amid_known, idle_used, amid_used] = compare([
        &mut || authenticates(&idle),
        &mut || authenticates(&amid),
        &mut || may_use(&idle),
        &mut || may_use(&amid),
    ]);
    figure("authenticates, idle", idle_known, "ns");
    at_most("N2", "authenticates, amid them ÷ idle", amid_known / idle_known, 2.0);
    figure("may_use, idle", idle_used, "ns");
    at_most("N2", "may_use, amid them ÷ idle", amid_used / idle_used, 2.0);
}

/// The job of one request, and those of ten thousand that were queued at once.
fn jobs(credentials: u64, enterprise: &Enterprise) {
    title(&format!(
        "Jobs about single people among {credentials} credentials, in batches of 1,000, once"
    ));
    let grown = Grown { credentials };
    let mut one = enterprise.clone();
    carry_out(&mut one, &Command::Revoke(revoke_person(target(1, grown), true)));
    let (taken, items) = work_off(&mut one);
    figure(&format!("one, {items} items"), taken.seconds() * 1e3, "ms");
    drop(one);
    let mut many = enterprise.clone();
    queue(&mut many, grown);
    let (taken, items) = work_off(&mut many);
    figure(&format!("{QUEUED} queued, {items} items"), taken.seconds() * 1e3, "ms");
    figure("of that for each", taken.seconds() * 1e6 / QUEUED as f64, "µs");
}

/// Every other person is asked about, several times where there are fewer.
fn queue(enterprise: &mut Enterprise, grown: Grown) {
    for number in 0..QUEUED {
        carry_out(enterprise, &Command::Revoke(revoke_person(target(number, grown), true)));
    }
}

/// Never the first person, who is the first owner.
fn target(number: u64, grown: Grown) -> PersonId {
    person(number * 2 % (owners(grown.credentials) - 1) + 1)
}

/// Decides and applies until nothing runs; how long that took, and how many items were recorded.
fn work_off(enterprise: &mut Enterprise) -> (Sample, u64) {
    let limit = NonZeroU32::new(1_000).expect("not zero");
    let (mut taken, mut items) = (Sample::default(), 0);
    loop {
        let next = enterprise.pending_revocations().next();
        let Some(revocation) = next else {
            return (taken, items);
        };
        let before = enterprise.position().value();
        taken.time(|| carry_out(enterprise, &Command::ContinueRevocation { revocation, limit }));
        let is_done = u64::from(enterprise.pending_revocations().next() != Some(revocation));
        items += enterprise.position().value() - before - is_done;
    }
}
