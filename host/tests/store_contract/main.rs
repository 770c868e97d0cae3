//! The contract of the storage port: rules that every store is held to, and a wrong store for each of them, which that
//! rule finds out. Where a bug cannot help breaking a second rule, that is named too.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
mod rules;

use common::Directory;
use common::memory::{Bug, Memory, at, held_by};
use enterprise_credentials::Fingerprint;
use enterprise_credentials_host::store::{IfMissing, Line, SqliteStore, Store};
use rules::{conflict, revoked, sample};
use sqlx::{ConnectOptions, Connection};

/// Asks each rule of a store of its own, and names the broken ones.
macro_rules! broken_rules {
    ($open:expr) => {
        broken_rules!($open; reads_give_back_the_bytes, streams_are_kept_apart, an_append_elsewhere_conflicts,
            lines_out_of_place_are_refused, an_append_is_whole_or_nothing, a_fingerprint_stands_for_one_credential,
            the_look_up_is_filled_by_issues, unfinished_revocations_are_listed, of_appends_at_once_one_wins,
            nothing_is_seen_before_the_commit, the_latest_snapshot_is_kept, snapshots_are_kept_apart)
    };
    ($open:expr; $($rule:ident),*) => {{
        let mut broken = Vec::new();
        $(if let Err(sentence) = rules::$rule(&$open).await {
            println!("{}: {sentence}", stringify!($rule));
            broken.push(stringify!($rule));
        })*
        broken
    }};
}

#[tokio::test]
async fn sqlite_keeps_every_rule() {
    let mut directories = Vec::new();
    let mut open = async || {
        let directory = Directory::new();
        let store = directory.store().await;
        directories.push(directory);
        store
    };
    assert_eq!(broken_rules!(open().await), [""; 0]);
}

#[tokio::test]
async fn a_store_without_bugs_keeps_every_rule() {
    assert_eq!(broken_rules!(Memory::new(None)), [""; 0]);
}

#[tokio::test]
async fn every_rule_finds_the_store_that_breaks_it() {
    for (bug, rules) in [
        (Bug::WritesBytesAnew, vec!["reads_give_back_the_bytes"]),
        (Bug::IgnoresTheLimit, vec!["reads_give_back_the_bytes"]),
        (
            Bug::MixesStreams,
            vec!["streams_are_kept_apart", "an_append_is_whole_or_nothing"],
        ),
        (
            Bug::AppendsAnywhere,
            vec!["an_append_elsewhere_conflicts", "of_appends_at_once_one_wins"],
        ),
        (Bug::ReportsTheExpected, vec!["an_append_elsewhere_conflicts"]),
        (Bug::IgnoresPlaces, vec!["lines_out_of_place_are_refused"]),
        (Bug::KeepsWhatFailed, vec!["an_append_is_whole_or_nothing"]),
        (
            Bug::LastFingerprintWins,
            vec![
                "an_append_is_whole_or_nothing",
                "a_fingerprint_stands_for_one_credential",
            ],
        ),
        (
            Bug::LooksUpAnything,
            vec!["an_append_is_whole_or_nothing", "the_look_up_is_filled_by_issues"],
        ),
        (Bug::ForgetsCompletions, vec!["unfinished_revocations_are_listed"]),
        (
            Bug::ShowsWhatIsPushed,
            vec!["an_append_is_whole_or_nothing", "nothing_is_seen_before_the_commit"],
        ),
        (Bug::ChecksTooEarly, vec!["of_appends_at_once_one_wins"]),
        (Bug::KeepsTheFirstSnapshot, vec!["the_latest_snapshot_is_kept"]),
        (Bug::KeepsAnySnapshot, vec!["the_latest_snapshot_is_kept"]),
        (Bug::MixesSnapshots, vec!["snapshots_are_kept_apart"]),
    ] {
        assert_eq!(broken_rules!(Memory::new(Some(bug))), rules, "{bug:?}");
    }
}

#[tokio::test]
async fn an_append_is_seen_through_another_connection_at_once() {
    let directory = Directory::new();
    let (one, two) = (directory.store().await, directory.store().await);
    let (slug, lines) = sample("octo-corp", "");
    for (index, line) in lines.iter().enumerate() {
        let position = at(index as u64);
        one.append(&slug, position, std::slice::from_ref(line)).await.unwrap();
        assert!(two.read(&slug, position, 10).await.unwrap().lines().eq([&line.bytes]));
        if let Some((fingerprint, credential)) = line.fingerprint() {
            assert_eq!(two.holder(fingerprint).await.unwrap(), Some(held_by(&slug, credential)));
        }
    }
    assert_eq!(
        conflict(&two.append(&slug, at(1), &lines[1..2]).await),
        Some((1, lines.len() as u64))
    );
}

#[tokio::test]
async fn the_projections_are_rebuilt_from_the_streams_when_their_version_is_another() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, lines) = revoked("octo-corp");
    store.append(&slug, at(0), &lines).await.unwrap();
    store.close().await;

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(directory.file("store.db"));
    let mut connection = options.connect().await.unwrap();
    for statement in [
        "DELETE FROM fingerprints",
        "INSERT INTO fingerprints VALUES ('stale', 'octo-corp', 1)",
        "DELETE FROM unfinished_revocations",
        "PRAGMA user_version = 0",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();

    let store = SqliteStore::open(&directory.store_url().parse().unwrap(), IfMissing::Fail)
        .await
        .unwrap();
    for (fingerprint, credential) in lines.iter().filter_map(Line::fingerprint) {
        assert_eq!(
            store.holder(fingerprint).await.unwrap(),
            Some(held_by(&slug, credential))
        );
    }
    assert_eq!(store.holder(&Fingerprint::new("stale").unwrap()).await.unwrap(), None);
    assert_eq!(store.unfinished().await.unwrap(), [slug]);
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, lines) = sample("octo-corp", "");
    store.append(&slug, at(0), &lines).await.unwrap();
    assert!(directory.file("store.db-wal").exists());
    store.close().await;
    assert!(
        !directory.file("store.db-wal").exists(),
        "closing folds the log into the file"
    );
}
