//! The enterprises' states in memory, each brought up to its stream's end before it answers.

mod cache;
mod snapshots;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{CorruptHistory, Enterprise, EnterpriseSlug, Event, Position, RecordedEvent, Timestamp};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::store::{Line, Page, Store, StoreError};

use cache::Cache;
pub use cache::{BYTES_PER_EVENT, BYTES_PER_STATE, CacheOptions};
pub use snapshots::SNAPSHOT_EVENTS_MIN;

/// How many lines are read at a time: enough to be fast, few enough to leave readers of the state their turn.
const PAGE_LINES: u32 = 5_000;
/// How many events are decoded before they are folded together: few enough to stay in a core's cache from one to the other.
const WINDOW: usize = 128;
/// Up to how many lines are folded where they were read; more would hold up other requests.
const LINES_INLINE_MAX: usize = 64;

/// The enterprises that were asked for last, over one store. Other processes may write to the same store: nothing is answered
/// from memory alone.
#[derive(Debug)]
pub struct Enterprises<S> {
    store: Arc<S>,
    cache: Cache,
    changed: UnboundedSender<EnterpriseSlug>,
    /// A permit for each state that may wait for its snapshot to be kept.
    waiting: Arc<Semaphore>,
}

/// One enterprise's state, behind locks that are never held while anything is waited for.
#[derive(Debug)]
pub struct Live {
    slug: EnterpriseSlug,
    state: RwLock<Enterprise>,
    /// How many events it holds, for those who do not wait for its lock.
    events: AtomicU64,
    /// How many of them its last snapshot holds.
    snapshot: AtomicU64,
    /// Held while lines are read and folded, so that a long stream is loaded once.
    catching_up: tokio::sync::Mutex<()>,
    /// Held from a decision to its append, so that two within this process never conflict.
    deciding: tokio::sync::Mutex<()>,
}

/// How often a decision is made again after somebody else appended first.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    attempts_max: u32,
    pause: Duration,
}

impl Patience {
    /// For a caller who waits: again at once, and often.
    pub const REQUEST: Self = Self::new(32, Duration::from_millis(1));
    /// For the worker, which gives way to callers of other processes.
    pub const WORKER: Self = Self::new(6, Duration::from_millis(20));

    const fn new(attempts_max: u32, pause: Duration) -> Self {
        Self { attempts_max, pause }
    }
}

/// Why an enterprise cannot answer now. None of these is the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum EnterpriseError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line in the store is no event.
    #[error("stream `{enterprise}` in the store cannot be read")]
    Unreadable {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where, and why.
        #[source]
        source: LogError,
    },
    /// An event in the store does not fit the ones before it.
    #[error("stream `{enterprise}` in the store is corrupt")]
    Corrupt {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where, and why.
        #[source]
        source: CorruptHistory,
    },
    /// The stream's first event names another enterprise.
    #[error("stream `{enterprise}` in the store is that of another enterprise")]
    Misfiled {
        /// Which stream.
        enterprise: EnterpriseSlug,
    },
    /// Others appended first, each time.
    #[error("stream `{enterprise}` is being written by others: {attempts} attempts to append to it conflicted")]
    Contended {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// How many times it was tried.
        attempts: u32,
    },
    /// A fold ended in a panic: the state is loaded anew when it is next asked for.
    #[error("the state of `{enterprise}` was lost")]
    Lost {
        /// Which stream.
        enterprise: EnterpriseSlug,
    },
}

impl<S: Store> Enterprises<S> {
    /// Nothing is loaded yet. The receiver gets the slug of every enterprise that a revocation is requested for here.
    pub fn new(store: S, cache: CacheOptions) -> (Arc<Self>, UnboundedReceiver<EnterpriseSlug>) {
        let (changed, changes) = unbounded_channel();
        let enterprises = Self {
            store: Arc::new(store),
            cache: Cache::new(cache),
            changed,
            waiting: Arc::new(Semaphore::new(snapshots::WAITING_MAX as usize)),
        };
        (Arc::new(enterprises), changes)
    }

    /// The store beneath.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The enterprise, holding everything that its stream held when this was called.
    ///
    /// # Errors
    /// [`EnterpriseError`] where the stream cannot be read to its end: then nothing may be answered from memory.
    pub async fn fresh(&self, slug: &EnterpriseSlug) -> Result<Arc<Live>, EnterpriseError> {
        let live = self.cache.live(slug);
        self.catch_up(&live).await?;
        Ok(live)
    }

