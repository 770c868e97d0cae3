//! The port to storage. It has one stream of lines for each enterprise, which is appended only where its end is
//! expected. It has a head of each stream, which commits to all its lines. It has the look-up, which says what a
//! fingerprint stands for. And it has a snapshot of each stream's state, which saves its readers the replay.

#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(dead_code, unused_imports, reason = "what engines share, in a library without any")
)]

mod batch;
mod checkpoint;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "sqlite")]
mod copy;
mod durability;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod engine;
mod entry;
mod error;
mod head;
mod head_row;
mod inspect;
mod mend;
mod page;
#[cfg(feature = "postgres")]
mod postgres;
mod segment;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;
pub mod verify;
mod walk;

use std::future::Future;
use std::time::Duration;

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::{Frontier, KeyName};

pub use batch::Batch;
pub use checkpoint::KeptCheckpoint;
#[cfg(feature = "sqlite")]
pub use copy::{Copied, IfThere, Lost, Restored};
pub use durability::Durability;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use engine::mend;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use engine::{AnyAppend, AnyReader, AnyStore, Reads, StoreOptions, open, open_to_read, open_with};
#[cfg(feature = "sqlite")]
pub use engine::{backup, restore};
pub use error::{Alteration, Altered, StoreError};
pub use head::Head;
pub use inspect::{Ends, Inspect, LookUpRow};
pub use mend::Mended;
pub(crate) use mend::{Batches, Mending, RightLines};
pub use page::Page;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresAppend, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{INLINE_READS_MAX, SqliteAppend, SqliteOptions, SqliteReader, SqliteStore};
pub use url::{NotAStoreUrl, PostgresUrl, StoreUrl};
pub use walk::{check_end, walk};

/// What to do where a store does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Create it.
    Create,
    /// Fail: a misspelt path must not become an empty store in which no token is known.
    Fail,
}

/// What a fingerprint stands for in one enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The enterprise.
    pub enterprise: EnterpriseSlug,
    /// The one credential of it.
    pub credential: CredentialId,
}

/// Who waits for an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A caller: it goes before all jobs.
    Request,
    /// The worker.
    Job,
}

/// The state of a stream as bytes, and the tree over the lines that it was folded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The right edge of the tree: its size is the position that the snapshot was taken at.
    pub frontier: Frontier,
    /// What the core wrote.
    pub bytes: Vec<u8>,
}

/// What a store that works says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// How long appends have been waiting for another process to let go of the store.
    pub waiting: Option<Duration>,
    /// What is lost of what was appended, and when; nothing where the engine has one answer, which its documents give.
    pub durability: Option<Durability>,
}

