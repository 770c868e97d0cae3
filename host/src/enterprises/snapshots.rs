//! Snapshots. One is kept when a state leaves memory, and when a job has finished. A state that comes back begins with
//! one. If something is wrong with it, that is logged, and costs a replay. It never gives a wrong answer.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials::snapshot::{self, SnapshotError};
use tokio::task::spawn_blocking;

use super::live::{Held, Live};
use super::{EnterpriseError, Enterprises};
use crate::error_chain;
use crate::store::{Head, Snapshot, Store, StoreError};

/// How far a state must be beyond its last snapshot to be worth another. To read or write one costs what folding some
/// hundred events does, and to keep it a write to the disk: fewer events than this are replayed in less.
pub const SNAPSHOT_EVENTS_MIN: u64 = 1_000;
/// How many states may wait, in memory still, for their snapshots to be kept. More go without:
/// nothing but a later replay depends on it.
pub(super) const WAITING_MAX: u32 = 4;
/// How long a stop waits for snapshots; a service manager may kill after 30 s.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Why a state does not begin with its snapshot.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refused(#[from] SnapshotError),
    #[error("the snapshot is of another enterprise")]
    Misfiled,
    #[error("the snapshot was taken at another position than its row says, or after the end of the stream")]
    Misplaced,
    #[error("reading the snapshot ended unexpectedly")]
    Lost,
}

impl<S: Store> Enterprises<S> {
    /// What the stream's snapshot holds, where there is one to begin with. Whether it is of this very stream shows when
    /// what follows it leads to the head.
    pub(super) async fn begin_with_snapshot(&self, slug: &EnterpriseSlug, head: &Head) -> Option<Held> {
        match self.read_snapshot(slug, head).await {
            Ok(held) => held,
            Err(error) => {
                let (enterprise, error) = (slug, error_chain(&error));
                tracing::warn!(%enterprise, error, "snapshot not used, the stream is replayed");
                None
            }
        }
    }

    async fn read_snapshot(&self, slug: &EnterpriseSlug, head: &Head) -> Result<Option<Held>, Unusable> {
        let Some(Snapshot { frontier, bytes }) = self.store.snapshot(slug).await? else {
            return Ok(None);
        };
        let read = spawn_blocking(move || snapshot::read(&bytes)).await;
        let enterprise = read.map_err(|_| Unusable::Lost)??;
        if enterprise.slug() != Some(slug) {
            return Err(Unusable::Misfiled);
        }
        let position = enterprise.position();
        if frontier.size() != position.value() || position > head.position() {
            return Err(Unusable::Misplaced);
        }
        let begun = Head::new(frontier, enterprise.last_at(), head.running());
        Ok(Some(Held::new(enterprise, begun)))
    }

    /// Keeps a snapshot of an enterprise whose job has finished, aside: its state is far beyond its last one.
    pub fn keep_snapshot_of(&self, enterprise: &EnterpriseSlug) {
        self.keep_aside(vec![self.cache.live(enterprise)]);
    }

    /// Keeps snapshots of these states, aside, for as many as may wait.
    pub(super) fn keep_aside(&self, states: Vec<Arc<Live>>) {
        for live in states.into_iter().filter(|live| is_due(live)) {
            let Ok(waiting) = Arc::clone(&self.waiting).try_acquire_owned() else {
                let enterprise = live.slug();
                tracing::info!(%enterprise, "no snapshot kept: others are waiting");
                continue;
            };
            let store = Arc::clone(&self.store);
            tokio::spawn(async move {
                keep(&*store, live).await;
                drop(waiting);
            });
        }
    }

    /// Keeps a snapshot of every state in memory that is far enough beyond its last, those asked for last first, for
    /// ten seconds at most; and waits for those under way. For a stop.
    pub async fn keep_snapshots(&self) {
        let keeping = async {
            for live in self.cache.latest_first() {
                if is_due(&live) {
                    keep(&*self.store, live).await;
                }
            }
            // Nobody closes it.
            let _ = self.waiting.acquire_many(WAITING_MAX).await;
        };
        if tokio::time::timeout(STOP_MAX, keeping).await.is_err() {
            tracing::warn!("snapshots were still being kept at the stop");
        }
    }
}

/// Whether enough has happened since the last snapshot.
fn is_due(live: &Live) -> bool {
    live.beyond_snapshot() >= SNAPSHOT_EVENTS_MIN
}

async fn keep<S: Store>(store: &S, live: Arc<Live>) {
    if let Err(error) = try_to_keep(store, &live).await {
        let (enterprise, error) = (live.slug(), error_chain(&error));
        tracing::warn!(%enterprise, error, "snapshot not kept");
    }
}

async fn try_to_keep<S: Store>(store: &S, live: &Arc<Live>) -> Result<(), EnterpriseError> {
    let writing = Arc::clone(live);
    let written = spawn_blocking(move || {
        let enterprise = writing.read()?;
        let (frontier, bytes) = (enterprise.head().frontier().clone(), snapshot::write(&enterprise));
        Ok((enterprise.position(), Snapshot { frontier, bytes }))
    });
    let (position, snapshot) = written.await.unwrap_or_else(|_| Err(live.lost()))?;
    store.keep_snapshot(live.slug(), snapshot).await?;
    live.has_snapshot_at(position);
    Ok(())
}