    /// Lets `decide` answer from a fresh state, and appends and applies the events that it asks for, all with the time
    /// that it was given. Where somebody else appended first it is asked again, with their events applied.
    ///
    /// # Errors
    /// [`EnterpriseError`]; then nothing was recorded, unless the store failed while it committed.
    pub async fn decide<T>(
        &self,
        slug: &EnterpriseSlug,
        patience: Patience,
        decide: impl Fn(&Enterprise, Timestamp) -> (Vec<Event>, T) + Send,
    ) -> Result<T, EnterpriseError> {
        let live = self.cache.live(slug);
        let _deciding = live.deciding.lock().await;
        for attempt in 1..=patience.attempts_max {
            self.catch_up(&live).await?;
            let (expected, lines, answer) = {
                let enterprise = live.read()?;
                let at = time_for(&enterprise);
                let (events, answer) = decide(&enterprise, at);
                let recorded = enterprise.record(events, at, None);
                (
                    enterprise.position(),
                    recorded.into_iter().map(Line::written).collect::<Vec<_>>(),
                    answer,
                )
            };
            if lines.is_empty() {
                return Ok(answer);
            }
            match self.store.append(slug, expected, &lines).await {
                Ok(()) => {
                    live.change(|enterprise| apply_unknown(enterprise, &lines))?;
                    if lines.iter().any(is_request) {
                        // Nobody listens where no worker runs.
                        let _ = self.changed.send(slug.clone());
                    }
                    return Ok(answer);
                }
                Err(StoreError::Conflict { .. }) => tokio::time::sleep(patience.pause * attempt).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(EnterpriseError::Contended {
            enterprise: slug.clone(),
            attempts: patience.attempts_max,
        })
    }

    async fn catch_up(&self, live: &Arc<Live>) -> Result<(), EnterpriseError> {
        let _catching_up = live.catching_up.lock().await;
        let was_cold = live.read()?.position() == Position::START;
        if was_cold {
            self.begin_with_snapshot(live).await?;
        }
        let (mut last, mut decoder) = {
            let enterprise = live.read()?;
            let last = enterprise.position();
            (last, Decoder::resume(last, enterprise.last_at()))
        };
        let mut page = self.store.read(&live.slug, last, PAGE_LINES).await?;
        let has_grown = page.len() > LINES_INLINE_MAX;
        if !has_grown {
            live.fold(&mut decoder, &page)?;
            page = Page::default();
        }
        while !page.is_empty() {
            last = page.lines().fold(last, |last, _| last.next());
            let is_last = page.len() < PAGE_LINES as usize;
            // The next page is read while this one is folded.
            let next = async {
                match is_last {
                    true => Ok(Page::default()),
                    false => self.store.read(&live.slug, last, PAGE_LINES).await,
                }
            };
            let (folded, next) = tokio::join!(fold_aside(Arc::clone(live), decoder, page), next);
            (decoder, page) = (folded?, next?);
        }
        if was_cold || has_grown {
            self.keep_aside(self.cache.shrink());
        }
        Ok(())
    }
}

impl Live {
    fn new(slug: EnterpriseSlug) -> Self {
        Self {
            slug,
            state: RwLock::default(),
            events: AtomicU64::default(),
            snapshot: AtomicU64::default(),
            catching_up: tokio::sync::Mutex::default(),
            deciding: tokio::sync::Mutex::default(),
        }
    }

    /// The state. The guard must not be held while anything is waited for.
    ///
    /// # Errors
    /// [`EnterpriseError::Lost`] after a panic in a fold.
    pub fn read(&self) -> Result<RwLockReadGuard<'_, Enterprise>, EnterpriseError> {
        self.state.read().map_err(|_| self.lost())
    }

    /// About how much memory it takes.
    fn bytes(&self) -> u64 {
        BYTES_PER_STATE + BYTES_PER_EVENT * self.events.load(Ordering::Relaxed)
    }

    /// Whether a fold ended in a panic.
    fn is_lost(&self) -> bool {
        self.state.is_poisoned()
    }

    /// Applies the lines that `decoder` is at, and lets readers have their turn between one window and the next.
    fn fold(&self, decoder: &mut Decoder, page: &Page) -> Result<(), EnterpriseError> {
        let mut unreadable = None;
        let mut events = page
            .lines()
            .map_while(|line| decoder.decode(line).map_err(|error| unreadable = Some(error)).ok());
        let mut window: Vec<RecordedEvent> = Vec::with_capacity(WINDOW);
        loop {
            window.clear();
            window.extend(events.by_ref().take(WINDOW));
            if window.is_empty() {
                break;
            }
            self.change(|enterprise| {
                let known = window.partition_point(|event| event.position <= enterprise.position());
                enterprise.apply_all(window.get(known..).unwrap_or_default())
            })?;
        }
        match unreadable {
            None => Ok(()),
            Some(source) => Err(EnterpriseError::Unreadable {
                enterprise: self.slug.clone(),
                source,
            }),
        }
    }

    /// Applies what the state does not hold yet: the same events may arrive from an append and from a read.
    fn change(&self, apply: impl FnOnce(&mut Enterprise) -> Result<(), CorruptHistory>) -> Result<(), EnterpriseError> {
        let mut enterprise = self.state.write().map_err(|_| self.lost())?;
        apply(&mut enterprise).map_err(|source| EnterpriseError::Corrupt {
            enterprise: self.slug.clone(),
            source,
        })?;
        self.events.store(enterprise.position().value(), Ordering::Relaxed);
        match enterprise.slug() {
            Some(slug) if *slug != self.slug => Err(EnterpriseError::Misfiled {
                enterprise: self.slug.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn lost(&self) -> EnterpriseError {
        EnterpriseError::Lost {
            enterprise: self.slug.clone(),
        }
    }
}

fn apply_unknown(enterprise: &mut Enterprise, appended: &[Line]) -> Result<(), CorruptHistory> {
    let unknown = appended.partition_point(|line| line.event.position <= enterprise.position());
    let mut unknown = appended.iter().skip(unknown);
    unknown.try_for_each(|line| enterprise.apply(&line.event))
}

fn is_request(line: &Line) -> bool {
    matches!(line.event.event, Event::RevokeAllRequested { .. })
}

/// Folds a long page on a thread that may block, so that the runtime's own go on answering.
async fn fold_aside(live: Arc<Live>, mut decoder: Decoder, page: Page) -> Result<Decoder, EnterpriseError> {
    let slug = live.slug.clone();
    tokio::task::spawn_blocking(move || live.fold(&mut decoder, &page).map(|()| decoder))
        .await
        .unwrap_or(Err(EnterpriseError::Lost { enterprise: slug }))
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
