//! The one writer of a SQLite store: many appends in one transaction, those of callers first, each told what became of
//! it, and none kept that was told to have failed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::Directory;
use common::history::{History, MEMBER, exported};
use common::lines::{Line, append, batch, head_of, lines};
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{
    Append, Head, IfMissing, SqliteOptions, SqliteStore, Store, StoreError, Streams, Urgency,
};

/// A stream, and what is there to append to it.
#[derive(Debug, Clone)]
struct Stream {
    slug: EnterpriseSlug,
    lines: Vec<Line>,
}

/// So many streams, each begun with its first line.
async fn begun(store: &SqliteStore, count: usize) -> Vec<Stream> {
    let mut streams = Vec::new();
    for number in 0..count {
        let salt = format!("-{number}");
        let history = History::sample(&format!("corp{salt}"), &salt);
        let (slug, lines) = (history.slug(), lines(&history.log));
        append(store, &slug, &Head::EMPTY, &lines[..1]).await.unwrap();
        streams.push(Stream { slug, lines });
    }
    streams
}

async fn count(store: &SqliteStore, slug: &EnterpriseSlug) -> usize {
    exported(store, slug)
        .await
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

/// Another process's transaction, until it is dropped.
fn locked(directory: &Directory) -> rusqlite::Connection {
    let connection = directory.connection();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// Waits until so many appends have been handed over: nobody sees the queue from outside.
async fn handed_over() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_of_many_appends_is_told_is_what_is_kept() {
    const STREAMS: usize = 24;
    let directory = Directory::new();
    let store = directory.store().await;
    let streams = begun(&store, STREAMS).await;
    let lock = locked(&directory);
    // To each stream four at once: two that fit, of which one wins, one that is late,
    // and one that repeats a fingerprint.
    let mut tasks = Vec::new();
    for stream in &streams {
        let mut history = History::new(stream.slug.as_str(), "managed_users");
        history.ask(&format!(
            r#"{{"type":"AddMember","member":{MEMBER},"login":"lisa","role":"member"}}"#
        ));
        for credential in [1, 2] {
            history.issue(credential, MEMBER, "classic_pat", "[]", stream.slug.as_str(), "");
        }
        let repeated = lines(&history.log);
        let fits = |number: usize| (head_of(&stream.lines[..1]), stream.lines[1..2 + number].to_vec());
        let late = (Head::EMPTY, stream.lines[..1].to_vec());
        let repeats = (head_of(&stream.lines[..1]), repeated[1..].to_vec());
        for (expected, lines) in [repeats, fits(1), late, fits(2)] {
            let (store, slug) = (store.clone(), stream.slug.clone());
            tasks.push(tokio::spawn(async move {
                let appended = store.append(&slug, &expected, batch(&lines), Urgency::Request).await;
                (slug, lines, appended)
            }));
        }
    }
    handed_over().await;
    drop(lock);
    let (mut kept, mut conflicts, mut duplicates) = (0, 0, 0);
    for task in tasks {
        let (slug, lines, appended) = task.await.unwrap();
        let stream = exported(&store, &slug).await;
        let bytes: Vec<u8> = lines
            .iter()
            .flat_map(|line| [&line.bytes[..], b"\n"].concat())
            .collect();
        match appended {
            Ok(head) => {
                assert!(stream.ends_with(&bytes), "{slug}: told to be kept");
                assert_eq!(store.head(&slug).await.unwrap(), Some(head));
                kept += 1;
            }
            Err(StoreError::Conflict { .. }) => conflicts += 1,
            Err(StoreError::DuplicateFingerprint { .. }) => duplicates += 1,
            Err(error) => panic!("{error}"),
        }
    }
    println!("{kept} kept, {conflicts} conflicts, {duplicates} duplicates");
    assert_eq!(kept, STREAMS, "of each stream one append is kept");
    assert_eq!(conflicts + duplicates, 3 * STREAMS);
    assert!(
        duplicates > 0,
        "a repeated fingerprint was never met before the stream had moved on"
    );
}

/// Jobs wait in their hundreds. A request that comes behind them is in the next transaction.
#[tokio::test]
async fn requests_go_before_jobs() {
    const JOBS: usize = 200;
    /// What a transaction takes: the one that waits for the lock when the request comes, and the request's own.
    const TWO_GROUPS: usize = 2 * 64;
    let directory = Directory::new();
    let store = directory.store().await;
    let streams = begun(&store, JOBS + 1).await;
    let lock = locked(&directory);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for (number, Stream { slug, lines }) in streams.into_iter().enumerate() {
        let urgency = if number == JOBS { Urgency::Request } else { Urgency::Job };
        let (store, order) = (store.clone(), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let head = head_of(&lines[..1]);
            store.append(&slug, &head, batch(&lines[1..2]), urgency).await.unwrap();
            order.lock().unwrap().push(urgency);
        }));
    }
    handed_over().await;
    drop(lock);
    for task in tasks {
        task.await.unwrap();
    }
    let order = order.lock().unwrap();
    let place = order.iter().position(|urgency| *urgency == Urgency::Request).unwrap();
    assert_eq!(order.len(), JOBS + 1);
    assert!(
        place < TWO_GROUPS,
        "the request was told {place} appends later than the first job"
    );
}

