//! `import` and `export`: the same bytes, all or nothing, and words that help where it fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::process::Output;

use common::Directory;
use common::history::{History, MEMBER, TOKEN_OWNER};
use common::process::{Serve, export, run, run_well};

const SLUG: &str = "octo-corp";

fn import(directory: &Directory, log: &[u8]) -> Output {
    let file = directory.file("history.jsonl");
    std::fs::write(&file, log).unwrap();
    run(&["import", "--store", &directory.store_url(), &file.display().to_string()])
}

fn imported(directory: &Directory, log: &[u8]) -> String {
    let output = import(directory, log);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Directory, log: &[u8]) -> String {
    let output = import(directory, log);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Valid lines that the core would never write so: white space, other orders, unknown fields, escapes,
/// carriage returns.
const NOT_CANONICAL: &str = concat!(
    "{ \"type\" : \"EnterpriseCreated\", \"kind\":\"managed_users\", \"slug\":\"octo-corp\", ",
    "\"at\":\"2026-03-10T09:00:00.000Z\", \"position\":1, \"note\":{\"by\":[1,2,null]} }\r\n",
    "{\"position\":2,\"at\":\"2026-03-10T09:00:00.000Z\",\"by\":null,\"type\":\"OrganizationAdded\",",
    "\"organization\":3,\"login\":\"octo\\u002dorg\"}\n",
    "\t{\"position\":3,\"at\":\"2026-03-10T09:00:01.000Z\",\"type\":\"MemberAdded\",\"role\":\"owner\",",
    "\"member\":7,\"login\":\"mona\",\"email\":\"mona\u{e9}@example.org\"}  \n",
);

#[test]
fn an_export_is_the_import_byte_for_byte() {
    let directory = Directory::new();
    let history = History::sample("other-corp", "").with_credentials(3_000, "");
    assert_eq!(
        imported(&directory, NOT_CANONICAL.as_bytes()),
        "imported 3 events into `octo-corp`, 0 were there already\n"
    );
    imported(&directory, &history.log);
    assert_eq!(export(&directory.store_url(), SLUG), NOT_CANONICAL.as_bytes());
    assert_eq!(export(&directory.store_url(), "other-corp"), history.log);
}

#[test]
fn standard_input_is_a_file_too() {
    let directory = Directory::new();
    let file = directory.file("history.jsonl");
    std::fs::write(&file, NOT_CANONICAL).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(["import", "--store", &directory.store_url(), "-"])
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(export(&directory.store_url(), SLUG), NOT_CANONICAL.as_bytes());
}

#[test]
fn importing_again_skips_what_is_identical_and_appends_the_rest() {
    let directory = Directory::new();
    let mut history = History::sample(SLUG, "");
    let short = history.log.clone();
    imported(&directory, &short);
    assert!(imported(&directory, &short).starts_with("imported 0 events"));

    history = history.with_credentials(10, "");
    assert!(imported(&directory, &history.log).starts_with("imported 30 events"));
    assert!(
        imported(&directory, &short).starts_with("imported 0 events"),
        "an older export of the same stream"
    );
    assert_eq!(export(&directory.store_url(), SLUG), history.log);
}

#[test]
fn a_difference_is_refused_with_its_position_and_nothing_is_written() {
    let directory = Directory::new();
    let history = History::sample(SLUG, "");
    imported(&directory, &history.log);
    let other = String::from_utf8(history.log.clone())
        .unwrap()
        .replace("\"login\":\"lisa\"", "\"login\": \"lisa\"");
    let longer = History::sample(SLUG, "").with_credentials(1, "").log;
    let more = &longer[history.log.len()..];

    let error = refused(&directory, &[other.as_bytes(), more].concat());
    assert!(
        error.contains("line 6: stream `octo-corp` in the store has another line at this position"),
        "{error}"
    );
    assert_eq!(export(&directory.store_url(), SLUG), history.log);
}

#[test]
fn a_log_with_a_fault_is_refused_whole_with_its_line() {
    let directory = Directory::new();
    let log = String::from_utf8(History::sample(SLUG, "").log).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    for (log, expected) in [
        (String::new(), "the log is empty"),
        (lines[..5].join("\n") + "\n{\"position\":6", "line 6"),
        ([lines[0], lines[2]].join("\n"), "line 2: position 3 where 2 is due"),
        (lines[1..].join("\n"), "line 1"),
        (
            log.replace("OrganizationAdded", "OrganisationAdded"),
            "`OrganisationAdded` is unknown",
        ),
        (
            lines[0].to_string() + "\n" + &lines[7].replace("\"position\":8", "\"position\":2"),
            "line 2: event 2",
        ),
        (
            r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"o"}"#
                .into(),
            "line 1",
        ),
    ] {
        let error = refused(&directory, log.as_bytes());
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains("nothing was written"), "{error}");
        assert_eq!(error.matches(expected).count(), 1, "said twice: {error}");
        assert!(!directory.file("store.db").exists(), "a store was created for nothing");
    }
}

#[test]
fn a_repeated_fingerprint_fails_the_import_and_its_holder_is_named() {
    let directory = Directory::new();
    let mut history = History::sample(SLUG, "");
    history.issue(9, MEMBER, "classic_pat", "[]", TOKEN_OWNER, "");
    let error = refused(&directory, &history.log);
    let position = history.enterprise.position();
    assert!(
        error.contains(&format!("credential `9` at position {position}")),
        "{error}"
    );
    assert!(
        error.contains("which credential `901` of the same enterprise already has"),
        "{error}"
    );
    assert!(
        !directory.file("store.db").exists(),
        "no store is left where there was none"
    );
}

#[test]
fn a_fingerprint_may_be_that_of_another_enterprise_too() {
    let directory = Directory::new();
    for slug in [SLUG, "other-corp"] {
        let history = History::sample(slug, "");
        imported(&directory, &history.log);
        assert_eq!(export(&directory.store_url(), slug), history.log);
    }
}

#[test]
fn a_store_that_does_not_exist_is_not_served_nor_exported() {
    let directory = Directory::new();
    for command in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["export", "--enterprise", SLUG],
    ] {
        let output = run(&[command.as_slice(), &["--store", &directory.store_url()]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("create it with `import`"), "{error}");
    }
    assert!(!directory.file("store.db").exists());
    assert_eq!(
        run(&["serve"]).status.code(),
        Some(2),
        "a missing option is wrong usage"
    );
}

#[test]
fn an_export_waits_for_no_writer() {
    let directory = Directory::new();
    let history = History::sample(SLUG, "");
    imported(&directory, &history.log);
    let writer = directory.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(export(&directory.store_url(), SLUG), history.log);
    writer.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn imports_work_beside_serve() {
    let directory = Directory::new();
    imported(&directory, &History::sample(SLUG, "").log);
    let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &[]);
    let history = History::sample("other-corp", "-other").with_credentials(2_000, "-other");
    imported(&directory, &history.log);
    let token = format!("{}-other", common::history::TOKEN_OWNER);
    let answer = common::http::revoke_all(serve.address, "other-corp", &token, "", &[]);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(serve.terminate(), Some(0));
    run_well(&["export", "--store", &directory.store_url(), "--enterprise", SLUG]);
}
