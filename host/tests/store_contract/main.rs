//! The stores of this package against the contract of the port; and the contract against stores that are wrong.

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::error::Error;

use common::Directory;
use common::history::History;
use common::lines::{append, batch, lines};
use enterprise_credentials_host::store::contract::{Broken, Bug, Memory, Report, Rule, Storage, check};
use enterprise_credentials_host::store::{Head, SqliteStore, StoreError, Streams};

struct Sqlite(Directory);

impl Storage for Sqlite {
    type Store = SqliteStore;

    async fn open(&self) -> Result<SqliteStore, StoreError> {
        Ok(self.0.store().await)
    }
}

struct InMemory(Memory);

impl Storage for InMemory {
    type Store = Memory;

    async fn open(&self) -> Result<Memory, StoreError> {
        Ok(self.0.another_process())
    }
}

async fn check_memory(memory: impl Fn() -> Memory) -> Report {
    check(async || Ok(InMemory(memory()))).await
}

#[tokio::test]
async fn sqlite_keeps_every_rule() {
    let report = check(async || Ok(Sqlite(Directory::new()))).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn a_store_without_bugs_keeps_every_rule() {
    let report = check_memory(Memory::default).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn every_wrong_store_is_found_out_by_the_rules_it_breaks() {
    let mut otherwise = Vec::new();
    for bug in Bug::ALL {
        let report = check_memory(|| Memory::with(bug)).await;
        println!("{bug:?}: {report}");
        let broken: Vec<Rule> = report.broken().iter().map(|broken| broken.rule).collect();
        if broken != bug.breaks() {
            otherwise.push(format!("{bug:?} should break {:?}: {report}", bug.breaks()));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n\n"));
}

#[test]
fn every_rule_has_a_wrong_store() {
    let broken: BTreeSet<Rule> = Bug::ALL.iter().flat_map(|bug| bug.breaks()).copied().collect();
    assert_eq!(broken, BTreeSet::from(Rule::ALL));
}

#[tokio::test]
async fn a_report_names_the_rule_and_what_was_found() {
    let report = check_memory(|| Memory::with(Bug::ForgetsTheTime)).await;
    let [Broken { rule, how }] = report.broken() else {
        panic!("{report}");
    };
    assert_eq!(rule.name(), "heads_commit_to_the_lines_alone");
    assert_eq!(how, "the time is that of the last line");
    let text = report.to_string();
    assert!(
        text.starts_with(&format!("1 of {} rules are broken\n", Rule::ALL.len())),
        "{text}"
    );
    assert!(
        text.contains(rule.name()) && text.contains(how) && text.contains(rule.sentence()),
        "{text}"
    );
}

#[tokio::test]
async fn a_storage_that_cannot_be_had_breaks_every_rule_and_says_why() {
    let report = check(async || Err::<InMemory, Box<dyn Error + Send + Sync>>("no server".into())).await;
    assert_eq!(report.broken().len(), Rule::ALL.len());
    assert!(
        report.broken().iter().all(|broken| broken.how.contains("no server")),
        "{report}"
    );
}

/// What is wrong with each, and by which rules it is found out, stands in the document too.
#[test]
fn the_document_lists_every_rule_and_every_wrong_store() {
    let document = include_str!("../../../docs/store-contract.md");
    let rules = Rule::ALL.map(|rule| format!("| `{}` | {} |", rule.name(), rule.sentence()));
    let bugs = Bug::ALL.map(|bug| {
        let breaks: Vec<String> = bug.breaks().iter().map(|rule| format!("`{}`", rule.name())).collect();
        format!("| {bug:?} | {} | {} |", bug.wrong(), breaks.join(", "))
    });
    let missing: Vec<String> = rules
        .into_iter()
        .chain(bugs)
        .filter(|row| !document.contains(row))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/store-contract.md lacks:\n{}",
        missing.join("\n")
    );
}

#[test]
fn lines_of_a_batch_follow_each_other_without_gaps() {
    let lines = lines(&History::sample("octo-corp", "").log);
    let mut gap = batch(&lines[..1]);
    let pushed = gap.push(&lines[2].event, &lines[2].bytes);
    assert!(matches!(pushed, Err(StoreError::Misplaced { .. })), "{pushed:?}");
}

#[tokio::test]
async fn a_closed_sqlite_store_is_one_file() {
    let directory = Directory::new();
    let store = directory.store().await;
    let history = History::sample("octo-corp", "");
    append(&store, &history.slug(), &Head::EMPTY, &lines(&history.log))
        .await
        .unwrap();
    assert!(directory.file("store.db-wal").exists());
    store.close().await;
    assert!(
        !directory.file("store.db-wal").exists(),
        "closing folds the log into the file"
    );
}
