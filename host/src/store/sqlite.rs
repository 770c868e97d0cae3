//! The store in one SQLite file.
//!
//! One thread writes. It takes what waits, many appends in one transaction, and tells each what became of it. Readers
//! have connections of their own, and wait for nobody.

mod checkpoints;
mod connection;
mod copy;
mod failure;
mod file;
mod heads;
mod inspect;
mod look_up;
mod mend;
mod migrate;
mod migrations;
mod open;
mod pieces;
mod queue;
mod reader;
mod readers;
mod segments;
mod session;
mod shared;
mod snapshots;
mod status;
mod watch;
mod writer;

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::KeyName;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use self::queue::{Appending, Growing, Other, Queue};
use self::session::grown;
use self::shared::Shared;
use self::snapshots::{CHUNK_BYTES, Done, Step};
use self::status::Known;
use self::watch::Change;
use super::{Batch, Head, Health, Holder, KeptCheckpoint, Page, Snapshot, Store, StoreError, Streams, Urgency};

pub(super) use copy::{back_up, restore};
pub(super) use mend::mend;
pub use open::SqliteOptions;
pub use reader::SqliteReader;
pub use readers::INLINE_READS_MAX;
pub use session::SqliteAppend;

/// The streams in one SQLite file: write-ahead log, every commit synced to the disk before it is acknowledged.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
    writer: Arc<Running>,
    /// Whether this process has created the file.
    is_new: bool,
}

/// The writer's thread. It ends when the last store over it is gone.
#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

/// Up to how many lines are hashed where they were handed over; more would hold up other requests.
const HASHED_INLINE_MAX: usize = 64;
/// How long `health` waits for an answer.
const HEALTH_MAX: Duration = Duration::from_secs(1);

const APPEND: &str = "append to a stream";
const READ: &str = "read a stream";
const WRITER_ENDED: &str = "the store is closed";

impl SqliteStore {
    fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// Does a small read here, or where it would have to wait, on a thread that may.
    async fn read_inline<T: Send + 'static>(
        &self,
        read: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.look().await?;
        match self.shared.readers.inline(&read) {
            Some(Ok(done)) => Ok(done),
            Some(Err(StoreError::Transient { .. })) | None => self.read_aside(read).await,
            Some(Err(error)) => Err(error),
        }
    }

    async fn read_aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || shared.readers.aside(read))
            .await
            .map_err(|error| StoreError::transient(READ, error))?
    }

    /// Fails unless the files are those that were opened; where they may not be, the writer has to examine them first.
    async fn look(&self) -> Result<(), StoreError> {
        if self.shared.watch.change() == Change::None {
            return Ok(());
        }
        self.ask(Other::Examine).await
    }

    /// Has the writer do something, and waits for it.
    async fn ask<T>(
        &self,
        other: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Other,
    ) -> Result<T, StoreError> {
        let (answer, done) = oneshot::channel();
        self.queue().push_other(other(answer));
        done.await.map_err(|_| StoreError::transient(READ, WRITER_ENDED))?
    }

    /// Begins to hash a batch's lines.
    fn growing(expected: &Head, batch: &Arc<Batch>) -> Result<Growing, StoreError> {
        let frontier = expected.frontier().clone();
        if batch.page().len() <= HASHED_INLINE_MAX {
            return grown(frontier, batch).map(Growing::Grown);
        }
        let (grown_to, growing) = mpsc::sync_channel(1);
        let batch = Arc::clone(batch);
        spawn_blocking(move || {
            if let Ok(frontier) = grown(frontier, &batch) {
                // The writer may have dropped the append.
                let _ = grown_to.send(frontier);
            }
        });
        Ok(Growing::Growing(growing))
    }
}

impl Streams for SqliteStore {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let slug = enterprise.clone();
        let head = self
            .read_inline(move |connection| heads::read(connection, &slug))
            .await?;
        if let Some(head) = &head {
            self.shared.known.note(enterprise, head);
        }
        Ok(head)
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        let slug = enterprise.clone();
        self.look().await?;
        self.read_aside(move |connection| segments::read(connection, &slug, after, limit))
            .await
    }

    async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
        self.look().await?;
        self.read_aside(checkpoints::log_name).await
    }

    async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
        let slug = enterprise.clone();
        self.look().await?;
        self.read_aside(move |connection| checkpoints::last(connection, &slug))
            .await
    }

    async fn checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        log: u32,
        size: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        let slug = enterprise.clone();
        self.look().await?;
        self.read_aside(move |connection| checkpoints::read(connection, &slug, log, size))
            .await
    }

    async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
        let after = after.to_owned();
        self.look().await?;
        self.read_aside(move |connection| checkpoints::next(connection, &after))
            .await
    }

    /// Lets the writer do what waits, and closes every connection,
    /// so that SQLite folds its write-ahead log into the file.
    async fn close(&self) {
        self.shared.queue.close();
        let writer = self.writer.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = spawn_blocking(move || writer.join()).await;
        }
    }
}

