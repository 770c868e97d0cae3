//! The engines behind the port. Only this file knows which engines there are. The scheme of a URL names one of them.

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::KeyName;

#[cfg(feature = "sqlite")]
use super::copy::{Copied, IfThere, Restored};
#[cfg(feature = "postgres")]
use super::postgres::{self, PostgresAppend, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
use super::sqlite::{self, SqliteAppend, SqliteReader, SqliteStore};
use super::{
    Append, Batch, Ends, Head, Health, Holder, IfMissing, Inspect, KeptCheckpoint, LookUpRow, Mended, Mending, Page,
    Snapshot, Store, StoreError, StoreUrl, Streams, Urgency,
};

/// How a store is used, as far as engines differ in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreOptions {
    /// Whether a stream's head is read so that no other machine can have gone on with the stream; nothing for what the
    /// engine thinks right. SQLite has nothing to choose: its file is on this machine.
    pub reads: Option<Reads>,
    /// How long a call may take before it fails; nothing for what the engine thinks right.
    pub deadline: Option<Duration>,
}

/// How a stream's head is read from a storage that several machines share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Whoever answers has shown first that it still is the primary: what it says holds.
    Fenced,
    /// Whoever thinks that it is the primary answers.
    Unfenced,
}

/// A store of the engine that its URL names.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnyStore {
    /// In one SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    /// In a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

/// An append in pieces to an [`AnyStore`].
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyAppend {
    /// To a SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteAppend),
    /// To a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresAppend>),
}

/// A store of the engine that its URL names, to be read only.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnyReader {
    /// In one SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteReader),
    /// In a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

/// Does the same with whichever engine it is.
macro_rules! each {
    ($any:expr, $one:ident => $done:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            Self::Sqlite($one) => $done,
            #[cfg(feature = "postgres")]
            Self::Postgres($one) => $done,
        }
    };
}

/// Opens the store at `url`, and brings its tables up to date.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store and none may be created, where there is something else or a store
/// of a newer version, which is left as it is; and those of the storage.
pub async fn open(url: &StoreUrl, if_missing: IfMissing) -> Result<AnyStore, StoreError> {
    open_with(url, if_missing, StoreOptions::default()).await
}

/// The same, used as `options` say.
///
/// # Errors
/// As above.
pub async fn open_with(url: &StoreUrl, if_missing: IfMissing, options: StoreOptions) -> Result<AnyStore, StoreError> {
    match url {
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => SqliteStore::open(path, if_missing).await.map(AnyStore::Sqlite),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => {
            let options = PostgresOptions::of(options);
            PostgresStore::open_with(url, if_missing, options)
                .await
                .map(AnyStore::Postgres)
        }
        #[cfg(not(feature = "postgres"))]
        StoreUrl::Postgres(_) => {
            // The options are the missing engine's.
            let StoreOptions { reads: _, deadline: _ } = options;
            Err(not_built_in("be opened"))
        }
    }
}

/// Opens the store at `url` to be read only: nothing in it is changed, its tables neither.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store of this version; and those of the storage.
pub async fn open_to_read(url: &StoreUrl) -> Result<AnyReader, StoreError> {
    match url {
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => SqliteReader::open(path).await.map(AnyReader::Sqlite),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => PostgresStore::open_to_read(url).await.map(AnyReader::Postgres),
        #[cfg(not(feature = "postgres"))]
        StoreUrl::Postgres(_) => Err(not_built_in("be opened")),
    }
}

/// Copies the store at `url`, as it is at one moment, to a file of its owner's alone. Whoever uses the store goes on.
/// The file is there whole and durable, or not at all; a store that is damaged, as far as that shows without reading
/// every line, is not copied.
///
/// # Errors
/// [`StoreError::Permanent`] where there is no store of this version, where the file exists and shall not be replaced,
/// or is the store itself, and where the store is no file; [`StoreError::Altered`] for a stream whose head is broken or
/// that does not end where its head says; and those of the storage.
#[cfg(feature = "sqlite")]
pub async fn backup(url: &StoreUrl, file: &Path, if_there: IfThere) -> Result<Copied, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::back_up(path, file, if_there).await,
        StoreUrl::Postgres(_) => Err(StoreError::permanent(
            "be copied to a file",
            "it is a PostgreSQL database: back it up with `pg_basebackup`, or its streams one by one with `export`",
        )),
    }
}

/// Puts a copy of the store in `file` in place of the one at `url`, if there is one: at every moment, and after a
/// crash, the one or the other is there, whole.
///
/// # Errors
/// [`StoreError::Transient`] where somebody uses the store at `url`; [`StoreError::Permanent`] where `file` is no store
/// of this version, or what is at `url` is none, or no file; [`StoreError::Altered`] as of [`backup`]; and those of the
/// storage. The store at `url` is as it was then.
#[cfg(feature = "sqlite")]
pub async fn restore(url: &StoreUrl, file: &Path) -> Result<Restored, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::restore(path, file).await,
        StoreUrl::Postgres(_) => Err(StoreError::permanent(
            "be restored from a file",
            "it is a PostgreSQL database: restore its base backup, or `import` the streams that were exported",
        )),
    }
}

