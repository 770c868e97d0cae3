//! The port to storage: one stream of lines for each enterprise, appended only where its end is expected; two projections
//! of the streams: which credential a fingerprint stands for, and which enterprises have work to be done; and a snapshot of
//! each stream's state, to save its readers the replay.

mod page;
mod sqlite;
mod url;

use std::error::Error;
use std::future::Future;

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position, RecordedEvent};

pub use page::Page;
pub use sqlite::{IfMissing, SqliteAppend, SqliteReader, SqliteStore};
pub use url::{NotAStoreUrl, StoreUrl};

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
    /// An append in pieces.
    type Append: Append;

    /// Begins an append behind `expected`, which must be the stream's last position ([`Position::START`] for a new
    /// stream). Until it is committed or dropped, no other append to the store need get on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stream ends elsewhere, [`StoreError::Unavailable`] where the storage failed.
    fn begin(
        &self,
        enterprise: &EnterpriseSlug,
        expected: Position,
    ) -> impl Future<Output = Result<Self::Append, StoreError>> + Send;

    /// Appends `lines` behind `expected`, in one piece.
    ///
    /// # Errors
    /// Those of [`Store::begin`], [`Append::push`] and [`Append::commit`].
    fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: Position,
        lines: &[Line],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let mut append = self.begin(enterprise, expected).await?;
            append.push(lines).await?;
            append.commit().await
        }
    }

    /// At most `limit` lines behind `after`, in order. Fewer than `limit` means that the stream ends there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn read(
        &self,
        enterprise: &EnterpriseSlug,
        after: Position,
        limit: u32,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// The enterprises that have requested a revocation whose completion is not recorded, in the order of the slugs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn unfinished(&self) -> impl Future<Output = Result<Vec<EnterpriseSlug>, StoreError>> + Send;

    /// What `fingerprint` stands for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn holder(&self, fingerprint: &Fingerprint) -> impl Future<Output = Result<Option<Holder>, StoreError>> + Send;

    /// Keeps the bytes of a snapshot that was taken at `position`, in place of the stream's last one, unless that was taken
    /// later. Nobody relies on it: it need not be durable, and may be forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn keep_snapshot(
        &self,
        enterprise: &EnterpriseSlug,
        position: Position,
        snapshot: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The stream's snapshot, as it was given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    fn snapshot(&self, enterprise: &EnterpriseSlug)
    -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

/// An append under way: all of it is kept, or nothing. Nobody sees any of it before it is committed; dropped before that,
/// it leaves nothing.
pub trait Append: Send {
    /// Adds `lines` behind the last of the ones before, and what they say to the look-up and to the unfinished
    /// revocations. After an error it can only be dropped.
    ///
    /// # Errors
    /// [`StoreError::Misplaced`] where the lines' own positions do not follow without gaps,
    /// [`StoreError::DuplicateFingerprint`] where a fingerprint stands for another credential already (a store may say so
    /// here or at the commit), [`StoreError::Unavailable`] where the storage failed.
    fn push(&mut self, lines: &[Line]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes it durable, and seen by all.
    ///
    /// # Errors
    /// [`StoreError::DuplicateFingerprint`] or [`StoreError::Unavailable`], as above.
    fn commit(self) -> impl Future<Output = Result<(), StoreError>> + Send;
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
