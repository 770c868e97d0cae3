//! The enterprises' states in memory. Each is brought up to its stream's end before it answers.

mod altered;
mod cache;
mod changes;
mod error;
mod live;
mod load;
mod pass;
mod seals;
mod snapshots;
#[cfg(feature = "witness")]
mod witnessed;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enterprise_credentials::{Actor, Enterprise, EnterpriseSlug, Event, Fingerprint, RecordedEvent, Timestamp};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::seal::Sealer;
use crate::store::{Batch, Head, Holder, Store, StoreError, Urgency};

use altered::AlteredStreams;
use cache::Cache;
pub use cache::{BYTES_PER_EVENT, BYTES_PER_STATE, CacheOptions};
pub use changes::Changes;
use changes::{ChangesSender, changes};
pub use error::EnterpriseError;
pub use live::{Live, Ready};
pub use pass::Turn;
pub use snapshots::SNAPSHOT_EVENTS_MIN;

/// The enterprises that were asked for last, over one store. Other processes may write to the same store: nothing is
/// answered from memory alone.
#[derive(Debug)]
pub struct Enterprises<S> {
    store: Arc<S>,
    cache: Cache,
    clock: Arc<Clock>,
    changed: ChangesSender,
    altered: AlteredStreams,
    altered_look_ups: AlteredStreams,
    /// Those that a pass found so.
    altered_passes: AlteredStreams,
    /// Held by the one pass over a stream that is under way.
    passing: tokio::sync::Mutex<()>,
    /// The streams that do not lead on from what was sealed of them.
    altered_seals: AlteredStreams,
    sealer: Option<Arc<Sealer>>,
    /// A permit for each state that may wait for its snapshot to be kept.
    waiting: Arc<Semaphore>,
}

/// How often a decision is made again after somebody else appended first.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    attempts_max: u32,
    pause: Duration,
    urgency: Urgency,
}

impl Patience {
    /// For a caller who waits: again at once, and often.
    pub const REQUEST: Self = Self::new(32, Duration::from_millis(1), Urgency::Request);
    /// For the worker, which gives way to callers of other processes.
    pub const WORKER: Self = Self::new(6, Duration::from_millis(20), Urgency::Job);

    const fn new(attempts_max: u32, pause: Duration, urgency: Urgency) -> Self {
        Self {
            attempts_max,
            pause,
            urgency,
        }
    }
}

impl<S: Store> Enterprises<S> {
    /// Nothing is loaded yet. [`Changes`] gets the slug of every enterprise that a revocation is requested for here.
    /// Time is the machine's.
    pub fn new(store: S, cache: CacheOptions) -> (Arc<Self>, Changes) {
        Self::with_clock(store, cache, Arc::new(Clock::system(Clock::SKEW_MAX_DEFAULT)))
    }

    /// The same, with a clock of one's own.
    pub fn with_clock(store: S, cache: CacheOptions, clock: Arc<Clock>) -> (Arc<Self>, Changes) {
        Self::with_sealer(store, cache, clock, None)
    }

    /// The same, with what signs its streams: each is compared with what was signed of it before it answers for the
    /// first time.
    pub fn with_sealer(
        store: S,
        cache: CacheOptions,
        clock: Arc<Clock>,
        sealer: Option<Arc<Sealer>>,
    ) -> (Arc<Self>, Changes) {
        let (changed, changes) = changes();
        let enterprises = Self {
            store: Arc::new(store),
            cache: Cache::new(cache),
            clock,
            changed,
            altered: AlteredStreams::default(),
            altered_look_ups: AlteredStreams::default(),
            altered_passes: AlteredStreams::default(),
            passing: tokio::sync::Mutex::default(),
            altered_seals: AlteredStreams::default(),
            sealer,
            waiting: Arc::new(Semaphore::new(snapshots::WAITING_MAX as usize)),
        };
        (Arc::new(enterprises), changes)
    }

    /// The store beneath.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// What tells the time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How many streams were found altered, or not to lead on from what was sealed of them, and not found whole again
    /// since: when a state was brought up to its end, and when a pass read it from its first line. And of how many the
    /// look-up was found to name wrong lines.
    pub fn altered(&self) -> usize {
        let streams = [
            &self.altered,
            &self.altered_look_ups,
            &self.altered_passes,
            &self.altered_seals,
        ];
        streams.iter().map(|altered| altered.count()).sum()
    }