/// What a store holds of the streams. Every call may fail with [`StoreError::Transient`] or [`StoreError::Permanent`].
pub trait Streams: Send + Sync + 'static {
    /// Where the stream ends; nothing where there is no such stream.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where there are lines without a head, or the head is broken.
    fn head(&self, enterprise: &EnterpriseSlug) -> impl Future<Output = Result<Option<Head>, StoreError>> + Send;

    /// At most `limit` lines behind `after`, in order, and at least one unless the stream ends there. They are what the
    /// storage holds: whoever has read as far as the head compares them with its frontier.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where the next line is missing and others follow.
    fn read(
        &self,
        enterprise: &EnterpriseSlug,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// What the logs of this store are called; nothing before the first of them is sealed.
    fn log_name(&self) -> impl Future<Output = Result<Option<KeyName>, StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// The checkpoint of a stream's latest log that covers the most lines.
    fn last_checkpoint(
        &self,
        _enterprise: &EnterpriseSlug,
    ) -> impl Future<Output = Result<Option<KeptCheckpoint>, StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// The checkpoint of a stream's log that covers this many lines.
    fn checkpoint(
        &self,
        _enterprise: &EnterpriseSlug,
        _log: u32,
        _size: u64,
    ) -> impl Future<Output = Result<Option<KeptCheckpoint>, StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// The stream of which a checkpoint is kept that comes first behind `after`, in the order of the names' bytes. The
    /// name may be one that no stream can have, where somebody else wrote it.
    fn next_sealed(&self, _after: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// Lets what is under way end, and lets go of the storage. What is asked after that fails,
    /// or is answered as before.
    fn close(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// Where the streams are kept. The module `contract`, behind the feature of that name,
/// holds any implementation to what is said here.
///
/// What was appended is durable before the call returns, and seen by every read that begins after that, in this process
/// and in any other on the same storage. Every call may fail with [`StoreError::Transient`] or
/// [`StoreError::Permanent`].
pub trait Store: Streams {
    /// An append in pieces.
    type Append: Append;

    /// Closes a store for which there is no use after all: what was created when it was opened is removed, unless there
    /// is a stream in it or another process uses it.
    fn abandon(&self) -> impl Future<Output = ()> + Send {
        self.close()
    }

    /// Appends `batch` to a stream that ends with `expected` ([`Head::EMPTY`] for a new one), in one piece. Gives the
    /// head behind it; nothing happens where the batch has no line.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stream ends elsewhere, [`StoreError::Altered`] where it ends there with other
    /// lines, [`StoreError::Misplaced`] where the batch does not follow `expected`,
    /// [`StoreError::DuplicateFingerprint`] where a fingerprint stands for another credential of the enterprise
    /// already; [`StoreError::Unknown`] where the append may have been kept all the same.
    fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// Begins an append that is too long for one piece. Until it is committed or dropped, no other append to the store
    /// need get on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] and [`StoreError::Altered`], as above.
    fn begin(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
    ) -> impl Future<Output = Result<Self::Append, StoreError>> + Send;

    /// The enterprises with a revocation that was requested and whose completion is not recorded, in the order of the
    /// slugs. Those whose heads are broken or lost, of which nobody can tell, are among them at the first call,
    /// and now and then.
    fn unfinished(&self) -> impl Future<Output = Result<Vec<EnterpriseSlug>, StoreError>> + Send;

    /// The stream whose last event is the newest, and that event's time.
    /// Streams whose heads are broken are passed over.
    fn newest(&self) -> impl Future<Output = Result<Option<(EnterpriseSlug, Timestamp)>, StoreError>> + Send;

    /// What `fingerprint` stands for, in each enterprise that knows it, in the order of the slugs; of more than
    /// [`HOLDERS_MAX`] the first.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where the line that should issue the credential does not.
    fn holders(&self, fingerprint: &Fingerprint) -> impl Future<Output = Result<Vec<Holder>, StoreError>> + Send;

    /// Keeps a snapshot in place of the stream's last one, unless that was taken later. Nobody relies on it: it need
    /// not be durable, and may be forgotten.
    fn keep_snapshot(
        &self,
        enterprise: &EnterpriseSlug,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The stream's snapshot, as it was given.
    fn snapshot(
        &self,
        enterprise: &EnterpriseSlug,
    ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Takes the work on an enterprise for a few seconds, or goes on with it; false where another process has taken it.
    /// It saves processes that share a store from deciding the same batches. Nothing else rests on it: whoever works
    /// without it, or believes to have it still, meets a conflict.
    fn lease(&self, _enterprise: &EnterpriseSlug) -> impl Future<Output = Result<bool, StoreError>> + Send {
        std::future::ready(Ok(true))
    }

    /// Gives the work on an enterprise back, if it was taken.
    fn release(&self, _enterprise: &EnterpriseSlug) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Calls the logs of this store so, unless they have a name, which stays. Gives the one that they have.
    fn name_logs(&self, _name: &KeyName) -> impl Future<Output = Result<KeyName, StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// Keeps what was signed of a stream, durable; in place of one that covers the same lines,
    /// which other keys may have signed.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where one that covers as many lines is of another tree.
    fn keep_checkpoint(
        &self,
        _enterprise: &EnterpriseSlug,
        _checkpoint: &KeptCheckpoint,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Err(no_checkpoints()))
    }

    /// Whether the store can be read and written now. Answers soon, whatever the storage does.
    ///
    /// # Errors
    /// Why it cannot.
    fn health(&self) -> impl Future<Output = Result<Health, StoreError>> + Send;
}

fn no_checkpoints() -> StoreError {
    StoreError::permanent(
        "keep checkpoints",
        "it has no place for them: its streams cannot be sealed",
    )
}

/// Of how many enterprises that know a fingerprint a store tells.
pub const HOLDERS_MAX: usize = 16;

/// An append under way: all of it is kept, or nothing. Nobody sees any of it before it is committed;
/// dropped before that, it leaves nothing.
pub trait Append: Send {
    /// Adds a batch behind the one before. After an error it can only be dropped.
    ///
    /// # Errors
    /// [`StoreError::Misplaced`] where the batch does not follow, [`StoreError::DuplicateFingerprint`] where a
    /// fingerprint stands for another credential of the enterprise already (a store may say so here or at the commit).
    fn push(&mut self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes it durable, and seen by all; gives the head behind it.
    ///
    /// # Errors
    /// [`StoreError::DuplicateFingerprint`], as above, and [`StoreError::Unknown`] where it may have been kept all the
    /// same.
    fn commit(self) -> impl Future<Output = Result<Head, StoreError>> + Send;
}
