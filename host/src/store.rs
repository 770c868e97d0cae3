//! The port to storage: one stream of lines for each enterprise, appended only where its end is expected, and the
//! look-up from a fingerprint to the one credential that it stands for.

mod sqlite;

use std::error::Error;
use std::future::Future;

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position, RecordedEvent};

pub use sqlite::{IfMissing, SqliteReader, SqliteStore};

/// A recorded event, and the bytes that it is kept as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was recorded.
    pub event: RecordedEvent,
    /// The log's line, as written or as read, without its line feed.
    pub bytes: Vec<u8>,
}

impl Line {
    /// The line that an event is written as.
    pub fn written(event: RecordedEvent) -> Self {
        let mut bytes = Vec::new();
        write_line(&event, &mut bytes);
        bytes.pop();
        Self { event, bytes }
    }

    /// What the line adds to the look-up: the fingerprint of a credential that it issues.
    pub fn fingerprint(&self) -> Option<(&Fingerprint, CredentialId)> {
        match &self.event.event {
            Event::CredentialIssued {
                credential,
                fingerprint: Some(fingerprint),
                ..
            } => Some((fingerprint, *credential)),
            _ => None,
        }
    }
}

/// What a fingerprint stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The one enterprise.
    pub enterprise: EnterpriseSlug,
    /// The one credential in it.
    pub credential: CredentialId,
}

/// Where the streams are kept. `tests/store_contract` holds every implementation to what is said here.
///
/// What was appended is durable before the call returns, and seen by every read that begins after that, in this process
/// and in any other on the same storage.
pub trait Store: Send + Sync + 'static {
    /// Appends `lines` behind `expected`, which must be the stream's last position ([`Position::START`] for a new
    /// stream), and their fingerprints to the look-up: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stream ends elsewhere, [`StoreError::DuplicateFingerprint`] where a
    /// fingerprint stands for another credential already, [`StoreError::Misplaced`] where the lines' own positions do
    /// not follow `expected` without gaps, [`StoreError::Unavailable`] where the storage failed.
    fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: Position,
        lines: &[Line],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The bytes of at most `limit` lines behind `after`, in order. Fewer than `limit` means that the stream ends there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn read(
        &self,
        enterprise: &EnterpriseSlug,
        after: Position,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, StoreError>> + Send;

    /// Every stream, in the order of the slugs, with its last position.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn streams(&self) -> impl Future<Output = Result<Vec<(EnterpriseSlug, Position)>, StoreError>> + Send;

    /// What `fingerprint` stands for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn holder(&self, fingerprint: &Fingerprint) -> impl Future<Output = Result<Option<Holder>, StoreError>> + Send;
}

/// Why the storage did not do as asked. Nothing of a failed append is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else appended first. Read on from `expected`, and decide again.
    #[error("stream `{enterprise}` ends at position {actual}, not at {expected}")]
    Conflict {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where the caller thought it ended.
        expected: Position,
        /// Where it ends.
        actual: Position,
    },
    /// A fingerprint stands for one credential only, across all enterprises.
    #[error(
        "credential `{credential}` at position {position} has the fingerprint `{fingerprint}`, \
         which stands for credential `{}` of enterprise `{}` already",
        .holder.credential, .holder.enterprise
    )]
    DuplicateFingerprint {
        /// Where the second credential is issued.
        position: Position,
        /// The second credential.
        credential: CredentialId,
        /// What both have.
        fingerprint: Fingerprint,
        /// The first.
        holder: Holder,
    },
    /// The lines given do not follow the position given: a mistake of the caller.
    #[error("a line for position {expected} is numbered {found}")]
    Misplaced {
        /// The position that comes next.
        expected: Position,
        /// The position that the line carries.
        found: Position,
    },
    /// The storage failed, or did not answer in time.
    #[error("the store cannot {action}")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// What the storage said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
