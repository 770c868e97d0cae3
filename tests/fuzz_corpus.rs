//! What fuzzing has found worth keeping, run again: arbitrary bytes as a log, arbitrary requests,
//! and arbitrary texts to an oracle.
//!
//! Each directory of tests/fuzz_corpus holds the inputs that reach all that was ever reached, and one named file for
//! each fault that was ever found. The checks are those of the fuzz targets themselves: fuzz/README.md.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "fuzz_checks/log.rs"]
mod log;
#[path = "fuzz_checks/memory.rs"]
mod memory;
#[path = "fuzz_checks/oracle.rs"]
mod oracle;
#[path = "fuzz_checks/request.rs"]
mod request;
#[path = "fuzz_checks/spellings.rs"]
mod spellings;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use enterprise_credentials::log::{LogErrorKind, ReplayError};

/// What is allocated is counted for the process as a whole, so one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn every_kept_log_is_read_the_same_by_every_path() {
    let ends = replay("log", |bytes| match log::check(bytes) {
        None => "Replayed".to_string(),
        Some(ReplayError::Corrupt { .. }) => "Corrupt".to_string(),
        Some(ReplayError::Log(error)) => name(&error.kind),
    });
    // All but LineFeed, which a log split at its line feeds cannot have, and LineTooLong, for which no input is small.
    let expected = [
        "CutShort",
        "Corrupt",
        "Empty",
        "Gap",
        "InvalidField",
        "InvalidUtf8",
        "Json",
        "MissingField",
        "NotAnObject",
        "RepeatedField",
        "Replayed",
        "TimeBackwards",
        "UnknownType",
    ];
    assert_eq!(ends, expected.map(String::from).into());
}

#[test]
fn every_kept_request_is_answered_as_documented() {
    let statuses = replay("request", request::check);
    assert_eq!(statuses, [202, 400, 401, 403, 404, 413, 422].into());
}

#[test]
fn every_kept_text_is_answered_by_an_oracle() {
    let answers: BTreeSet<String> = replay("oracle", oracle::check).into_iter().flatten().collect();
    // All calls but those that need what only a longer dialogue has, and all errors but those of limits.
    let expected = [
        "access",
        "access_all",
        "begin",
        "carry_out",
        "clone",
        "corrupt_history",
        "decide",
        "end",
        "explain",
        "malformed_request",
        "not_a_request",
        "plan",
        "progress",
        "time_backwards",
        "too_deep",
        "unknown_call",
        "unknown_handle",
        "unknown_position",
        "unknown_revocation",
        "unreadable_event",
        "unreadable_snapshot",
        "version",
        "version_mismatch",
        "audit",
        "apply",
    ];
    assert_eq!(answers, expected.map(String::from).into());
}

/// Gives every kept input to the check, and collects what it says. An input that fails it is the last one named.
fn replay<T: Ord>(target: &str, check: fn(&[u8]) -> T) -> BTreeSet<T> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz_corpus")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let check_one = |path| {
        println!("{}", Path::display(path));
        check(&fs::read(path).unwrap())
    };
    let said = paths.iter().map(|path| check_one(path)).collect();
    println!("{target}: {} inputs replayed", paths.len());
    said
}

/// The variant, without what it holds.
fn name(kind: &LogErrorKind) -> String {
    let shown = format!("{kind:?}");
    shown.chars().take_while(char::is_ascii_alphanumeric).collect()
}
