//! An append in pieces, as the writer gets it.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;

use enterprise_credentials::EnterpriseSlug;
use tokio::sync::oneshot;

use crate::store::{Batch, Head, StoreError};

/// An append in pieces.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) enterprise: EnterpriseSlug,
    pub(super) expected: Head,
    pub(super) deadline: Instant,
    /// Told when the transaction has begun.
    pub(super) begun: oneshot::Sender<Result<(), StoreError>>,
    /// The pieces; gone without a commit, the transaction is rolled back.
    pub(super) pieces: mpsc::Receiver<Piece>,
}

/// A part of the append.
#[derive(Debug)]
pub(super) enum Piece {
    Batch(Arc<Batch>, oneshot::Sender<Result<(), StoreError>>),
    Commit(Head, oneshot::Sender<Result<Head, StoreError>>),
}