    /// What `fingerprint` stands for, as [`Store::holders`] tells.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, EnterpriseError> {
        let holders = self.store.holders(fingerprint).await.map_err(EnterpriseError::from);
        if let Err(EnterpriseError::Store(StoreError::Altered(altered))) = &holders {
            self.altered_look_ups.note(&altered.enterprise, &holders);
        }
        holders
    }

    /// Whether the enterprise's state is in memory, so that to bring it up to its stream's end takes no load.
    pub fn holds(&self, slug: &EnterpriseSlug) -> bool {
        !self.cache.live(slug).is_cold()
    }

    /// The enterprise, holding everything that its stream held when this was called.
    ///
    /// # Errors
    /// [`EnterpriseError`] where the stream cannot be read to its end, or is altered:
    /// then nothing may be answered from memory.
    pub async fn fresh(&self, slug: &EnterpriseSlug) -> Result<Arc<Live>, EnterpriseError> {
        let live = self.cache.live(slug);
        self.catch_up(&live).await?;
        Ok(live)
    }

    /// Asks the enterprise's state, holding everything that its stream held when this was called, as of now.
    ///
    /// # Errors
    /// Those of [`Enterprises::fresh`], and [`EnterpriseError::Clock`].
    pub async fn ask<T>(
        &self,
        slug: &EnterpriseSlug,
        ask: impl FnOnce(&Enterprise, Timestamp) -> T + Send,
    ) -> Result<T, EnterpriseError> {
        loop {
            let live = self.fresh(slug).await?;
            match live.read() {
                Ok(enterprise) => return Ok(ask(&enterprise, self.clock.time_for(&enterprise)?)),
                // Others have appended much since: it is waited for as any load is.
                Err(EnterpriseError::Loading { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Lets `decide` answer from a fresh state, and appends and applies the events that it asks for, all with the time
    /// that it was given. Where somebody else appended first it is asked again, with their events applied.
    ///
    /// # Errors
    /// [`EnterpriseError`]; then nothing was recorded, but for [`StoreError::Unknown`].
    pub async fn decide<T: Send>(
        &self,
        slug: &EnterpriseSlug,
        patience: Patience,
        decide: impl Fn(&Enterprise, Timestamp) -> (Vec<Event>, T) + Send,
    ) -> Result<T, EnterpriseError> {
        let decide = move |enterprise: &Enterprise, at| {
            let (events, answer) = decide(enterprise, at);
            (events, None, answer)
        };
        self.decide_by(slug, patience, decide).await
    }

    /// The same, and `decide` names the cause of its events beside them: who gave a single command, so that what it
    /// records is told from what a job does. A request to revoke names its requester itself.
    ///
    /// # Errors
    /// As above.
    pub async fn decide_by<T: Send>(
        &self,
        slug: &EnterpriseSlug,
        patience: Patience,
        decide: impl Fn(&Enterprise, Timestamp) -> (Vec<Event>, Option<Actor>, T) + Send,
    ) -> Result<T, EnterpriseError> {
        let live = self.cache.live(slug);
        let _deciding = live.deciding.lock().await;
        let mut conflicts = 0;
        while conflicts < patience.attempts_max {
            self.catch_up(&live).await?;
            let decided = match live.read() {
                Ok(state) => Decided::of(&state, self.clock.time_for(&state)?, &decide),
                Err(EnterpriseError::Loading { .. }) => continue,
                Err(error) => return Err(error),
            };
            if decided.recorded.is_empty() {
                return Ok(decided.answer);
            }
            let batch = Batch::written(decided.head.position(), &decided.recorded)?;
            match self.store.append(slug, &decided.head, batch, patience.urgency).await {
                Ok(head) => {
                    self.has_appended(slug, &decided, &head);
                    live.advance(&head, |enterprise| {
                        decided
                            .recorded
                            .iter()
                            .try_for_each(|recorded| enterprise.apply(recorded))
                    })?;
                    if decided.recorded.iter().any(is_request) {
                        self.changed.send(slug);
                    }
                    return Ok(decided.answer);
                }
                Err(StoreError::Conflict { .. }) => {
                    conflicts += 1;
                    tokio::time::sleep(patience.pause * conflicts).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(EnterpriseError::Contended {
            enterprise: slug.clone(),
            attempts: patience.attempts_max,
        })
    }
}

/// What was decided, and on which head.
struct Decided<T> {
    head: Head,
    recorded: Vec<RecordedEvent>,
    answer: T,
}

impl<T> Decided<T> {
    fn of(
        state: &Ready<'_>,
        at: Timestamp,
        decide: impl Fn(&Enterprise, Timestamp) -> (Vec<Event>, Option<Actor>, T),
    ) -> Self {
        let (events, by, answer) = decide(state, at);
        Self {
            head: state.head().clone(),
            recorded: state.record(events, at, by).collect(),
            answer,
        }
    }
}

fn is_request(recorded: &RecordedEvent) -> bool {
    matches!(
        recorded.event,
        Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. }
    )
}

/// The time to decide at: the clock's, but never before the enterprise's last event.
pub fn time_for(enterprise: &Enterprise) -> Timestamp {
    now().max(enterprise.last_at().unwrap_or(Timestamp::MIN))
}

/// The clock's time. Where it shows no time that can be written, the stream's own time stands in.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis())
        .ok()
        .and_then(|milliseconds| Timestamp::from_milliseconds(milliseconds).ok())
        .unwrap_or(Timestamp::MIN)
}
