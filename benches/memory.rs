//! Bytes a credential, live and at the peak while growing, and what a request and its queries allocate.
//!
//! `cargo bench -p enterprise-credentials-benches --bench memory`; with `-- --full` at 10,000,000 credentials too.
#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::alloc::System;
use std::hint::black_box;
use std::num::NonZeroU32;

use cap::Cap;
use enterprise_credentials::rest::{self, Operation, Path, Presented, Request};
use enterprise_credentials::{
    Caller, Command, CredentialKind, Enterprise, Event, Fingerprint, Position, RecordedEvent,
};
use enterprise_credentials_benches::history::{Grown, at, owners, person, revoke_all, revoke_person};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let full = std::env::args().any(|argument| argument == "--full");
    println!("T4: bytes a credential, 1.5 authorizations each, without and with the people and organizations");
    println!(
        "{:>12} {:>8} {:>8} {:>12} {:>8}",
        "credentials", "live", "peak", "with people", "peak"
    );
    // In growing order, since the peak is that of the whole process.
    for credentials in [100_000, 1_000_000, 10_000_000]
        .into_iter()
        .take(if full { 3 } else { 2 })
    {
        bytes_a_credential(credentials);
    }
    println!("\nthe same after 10,000 completed revocations about single people, requested between the grants");
    for credentials in [100_000, 1_000_000] {
        bytes_after_narrow_revocations(credentials);
    }
    println!("\nbytes a row of a list of one organization's authorizations, a fifth of them SSH keys");
    for credentials in [100_000, 1_000_000] {
        bytes_of_a_list(credentials);
    }
    println!("\nT5: bytes that a request allocates");
    for credentials in [1_000, 1_000_000] {
        bytes_of_a_request(credentials);
    }
}

fn bytes_a_credential(credentials: u64) {
    let before = ALLOCATOR.allocated();
    let grown = Grown { credentials };
    let founded = {
        let founded = grown.founded();
        black_box(&founded);
        ALLOCATOR.allocated() - before
    };
    let enterprise = grown.folded();
    let live = ALLOCATOR.allocated() - before;
    let peak = ALLOCATOR.max_allocated() - before;
    black_box(&enterprise);
    let each = |bytes: usize| bytes as f64 / credentials as f64;
    let (live_alone, peak_alone) = (each(live - founded), each(peak - founded));
    println!(
        "{credentials:>12} {live_alone:>8.1} {peak_alone:>8.1} {:>12.1} {:>8.1}",
        each(live),
        each(peak)
    );
}

fn bytes_after_narrow_revocations(credentials: u64) {
    const REVOCATIONS: u64 = 10_000;
    let before = ALLOCATOR.allocated();
    let grown = Grown { credentials };
    let mut enterprise = grown.founded();
    let founded = ALLOCATOR.allocated() - before;
    let (mut position, mut requested, mut events) = (enterprise.position(), 0, 0);
    let all = credentials + grown.authorizations();
    for event in grown.events() {
        record(&mut enterprise, &mut position, event);
        events += 1;
        // None while credentials are issued: the grants are what epochs part.
        if events > credentials && (events - credentials) * REVOCATIONS / (all - credentials) > requested {
            requested += 1;
            let command = Command::Revoke(revoke_person(person(1 + requested % (owners(credentials) - 1)), true));
            let decided = enterprise.decide(&command, at(0)).expect("an owner may");
            decided
                .into_iter()
                .for_each(|event| record(&mut enterprise, &mut position, event));
            let revocation = enterprise.last_cut().expect("it was requested");
            let limit = NonZeroU32::MAX;
            let command = Command::ContinueRevocation { revocation, limit };
            let decided = enterprise.decide(&command, at(0)).expect("it is the first");
            decided
                .into_iter()
                .for_each(|event| record(&mut enterprise, &mut position, event));
        }
    }
    let live = ALLOCATOR.allocated() - before;
    black_box(&enterprise);
    let each = |bytes: usize| bytes as f64 / credentials as f64;
    println!(
        "{credentials:>12} {:>8.1} {:>8} {:>12.1}, {requested} revocations",
        each(live - founded),
        "",
        each(live)
    );
}

/// Applies what fits: of a destroyed credential no grant does.
fn record(enterprise: &mut Enterprise, position: &mut Position, event: Event) {
    let recorded = RecordedEvent {
        position: position.next(),
        at: at(0),
        by: None,
        event,
    };
    if enterprise.apply(&recorded).is_ok() {
        *position = recorded.position;
    }
}

/// Found and observed, when it is largest.
fn bytes_of_a_list(credentials: u64) {
    let grown = Grown { credentials };
    let enterprise = grown.in_one_organization();
    let caller = Caller::Person {
        person: person(0),
        credential: None,
    };
    let presented = Presented {
        enterprise: &enterprise,
        caller,
    };
    let path = Path {
        operation: Operation::List,
        owner: "org-0",
        target: "",
    };
    let request = Request {
        path,
        headers: &[("User-Agent", b"bench")],
        request_id: "1",
    };
    let before = ALLOCATOR.allocated();
    let mut listing = rest::list(&request, Some(&presented), "", at(0)).expect("an owner may list");
    while listing.look(&enterprise) {}
    let found = ALLOCATOR.allocated() - before;
    let fingerprint = Fingerprint::new(&format!("SHA256:{:043}", 0)).expect("visible ASCII");
    for event in grown.events() {
        let event = match event {
            Event::CredentialIssued {
                credential,
                owner,
                kind: CredentialKind::SshKey,
                scopes,
                expires_at,
                ..
            } => Event::CredentialIssued {
                credential,
                owner,
                kind: CredentialKind::SshKey,
                scopes,
                expires_at,
                fingerprint: Some(fingerprint.clone()),
            },
            event => event,
        };
        let recorded = RecordedEvent {
            position: Position::START,
            at: at(0),
            by: None,
            event,
        };
        listing.observe(&recorded);
    }
    let observed = ALLOCATOR.allocated() - before;
    black_box(&listing);
    let each = |bytes: usize| bytes as f64 / credentials as f64;
    println!(
        "{credentials:>12} found {:.1}, with what the stream says {:.1}",
        each(found),
        each(observed)
    );
}

fn bytes_of_a_request(credentials: u64) {
    let mut enterprise = Grown { credentials }.folded();
    let request = Command::RevokeAll(revoke_all(false));
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let before = ALLOCATOR.total_allocated();
        let decided = enterprise.decide(&request, at(0)).expect("an owner may");
        let by_decide = ALLOCATOR.total_allocated() - before;
        let recorded = enterprise.record(decided, at(0), None);
        let before = ALLOCATOR.total_allocated();
        for recorded in recorded {
            enterprise.apply(&recorded).expect("it fits");
        }
        bytes.push((by_decide, ALLOCATOR.total_allocated() - before));
    }
    for (number, (by_decide, by_apply)) in (1..).zip(bytes) {
        println!("{credentials:>12} credentials, request {number}: decide {by_decide}, apply {by_apply}");
    }
}
