//! The store in a PostgreSQL database. Any number of hosts may share it.
//!
//! An append is one statement, which moves the head and puts the lines behind it. Before a server may read a head, it
//! has to show that it still is the primary. Correctness rests on the heads alone: no lock outlives a transaction.

mod append;
mod checkpoints;
mod cluster;
mod config;
mod facts;
mod failure;
mod fence;
mod heads;
mod inspect;
mod leases;
mod look_up;
mod mend;
mod passwords;
mod pieces;
mod pooler;
mod schema;
mod search;
mod segments;
mod session;
mod settle;
mod snapshots;
mod tls;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::KeyName;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use self::append::{APPEND, Appending};
use self::cluster::Cluster;
use self::config::Settings;
use self::failure::{Failure, failed};
use self::fence::Fence;
use self::leases::Leases;
use super::entry::CheckedHolders;
use super::{
    Batch, Durability, Head, Health, Holder, IfMissing, KeptCheckpoint, Page, PostgresUrl, Reads, Snapshot, Store,
    StoreError, StoreOptions, Streams, Urgency,
};

pub(super) use mend::mend;
pub use pieces::PostgresAppend;

/// How a PostgreSQL store is used.
#[derive(Debug, Clone, Copy)]
pub struct PostgresOptions {
    /// How heads are read; nothing for fenced where the server waits for standbys, and else unfenced.
    pub reads: Option<Reads>,
    /// How long a call waits for the server. An append whose outcome is unknown then is given as much time again.
    pub deadline: Duration,
    /// How many connections are used at once, beside the one for fences.
    pub connections_max: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            reads: None,
            deadline: Duration::from_secs(5),
            connections_max: 16,
        }
    }
}

impl PostgresOptions {
    pub(super) fn of(options: StoreOptions) -> Self {
        let default = Self::default();
        Self {
            reads: options.reads,
            deadline: options.deadline.unwrap_or(default.deadline),
            ..default
        }
    }
}

/// The streams in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    cluster: Arc<Cluster>,
    fence: Arc<Fence>,
    leases: Leases,
    checked: CheckedHolders,
    /// Whether this process has created the tables.
    is_new: bool,
    /// What no other process is called.
    name: String,
    snapshots: AtomicU64,
    /// When streams with broken or lost heads were last looked for.
    looked: Mutex<Option<Instant>>,
    /// When something was last written and kept by a quorum.
    written: Mutex<Option<Instant>>,
}

/// Up to how many lines are hashed where they were handed over; more would hold up other requests.
const HASHED_INLINE_MAX: usize = 64;
/// How long `health` waits for an answer, and how long a write vouches for the next.
const HEALTH_MAX: Duration = Duration::from_secs(1);
/// How often streams with broken or lost heads are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often a fingerprint is looked up again because the primary has changed meanwhile.
const LOOK_UPS_MAX: usize = 3;

const OPEN: &str = "be opened";

impl PostgresStore {
    /// Connects to the primary among the servers of a URL, and brings the tables up to date.
    /// It must be called on a runtime.
    ///
    /// # Errors
    /// [`StoreError::Permanent`] for a URL that cannot be honoured, for tables that are missing and may not be created,
    /// or of another version, for missing rights, and behind a pooler that shares connections between transactions;
    /// [`StoreError::Transient`] where no server is a primary now.
    pub async fn open_with(
        url: &PostgresUrl,
        if_missing: IfMissing,
        options: PostgresOptions,
    ) -> Result<Self, StoreError> {
        const NAME: &str = "SELECT gen_random_uuid()::text";
        let cluster = Arc::new(Cluster::new(Settings::read(url)?, options));
        let is_new = schema::prepare(&cluster, if_missing).await?;
        let name = cluster.query(OPEN, NAME, &[]).await?;
        let name: String = name
            .first()
            .map_or(Ok(String::new()), |row| row.try_get(0))
            .map_err(failed(OPEN))?;
        let fence = Arc::new(Fence::start(Arc::clone(&cluster)));
        let store = Self {
            shared: Arc::new(Shared {
                cluster,
                fence,
                leases: Leases::of(name.clone()),
                checked: CheckedHolders::default(),
                is_new,
                name,
                snapshots: AtomicU64::default(),
                looked: Mutex::default(),
                written: Mutex::default(),
            }),
        };
        store.tell_reads().await?;
        Ok(store)
    }

    /// Connects to be read only: nothing is created.
    ///
    /// # Errors
    /// As above.
    pub async fn open_to_read(url: &PostgresUrl) -> Result<Self, StoreError> {
        Self::open_with(url, IfMissing::Fail, PostgresOptions::default()).await
    }

    fn cluster(&self) -> &Arc<Cluster> {
        &self.shared.cluster
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.cluster().options.deadline
    }

    /// Whether the primary has to show that it is one.
    async fn is_fenced(&self) -> Result<bool, StoreError> {
        let facts = &self.cluster().primary().await?.facts;
        Ok(match self.cluster().options.reads {
            Some(Reads::Fenced) => true,
            Some(Reads::Unfenced) => false,
            None => facts.has_standbys(),
        } && facts.can_fence)
    }

    /// Says what is risked.
    async fn tell_reads(&self) -> Result<(), StoreError> {
        let facts = &self.cluster().primary().await?.facts;
        let asked = self.cluster().options.reads;
        if asked == Some(Reads::Fenced) && !facts.can_fence {
            return Err(StoreError::permanent(
                OPEN,
                "the server is not PostgreSQL itself, and cannot show that it is the primary: `--reads fenced` cannot \
                 be honoured",
            ));
        }
        if asked == Some(Reads::Unfenced) && facts.has_standbys() {
            tracing::warn!(
                "reads are unfenced: after a failover, an old primary that still runs may say that a destroyed token \
                 is alive"
            );
        }
        Ok(())
    }

