//! Bytes a credential, live and at the peak while growing, and what a request and its queries allocate.
//!
//! `cargo bench -p enterprise-credentials-benches --bench memory`; with `-- --full` at 10,000,000 credentials too.
#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::alloc::System;
use std::hint::black_box;

use cap::Cap;
use enterprise_credentials::Command;
use enterprise_credentials_benches::history::{Grown, at, revoke_all};

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
