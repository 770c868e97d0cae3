//! A stream from one end to the other, compared with its head.

use std::sync::Arc;

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::{Frontier, leaf_hash};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::{Alteration, Altered, Head, Page, StoreError, Streams};

/// How many lines are read at a time: enough to be fast, few enough to be little memory.
const PAGE_LINES: usize = 16 * 1024;
/// How many pages may wait to be consumed, and to be hashed: neither of the two waits for the other at each page.
const PAGES_WAITING_MAX: usize = 2;
/// Up to how many lines are hashed and consumed where they were read; more would hold up other requests.
const LINES_INLINE_MAX: usize = 64;
const READ: &str = "read a stream";

/// Has `consume` take the lines behind `begin` in their order, up to `head`, and compares them with what it commits to.
/// Reading, consuming and hashing go on side by side, a page at a time, on threads that may block;
/// none of them waits on such a thread.
///
/// What was consumed is to be relied on only if this returns without an error: gives `consumer` back then.
///
/// # Errors
/// Those of `streams` and of `consume`; [`StoreError::Altered`] where the lines are not those that the head commits to.
pub async fn walk<S, T, E>(
    streams: &S,
    enterprise: &EnterpriseSlug,
    begin: &Frontier,
    head: &Head,
    consumer: T,
    consume: fn(&mut T, &Page) -> Result<(), E>,
) -> Result<T, E>
where
    S: Streams,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (to_consume, consuming) = mpsc::channel(PAGES_WAITING_MAX);
    let (to_hash, hashing) = mpsc::channel(PAGES_WAITING_MAX);
    let (read, consumed, frontier) = tokio::join!(
        read_pages(streams, enterprise, begin.size(), head, [to_consume, to_hash]),
        consume_pages(consuming, consumer, consume),
        hash_pages(hashing, begin.clone()),
    );
    let (consumer, frontier) = (consumed?, frontier?);
    read?;
    check_end(enterprise, &frontier, head)?;
    Ok(consumer)
}

/// Fails unless a stream's lines, which have this frontier, are those that its head commits to.
///
/// # Errors
/// [`StoreError::Altered`].
pub fn check_end(enterprise: &EnterpriseSlug, frontier: &Frontier, head: &Head) -> Result<(), StoreError> {
    let (position, lines) = (head.position(), frontier.size());
    let alteration = if lines < position.value() {
        Alteration::Missing {
            position: Position::new(lines).unwrap_or_default(),
        }
    } else if frontier != head.frontier() {
        Alteration::Differs {
            position,
            head: head.root(),
            lines: frontier.root(),
        }
    } else {
        return Ok(());
    };
    let enterprise = enterprise.clone();
    Err(StoreError::Altered(Altered { enterprise, alteration }))
}

/// Hands on the lines as far as the head goes, until somebody takes no more.
async fn read_pages<S: Streams>(
    streams: &S,
    enterprise: &EnterpriseSlug,
    begin: u64,
    head: &Head,
    takers: [mpsc::Sender<Arc<Page>>; 2],
) -> Result<(), StoreError> {
    let mut after = begin;
    loop {
        let left = usize::try_from(head.position().value().saturating_sub(after)).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(());
        }
        let position = Position::new(after).map_err(|error| StoreError::permanent(READ, error))?;
        let page = streams.read(enterprise, position, left.min(PAGE_LINES)).await?;
        if page.is_empty() {
            return Ok(());
        }
        after += page.len() as u64;
        let page = Arc::new(page);
        for taker in &takers {
            // Whoever takes no more has failed, and says why.
            if taker.send(Arc::clone(&page)).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn consume_pages<T, E>(
    mut pages: mpsc::Receiver<Arc<Page>>,
    mut consumer: T,
    consume: fn(&mut T, &Page) -> Result<(), E>,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    while let Some(page) = pages.recv().await {
        let lines = page.len();
        let take = move || consume(&mut consumer, &page).map(|()| consumer);
        consumer = aside(lines, take).await.unwrap_or_else(|lost| Err(lost.into()))?;
    }
    Ok(consumer)
}

/// Grows a frontier by the pages' lines.
async fn hash_pages(mut pages: mpsc::Receiver<Arc<Page>>, mut frontier: Frontier) -> Result<Frontier, StoreError> {
    while let Some(page) = pages.recv().await {
        let lines = page.len();
        let grow = move || frontier.extend(page.lines().map(leaf_hash)).map(|()| frontier);
        let grown = aside(lines, grow).await?;
        frontier = grown.map_err(|full| StoreError::permanent(READ, full))?;
    }
    Ok(frontier)
}

/// Does what so many lines take, on a thread that may block unless they are few.
async fn aside<T: Send + 'static>(lines: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    if lines <= LINES_INLINE_MAX {
        return Ok(work());
    }
    let done = spawn_blocking(work).await;
    done.map_err(|error| StoreError::permanent(READ, error))
}
