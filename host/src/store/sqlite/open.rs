//! Opening the file.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::file::Content;
use super::readers::look_after;
use super::shared::Shared;
use super::writer::Writer;
use super::{Running, SqliteStore, connection, file, migrate};
use crate::store::{IfMissing, StoreError};

const OPEN: &str = "be opened";
/// How long the first look at the files waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How a store in a file behaves.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// How long an append waits for its turn, from its arrival on. It is told to have failed by the writer alone,
    /// before it has begun: nobody stops waiting for an append that may still happen.
    pub patience: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let patience = Duration::from_secs(30);
        Self { patience }
    }
}

impl SqliteStore {
    /// Opens the store at `path`, and brings its tables up to date.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open_with`].
    pub async fn open(path: &Path, if_missing: IfMissing) -> Result<Self, StoreError> {
        Self::open_with(path, if_missing, SqliteOptions::default()).await
    }

    /// The same, with options of one's own.
    ///
    /// # Errors
    /// [`StoreError::Permanent`] for a file that is missing where it must not be, and for one that is not a store of
    /// this version or an older one, which is left as it is; and where SQLite fails.
    pub async fn open_with(path: &Path, if_missing: IfMissing, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let store = spawn_blocking(move || open(&path, if_missing, options))
            .await
            .map_err(|error| StoreError::permanent(OPEN, error))??;
        let (readers, runtime) = (Arc::downgrade(&store.shared.readers), Handle::current());
        std::thread::Builder::new()
            .name("store watch".to_owned())
            .spawn(move || look_after(&readers, &runtime))
            .map_err(|error| StoreError::transient(OPEN, error))?;
        Ok(store)
    }
}

fn open(path: &Path, if_missing: IfMissing, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
    file::check(path, if_missing)?;
    let is_new = if_missing == IfMissing::Create && create(path)?;
    let opened = open_file(path, if_missing, options, is_new);
    if opened.is_err() && is_new {
        discard(path);
    }
    opened
}

fn open_file(
    path: &Path,
    if_missing: IfMissing,
    options: SqliteOptions,
    is_new: bool,
) -> Result<SqliteStore, StoreError> {
    let refused = |error| file::refused(path, &error);
    let shared = Arc::new(Shared::new(path, options.patience));
    let opened = shared.watch.at_path();
    let connection = connection::writer(path).map_err(refused)?;
    migrate::prepare(&connection, path, if_missing)?;
    note_files(&shared, &connection).map_err(refused)?;
    // Whoever waited for a restore has the file that was replaced: what is appended to it nobody would find again.
    if opened.is_none() || shared.watch.noted() != opened {
        return Err(StoreError::transient(OPEN, shared.watch.replaced()));
    }
    let writer = Writer::new(Arc::clone(&shared), connection);
    let thread = std::thread::Builder::new()
        .name("store writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| StoreError::transient(OPEN, error))?;
    let running = Running {
        shared: Arc::clone(&shared),
        thread: Mutex::new(Some(thread)),
    };
    Ok(SqliteStore {
        shared,
        writer: Arc::new(running),
        is_new,
    })
}

/// Creates the file for its owner alone. SQLite gives the two beside it the same permissions. False where there is one.
fn create(path: &Path) -> Result<bool, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => {
            let message = format!("`{}` cannot be created: {error}", path.display());
            Err(StoreError::permanent(OPEN, message))
        }
    }
}

/// Removes a store that this process created, and the files beside it, if it holds no stream and nobody else has it
/// open. If it cannot be seen that this is so, everything stays.
pub(super) fn discard(path: &Path) {
    let removed = || -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        if path.metadata().is_ok_and(|file| file.len() == 0) {
            // To lock an empty file SQLite begins a journal, for which a full disk has no room.
            connection.pragma_update(None, "journal_mode", "MEMORY")?;
        }
        // Every connection to a file with a write-ahead log has a shared lock on it, for as long as it is open.
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        let is_unused = match file::content(&connection)? {
            Content::Nothing => true,
            Content::Store { .. } => connection.query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM heads) AND NOT EXISTS (SELECT 1 FROM segments)",
                [],
                |row| row.get(0),
            )?,
            Content::Other => false,
        };
        if is_unused {
            // Before the lock is let go of: the next one at this path creates its own.
            for suffix in ["", "-journal", "-wal", "-shm"] {
                let mut name = OsString::from(path);
                name.push(suffix);
                let _ = std::fs::remove_file(name);
            }
        }
        Ok(())
    };
    if let Err(error) = removed() {
        tracing::debug!(%error, "a store that was created for nothing stays");
    }
}

/// Notes which files they are, while nobody can replace the log.
fn note_files(shared: &Shared, connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    shared.watch.note();
    connection.execute_batch("ROLLBACK")?;
    connection.busy_timeout(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Streams};

    #[tokio::test]
    async fn a_store_that_was_created_for_nothing_is_removed_unless_somebody_uses_it() {
        let name = format!("enterprise-credentials-discard-{}.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        let beside = |suffix: &str| {
            let mut name = OsString::from(&path);
            name.push(suffix);
            std::path::PathBuf::from(name)
        };
        let _ = std::fs::remove_file(&path);
        let create = || SqliteStore::open(&path, IfMissing::Create);

        let store = create().await.unwrap();
        let other = connection::reader(&path, BUSY_TIMEOUT).unwrap();
        assert!(matches!(file::content(&other), Ok(Content::Store { .. })));
        store.abandon().await;
        assert!(path.exists(), "it was removed under somebody's hands");
        drop(other);

        create().await.unwrap().abandon().await;
        assert!(path.exists(), "it was there before");
        std::fs::remove_file(&path).unwrap();

        create().await.unwrap().abandon().await;
        for suffix in ["", "-wal", "-shm"] {
            assert!(!beside(suffix).exists(), "{suffix} is left");
        }
        create().await.unwrap().close().await;
        assert!(path.exists(), "a store that is closed stays");
        std::fs::remove_file(&path).unwrap();
    }
}
