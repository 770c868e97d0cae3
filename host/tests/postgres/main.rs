//! The host on real PostgreSQL servers: the contract of the store, servers that are killed in the midst of it,
//! failovers, partitions, split brains, and set-ups that are wrong on purpose, in which the lie must be seen.
//!
//! `ci/postgres.sh` finds or installs the server and runs it; words behind it name the scenarios to run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../faults/aside.rs"]
mod aside;
#[path = "../faults/auditor.rs"]
mod auditor;
#[path = "../faults/chance.rs"]
mod chance;
mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod contract;
mod crash;
mod failover;
mod faults;
mod fence;
mod hosts;
mod load;
mod node;
mod promotion;
#[path = "../faults/rival.rs"]
mod rival;
mod scene;
mod sealed;
mod split;
#[path = "../faults/store.rs"]
mod store;
mod unknown;
mod wait;
mod way;
#[path = "../faults/workload.rs"]
mod workload;
#[path = "../faults/world.rs"]
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use wait::Trace;

/// What the script has found and made.
#[derive(Debug, Clone)]
struct Given {
    /// The server's programs.
    bin: PathBuf,
    /// The drill.
    promote: PathBuf,
    /// Below it is everything that is written.
    scratch: PathBuf,
    /// User and group of the servers, where this program is root: they refuse to be.
    servers_run_as: Option<(u32, u32)>,
    /// Many failovers, in place of some.
    is_long: bool,
}

/// Scenarios by name.
type Scenario = (&'static str, fn(&Given, &Trace));

const SCENARIOS: [Scenario; 20] = [
    ("contract_on_one_node", contract::on_one_node),
    ("contract_on_three_nodes", contract::on_three_nodes),
    ("faults_as_in_memory", faults::as_in_memory),
    ("server_killed", crash::server_killed),
    ("connection_cut", crash::connection_cut),
    ("commit_wait_cancelled", unknown::commit_wait_cancelled),
    ("two_hosts", hosts::two_hosts),
    ("two_hosts_and_four_importers", hosts::two_hosts_and_four_importers),
    ("promotion_of_the_most_advanced", promotion::of_the_most_advanced),
    ("promotion_refused", promotion::refused),
    ("wrong_fences", fence::wrong_fences),
    ("failovers", failover::failovers),
    ("sealed_failovers", sealed::failovers),
    ("sealed_on_one_node", sealed::one_node),
    ("partition", split::partition),
    ("one_standby_promoted", split::one_standby_promoted),
    ("empty_list", split::empty_list),
    ("split_brain", split::brain),
    ("older_timeline", split::older_timeline),
    ("split_brain_unfenced", split::brain_unfenced),
];

fn main() -> ExitCode {
    let Some(given) = given() else {
        eprintln!("POSTGRES_BIN, POSTGRES_SCRATCH and POSTGRES_PROMOTE are not set: run ci/postgres.sh");
        return ExitCode::FAILURE;
    };
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, run) in SCENARIOS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        println!("\n{name}");
        let begun_at = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| run(&given, &Trace::new()))) {
            Ok(()) => passed += 1,
            Err(_) => failed.push(name),
        }
        println!("{name}: {:.1} s", begun_at.elapsed().as_secs_f64());
    }
    if failed.is_empty() && passed > 0 {
        println!("\ntest result: ok. {passed} passed; 0 failed; 0 ignored");
        return ExitCode::SUCCESS;
    }
    eprintln!("\nFAILED: {failed:?}; {passed} passed");
    ExitCode::FAILURE
}

fn given() -> Option<Given> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    Some(Given {
        bin: path("POSTGRES_BIN")?,
        promote: path("POSTGRES_PROMOTE")?,
        scratch: path("POSTGRES_SCRATCH")?,
        servers_run_as: number("POSTGRES_UID").zip(number("POSTGRES_GID")),
        is_long: path("POSTGRES_LONG").is_some(),
    })
}
