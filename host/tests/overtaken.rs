//! Heads that are held back: one that was read before an append of the same process, and arrives after it;
//! and those that many wait for. And an append amid looks at a state that take long.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use enterprise_credentials::log::write_line;
use enterprise_credentials::{
    Enterprise, EnterpriseKind, EnterpriseSlug, Event, Fingerprint, Login, OrganizationId, Position, Timestamp,
};
use enterprise_credentials_host::enterprises::{CacheOptions, EnterpriseError, Enterprises, Patience};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::sample::Sample;
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, IfMissing, Page, Snapshot, SqliteAppend, SqliteStore, Store, StoreError, Streams,
    Urgency,
};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A store that holds back an append, and the answer to the question where the stream ends.
#[derive(Debug, Clone)]
struct HoldsBack {
    inner: SqliteStore,
    gates: Arc<Gates>,
}

#[derive(Debug)]
struct Gates {
    holds_heads: AtomicBool,
    heads: Semaphore,
    appends: Semaphore,
    /// A permit for each call that is held back.
    held: Semaphore,
}

impl Gates {
    async fn pass(&self, gate: &Semaphore) {
        self.held.add_permits(1);
        gate.acquire().await.unwrap().forget();
    }

    async fn until_held(&self) {
        self.held.acquire().await.unwrap().forget();
    }
}

impl Streams for HoldsBack {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let head = self.inner.head(enterprise).await;
        if self.gates.holds_heads.load(Ordering::Relaxed) {
            self.gates.pass(&self.gates.heads).await;
        }
        head
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        self.inner.read(enterprise, after, limit).await
    }
}

impl Store for HoldsBack {
    type Append = SqliteAppend;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        self.gates.pass(&self.gates.appends).await;
        self.inner.append(enterprise, expected, batch, urgency).await
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<SqliteAppend, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.inner.unfinished().await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.inner.newest().await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        self.inner.holders(fingerprint).await
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.keep_snapshot(enterprise, snapshot).await
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(enterprise).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.inner.health().await
    }
}

/// A host over a small enterprise, whose store holds back what the gates say.
struct Held {
    path: PathBuf,
    inner: SqliteStore,
    gates: Arc<Gates>,
    enterprises: Arc<Enterprises<HoldsBack>>,
    slug: EnterpriseSlug,
}

impl Held {
    async fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.db", std::process::id()));
        let inner = SqliteStore::open(&path, IfMissing::Create).await.unwrap();
        let sample = Sample {
            kind: EnterpriseKind::ManagedUsers,
            members: 3,
            credentials: 10,
            seed: 1,
        };
        let mut log = Vec::new();
        let enterprise = sample.generate(&mut |recorded| {
            write_line(recorded, &mut log);
            Ok(())
        });
        let slug = enterprise.unwrap().slug().unwrap().clone();
        Stream::check(log).unwrap().import(&inner).await.unwrap();
        let gates = Arc::new(Gates {
            holds_heads: AtomicBool::new(false),
            heads: Semaphore::new(0),
            appends: Semaphore::new(0),
            held: Semaphore::new(0),
        });
        let store = HoldsBack {
            inner: inner.clone(),
            gates: Arc::clone(&gates),
        };
        let (enterprises, _changes) = Enterprises::new(store, CacheOptions::default());
        Self {
            path,
            inner,
            gates,
            enterprises,
            slug,
        }
    }

    fn ask(&self) -> JoinHandle<Result<(), EnterpriseError>> {
        let (asking, of) = (Arc::clone(&self.enterprises), self.slug.clone());
        tokio::spawn(async move { asking.fresh(&of).await.map(drop) })
    }

    /// Appends one event, as soon as the gate lets it.
    fn append(&self) -> JoinHandle<Result<(), EnterpriseError>> {
        let (deciding, of) = (Arc::clone(&self.enterprises), self.slug.clone());
        tokio::spawn(async move {
            let add = |_: &_, _| {
                let (organization, login) = (OrganizationId::new(999).unwrap(), Login::new("late-org").unwrap());
                (vec![Event::OrganizationAdded { organization, login }], ())
            };
            deciding.decide(&of, Patience::REQUEST, add).await
        })
    }

    async fn end(self) {
        self.inner.close().await;
        std::fs::remove_file(self.path).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_an_own_append_has_overtaken_is_no_altered_stream() {
    let held = Held::new("overtaken").await;
    let deciding = held.append();
    held.gates.until_held().await;
    held.gates.holds_heads.store(true, Ordering::Relaxed);
    let asking = held.ask();
    held.gates.until_held().await;
    held.gates.appends.add_permits(1);
    deciding.await.unwrap().unwrap();
    held.gates.heads.add_permits(1);
    asking.await.unwrap().unwrap();
    assert_eq!(held.enterprises.altered(), 0);
    held.end().await;
}

/// Where a store takes its deadline to answer, the last of many would else wait for as many deadlines.
#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_one_enterprise_wait_for_the_store_together() {
    let held = Held::new("together").await;
    held.ask().await.unwrap().unwrap();
    held.gates.holds_heads.store(true, Ordering::Relaxed);
    let asking: Vec<_> = (0..8).map(|_| held.ask()).collect();
    let all = async {
        for _ in 0..asking.len() {
            held.gates.until_held().await;
        }
    };
    let together = tokio::time::timeout(Duration::from_secs(20), all).await;
    assert!(together.is_ok(), "some wait for others before they ask the store");
    held.gates.heads.add_permits(asking.len());
    for asked in asking {
        asked.await.unwrap().unwrap();
    }
    held.end().await;
}

/// Looks until the state has changed, or in vain.
struct Looks {
    positions: Vec<Position>,
    begun: Arc<Semaphore>,
}

impl Looks {
    fn look(&mut self, enterprise: &Enterprise) -> bool {
        self.begun.add_permits(1);
        self.positions.push(enterprise.position());
        std::thread::sleep(Duration::from_millis(1));
        self.positions.first() == self.positions.last() && self.positions.len() < 20_000
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_append_between_two_looks_at_a_state() {
    let held = Held::new("looks").await;
    let begun = Arc::new(Semaphore::new(0));
    let looks = Looks {
        positions: Vec::new(),
        begun: Arc::clone(&begun),
    };
    let (looking, of) = (Arc::clone(&held.enterprises), held.slug.clone());
    let looking = tokio::spawn(async move { looking.look(&of, looks, Looks::look).await });
    begun.acquire().await.unwrap().forget();
    held.gates.appends.add_permits(1);
    held.append().await.unwrap().unwrap();
    let (looks, head) = looking.await.unwrap().unwrap();
    let (first, last) = (looks.positions.first().unwrap(), looks.positions.last().unwrap());
    assert_eq!((first.next(), head.position()), (*last, *last));
    held.end().await;
}
