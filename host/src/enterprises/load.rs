//! A state is brought up to its stream's end. What is folded is compared with the head before anybody can ask it. So a
//! state in memory is always that of the lines to which a head commits, byte for byte.

use std::sync::Arc;

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{CorruptHistory, Enterprise, EnterpriseSlug, Position, RecordedEvent};
use enterprise_credentials_seal::leaf_hash;
use tokio::task::spawn_blocking;

use super::live::{Held, Live};
use super::{EnterpriseError, Enterprises};
use crate::store::{Alteration, Altered, Head, Page, Store, StoreError, check_end, walk};

/// How many events are decoded before they are folded together:
/// few enough to stay in a core's cache from one to the other.
const WINDOW: usize = 128;
/// Up to how many lines are folded where they were read; more would hold up other requests.
const LINES_INLINE_MAX: usize = 64;
/// Up to how many lines a state that is in memory waits for, in memory too, until they are compared.
/// For more it is taken out.
const LINES_HELD_MAX: usize = 16 * 1024;

impl<S: Store> Enterprises<S> {
    /// Brings a state up to its stream's end.
    pub(super) async fn catch_up(&self, live: &Arc<Live>) -> Result<(), EnterpriseError> {
        let caught_up = self.try_to_catch_up(live).await;
        self.note_altered(live.slug(), &caught_up);
        if caught_up? {
            self.keep_aside(self.cache.shrink());
        }
        Ok(())
    }

    /// Tells whether it has grown by more than a few lines.
    async fn try_to_catch_up(&self, live: &Arc<Live>) -> Result<bool, EnterpriseError> {
        // All who ask wait for the store together: in turns, the last would wait as many times as long. But nothing is
        // known of a state that is away, not even whether it is ahead of what the store says.
        let early = match self.see(live).await {
            Ok(seen) if seen.is_held_by(live) && !self.is_to_be_compared(live) => return Ok(false),
            Ok(seen) => Some(seen),
            Err(EnterpriseError::Loading { .. }) => None,
            Err(error) => return Err(error),
        };
        let _catching_up = live.catching_up.lock().await;
        let seen = match early {
            Some(seen) => seen,
            None => self.see(live).await?,
        };
        self.compare_with_seal(live, &seen.head).await?;
        if seen.is_held_by(live) {
            return Ok(false);
        }
        let head = seen.head;
        let (held, is_cold) = {
            let state = live.read()?;
            check_ahead(live.slug(), state.head(), &head)?;
            (state.head().clone(), live.is_cold())
        };
        let ahead = head.position().value() - held.position().value();
        let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
        if is_cold || ahead > LINES_HELD_MAX {
            self.load(live, &head).await?;
            return Ok(true);
        }
        let mut frontier = held.frontier().clone();
        let mut pages = Vec::new();
        let mut position = held.position();
        while frontier.size() < head.position().value() {
            let left = usize::try_from(head.position().value() - frontier.size()).unwrap_or(usize::MAX);
            let page = self.store.read(live.slug(), position, left).await?;
            if page.is_empty() {
                break;
            }
            position = page.lines().fold(position, |position, _| position.next());
            let full = |error| StoreError::permanent("read a stream", error);
            frontier.extend(page.lines().map(leaf_hash)).map_err(full)?;
            pages.push(page);
        }
        check_end(live.slug(), &frontier, &head)?;
        fold_pages(live, &held, pages, head).await?;
        self.has_grown(live.slug());
        Ok(ahead > LINES_INLINE_MAX)
    }

    /// Asks the store where the stream ends.
    async fn see(&self, live: &Live) -> Result<Seen, EnterpriseError> {
        let before = live.read()?.head().position();
        let head = self.store.head(live.slug()).await?.unwrap_or_default();
        Ok(Seen { before, head })
    }

    /// Takes the state out, folds a long stream's lines, and puts it back.
    async fn load(&self, live: &Arc<Live>, head: &Head) -> Result<(), EnterpriseError> {
        let (away, begun) = Away::take(live)?;
        let begun = match begun.head == Head::EMPTY {
            true => self.begin_with_snapshot(live.slug(), head).await,
            false => Some(begun),
        };
        away.put(self.walk_from(live, begun, head).await?)
    }

    /// Folds what stands between a state, or a snapshot's, and the head. A snapshot of another stream is found out
    /// then, and the stream is replayed from its first line.
    async fn walk_from(&self, live: &Arc<Live>, begun: Option<Held>, head: &Head) -> Result<Held, EnterpriseError> {
        if let Some(begun) = begun {
            match self.walk(live, begun, head).await {
                Err(EnterpriseError::Store(StoreError::Altered(altered))) => {
                    let (enterprise, error) = (live.slug(), altered.alteration.to_string());
                    tracing::warn!(%enterprise, error, "the state does not lead to the head, the stream is replayed");
                }
                walked => return walked,
            }
        }
        self.walk(live, Held::default(), head).await
    }

    async fn walk(&self, live: &Arc<Live>, begun: Held, head: &Head) -> Result<Held, EnterpriseError> {
        let frontier = begun.head.frontier().clone();
        live.has_snapshot_at(begun.head.position());
        let loading = Loading::new(live.slug(), begun.enterprise);
        let loaded = walk(&*self.store, live.slug(), &frontier, head, loading, Loading::fold).await?;
        if let Some(fault) = loaded.fault {
            return Err(fault);
        }
        self.check_nothing_behind(live.slug(), head).await?;
        live.check_name(&loaded.enterprise)?;
        Ok(Held::new(loaded.enterprise, head.clone()))
    }

