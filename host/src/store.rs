//! The port to storage: one stream of lines for each enterprise, appended only where its end is expected; a head of each
//! stream, which commits to all its lines; the look-up, which says what a fingerprint stands for; and a snapshot of each
//! stream's state, to save its readers the replay.

mod batch;
mod copy;
mod entry;
mod error;
mod head;
mod head_row;
mod inspect;
mod mend;
mod page;
mod segment;
mod sqlite;
mod url;
pub mod verify;
mod walk;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::Frontier;

pub use batch::Batch;
pub use copy::{Copied, IfThere, Lost, Restored};
pub use error::{Alteration, Altered, StoreError};
pub use head::Head;
pub use inspect::{Ends, Inspect, LookUpRow};
pub use mend::Mended;
pub(crate) use mend::{Batches, Mending, RightLines};
pub use page::Page;
pub use sqlite::{INLINE_READS_MAX, SqliteAppend, SqliteOptions, SqliteReader, SqliteStore};
pub use url::{NotAStoreUrl, StoreUrl};
pub use walk::{check_end, walk};

/// What to do where a store does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Create it.
    Create,
    /// Fail: a misspelt path must not become an empty store in which no token is known.
    Fail,
}

/// Opens the store at `url`, and brings its tables up to date.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store and none may be created, where there is something else or a store of a newer
/// version, which is left as it is; and those of the storage.
pub async fn open(url: &StoreUrl, if_missing: IfMissing) -> Result<impl Store + Clone, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => SqliteStore::open(path, if_missing).await,
    }
}

/// Opens the store at `url` to be read only: nothing in it is changed, its tables neither.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store of this version; and those of the storage.
pub async fn open_to_read(url: &StoreUrl) -> Result<impl Inspect, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => SqliteReader::open(path).await,
    }
}

/// Copies the store at `url`, as it is at one moment, to a file of its owner's alone. Whoever uses the store goes on. The file is
/// there whole and durable, or not at all; a store that is damaged, as far as that shows without reading every line, is not
/// copied.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store of this version, where the file exists and shall not be replaced, or is the
/// store itself; [`StoreError::Altered`] for a stream whose head is broken or that does not end where its head says; and those
/// of the storage.
pub async fn backup(url: &StoreUrl, file: &Path, if_there: IfThere) -> Result<Copied, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::back_up(path, file, if_there).await,
    }
}

/// Puts a copy of the store in `file` in place of the one at `url`, if there is one: at every moment, and after a crash, the
/// one or the other is there, whole.
///
/// # Errors
/// [`StoreError::Transient`] where somebody uses the store at `url`; [`StoreError::Permanent`] where `file` is no store of this
/// version, or what is at `url` is none; [`StoreError::Altered`] as of [`backup`]; and those of the storage. The store at `url` is
/// as it was then.
pub async fn restore(url: &StoreUrl, file: &Path) -> Result<Restored, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::restore(path, file).await,
    }
}

/// Has a stream hold the right lines again, and its rows of the look-up say what they issue; and takes out rows of the look-up
/// that name a stream which does not exist. All of it is one transaction, and only what differs is written.
///
/// # Errors
/// [`StoreError::Conflict`] where the stream's head is not the one that was found any more; [`StoreError::Permanent`] where the
/// storage is damaged beneath the rows; and those of the storage.
pub(crate) async fn mend(url: &StoreUrl, mending: Mending) -> Result<Mended, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::mend(path, mending).await,
    }
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

    /// Lets what is under way end, and lets go of the storage. What is asked after that fails, or is answered as before.
    fn close(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// Where the streams are kept. `tests/store_contract` holds every implementation to what is said here.
///
/// What was appended is durable before the call returns, and seen by every read that begins after that, in this process
/// and in any other on the same storage. Every call may fail with [`StoreError::Transient`] or [`StoreError::Permanent`].
pub trait Store: Streams {
    /// An append in pieces.
    type Append: Append;

    /// Closes a store for which there is no use after all: what was created when it was opened is removed, unless there is a stream
    /// in it or another process uses it.
    fn abandon(&self) -> impl Future<Output = ()> + Send {
        self.close()
    }

    /// Appends `batch` to a stream that ends with `expected` ([`Head::EMPTY`] for a new one), in one piece. Gives the head
    /// behind it; nothing happens where the batch has no line.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stream ends elsewhere, [`StoreError::Altered`] where it ends there with other lines,
    /// [`StoreError::Misplaced`] where the batch does not follow `expected`, [`StoreError::DuplicateFingerprint`] where a
    /// fingerprint stands for another credential of the enterprise already; [`StoreError::Unknown`] where the append may
    /// have been kept all the same.
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

    /// The enterprises with a revocation that was requested and whose completion is not recorded, in the order of the slugs;
    /// and those whose heads are broken, for nobody can tell. Those whose heads are lost are among them at the first call, and now
    /// and then.
    fn unfinished(&self) -> impl Future<Output = Result<Vec<EnterpriseSlug>, StoreError>> + Send;

    /// The stream whose last event is the newest, and that event's time. Streams whose heads are broken are passed over.
    fn newest(&self) -> impl Future<Output = Result<Option<(EnterpriseSlug, Timestamp)>, StoreError>> + Send;

    /// What `fingerprint` stands for, in each enterprise that knows it, in the order of the slugs; of more than
    /// [`HOLDERS_MAX`] the first.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where the line that should issue the credential does not.
    fn holders(&self, fingerprint: &Fingerprint) -> impl Future<Output = Result<Vec<Holder>, StoreError>> + Send;

    /// Keeps a snapshot in place of the stream's last one, unless that was taken later. Nobody relies on it: it need not be
    /// durable, and may be forgotten.
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

    /// Whether the store can be read and written now. Answers soon, whatever the storage does.
    ///
    /// # Errors
    /// Why it cannot.
    fn health(&self) -> impl Future<Output = Result<Health, StoreError>> + Send;
}

/// Of how many enterprises that know a fingerprint a store tells.
pub const HOLDERS_MAX: usize = 16;

/// An append under way: all of it is kept, or nothing. Nobody sees any of it before it is committed; dropped before that,
/// it leaves nothing.
pub trait Append: Send {
    /// Adds a batch behind the one before. After an error it can only be dropped.
    ///
    /// # Errors
    /// [`StoreError::Misplaced`] where the batch does not follow, [`StoreError::DuplicateFingerprint`] where a fingerprint
    /// stands for another credential of the enterprise already (a store may say so here or at the commit).
    fn push(&mut self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes it durable, and seen by all; gives the head behind it.
    ///
    /// # Errors
    /// [`StoreError::DuplicateFingerprint`], as above, and [`StoreError::Unknown`] where it may have been kept all the same.
    fn commit(self) -> impl Future<Output = Result<Head, StoreError>> + Send;
}
