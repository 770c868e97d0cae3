//! A state that leaves memory leaves a snapshot, and begins with it when it comes back; what is wrong with one costs a
//! replay, and no answer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::Directory;
use common::history::{FIRST_OF_MANY, History, TOKEN_OWNER_OAUTH};
use common::http::{get, revoke_all};
use common::lines::{append, head_of, lines};
use common::process::Serve;
use common::watched::Watched;
use enterprise_credentials::snapshot;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises, SNAPSHOT_EVENTS_MIN};
use enterprise_credentials_host::store::contract::Memory;
use enterprise_credentials_host::store::{Snapshot, SqliteStore, Store};
use tokio::time::Instant;

/// Each has three events.
const CREDENTIALS: u64 = SNAPSHOT_EVENTS_MIN / 3 + 1;

/// The last of them.
const LAST: u64 = FIRST_OF_MANY + CREDENTIALS - 1;

/// A stream that is worth a snapshot, and another to drive its state out of memory.
struct Kept {
    history: History,
    small: History,
    store: Watched<SqliteStore>,
    directory: Directory,
}

impl Kept {
    async fn new() -> Self {
        let directory = Directory::new();
        let history = History::sample("octo-corp", "").with_credentials(CREDENTIALS, "");
        let small = History::sample("small-corp", "-small");
        let store = Watched::new(directory.store().await);
        history.import(&store).await;
        small.import(&store).await;
        Self {
            history,
            small,
            store,
            directory,
        }
    }

    /// Over the same store, with nothing in memory yet, and room for one state.
    fn host(&self) -> Arc<Enterprises<Watched<SqliteStore>>> {
        host_of_one_state(self.store.clone())
    }

    /// Asks for the state, which must be that of the history, and gives how many lines were read for it.
    async fn ask(&self, host: &Enterprises<Watched<SqliteStore>>, history: &History) -> usize {
        self.store.switches.lines_read.store(0, Ordering::SeqCst);
        let live = host.fresh(&history.slug()).await.unwrap();
        assert_eq!(*live.read().unwrap(), history.enterprise);
        self.store.switches.lines_read.load(Ordering::SeqCst)
    }

    /// Has a snapshot kept that is filed under this log's head, and asks for the state as a new host does.
    async fn ask_with(&self, log: &[u8], bytes: Vec<u8>) -> usize {
        let snapshot = snapshot_of(log, bytes);
        self.store
            .keep_snapshot(&self.history.slug(), snapshot.clone())
            .await
            .unwrap();
        assert_eq!(self.snapshot().await.unwrap(), snapshot);
        self.ask(&self.host(), &self.history).await
    }

    async fn snapshot(&self) -> Option<Snapshot> {
        self.store.snapshot(&self.history.slug()).await.unwrap()
    }

    fn lines(&self) -> usize {
        usize::try_from(self.history.enterprise.position().value()).unwrap()
    }
}

fn snapshot_of(log: &[u8], bytes: Vec<u8>) -> Snapshot {
    let frontier = head_of(&lines(log)).frontier().clone();
    Snapshot { frontier, bytes }
}

fn host_of_one_state<S: Store>(store: S) -> Arc<Enterprises<S>> {
    let options = CacheOptions {
        states_max: 1,
        ..CacheOptions::default()
    };
    Enterprises::new(store, options).0
}

