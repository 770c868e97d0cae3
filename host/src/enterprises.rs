//! The enterprises' states in memory, each brought up to its stream's end before it answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{CorruptHistory, Enterprise, EnterpriseSlug, Event, RecordedEvent, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::store::{Line, Store, StoreError};

/// How many lines are read at a time: enough to be fast, few enough to leave readers of the state their turn.
const PAGE_LINES: u32 = 5_000;
/// Up to how many lines are folded where they were read; more would hold up other requests.
const LINES_INLINE_MAX: usize = 64;

/// Every enterprise that was asked for, over one store. Other processes may write to the same store: nothing is answered
/// from memory alone.
#[derive(Debug)]
pub struct Enterprises<S> {
    store: S,
    live: Mutex<HashMap<EnterpriseSlug, Arc<Live>>>,
    changed: UnboundedSender<EnterpriseSlug>,
}

/// One enterprise's state, behind locks that are never held while anything is waited for.
#[derive(Debug)]
pub struct Live {
    slug: EnterpriseSlug,
    state: RwLock<Enterprise>,
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
    /// Nothing is loaded yet. The receiver gets the slug of every enterprise to which something was appended here.
    pub fn new(store: S) -> (Arc<Self>, UnboundedReceiver<EnterpriseSlug>) {
        let (changed, changes) = unbounded_channel();
        let enterprises = Self {
            store,
            live: Mutex::default(),
            changed,
        };
        (Arc::new(enterprises), changes)
    }

    /// The store beneath.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The enterprise, holding everything that its stream held when this was called.
    ///
    /// # Errors
    /// [`EnterpriseError`] where the stream cannot be read to its end: then nothing may be answered from memory.
    pub async fn fresh(&self, slug: &EnterpriseSlug) -> Result<Arc<Live>, EnterpriseError> {
        let live = self.live(slug);
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
        let live = self.live(slug);
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
                    live.apply(lines.iter().map(|line| &line.event))?;
                    // Nobody listens where no worker runs.
                    let _ = self.changed.send(slug.clone());
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

    fn live(&self, slug: &EnterpriseSlug) -> Arc<Live> {
        let mut all = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(slug) {
            Some(live) if !live.state.is_poisoned() => Arc::clone(live),
            _ => {
                let live = Arc::new(Live::new(slug.clone()));
                all.insert(slug.clone(), Arc::clone(&live));
                live
            }
        }
    }

    async fn catch_up(&self, live: &Arc<Live>) -> Result<(), EnterpriseError> {
        let _catching_up = live.catching_up.lock().await;
        loop {
            let (last, decoder) = {
                let enterprise = live.read()?;
                let last = enterprise.position();
                (last, Decoder::resume(last, enterprise.last_at()))
            };
            let page = self.store.read(&live.slug, last, PAGE_LINES).await?;
            let is_last = page.len() < PAGE_LINES as usize;
            if page.len() <= LINES_INLINE_MAX {
                live.fold(decoder, &page)?;
            } else {
                let live = Arc::clone(live);
                fold_aside(live, decoder, page).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

impl Live {
    fn new(slug: EnterpriseSlug) -> Self {
        Self {
            slug,
            state: RwLock::default(),
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

    fn fold(&self, mut decoder: Decoder, page: &[Vec<u8>]) -> Result<(), EnterpriseError> {
        let mut unreadable = None;
        let events: Vec<RecordedEvent> = page
            .iter()
            .map_while(|bytes| decoder.decode(bytes).map_err(|error| unreadable = Some(error)).ok())
            .collect();
        self.apply(&events)?;
        match unreadable {
            None => Ok(()),
            Some(source) => Err(EnterpriseError::Unreadable {
                enterprise: self.slug.clone(),
                source,
            }),
        }
    }

    /// Applies what the state does not hold yet: the same events may arrive from an append and from a read.
    fn apply<'a>(&self, events: impl IntoIterator<Item = &'a RecordedEvent>) -> Result<(), EnterpriseError> {
        let mut enterprise = self.state.write().map_err(|_| self.lost())?;
        for event in events {
            if event.position > enterprise.position() {
                enterprise.apply(event).map_err(|source| EnterpriseError::Corrupt {
                    enterprise: self.slug.clone(),
                    source,
                })?;
            }
        }
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

/// Folds a long page on a thread that may block, so that the runtime's own go on answering.
async fn fold_aside(live: Arc<Live>, decoder: Decoder, page: Vec<Vec<u8>>) -> Result<(), EnterpriseError> {
    let slug = live.slug.clone();
    tokio::task::spawn_blocking(move || live.fold(decoder, &page))
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