    /// Fails where lines stand behind the head, and the head stays where it was: an older one was put in its place.
    async fn check_nothing_behind(&self, enterprise: &EnterpriseSlug, head: &Head) -> Result<(), StoreError> {
        let behind = self.store.read(enterprise, head.position(), 1).await;
        if matches!(&behind, Ok(page) if page.is_empty()) || self.store.head(enterprise).await?.as_ref() != Some(head) {
            return Ok(());
        }
        behind?;
        let (enterprise, head) = (enterprise.clone(), head.position());
        let alteration = Alteration::Beyond {
            head,
            lines: head.next(),
        };
        Err(StoreError::Altered(Altered { enterprise, alteration }))
    }
}

/// Where a stream was said to end, and how far the state was when that was asked.
struct Seen {
    before: Position,
    head: Head,
}

impl Seen {
    /// Whether the state holds all of it. What this process has appended or read since may go beyond the answer,
    /// which is of a moment before.
    fn is_held_by(&self, live: &Live) -> bool {
        live.read().is_ok_and(|state| {
            let is_overtaken = (self.before..state.head().position()).contains(&self.head.position());
            state.head().frontier() == self.head.frontier() || is_overtaken
        })
    }
}

/// A stream that is read can only go on: what ends before the state, or where it does with other lines, was altered.
fn check_ahead(enterprise: &EnterpriseSlug, held: &Head, head: &Head) -> Result<(), StoreError> {
    let alteration = if head.position() < held.position() {
        Alteration::SetBack {
            head: head.position(),
            before: held.position(),
        }
    } else if head.position() == held.position() {
        Alteration::Differs {
            position: head.position(),
            head: head.root(),
            lines: held.root(),
        }
    } else {
        return Ok(());
    };
    let enterprise = enterprise.clone();
    Err(StoreError::Altered(Altered { enterprise, alteration }))
}

/// Folds lines that were compared into a state that stays where it can be asked, a window at a time.
async fn fold_pages(live: &Arc<Live>, held: &Head, pages: Vec<Page>, head: Head) -> Result<(), EnterpriseError> {
    let lines: usize = pages.iter().map(Page::len).sum();
    let mut decoder = Decoder::resume(held.position(), held.last_at());
    let live = Arc::clone(live);
    let mut fold = move || {
        let mut events = Vec::with_capacity(lines);
        for line in pages.iter().flat_map(Page::lines) {
            events.push(decoder.decode(line).map_err(|source| unreadable(live.slug(), source))?);
        }
        live.advance(&head, |enterprise| {
            // An append of this process may have been faster.
            let known = events.partition_point(|event| event.position <= enterprise.position());
            enterprise.apply_all(events.get(known..).unwrap_or_default())
        })
    };
    if lines <= LINES_INLINE_MAX {
        return fold();
    }
    spawn_blocking(fold)
        .await
        .unwrap_or_else(|error| Err(StoreError::transient("fold a stream", error).into()))
}

/// The place of a state that was taken out. Whatever becomes of the load, it is given up or goes wrong, there is a
/// state again: an empty one is loaded anew.
struct Away<'a>(&'a Live);

impl<'a> Away<'a> {
    fn take(live: &'a Live) -> Result<(Self, Held), EnterpriseError> {
        let held = live.take()?;
        Ok((Self(live), held))
    }

    fn put(self, held: Held) -> Result<(), EnterpriseError> {
        let live = self.0;
        std::mem::forget(self);
        live.put(held)
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        // A poisoned lock tells by itself that the state is lost.
        let _ = self.0.put(Held::default());
    }
}

/// A state on its way to its stream's end.
struct Loading {
    slug: EnterpriseSlug,
    enterprise: Enterprise,
    decoder: Decoder,
    window: Vec<RecordedEvent>,
    /// What cannot be folded. Whether these are the lines that were appended shows at the end.
    fault: Option<EnterpriseError>,
}

impl Loading {
    fn new(slug: &EnterpriseSlug, enterprise: Enterprise) -> Self {
        Self {
            slug: slug.clone(),
            decoder: Decoder::resume(enterprise.position(), enterprise.last_at()),
            enterprise,
            window: Vec::with_capacity(WINDOW),
            fault: None,
        }
    }

    fn fold(&mut self, page: &Page) -> Result<(), EnterpriseError> {
        if self.fault.is_none() {
            self.fault = self.try_to_fold(page).err();
        }
        Ok(())
    }

    fn try_to_fold(&mut self, page: &Page) -> Result<(), EnterpriseError> {
        let mut lines = page.lines();
        loop {
            self.window.clear();
            for line in lines.by_ref().take(WINDOW) {
                let event = self.decoder.decode(line);
                self.window
                    .push(event.map_err(|source| unreadable(&self.slug, source))?);
            }
            if self.window.is_empty() {
                return Ok(());
            }
            self.enterprise
                .apply_all(&self.window)
                .map_err(|source| corrupt(&self.slug, source))?;
        }
    }
}

fn unreadable(enterprise: &EnterpriseSlug, source: LogError) -> EnterpriseError {
    let enterprise = enterprise.clone();
    EnterpriseError::Unreadable { enterprise, source }
}

fn corrupt(enterprise: &EnterpriseSlug, source: CorruptHistory) -> EnterpriseError {
    let enterprise = enterprise.clone();
    EnterpriseError::Corrupt { enterprise, source }
}
