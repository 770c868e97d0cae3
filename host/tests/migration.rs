//! A store of the version before segments: brought up to date without a line written anew,
//! and out of reach of that version.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::history::{completions, events, exported};
use common::lines::{Line, head_of, lines};
use common::process::{Serve, export, run};
use common::{Directory, wait_until};
use enterprise_credentials::{EnterpriseSlug, RevocationId};
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::store::{Head, Holder, IfMissing, SqliteStore, Store, Streams};
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use rusqlite::{Connection, params};
use tokio::sync::watch;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/store-0.1-rows.db");
const FINISHED: &str = "octo-corp";
const UNFINISHED: &str = "other-corp";
/// Where its revocation was requested.
const REQUEST: u64 = 97;

fn sample() -> Directory {
    let directory = Directory::new();
    fs::copy(SAMPLE, directory.file("store.db")).unwrap();
    directory
}

/// A stream of a store in which each row of `events` is a line.
fn rows(path: &Path, slug: &str) -> Vec<u8> {
    let connection = Connection::open(path).unwrap();
    let mut select = connection
        .prepare("SELECT line FROM events WHERE enterprise = ? ORDER BY position")
        .unwrap();
    let rows = select.query_map([slug], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.flat_map(|line| [line.unwrap(), b"\n".to_vec()].concat()).collect()
}

fn slug(text: &str) -> EnterpriseSlug {
    EnterpriseSlug::new(text).unwrap()
}

async fn migrated(directory: &Directory) -> SqliteStore {
    SqliteStore::open(&directory.file("store.db"), IfMissing::Fail)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_line_is_what_it_was_and_heads_and_look_up_are_those_of_the_lines() {
    let directory = sample();
    let before = [FINISHED, UNFINISHED].map(|slug| rows(&directory.file("store.db"), slug));
    let store = migrated(&directory).await;
    for (name, log) in [FINISHED, UNFINISHED].iter().zip(&before) {
        let (slug, lines) = (slug(name), lines(log));
        assert!(!lines.is_empty());
        assert_eq!(exported(&store, &slug).await, *log);
        assert_eq!(store.head(&slug).await.unwrap(), Some(head_of(&lines)));
        let issued: Vec<_> = lines.iter().filter_map(Line::fingerprint).collect();
        assert_eq!(issued.len(), 30);
        for (fingerprint, credential) in issued {
            let holder = Holder {
                enterprise: slug.clone(),
                credential,
            };
            assert_eq!(store.holders(fingerprint).await.unwrap(), [holder]);
        }
        assert_eq!(
            store.snapshot(&slug).await.unwrap(),
            None,
            "one of another format is dropped"
        );
    }
    assert_eq!(store.unfinished().await.unwrap(), [slug(UNFINISHED)]);
    store.close().await;
    for (slug, log) in [FINISHED, UNFINISHED].iter().zip(&before) {
        assert_eq!(export(&directory.store_url(), slug), *log);
    }
    let size = |path: &Path| path.metadata().unwrap().len();
    let (old, new) = (size(Path::new(SAMPLE)), size(&directory.file("store.db")));
    println!("{old} bytes, migrated {new}");
    assert!(new < old + old / 2, "it was written anew: {old} bytes, {new} now");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_ends_what_the_old_version_had_begun() {
    let directory = sample();
    let log = rows(&directory.file("store.db"), UNFINISHED);
    let (_, enterprise) = events(&log);
    let revocation = RevocationId::new(REQUEST).unwrap();
    let begun = enterprise.progress(revocation).unwrap();
    assert!(begun.authorizations_revoked > 0, "the job had begun");

    let store = migrated(&directory).await;
    let (enterprises, changes) = Enterprises::new(store.clone(), CacheOptions::default());
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(Worker::new(enterprises, changes, WorkerOptions::default()).run(stopped));
    let mut ended = Vec::new();
    for _ in 0..3_000 {
        ended = exported(&store, &slug(UNFINISHED)).await;
        if !completions(&ended).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send_replace(true);
    worker.await.unwrap();

    assert!(ended.starts_with(&log), "the lines before are what they were");
    let head = head_of(&lines(&ended));
    assert_eq!(store.head(&slug(UNFINISHED)).await.unwrap(), Some(head));
    // What is recorded is the whole of what was covered at the request.
    let (_, at_the_end) = events(&ended);
    let [(revocation, authorizations, credentials)] = completions(&ended)[..] else {
        panic!("{:?}", completions(&ended));
    };
    let progress = at_the_end.progress(RevocationId::new(revocation).unwrap()).unwrap();
    assert_eq!(
        (
            revocation,
            progress.authorizations_revoked,
            progress.credentials_destroyed
        ),
        (REQUEST, authorizations, credentials)
    );
    assert!(authorizations > begun.authorizations_revoked);
    assert_eq!(store.unfinished().await.unwrap(), [] as [EnterpriseSlug; 0]);
}

#[test]
fn a_store_is_served_once_it_is_migrated() {
    let directory = sample();
    let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &[]);
    wait_until("the old job is done", || {
        !completions(&export(&directory.store_url(), UNFINISHED)).is_empty()
    });
    assert_eq!(serve.terminate(), Some(0));
    let verdict = completions(&export(&directory.store_url(), FINISHED));
    assert_eq!(verdict.len(), 1, "and the finished one is left as it was: {verdict:?}");
}

/// Only `serve` and `import` migrate: whoever only reads may not be allowed to write.
#[test]
fn a_store_that_is_not_migrated_is_not_read() {
    let directory = sample();
    let before = fs::read(directory.file("store.db")).unwrap();
    let output = run(&["export", "--store", &directory.store_url(), "--enterprise", FINISHED]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("open it once with `serve` or `import`"), "{error}");
    assert_eq!(fs::read(directory.file("store.db")).unwrap(), before);
}

/// The version before knows its migrations by their numbers, and starts on no store that has had one more.
#[tokio::test]
async fn the_old_version_finds_a_migration_that_it_does_not_know() {
    let directory = sample();
    migrated(&directory).await.close().await;
    let connection = directory.connection();
    let mut select = connection
        .prepare("SELECT version, success FROM _sqlx_migrations ORDER BY version")
        .unwrap();
    let migrations = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let migrations: Vec<(i64, bool)> = migrations.map(Result::unwrap).collect();
    assert_eq!(migrations, [(1, true), (2, true), (3, true), (4, true), (5, true)]);
}

/// A process of the version before may be running: what it prepared must neither read nor write the tables under their
/// new names, nor find its own.
#[tokio::test]
async fn statements_of_the_old_version_fail_once_the_store_is_migrated() {
    let directory = sample();
    let old = directory.connection();
    let mut select = old
        .prepare("SELECT line FROM events WHERE enterprise = ? AND position > ? ORDER BY position LIMIT ?")
        .unwrap();
    let mut last = old
        .prepare("SELECT coalesce(max(position), 0) FROM events WHERE enterprise = ?")
        .unwrap();
    let mut insert = old
        .prepare("INSERT INTO events (enterprise, position, line) VALUES (?, ?, ?)")
        .unwrap();
    let mut begin = old
        .prepare("INSERT INTO enterprises (slug) VALUES (?) ON CONFLICT DO NOTHING")
        .unwrap();
    let mut look_up = old
        .prepare("SELECT enterprise, credential FROM fingerprints WHERE fingerprint = ?")
        .unwrap();
    let mut unfinished = old
        .prepare("SELECT DISTINCT enterprise FROM unfinished_revocations ORDER BY enterprise")
        .unwrap();
    let mut snapshot = old
        .prepare("SELECT snapshot FROM snapshots WHERE enterprise = ?")
        .unwrap();
    // It has used them: SQLite knows their plans, and the file as it was.
    let end: i64 = last.query_row([FINISHED], |row| row.get(0)).unwrap();
    assert!(select.exists(params![FINISHED, 0, 1]).unwrap());
    assert!(unfinished.exists([]).unwrap());
    assert!(!look_up.exists(["none"]).unwrap());
    assert!(snapshot.exists([FINISHED]).unwrap());

    let store = migrated(&directory).await;
    let head = store.head(&slug(FINISHED)).await.unwrap();
    for (statement, failed) in [
        ("read", select.exists(params![FINISHED, 0, 1]).is_err()),
        ("end", last.query_row([FINISHED], |row| row.get::<_, i64>(0)).is_err()),
        ("append", insert.execute(params![FINISHED, end + 1, b"{}"]).is_err()),
        ("begin", begin.execute(["new-corp"]).is_err()),
        ("look up", look_up.exists(["none"]).is_err()),
        ("unfinished", unfinished.exists([]).is_err()),
        ("snapshot", snapshot.exists([FINISHED]).is_err()),
    ] {
        assert!(failed, "`{statement}` of the old version goes on");
    }
    assert_eq!(store.head(&slug(FINISHED)).await.unwrap(), head);
    assert_eq!(store.head(&slug("new-corp")).await.unwrap(), None::<Head>);
}
