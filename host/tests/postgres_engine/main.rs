//! What only the PostgreSQL engine has, on one real server: leases, the version of its tables, poolers between, TLS,
//! passwords. That it keeps the contract of the port, and what becomes of failovers, `ci/postgres.sh` shows.
//!
//! `ci/postgres_engine.sh` starts the server and runs it; words behind it name the tests to run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
mod leases;
mod place;
mod server;
mod tables;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Instant;

use common::runtime;

type Test = (&'static str, fn());

const TESTS: [Test; 13] = [
    ("a_lease_is_one_process_s_until_it_is_given_back", || {
        runtime().block_on(leases::are_exclusive())
    }),
    ("a_lease_that_has_expired_is_taken_over", || {
        runtime().block_on(leases::expire())
    }),
    ("a_closed_store_gives_its_leases_back", || {
        runtime().block_on(leases::end_with_the_store())
    }),
    ("stores_that_are_created_at_once_are_one", || {
        runtime().block_on(tables::created_at_once())
    }),
    ("what_is_not_there_is_not_created_unless_asked", || {
        runtime().block_on(tables::missing())
    }),
    ("an_abandoned_store_leaves_nothing_unless_it_is_used", || {
        runtime().block_on(tables::abandoned())
    }),
    ("a_store_of_before_the_seal_gets_its_tables", || {
        runtime().block_on(tables::before_the_seal())
    }),
    ("tables_of_another_version_are_left_alone", || {
        runtime().block_on(tables::of_another_version())
    }),
    ("an_altered_row_is_told", || runtime().block_on(tables::altered())),
    ("a_pooler_between_transactions_is_refused", || {
        runtime().block_on(place::behind_a_pooler())
    }),
    ("a_pooler_between_sessions_is_taken", || {
        runtime().block_on(place::behind_a_session_pooler())
    }),
    ("tls_is_what_sslmode_says", || runtime().block_on(place::over_tls())),
    ("passwords_come_from_a_file_too", || {
        runtime().block_on(place::with_a_passfile())
    }),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (mut passed, mut failed) = (0, 0);
    for (name, test) in TESTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        let begun = Instant::now();
        let is_kept = std::panic::catch_unwind(AssertUnwindSafe(test)).is_ok();
        let said = if is_kept { "ok" } else { "FAILED" };
        println!("{name} ... {said} in {:.1} s", begun.elapsed().as_secs_f64());
        *(if is_kept { &mut passed } else { &mut failed }) += 1;
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