    fn is_time_to_look(&self) -> bool {
        let mut looked = self.shared.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if is_due {
            *looked = Some(Instant::now());
        }
        is_due
    }

    fn written(&self) -> Option<Instant> {
        *self.shared.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_written(&self, at: Instant) {
        *self.shared.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

impl Streams for PostgresStore {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        if self.is_fenced().await? {
            return self.shared.fence.head(enterprise, self.deadline()).await;
        }
        heads::read(self.cluster(), enterprise).await
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        segments::read(self.cluster(), enterprise, after, limit).await
    }

    async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
        checkpoints::log_name(self.cluster()).await
    }

    async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
        checkpoints::last(self.cluster(), enterprise).await
    }

    async fn checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        log: u32,
        size: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        checkpoints::read(self.cluster(), enterprise, log, size).await
    }

    async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
        checkpoints::next(self.cluster(), after).await
    }

    async fn close(&self) {
        self.shared.leases.give_all_back(self.cluster()).await;
        self.shared.fence.close();
        self.cluster().close();
    }
}

impl Store for PostgresStore {
    type Append = PostgresAppend;

    async fn abandon(&self) {
        self.shared.fence.close();
        if self.shared.is_new
            && let Err(error) = schema::abandon(self.cluster()).await
        {
            tracing::warn!(error = crate::error_chain(&error), "empty tables stay in the database");
        }
        self.cluster().close();
    }

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        _: Urgency,
    ) -> Result<Head, StoreError> {
        if batch.is_empty() {
            return Ok(expected.clone());
        }
        batch.check_follows(expected)?;
        let batch = Arc::new(batch);
        let head = if batch.page().len() <= HASHED_INLINE_MAX {
            expected.grown_by(&batch)?
        } else {
            let (expected, batch) = (expected.clone(), Arc::clone(&batch));
            let grown = spawn_blocking(move || expected.grown_by(&batch)).await;
            grown.map_err(|error| StoreError::transient(APPEND, error))??
        };
        let appending = Appending {
            enterprise: enterprise.clone(),
            expected: expected.clone(),
            batch,
            head,
        };
        let begun = Instant::now();
        let head = match appending.append(self.cluster(), self.deadline()).await {
            Ok(head) => head,
            Err(Failure::Unknown(why)) => {
                settle::settle(&appending, self.cluster(), &self.shared.fence, self.deadline(), why).await?
            }
            Err(failure) => return Err(failure.told(APPEND)),
        };
        self.note_written(begun);
        Ok(head)
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<PostgresAppend, StoreError> {
        PostgresAppend::begin(self.cluster(), &self.shared.fence, enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let mut unfinished = heads::running(self.cluster()).await?;
        if self.is_time_to_look() {
            unfinished.extend(heads::doubtful(self.cluster()).await?);
            unfinished.sort();
            unfinished.dedup();
        }
        Ok(unfinished)
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        heads::newest(self.cluster()).await
    }

    /// Fenced where somebody is found: an enterprise that has destroyed the token on a new primary must not be missed.
    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        for _ in 0..LOOK_UPS_MAX {
            let primary = self.cluster().primary().await?;
            let holders = look_up::holders(self.cluster(), &self.shared.checked, fingerprint).await?;
            // What nobody knows is 401, and needs no proof: who guesses tokens has nothing written.
            if holders.is_empty() || !self.is_fenced().await? {
                return Ok(holders);
            }
            self.shared.fence.probe(self.deadline()).await?;
            if self.cluster().is_still(&primary) {
                return Ok(holders);
            }
        }
        Err(StoreError::transient(
            look_up::READ,
            "one primary followed another while it was read",
        ))
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        let number = self.shared.snapshots.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", self.shared.name);
        snapshots::keep(self.cluster(), enterprise, &snapshot, &id).await
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        snapshots::read(self.cluster(), enterprise).await
    }

    async fn lease(&self, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
        self.shared.leases.take(self.cluster(), enterprise).await
    }

    async fn release(&self, enterprise: &EnterpriseSlug) {
        self.shared.leases.give_back(self.cluster(), enterprise).await;
    }

    async fn name_logs(&self, name: &KeyName) -> Result<KeyName, StoreError> {
        checkpoints::name_logs(self.cluster(), name).await
    }

    async fn keep_checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        checkpoint: &KeptCheckpoint,
    ) -> Result<(), StoreError> {
        checkpoints::keep(self.cluster(), enterprise, checkpoint).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        const HEALTH: &str = "be read and written";
        let begun = Instant::now();
        let probed = tokio::time::timeout(HEALTH_MAX, async {
            let facts = self.cluster().primary().await?.facts.clone();
            let is_vouched_for = self.written().is_some_and(|written| written.elapsed() < HEALTH_MAX);
            if facts.can_fence && !is_vouched_for {
                self.shared.fence.probe(begun + HEALTH_MAX).await?;
                self.note_written(begun);
            }
            Ok::<Durability, StoreError>(facts.durability())
        });
        let durability = probed.await.map_err(|late| StoreError::transient(HEALTH, late))??;
        Ok(Health {
            waiting: None,
            durability: Some(durability),
        })
    }
}