#[tokio::test]
async fn what_was_driven_out_of_memory_is_not_replayed() {
    let mut kept = Kept::new().await;
    let host = kept.host();
    assert_eq!(kept.ask(&host, &kept.history).await, kept.lines());
    assert_eq!(kept.snapshot().await, None, "what is in memory has not left it");
    kept.ask(&host, &kept.small).await;
    host.keep_snapshots().await;
    let state = snapshot::write(&kept.history.enterprise);
    assert_eq!(kept.snapshot().await, Some(snapshot_of(&kept.history.log, state)));
    let small = kept.store.snapshot(&kept.small.slug()).await.unwrap();
    assert_eq!(small, None, "a short stream is not worth one");

    kept.history.revoke_all(true);
    let lines = lines(&kept.history.log);
    let (old, new) = lines.split_at(lines.len() - 1);
    append(&kept.store, &kept.history.slug(), &head_of(old), new)
        .await
        .unwrap();
    let read = kept.ask(&host, &kept.history).await;
    assert_eq!(read, 1, "the one event behind the snapshot");

    kept.ask(&host, &kept.small).await;
    host.keep_snapshots().await;
    let last = snapshot::read(&kept.snapshot().await.unwrap().bytes).unwrap();
    assert_ne!(last, kept.history.enterprise, "one event more is not worth another");
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_relied_on_is_replaced_by_a_replay() {
    let kept = Kept::new().await;
    let log = &kept.history.log;
    let good = snapshot::write(&kept.history.enterprise);
    assert_eq!(kept.ask_with(log, good.clone()).await, 0, "a good one is used");

    let mut damaged = good.clone();
    damaged[good.len() / 2] ^= 1;
    assert_eq!(kept.ask_with(log, damaged).await, kept.lines());
    assert_eq!(kept.ask_with(log, Vec::new()).await, kept.lines());
    let other_version = with_fingerprint(&good, snapshot::behaviour() + 1);
    assert_eq!(
        snapshot::read(&other_version),
        Err(snapshot::SnapshotError::OtherVersion)
    );
    assert_eq!(kept.ask_with(log, other_version).await, kept.lines());
    let of_another = snapshot::write(&kept.small.enterprise);
    assert_eq!(kept.ask_with(log, of_another).await, kept.lines());

    // The state that is loaded in its place leaves a good one.
    let host = kept.host();
    kept.ask(&host, &kept.history).await;
    host.keep_snapshots().await;
    assert_eq!(kept.snapshot().await, Some(snapshot_of(log, good)));
}

/// As after a restore from a backup, where the snapshots were kept elsewhere.
#[tokio::test]
async fn a_snapshot_of_what_the_stream_does_not_hold_is_not_used() {
    let kept = Kept::new().await;
    let mut ahead = kept.history.clone();
    ahead.revoke_all(true);
    let read = kept.ask_with(&ahead.log, snapshot::write(&ahead.enterprise)).await;
    assert_eq!(read, kept.lines(), "the stream does not reach it");

    // It does, but with another event there, at the same time and of the same length.
    let of_others = [
        (r#""login":"lisa""#.to_owned(), r#""login":"lasi""#),
        (format!(r#""credential":{LAST},"#), r#""credential":55555,"#),
    ];
    let of_others = of_others.map(|(word, other)| kept.history.with_other(&word, other));
    for otherwise in &of_others {
        assert_eq!(otherwise.enterprise.position(), kept.history.enterprise.position());
        assert_eq!(otherwise.enterprise.last_at(), kept.history.enterprise.last_at());
        let read = kept
            .ask_with(&otherwise.log, snapshot::write(&otherwise.enterprise))
            .await;
        assert_eq!(read, kept.lines(), "it does not lead to the head");
    }

    // And where the stream has gone on since, with an event that fits the first and not the second.
    let mut longer = kept.history.clone();
    longer.ask(&format!(r#"{{"type":"DestroyCredential","credential":{LAST}}}"#));
    let lines = lines(&longer.log);
    let (old, new) = lines.split_at(kept.lines());
    append(&kept.store, &longer.slug(), &head_of(old), new).await.unwrap();
    for otherwise in &of_others {
        let snapshot = snapshot_of(&otherwise.log, snapshot::write(&otherwise.enterprise));
        kept.store.keep_snapshot(&longer.slug(), snapshot).await.unwrap();
        let read = kept.ask(&kept.host(), &longer).await;
        assert_eq!(read, 1 + kept.lines() + 1, "the event behind it, and then all of them");
    }
}

#[tokio::test]
async fn a_store_that_fails_with_snapshots_answers_all_the_same() {
    let kept = Kept::new().await;
    kept.store.switches.snapshots_fail.store(true, Ordering::SeqCst);
    let host = kept.host();
    for _ in 0..2 {
        assert_eq!(kept.ask(&host, &kept.history).await, kept.lines());
        kept.ask(&host, &kept.small).await;
        host.keep_snapshots().await;
    }
    kept.store.switches.snapshots_fail.store(false, Ordering::SeqCst);
    assert_eq!(kept.snapshot().await, None);
}

/// The time that passes here is that of a clock which stands still while anybody works.
#[tokio::test(start_paused = true)]
async fn four_snapshots_wait_for_a_slow_store_and_a_stop_waits_ten_seconds_for_them() {
    let store = Watched::new(Memory::default());
    let host = host_of_one_state(store.clone());
    store.switches.snapshots_hang.store(true, Ordering::SeqCst);
    for number in 0..6 {
        let (slug, salt) = (format!("corp-{number}"), format!("-{number}"));
        let history = History::sample(&slug, &salt).with_credentials(CREDENTIALS, &salt);
        history.import(&store).await;
        host.fresh(&history.slug()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        store.switches.snapshots_asked.load(Ordering::SeqCst),
        4,
        "of five that left memory"
    );

    let stop = Instant::now();
    host.keep_snapshots().await;
    assert_eq!(stop.elapsed(), Duration::from_secs(10));
    assert_eq!(
        store.switches.snapshots_asked.load(Ordering::SeqCst),
        5,
        "and that of the last, still in memory"
    );
}

#[test]
fn a_clean_stop_keeps_snapshots_and_the_next_start_uses_them() {
    let runtime = common::runtime();
    let kept = runtime.block_on(Kept::new());
    let serve = || Serve::start(&kept.directory.store_url(), &kept.directory.file("serve.log"), &[]);
    let first = serve();
    let accepted = revoke_all(first.address, "octo-corp", TOKEN_OWNER_OAUTH, "", &[]);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let location = accepted.header("location").unwrap();
    assert_eq!(first.terminate(), Some(0));

    let bytes = runtime.block_on(kept.snapshot()).unwrap().bytes;
    let stopped = snapshot::read(&bytes).unwrap();
    assert!(stopped.position() > kept.history.enterprise.position());
    let live = runtime.block_on(async { kept.host().fresh(&kept.history.slug()).await.unwrap() });
    assert_eq!(*live.read().unwrap(), stopped, "nothing was appended behind it");
    assert_eq!(kept.store.switches.lines_read.load(Ordering::SeqCst), 0);

    let second = serve();
    let progress = get(second.address, location, TOKEN_OWNER_OAUTH);
    assert_eq!(progress.status, 200, "{progress:?}");
    assert_eq!(second.terminate(), Some(0));
    let log = std::fs::read_to_string(kept.directory.file("serve.log")).unwrap();
    assert!(!log.contains("snapshot"), "nothing was wrong with one: {log}");
}

/// SQLite takes no value of more than a billion bytes, and nobody else writes while a large one is written.
#[tokio::test]
async fn a_large_snapshot_takes_several_chunks_and_comes_back_whole() {
    const CHUNK: usize = 4 * 1024 * 1024;
    let directory = Directory::new();
    let store = directory.store().await;
    let history = History::sample("octo-corp", "");
    history.import(&store).await;
    let bytes: Vec<u8> = (0..2 * CHUNK + 3)
        .map(|index| u8::try_from(index % 251).unwrap() ^ u8::try_from(index / CHUNK).unwrap())
        .collect();
    let large = snapshot_of(&history.log, bytes);
    store.keep_snapshot(&history.slug(), large.clone()).await.unwrap();
    let connection = directory.connection();
    let chunks = || -> Vec<(i64, i64, usize)> {
        let mut select = connection
            .prepare("SELECT position, number, length(bytes) FROM snapshot_chunks ORDER BY position, number")
            .unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?)));
        let rows = rows.unwrap().map(Result::unwrap);
        rows.map(|(position, number, bytes)| (position, number, usize::try_from(bytes).unwrap()))
            .collect()
    };
    let end = i64::try_from(lines(&history.log).len()).unwrap();
    let expected = [(end, 0, CHUNK), (end, 1, CHUNK), (end, 2, 3)];
    assert_eq!(chunks(), expected);
    assert_eq!(store.snapshot(&history.slug()).await.unwrap(), Some(large.clone()));

    // One whose keeping was broken off, by a kill, at a later position.
    connection
        .execute(
            "INSERT INTO snapshot_chunks (enterprise, position, number, bytes) VALUES ('octo-corp', ?, 0, x'00')",
            [end + 1],
        )
        .unwrap();
    assert_eq!(
        store.snapshot(&history.slug()).await.unwrap(),
        Some(large.clone()),
        "it is not current"
    );
    store.keep_snapshot(&history.slug(), large.clone()).await.unwrap();
    assert_eq!(chunks(), expected, "and is tidied away by the next");

    // One of whose chunks is lost.
    connection
        .execute("DELETE FROM snapshot_chunks WHERE number = 1", [])
        .unwrap();
    assert_eq!(
        store.snapshot(&history.slug()).await.unwrap(),
        None,
        "it is passed over"
    );
    store.keep_snapshot(&history.slug(), large.clone()).await.unwrap();
    assert_eq!(store.snapshot(&history.slug()).await.unwrap(), Some(large));
}

/// The same snapshot as if another version had written it, its checksum made right.
fn with_fingerprint(bytes: &[u8], fingerprint: u64) -> Vec<u8> {
    let mut bytes = bytes[..bytes.len() - 8].to_vec();
    bytes[8..16].copy_from_slice(&fingerprint.to_le_bytes());
    let mut sum: u64 = 0;
    for word in bytes.chunks(8) {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        let product = (sum ^ u64::from_le_bytes(padded)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        sum = product ^ product >> 32;
    }
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}