/// Has a stream hold the right lines again, and its rows of the look-up say what they issue; and takes out rows of the
/// look-up that name a stream which does not exist. All of it is one transaction, and only what differs is written.
///
/// # Errors
/// [`StoreError::Conflict`] where the stream's head is not the one that was found any more; [`StoreError::Permanent`]
/// where the storage is damaged beneath the rows; and those of the storage.
pub(crate) async fn mend(url: &StoreUrl, mending: Mending) -> Result<Mended, StoreError> {
    match url {
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => sqlite::mend(path, mending).await,
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => postgres::mend(url, mending).await,
        #[cfg(not(feature = "postgres"))]
        StoreUrl::Postgres(_) => {
            drop(mending);
            Err(not_built_in("be mended"))
        }
    }
}

#[cfg(not(feature = "postgres"))]
fn not_built_in(action: &'static str) -> StoreError {
    StoreError::permanent(
        action,
        "this program was built without PostgreSQL: build it with `cargo build --release --features postgres`",
    )
}

/// What a store and a reader of it have in common.
macro_rules! streams {
    ($any:ty) => {
        impl Streams for $any {
            async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
                each!(self, store => store.head(enterprise).await)
            }

            async fn read(
                &self,
                enterprise: &EnterpriseSlug,
                after: Position,
                limit: usize,
            ) -> Result<Page, StoreError> {
                each!(self, store => store.read(enterprise, after, limit).await)
            }

            async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
                each!(self, store => store.log_name().await)
            }

            async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
                each!(self, store => store.last_checkpoint(enterprise).await)
            }

            async fn checkpoint(
                &self,
                enterprise: &EnterpriseSlug,
                log: u32,
                size: u64,
            ) -> Result<Option<KeptCheckpoint>, StoreError> {
                each!(self, store => store.checkpoint(enterprise, log, size).await)
            }

            async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
                each!(self, store => store.next_sealed(after).await)
            }

            async fn close(&self) {
                each!(self, store => store.close().await);
            }
        }
    };
}

streams!(AnyStore);
streams!(AnyReader);

impl Store for AnyStore {
    type Append = AnyAppend;

    async fn abandon(&self) {
        each!(self, store => store.abandon().await);
    }

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        each!(self, store => store.append(enterprise, expected, batch, urgency).await)
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<AnyAppend, StoreError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.begin(enterprise, expected).await.map(AnyAppend::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => {
                let append = store.begin(enterprise, expected).await?;
                Ok(AnyAppend::Postgres(Box::new(append)))
            }
        }
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        each!(self, store => store.unfinished().await)
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        each!(self, store => store.newest().await)
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        each!(self, store => store.holders(fingerprint).await)
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        each!(self, store => store.keep_snapshot(enterprise, snapshot).await)
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        each!(self, store => store.snapshot(enterprise).await)
    }

    async fn lease(&self, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
        each!(self, store => store.lease(enterprise).await)
    }

    async fn release(&self, enterprise: &EnterpriseSlug) {
        each!(self, store => store.release(enterprise).await);
    }

    async fn name_logs(&self, name: &KeyName) -> Result<KeyName, StoreError> {
        each!(self, store => store.name_logs(name).await)
    }

    async fn keep_checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        checkpoint: &KeptCheckpoint,
    ) -> Result<(), StoreError> {
        each!(self, store => store.keep_checkpoint(enterprise, checkpoint).await)
    }

    async fn health(&self) -> Result<Health, StoreError> {
        each!(self, store => store.health().await)
    }
}

impl Append for AnyAppend {
    async fn push(&mut self, batch: Batch) -> Result<(), StoreError> {
        each!(self, append => append.push(batch).await)
    }

    async fn commit(self) -> Result<Head, StoreError> {
        each!(self, append => append.commit().await)
    }
}

impl Inspect for AnyReader {
    async fn next_name(&self, after: &str) -> Result<Option<String>, StoreError> {
        each!(self, reader => reader.next_name(after).await)
    }

    async fn ends(&self, enterprise: &EnterpriseSlug) -> Result<Ends, StoreError> {
        each!(self, reader => reader.ends(enterprise).await)
    }

    async fn rows_of(
        &self,
        enterprise: &EnterpriseSlug,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Vec<Option<LookUpRow>>, StoreError> {
        each!(self, reader => reader.rows_of(enterprise, fingerprints).await)
    }

    async fn rows(&self, after: &LookUpRow, limit: usize) -> Result<Vec<LookUpRow>, StoreError> {
        each!(self, reader => reader.rows(after, limit).await)
    }

    async fn is_issued(&self, row: &LookUpRow) -> Result<bool, StoreError> {
        each!(self, reader => reader.is_issued(row).await)
    }

    async fn storage_faults(&self) -> Result<Vec<String>, StoreError> {
        each!(self, reader => reader.storage_faults().await)
    }
}