impl Store for SqliteStore {
    type Append = SqliteAppend;

    async fn abandon(&self) {
        self.close().await;
        if self.is_new {
            let path = self.shared.watch.path().to_owned();
            let _ = spawn_blocking(move || open::discard(&path)).await;
        }
    }

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        if batch.is_empty() {
            return Ok(expected.clone());
        }
        batch.check_follows(expected)?;
        let batch = Arc::new(batch);
        let frontier = Self::growing(expected, &batch)?;
        let (answer, told) = oneshot::channel();
        let append = Appending {
            enterprise: enterprise.clone(),
            expected: expected.clone(),
            batch,
            frontier,
            deadline: Instant::now() + self.shared.patience,
            answer,
        };
        if !self.queue().push(append, urgency) {
            return Err(StoreError::transient(APPEND, WRITER_ENDED));
        }
        // The writer drops what it has not begun; it ends by a panic alone before it has told of what it has.
        told.await.map_err(|_| StoreError::unknown(APPEND, WRITER_ENDED))?
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<SqliteAppend, StoreError> {
        SqliteAppend::begin(self, enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.look().await?;
        let looks_for_lost = self.shared.looks_for_lost();
        self.read_aside(move |connection| {
            let mut unfinished = heads::unfinished(connection)?;
            if looks_for_lost {
                unfinished.extend(heads::lost(connection)?);
                unfinished.sort();
            }
            Ok(unfinished)
        })
        .await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.look().await?;
        self.read_aside(heads::newest).await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        let (shared, fingerprint) = (Arc::clone(&self.shared), fingerprint.clone());
        self.read_inline(move |connection| {
            let entries = look_up::entries(connection, &fingerprint)?;
            let holders = entries.iter().map(|entry| {
                let credential = match shared.checked.get(&fingerprint, entry) {
                    Some(credential) => credential,
                    None => look_up::credential(connection, &fingerprint, entry)?,
                };
                Ok(shared.checked.note(&fingerprint, entry, credential))
            });
            holders.collect()
        })
        .await
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        let Snapshot { frontier, bytes } = snapshot;
        let position = frontier.size();
        let step = |step| {
            self.ask(move |answer| Other::Snapshot {
                enterprise: enterprise.clone(),
                position,
                step,
                answer,
            })
        };
        let mut chunks = 0;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            let bytes = chunk.to_vec();
            step(Step::Chunk { number: chunks, bytes }).await?;
            chunks += 1;
        }
        step(Step::Current { frontier, chunks }).await?;
        while step(Step::Tidy).await? == Done::Yes {}
        Ok(())
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        let slug = enterprise.clone();
        self.look().await?;
        self.read_aside(move |connection| snapshots::read(connection, &slug))
            .await
    }

    async fn name_logs(&self, name: &KeyName) -> Result<KeyName, StoreError> {
        let name = name.clone();
        self.ask(|answer| Other::NameLogs { name, answer }).await
    }

    async fn keep_checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        checkpoint: &KeptCheckpoint,
    ) -> Result<(), StoreError> {
        let (enterprise, checkpoint) = (enterprise.clone(), checkpoint.clone());
        self.ask(|answer| Other::Checkpoint {
            enterprise,
            checkpoint,
            answer,
        })
        .await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        const HEALTH: &str = "be read and written";
        let known = || self.shared.status.known(self.shared.readers.reading());
        let ill = |reason: String| Err(StoreError::transient(HEALTH, reason));
        let mut state = known();
        if state == Known::Unsure {
            self.shared.status.probes();
            match tokio::time::timeout(HEALTH_MAX, self.ask(Other::Probe)).await {
                Ok(probed) => return probed.map(|()| Health::default()),
                Err(_) => state = known(),
            }
        }
        match state {
            Known::Ill(reason) => ill(reason),
            Known::Waits(waiting) => Ok(Health {
                waiting: Some(waiting),
                durability: None,
            }),
            Known::Unsure => ill("a probe does not end".to_owned()),
            Known::Well => match tokio::time::timeout(HEALTH_MAX, self.look()).await {
                Ok(looked) => looked.map(|()| Health::default()),
                Err(_) => ill("the files cannot be examined".to_owned()),
            },
        }
    }
}
