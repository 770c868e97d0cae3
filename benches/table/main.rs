//! The targets of `docs/performance.md` as ratios: everything is measured in turns in one process, on the CPU's clock,
//! and the median of the rounds is printed.
//!
//! `cargo bench -p enterprise-credentials-benches --bench table`; with `-- --full` up to 10,000,000 credentials, which
//! takes minutes; with `-- job folding` only these groups.
#![expect(
    clippy::expect_used,
    reason = "a benchmark fails by panicking: no figure is better than a wrong one"
)]

mod asking;
mod auditing;
mod commands;
mod decoding;
mod folding;
mod job;
mod listing;
mod narrower;
mod snapshots;

use enterprise_credentials::{Command, Enterprise};
use enterprise_credentials_benches::history::at;
use enterprise_credentials_benches::rounds::ROUNDS;
use enterprise_credentials_benches::rows::{at_least, at_most, figure, title};

fn main() {
    let (flags, named): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let largest = if flags.iter().any(|flag| flag == "--full") {
        10_000_000
    } else {
        1_000_000
    };
    println!("median of {ROUNDS} interleaved rounds, CPU time; up to {largest} credentials");
    for (name, run) in GROUPS {
        if named.is_empty() || named.iter().any(|named| named == name) {
            run(largest);
        }
    }
}

/// Measures a group of figures, with states of at most so many credentials.
type Group = fn(u64);

const GROUPS: [(&str, Group); 10] = [
    ("decoding", |_| decoding::run()),
    ("folding", folding::run),
    ("asking", asking::run),
    ("job", |_| job::run()),
    ("commands", commands::run),
    ("lists", commands::run_lists),
    ("snapshots", |_| snapshots::run()),
    ("narrower", narrower::run),
    ("auditing", |_| auditing::run()),
    ("listing", listing::run),
];

/// Decides, records and applies, as a host does.
fn carry_out(enterprise: &mut Enterprise, command: &Command) {
    let events = enterprise.decide(command, at(0)).expect("an allowed command");
    for recorded in enterprise.record(events, at(0), None) {
        enterprise.apply(&recorded).expect("a decided event fits");
    }
}
