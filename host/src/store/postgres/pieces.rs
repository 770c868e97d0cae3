//! An append in pieces, in one transaction of the server's.

use std::sync::Arc;

use enterprise_credentials::EnterpriseSlug;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::append::{self, APPEND};
use super::cluster::{Cluster, Lent};
use super::failure::Failure;
use super::fence::Fence;
use super::session::Commit;
use super::{heads, look_up, segments};
use crate::store::{Append, Batch, Head, StoreError};

/// An append to a stream of a [`super::PostgresStore`]. It holds the lock on the stream's head. Dropped, its connection
/// is closed, and nothing of it is kept.
#[derive(Debug)]
pub struct PostgresAppend {
    lent: Lent,
    cluster: Arc<Cluster>,
    fence: Arc<Fence>,
    enterprise: EnterpriseSlug,
    head: Head,
}

impl PostgresAppend {
    /// Waits for the lock.
    pub(super) async fn begin(
        cluster: &Arc<Cluster>,
        fence: &Arc<Fence>,
        enterprise: &EnterpriseSlug,
        expected: &Head,
    ) -> Result<Self, StoreError> {
        let lent = cluster.lend().await?;
        let begun = async {
            lent.execute(Commit::Durable.begin()).await?;
            append::lock(cluster, &lent, enterprise, expected).await
        };
        answered(cluster.wait_on(&lent.primary, begun).await)?;
        Ok(Self {
            lent,
            cluster: Arc::clone(cluster),
            fence: Arc::clone(fence),
            enterprise: enterprise.clone(),
            head: expected.clone(),
        })
    }
}

/// What the server said, where it is still the primary. Nothing is kept otherwise: it was not asked to commit.
fn answered<T>(said: Option<Result<T, Failure>>) -> Result<T, StoreError> {
    let gone = || Err(Failure::Lost("the server is not the primary any more".into()));
    said.unwrap_or_else(gone).map_err(|failure| failure.told(APPEND))
}

impl Append for PostgresAppend {
    async fn push(&mut self, batch: Batch) -> Result<(), StoreError> {
        batch.check_follows(&self.head)?;
        let batch = Arc::new(batch);
        // Hashed while it is inserted.
        let (head, hashing) = (self.head.clone(), Arc::clone(&batch));
        let grown = spawn_blocking(move || head.grown_by(&hashing));
        let inserted = async {
            segments::insert(&self.lent, &self.enterprise, batch.expected(), batch.page()).await?;
            look_up::insert(&self.lent, &self.enterprise, batch.issued()).await
        };
        answered(self.cluster.wait_on(&self.lent.primary, inserted).await)?;
        self.head = grown.await.map_err(|error| StoreError::transient(APPEND, error))??;
        Ok(())
    }

    async fn commit(self) -> Result<Head, StoreError> {
        let Self {
            lent,
            cluster,
            fence,
            enterprise,
            head,
        } = self;
        if head == Head::EMPTY {
            return Ok(head);
        }
        let put = async {
            append::check_still_allowed(&cluster, &lent).await?;
            heads::put(&lent, &enterprise, &head).await
        };
        answered(cluster.wait_on(&lent.primary, put).await)?;
        let committed = cluster.wait_on(&lent.primary, lent.commit()).await;
        let gone = || Err(Failure::Unknown("the server is not the primary any more".into()));
        match committed.unwrap_or_else(gone) {
            Ok(()) => {
                lent.give_back();
                Ok(head)
            }
            Err(Failure::Unknown(why)) => {
                cluster.look_around().await;
                let deadline = Instant::now() + cluster.options.deadline;
                match fence.head(&enterprise, deadline).await {
                    Ok(Some(found)) if found.frontier() == head.frontier() => Ok(found),
                    _ => Err(StoreError::unknown(APPEND, why)),
                }
            }
            Err(failure) => Err(failure.told(APPEND)),
        }
    }
}
