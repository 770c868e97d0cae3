//! An append whose outcome is unknown. Its connection was lost, or the wait for the standbys was cut short, which the
//! server calls a success.
//!
//! The same bytes are appended again at the same position. If that succeeds, the first attempt can never get there any
//! more. If something else stands there, a fenced read says whether it is these very bytes, durable by now, or
//! another's. A look without a fence would only show the commit of one server, and prove nothing.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::Position;
use tokio::time::Instant;

use super::append::{APPEND, Appending};
use super::cluster::Cluster;
use super::failure::Failure;
use super::fence::Fence;
use super::segments;
use crate::store::{Head, Page, StoreError};

const PAUSE: Duration = Duration::from_millis(100);

/// Settles it until `deadline`.
///
/// # Errors
/// [`StoreError::Conflict`] where other lines stand there;
/// [`StoreError::Unknown`] where it could not be settled in time.
pub(super) async fn settle(
    appending: &Appending,
    cluster: &Arc<Cluster>,
    fence: &Fence,
    deadline: Instant,
    mut why: Box<dyn std::error::Error + Send + Sync>,
) -> Result<Head, StoreError> {
    let enterprise = &appending.enterprise;
    tracing::warn!(%enterprise, reason = why.to_string(), "the outcome of an append is unknown: it is appended again");
    cluster.look_around().await;
    while Instant::now() < deadline {
        match appending.append(cluster, deadline).await {
            Ok(head) => return Ok(head),
            Err(Failure::Told(StoreError::Conflict { .. })) => {
                match stands(appending, cluster, fence, deadline).await {
                    Ok(Some(head)) => return Ok(head),
                    // It is gone again: a failover came between.
                    Ok(None) => {}
                    Err(error @ (StoreError::Conflict { .. } | StoreError::Altered(_))) => return Err(error),
                    Err(error) => why = crate::error_chain(&error).into(),
                }
            }
            Err(Failure::Unknown(error) | Failure::Lost(error)) => {
                why = error;
                cluster.look_around().await;
            }
            Err(failure) => match failure.told(APPEND) {
                StoreError::Transient { source, .. } => why = source,
                error @ (StoreError::Conflict { .. } | StoreError::Altered(_)) => return Err(error),
                // That it cannot be done now does not say that it was not done before.
                error => {
                    why = crate::error_chain(&error).into();
                    break;
                }
            },
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(StoreError::unknown(APPEND, why))
}

/// Whether the lines stand where they should, for all that any primary will ever say.
/// Nothing where the stream ends before them.
async fn stands(
    appending: &Appending,
    cluster: &Cluster,
    fence: &Fence,
    deadline: Instant,
) -> Result<Option<Head>, StoreError> {
    let (enterprise, ours) = (&appending.enterprise, &appending.head);
    let found = fence.head(enterprise, deadline).await?.unwrap_or_default();
    if found.frontier() == ours.frontier() {
        return Ok(Some(found));
    }
    let before = appending.expected.position();
    if found.position() <= before {
        return Ok(None);
    }
    // What stands below a fenced head stays there.
    let end = ours.position();
    if found.position() > end && is_there(cluster, appending, before).await? {
        return Ok(Some(ours.clone()));
    }
    Err(StoreError::Conflict {
        enterprise: enterprise.clone(),
        expected: before,
        actual: found.position(),
    })
}

async fn is_there(cluster: &Cluster, appending: &Appending, before: Position) -> Result<bool, StoreError> {
    let ours = appending.batch.page();
    let mut lines = ours.lines();
    let (mut after, mut left) = (before, ours.len());
    while left > 0 {
        let page: Page = segments::read(cluster, &appending.enterprise, after, left).await?;
        if page.is_empty() || !page.lines().all(|line| lines.next() == Some(line)) {
            return Ok(false);
        }
        left -= page.len();
        after = page.lines().fold(after, |after, _| after.next());
    }
    Ok(true)
}
