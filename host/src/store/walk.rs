//! A stream from one end to the other, compared with its head.

use std::sync::Arc;

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::{Frontier, Hash, leaf_hash};
use tokio::task::spawn_blocking;

use super::{Alteration, Altered, Head, Page, StoreError, Streams};

/// How many lines are read at a time: enough to be fast, few enough to be little memory.
const PAGE_LINES: usize = 16 * 1024;
/// Up to how many lines are hashed and consumed where they were read; more would hold up other requests.
const LINES_INLINE_MAX: usize = 64;
const READ: &str = "read a stream";

/// Has `consume` take the lines behind `begin` in their order, up to `head`, and compares them with what it commits to. A page
/// is consumed and hashed while the next one is read, each on a thread that may block.
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
    let (mut consumer, mut frontier) = (consumer, begin.clone());
    let mut next = read(streams, enterprise, frontier.size(), head).await?;
    while let Some(page) = next.take() {
        let behind = frontier.size() + page.len() as u64;
        let consumed = aside(&page, consumer, consume);
        let (consumed, hashed, read) = tokio::join!(
            consumed,
            grow(frontier, Arc::clone(&page)),
            read(streams, enterprise, behind, head)
        );
        (consumer, frontier, next) = (consumed?, hashed?, read?);
    }
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

/// The next lines, as far as the head goes.
async fn read<S: Streams>(
    streams: &S,
    enterprise: &EnterpriseSlug,
    after: u64,
    head: &Head,
) -> Result<Option<Arc<Page>>, StoreError> {
    let left = usize::try_from(head.position().value().saturating_sub(after)).unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(None);
    }
    let after = Position::new(after).map_err(|error| StoreError::permanent(READ, error))?;
    let page = streams.read(enterprise, after, left.min(PAGE_LINES)).await?;
    Ok(Some(Arc::new(page)).filter(|page| !page.is_empty()))
}

async fn aside<T, E>(page: &Arc<Page>, mut consumer: T, consume: fn(&mut T, &Page) -> Result<(), E>) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    if page.len() <= LINES_INLINE_MAX {
        return consume(&mut consumer, page).map(|()| consumer);
    }
    let page = Arc::clone(page);
    let consumed = spawn_blocking(move || consume(&mut consumer, &page).map(|()| consumer));
    consumed
        .await
        .unwrap_or_else(|error| Err(StoreError::permanent(READ, error).into()))
}

/// Grows a frontier by a page's lines: of a long page each half is hashed on a thread of its own.
async fn grow(mut frontier: Frontier, page: Arc<Page>) -> Result<Frontier, StoreError> {
    let full = |error| StoreError::permanent(READ, error);
    if page.len() <= LINES_INLINE_MAX {
        frontier.extend(page.lines().map(leaf_hash)).map_err(full)?;
        return Ok(frontier);
    }
    let half = page.len() / 2;
    let first = Arc::clone(&page);
    let first = spawn_blocking(move || first.lines().take(half).map(leaf_hash).collect::<Vec<Hash>>());
    let rest = spawn_blocking(move || page.lines().skip(half).map(leaf_hash).collect::<Vec<Hash>>());
    let lost = |error| StoreError::permanent(READ, error);
    frontier.extend(first.await.map_err(lost)?).map_err(full)?;
    frontier.extend(rest.await.map_err(lost)?).map_err(full)?;
    Ok(frontier)
}
