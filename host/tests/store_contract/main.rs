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
use common::lines::{append, head_of};
use common::memory::{Bug, Memory, held_by};
use enterprise_credentials_host::store::{Head, Store, Streams};
use rules::{conflict, sample};

/// Asks each rule of a store of its own, and names the broken ones.
macro_rules! broken_rules {
    ($open:expr) => {
        broken_rules!($open; reads_give_back_the_bytes, a_read_gives_lines_until_the_end, streams_are_kept_apart,
            an_append_elsewhere_conflicts, an_append_to_other_lines_is_altered, lines_out_of_place_are_refused,
            an_append_is_whole_or_nothing, an_append_gives_the_head_behind_it, heads_commit_to_the_lines_alone,
            a_fingerprint_stands_for_one_credential_of_an_enterprise, a_fingerprint_may_stand_in_many_enterprises,
            the_look_up_is_filled_by_issues, unfinished_revocations_are_listed, of_appends_at_once_one_wins,
            nothing_is_seen_before_the_commit, the_latest_snapshot_is_kept, snapshots_are_kept_apart,
            snapshots_are_kept_with_their_frontier, snapshots_from_beyond_the_end_are_replaced,
            the_newest_event_is_found, a_store_that_works_says_so)
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
        (Bug::EndsPagesEarly, vec!["a_read_gives_lines_until_the_end"]),
        (Bug::MixesStreams, vec!["streams_are_kept_apart"]),
        (
            Bug::AppendsAnywhere,
            vec!["an_append_elsewhere_conflicts", "of_appends_at_once_one_wins"],
        ),
        (Bug::ReportsTheExpected, vec!["an_append_elsewhere_conflicts"]),
        (Bug::ComparesSizesAlone, vec!["an_append_to_other_lines_is_altered"]),
        (
            Bug::ComparesSizesAloneInPieces,
            vec!["an_append_to_other_lines_is_altered"],
        ),
        (Bug::IgnoresPlaces, vec!["lines_out_of_place_are_refused"]),
        (
            Bug::KeepsWhatFailed,
            vec![
                "an_append_is_whole_or_nothing",
                "a_fingerprint_stands_for_one_credential_of_an_enterprise",
            ],
        ),
        (Bug::AnswersTheOldHead, vec!["an_append_gives_the_head_behind_it"]),
        (
            Bug::ShowsTheOldHead,
            vec!["an_append_gives_the_head_behind_it", "heads_commit_to_the_lines_alone"],
        ),
        (Bug::HashesLineFeeds, vec!["heads_commit_to_the_lines_alone"]),
        (Bug::HashesBatches, vec!["heads_commit_to_the_lines_alone"]),
        (Bug::ForgetsTheTime, vec!["heads_commit_to_the_lines_alone"]),
        (Bug::TakesTheOldestForNewest, vec!["the_newest_event_is_found"]),
        (Bug::ForgetsRequests, vec!["heads_commit_to_the_lines_alone"]),
        (
            Bug::LastFingerprintWins,
            vec![
                "an_append_is_whole_or_nothing",
                "a_fingerprint_stands_for_one_credential_of_an_enterprise",
            ],
        ),
        (
            Bug::NamesTheSecond,
            vec!["a_fingerprint_stands_for_one_credential_of_an_enterprise"],
        ),
        (
            Bug::RefusesAcrossEnterprises,
            vec!["a_fingerprint_may_stand_in_many_enterprises"],
        ),
        (
            Bug::LooksUpOneEnterprise,
            vec!["a_fingerprint_may_stand_in_many_enterprises"],
        ),
        (
            Bug::LooksUpInOrderOfIssue,
            vec!["a_fingerprint_may_stand_in_many_enterprises"],
        ),
        (
            Bug::LooksUpWithoutLimit,
            vec!["a_fingerprint_may_stand_in_many_enterprises"],
        ),
        (
            Bug::LooksUpAnything,
            vec!["an_append_is_whole_or_nothing", "the_look_up_is_filled_by_issues"],
        ),
        (Bug::ForgetsCompletions, vec!["unfinished_revocations_are_listed"]),
        (Bug::EndsAllWithOne, vec!["unfinished_revocations_are_listed"]),
        (
            Bug::ShowsWhatIsPushed,
            vec![
                "lines_out_of_place_are_refused",
                "an_append_is_whole_or_nothing",
                "nothing_is_seen_before_the_commit",
            ],
        ),
        (Bug::ChecksTooEarly, vec!["of_appends_at_once_one_wins"]),
        (
            Bug::KeepsTheFirstSnapshot,
            vec![
                "the_latest_snapshot_is_kept",
                "snapshots_are_kept_with_their_frontier",
                "snapshots_from_beyond_the_end_are_replaced",
            ],
        ),
        (Bug::KeepsAnySnapshot, vec!["the_latest_snapshot_is_kept"]),
        (
            Bug::KeepsSnapshotsOfOtherPositionsAlone,
            vec!["the_latest_snapshot_is_kept", "snapshots_are_kept_with_their_frontier"],
        ),
        (Bug::MixesSnapshots, vec!["snapshots_are_kept_apart"]),
        (
            Bug::FilesSnapshotsUnderTheHead,
            vec!["snapshots_are_kept_with_their_frontier"],
        ),
        (Bug::KeepsJunk, vec!["snapshots_from_beyond_the_end_are_replaced"]),
        (Bug::IsIll, vec!["a_store_that_works_says_so"]),
        (Bug::IsIllAfterAnAppend, vec!["a_store_that_works_says_so"]),
    ] {
        assert_eq!(broken_rules!(Memory::new(Some(bug))), rules, "{bug:?}");
    }
}

#[tokio::test]
async fn an_append_is_seen_through_another_connection_at_once() {
    let directory = Directory::new();
    let (one, two) = (directory.store().await, directory.store().await);
    let (slug, lines) = sample("octo-corp", "");
    let mut head = Head::EMPTY;
    for line in &lines {
        let position = head.position();
        head = append(&one, &slug, &head, std::slice::from_ref(line)).await.unwrap();
        assert_eq!(two.head(&slug).await.unwrap().as_ref(), Some(&head));
        assert!(two.read(&slug, position, 10).await.unwrap().lines().eq([&line.bytes]));
        if let Some((fingerprint, credential)) = line.fingerprint() {
            assert_eq!(two.holders(fingerprint).await.unwrap(), [held_by(&slug, credential)]);
        }
    }
    assert_eq!(
        conflict(&append(&two, &slug, &head_of(&lines[..1]), &lines[1..2]).await),
        Some((1, lines.len() as u64))
    );
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, lines) = sample("octo-corp", "");
    append(&store, &slug, &Head::EMPTY, &lines).await.unwrap();
    assert!(directory.file("store.db-wal").exists());
    store.close().await;
    assert!(
        !directory.file("store.db-wal").exists(),
        "closing folds the log into the file"
    );
}
