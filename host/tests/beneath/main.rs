//! Faults beneath the running program, from outside: its disk fails, is full or hangs; its files are deleted, moved or
//! overwritten; another process holds its lock. Whatever a client was told with 202 is kept, once, and when the fault
//! is over the program works again by itself.
//!
//! `ci/faults.sh` builds what this needs and runs it; words behind it name the faults to run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod disk;
mod files;
mod http;
mod load;
mod lock;
mod scene;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The program, and what stands between it and the disk.
struct Given {
    program: PathBuf,
    shim: PathBuf,
    /// A small file system; nothing where the caller has said that there is none.
    small: Option<PathBuf>,
}

/// A line of the table.
struct Row {
    fault: String,
    happens: String,
    /// From its end until the host works again.
    recovery: Option<Duration>,
}

/// Faults of one kind, by name.
type Faults = (&'static str, fn(&Given) -> Vec<Row>);

const FAULTS: [Faults; 8] = [
    ("disk_fails", disk::fails),
    ("disk_full", disk::is_full),
    ("commit_fails_then_kill", disk::fails_and_kills),
    ("disk_hangs", disk::hangs),
    ("files_replaced", files::replaced),
    ("lock_held", lock::held),
    ("second_process", lock::shared),
    ("import_on_full_disk", disk::import_on_full),
];

fn main() -> ExitCode {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(program), Some(shim)) = (path("FAULTS_PROGRAM"), path("FAULTS_SHIM")) else {
        eprintln!("FAULTS_PROGRAM and FAULTS_SHIM are not set: run ci/faults.sh");
        return ExitCode::FAILURE;
    };
    let small = path("FAULTS_SMALL");
    let given = Given { program, shim, small };
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for (name, run) in FAULTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let begun_at = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| run(&given))) {
            Ok(more) => rows.extend(more.into_iter().map(|row| (name, row))),
            Err(_) => failed.push(name),
        }
        println!("{name}: {:.1} s", begun_at.elapsed().as_secs_f64());
    }
    print!("{}", table(&rows));
    if failed.is_empty() && !rows.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("FAILED: {failed:?}; {} faults shown", rows.len());
    ExitCode::FAILURE
}

fn table(rows: &[(&str, Row)]) -> String {
    let mut table = "\n| fault | what happens | seconds to recovery | test |\n| --- | --- | --- | --- |\n".to_owned();
    for (
        name,
        Row {
            fault,
            happens,
            recovery,
        },
    ) in rows
    {
        let recovery = recovery.map_or("–".to_owned(), |recovery| format!("{:.2}", recovery.as_secs_f64()));
        writeln!(table, "| {fault} | {happens} | {recovery} | `{name}` |").unwrap();
    }
    table
}
