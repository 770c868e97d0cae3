//! An append in pieces, in one transaction of the writer's.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::pieces::{Piece, Session};
use super::queue::Other;
use super::{SqliteStore, WRITER_ENDED};
use crate::store::{Append, Batch, Head, StoreError};

/// An append to a stream of a [`SqliteStore`]. It holds the one write lock of the file.
#[derive(Debug)]
pub struct SqliteAppend {
    pieces: mpsc::Sender<Piece>,
    head: Head,
}

const APPEND: &str = "append to a stream";

impl SqliteAppend {
    /// Waits for the write lock.
    pub(super) async fn begin(
        store: &SqliteStore,
        enterprise: &EnterpriseSlug,
        expected: &Head,
    ) -> Result<Self, StoreError> {
        let (pieces, received) = mpsc::channel();
        let (begun, answer) = oneshot::channel();
        store.queue().push_other(Other::Session(Session {
            enterprise: enterprise.clone(),
            expected: expected.clone(),
            deadline: Instant::now() + store.shared.patience,
            begun,
            pieces: received,
        }));
        answer.await.map_err(|_| ended())??;
        Ok(Self {
            pieces,
            head: expected.clone(),
        })
    }
}

impl Append for SqliteAppend {
    async fn push(&mut self, batch: Batch) -> Result<(), StoreError> {
        batch.check_follows(&self.head)?;
        let batch = Arc::new(batch);
        let (answer, inserted) = oneshot::channel();
        self.pieces
            .send(Piece::Batch(Arc::clone(&batch), answer))
            .map_err(|_| ended())?;
        // Hashed while it is inserted.
        let (frontier, hashing) = (self.head.frontier().clone(), Arc::clone(&batch));
        let frontier = spawn_blocking(move || grown(frontier, &hashing)).await;
        inserted.await.map_err(|_| ended())??;
        let frontier = frontier.map_err(|error| StoreError::transient(APPEND, error))??;
        self.head = self.head.behind(&batch, frontier);
        Ok(())
    }

    async fn commit(self) -> Result<Head, StoreError> {
        if self.head == Head::EMPTY {
            return Ok(self.head);
        }
        let (answer, committed) = oneshot::channel();
        self.pieces
            .send(Piece::Commit(self.head, answer))
            .map_err(|_| ended())?;
        committed.await.map_err(|_| StoreError::unknown(APPEND, WRITER_ENDED))?
    }
}

/// The frontier behind a batch.
pub(super) fn grown(mut frontier: Frontier, batch: &Batch) -> Result<Frontier, StoreError> {
    batch
        .extend(&mut frontier)
        .map_err(|error| StoreError::permanent(APPEND, error))?;
    Ok(frontier)
}

fn ended() -> StoreError {
    StoreError::transient(APPEND, WRITER_ENDED)
}
