//! A fault at every step of a group of three appends. Whoever was told that their append is kept finds it. The others
//! do not.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enterprise_credentials::{EnterpriseKind, EnterpriseSlug, Position};
use tokio::sync::oneshot;

use super::*;
use crate::sample::Sample;
use crate::store::sqlite::queue::Growing;
use crate::store::sqlite::session::grown;
use crate::store::sqlite::shared::Shared;
use crate::store::sqlite::{SqliteStore, connection};
use crate::store::{Batch, IfMissing, Streams};

const APPENDS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(30);

/// What goes wrong, once: the connection is closed after it.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The statement at this step of SQLite's machine is interrupted: the whole transaction is rolled back.
    Interrupted { step: u32 },
    /// The file may grow by this many pages: a statement within a savepoint finds it full,
    /// and the whole transaction is rolled back.
    Full { pages: i64 },
}

/// In the obvious form the savepoint that follows is a transaction of its own: one append is lost, another kept,
/// and all are told the same.
#[test]
fn outcomes_told_are_outcomes_kept_whichever_step_of_a_group_fails() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let directory = std::env::temp_dir().join(format!("group-faults-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let empty = directory.join("empty.db");
    runtime.block_on(async {
        let store = SqliteStore::open(&empty, IfMissing::Create).await.unwrap();
        store.close().await;
    });
    let (few, many) = (batch(1), batch(60));
    let interrupted = until_none(|step| fail(&empty, &few, Fault::Interrupted { step }));
    let full = until_none(|pages| {
        let pages = i64::from(pages);
        fail(&empty, &many, Fault::Full { pages })
    });
    println!("{interrupted} steps interrupted, {full} pages too few");
    assert!(interrupted > 100 && full > 5);
    std::fs::remove_dir_all(directory).unwrap();
}

/// How many faults in turn had an append fail.
fn until_none(mut fail: impl FnMut(u32) -> bool) -> u32 {
    (0..).take_while(|number| fail(*number)).fold(0, |count, _| count + 1)
}

/// The history of a sample. Within a store its fingerprints may be of several enterprises.
fn batch(credentials: u32) -> Batch {
    let sample = Sample {
        kind: EnterpriseKind::ManagedUsers,
        members: 1,
        credentials,
        seed: 1,
    };
    let mut recorded = Vec::new();
    let made = sample.generate(&mut |event| {
        recorded.push(event.clone());
        Ok(())
    });
    made.unwrap();
    Batch::written(Position::START, &recorded).unwrap()
}

/// Whether any of the appends was told to have failed.
fn fail(empty: &Path, batch: &Batch, fault: Fault) -> bool {
    let path = empty.with_file_name("group.db");
    std::fs::copy(empty, &path).unwrap();
    let shared = Arc::new(Shared::new(&path, PATIENCE));
    let mut writing = connection::writer(&path).unwrap();
    match fault {
        Fault::Interrupted { step } => {
            let mut left = step;
            let handler = move || match left.checked_sub(1) {
                Some(fewer) => {
                    left = fewer;
                    false
                }
                None => true,
            };
            writing.progress_handler(1, Some(handler)).unwrap();
        }
        Fault::Full { pages } => {
            let now: i64 = writing.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            writing.pragma_update(None, "max_page_count", now + pages).unwrap();
        }
    }
    let mut writer = Writer::new(Arc::clone(&shared), writing);
    let slugs: Vec<_> = (0..APPENDS)
        .map(|number| EnterpriseSlug::new(&format!("corp-{number}")).unwrap())
        .collect();
    let (appends, told): (VecDeque<_>, Vec<_>) = slugs.iter().map(|slug| appending(slug, batch)).unzip();
    writer.group(appends);

    let reading = connection::reader(&path, PATIENCE).unwrap();
    let (mut failures, mut kept) = (0, 0);
    for (slug, mut told) in slugs.iter().zip(told) {
        let told = told.try_recv().unwrap();
        let (head, end) = (
            heads::read(&reading, slug).unwrap(),
            segments::end(&reading, slug).unwrap(),
        );
        failures += usize::from(told.is_err());
        kept += usize::from(head.is_some());
        match told {
            // Perhaps it is kept.
            Err(StoreError::Unknown { .. }) => {}
            told => assert_eq!(head, told.ok(), "{fault:?}: {slug} was told something else"),
        }
        assert_eq!(head.map_or(Position::START, |head| head.position()), end, "{fault:?}");
    }
    let is_one = |count| [0, APPENDS].contains(&count);
    assert!(
        is_one(failures) && is_one(kept),
        "{fault:?}: {failures} of {APPENDS} failed, {kept} were kept"
    );
    drop((reading, writer, shared));
    for suffix in ["", "-wal", "-shm"] {
        // SQLite may have removed what was beside the file.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    failures > 0
}

fn appending(slug: &EnterpriseSlug, batch: &Batch) -> (Appending, oneshot::Receiver<Result<Head, StoreError>>) {
    let (answer, told) = oneshot::channel();
    let append = Appending {
        enterprise: slug.clone(),
        expected: Head::EMPTY,
        batch: Arc::new(batch.clone()),
        frontier: Growing::Grown(grown(Head::EMPTY.frontier().clone(), batch).unwrap()),
        deadline: Instant::now() + PATIENCE,
        answer,
    };
    (append, told)
}
