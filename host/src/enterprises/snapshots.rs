//! Snapshots: kept when a state leaves memory, and begun with when it comes back. What is wrong with one is logged, and costs
//! a replay, never an answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use enterprise_credentials::log::Decoder;
use enterprise_credentials::snapshot::{self, SnapshotError};
use enterprise_credentials::{Enterprise, EnterpriseSlug, Position};
use tokio::task::spawn_blocking;

use super::{EnterpriseError, Enterprises, Live};
use crate::error_chain;
use crate::store::{Store, StoreError};

/// How far a state must be beyond its last snapshot to be worth another. To read or write one costs what folding some
/// hundred events does, and to keep it a write to the disk: fewer events than this are replayed in less.
pub const SNAPSHOT_EVENTS_MIN: u64 = 1_000;
/// How many states may wait, in memory still, for their snapshots to be kept. More go without: nothing but a later replay
/// depends on it.
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
    #[error("the stream has another event, or none, where the snapshot was taken")]
    OfAnotherStream,
    #[error("reading the snapshot ended unexpectedly")]
    Lost,
}

impl<S: Store> Enterprises<S> {
    /// Lets a state that holds nothing yet begin with its snapshot. Where there is none to rely on it stays empty.
    pub(super) async fn begin_with_snapshot(&self, live: &Live) -> Result<(), EnterpriseError> {
        match self.snapshot(&live.slug).await {
            Ok(None) => Ok(()),
            Ok(Some(enterprise)) => live.begin_with(enterprise),
            Err(error) => {
                let (enterprise, error) = (&live.slug, error_chain(&error));
                tracing::warn!(%enterprise, error, "snapshot not used, the stream is replayed");
                Ok(())
            }
        }
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Enterprise>, Unusable> {
        let Some(bytes) = self.store.snapshot(slug).await? else {
            return Ok(None);
        };
        let read = spawn_blocking(move || snapshot::read(&bytes)).await;
        let enterprise = read.map_err(|_| Unusable::Lost)??;
        if enterprise.slug() != Some(slug) {
            return Err(Unusable::Misfiled);
        }
        match self.is_of_stream(&enterprise, slug).await? {
            true => Ok(Some(enterprise)),
            false => Err(Unusable::OfAnotherStream),
        }
    }

    /// Whether the stream has the event that the state ends with: one that was restored from a backup may not reach it, or
    /// have gone on otherwise.
    async fn is_of_stream(&self, enterprise: &Enterprise, slug: &EnterpriseSlug) -> Result<bool, StoreError> {
        let before = enterprise.position().value().checked_sub(1);
        let Some(before) = before.and_then(|before| Position::new(before).ok()) else {
            return Ok(false);
        };
        let page = self.store.read(slug, before, 1).await?;
        let last = page
            .lines()
            .next()
            .map(|line| Decoder::resume(before, None).decode(line));
        Ok(matches!(last, Some(Ok(last)) if Some(last.at) == enterprise.last_at()))
    }

    /// Keeps snapshots of what has left the cache, aside, for as many as may wait.
    pub(super) fn keep_aside(&self, given_up: Vec<Arc<Live>>) {
        for live in given_up.into_iter().filter(|live| live.is_snapshot_due()) {
            let Ok(waiting) = Arc::clone(&self.waiting).try_acquire_owned() else {
                let enterprise = &live.slug;
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

    /// Keeps a snapshot of every state in memory that is far enough beyond its last, those asked for last first, for ten
    /// seconds at most; and waits for those under way. For a stop.
    pub async fn keep_snapshots(&self) {
        let keeping = async {
            for live in self.cache.latest_first() {
                if live.is_snapshot_due() {
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

impl Live {
    /// Whether enough has happened since the last snapshot.
    fn is_snapshot_due(&self) -> bool {
        let events = self.events.load(Ordering::Relaxed);
        events.saturating_sub(self.snapshot.load(Ordering::Relaxed)) >= SNAPSHOT_EVENTS_MIN
    }

    /// Takes over what a snapshot holds, if it holds nothing yet.
    fn begin_with(&self, from_snapshot: Enterprise) -> Result<(), EnterpriseError> {
        let mut enterprise = self.state.write().map_err(|_| self.lost())?;
        if enterprise.position() == Position::START {
            let events = from_snapshot.position().value();
            self.snapshot.store(events, Ordering::Relaxed);
            self.events.store(events, Ordering::Relaxed);
            *enterprise = from_snapshot;
        }
        Ok(())
    }
}

async fn keep<S: Store>(store: &S, live: Arc<Live>) {
    if let Err(error) = try_to_keep(store, &live).await {
        let (enterprise, error) = (&live.slug, error_chain(&error));
        tracing::warn!(%enterprise, error, "snapshot not kept");
    }
}

async fn try_to_keep<S: Store>(store: &S, live: &Arc<Live>) -> Result<(), EnterpriseError> {
    let writing = Arc::clone(live);
    let written = spawn_blocking(move || {
        let enterprise = writing.read()?;
        Ok((enterprise.position(), snapshot::write(&enterprise)))
    });
    let (position, bytes) = written.await.unwrap_or_else(|_| Err(live.lost()))?;
    store.keep_snapshot(&live.slug, position, bytes).await?;
    live.snapshot.store(position.value(), Ordering::Relaxed);
    Ok(())
}