async fn impatient(directory: &Directory) -> SqliteStore {
    let options = SqliteOptions {
        patience: Duration::from_millis(400),
    };
    SqliteStore::open_with(&directory.file("store.db"), IfMissing::Create, options)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_time_is_over_is_told_so_and_never_kept() {
    const APPENDS: usize = 6;
    let directory = Directory::new();
    let store = impatient(&directory).await;
    let streams = begun(&store, APPENDS + 1).await;
    let lock = locked(&directory);
    let asked_at = Instant::now();
    let mut tasks = Vec::new();
    for stream in &streams[..APPENDS] {
        let (store, Stream { slug, lines }) = (store.clone(), stream.clone());
        tasks.push(tokio::spawn(async move {
            let appended = append(&store, &slug, &head_of(&lines[..1]), &lines[1..3]).await;
            (appended, asked_at.elapsed())
        }));
    }
    let head = head_of(&streams[APPENDS].lines[..1]);
    let pieces = store.begin(&streams[APPENDS].slug, &head);
    assert_transient(pieces.await.map(drop));
    for task in tasks {
        let (appended, after) = task.await.unwrap();
        assert_transient(appended.map(drop));
        assert!(after >= Duration::from_millis(400), "{after:?}");
        // Each has its own time, from its arrival on: they are not told one after the other.
        assert!(after < Duration::from_secs(10), "{after:?}");
    }
    drop(lock);
    for Stream { slug, lines } in &streams {
        let head = append(&store, slug, &head_of(&lines[..1]), &lines[1..2]).await.unwrap();
        assert_eq!(head.position().value(), 2, "what was told to have failed is not there");
        assert_eq!(count(&store, slug).await, 2);
    }
    assert!(store.health().await.is_ok());
}

fn assert_transient(result: Result<(), StoreError>) {
    match result {
        Err(StoreError::Transient { source, .. }) => {
            assert!(
                source.to_string().contains("another process holds the write lock"),
                "{source}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// An append in pieces holds up the others of its process as another process's transaction does.
#[tokio::test(flavor = "multi_thread")]
async fn appends_that_wait_behind_one_in_pieces_have_their_time_too() {
    let directory = Directory::new();
    let store = impatient(&directory).await;
    let streams = begun(&store, 2).await;
    let [one, other] = &streams[..] else { panic!() };
    let mut pieces = store.begin(&one.slug, &head_of(&one.lines[..1])).await.unwrap();
    pieces.push(batch(&one.lines[1..3])).await.unwrap();
    let late = append(&store, &other.slug, &head_of(&other.lines[..1]), &other.lines[1..3]).await;
    assert_transient(late.map(drop));
    pieces.commit().await.unwrap();
    assert_eq!(count(&store, &one.slug).await, 3);
    assert_eq!(count(&store, &other.slug).await, 1);
}

/// A checkpoint changes the file. An import is too long to begin again for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_in_pieces_is_kept_though_another_process_makes_a_checkpoint() {
    let directory = Directory::new();
    let store = directory.store().await;
    let streams = begun(&store, 2).await;
    let Stream { slug, lines } = &streams[0];
    let before = std::fs::metadata(directory.file("store.db"))
        .unwrap()
        .modified()
        .unwrap();
    let mut pieces = store.begin(slug, &head_of(&lines[..1])).await.unwrap();
    pieces.push(batch(&lines[1..5])).await.unwrap();
    let folded: i64 = directory
        .connection()
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))
        .unwrap();
    assert!(folded > 0, "there was nothing to fold");
    let after = std::fs::metadata(directory.file("store.db"))
        .unwrap()
        .modified()
        .unwrap();
    assert_ne!(before, after);
    pieces.push(batch(&lines[5..])).await.unwrap();
    assert_eq!(pieces.commit().await.unwrap(), head_of(lines));
    assert_eq!(count(&store, slug).await, lines.len());
    append(
        &store,
        &streams[1].slug,
        &head_of(&streams[1].lines[..1]),
        &streams[1].lines[1..],
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_close_fails_and_what_came_before_is_kept() {
    let directory = Directory::new();
    let store = directory.store().await;
    let streams = begun(&store, 40).await;
    let tasks: Vec<_> = streams
        .iter()
        .map(|Stream { slug, lines }| {
            let (store, slug, lines) = (store.clone(), slug.clone(), lines.clone());
            tokio::spawn(async move { append(&store, &slug, &head_of(&lines[..1]), &lines[1..]).await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let store = directory.store().await;
    for (task, Stream { slug, lines }) in tasks.into_iter().zip(&streams) {
        let kept = if task.await.unwrap() { lines.len() } else { 1 };
        assert_eq!(count(&store, slug).await, kept);
    }
}
