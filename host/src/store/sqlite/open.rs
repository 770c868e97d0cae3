//! Opening the file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::spawn_blocking;

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
    /// How long an append waits for its turn, from its arrival on. It is told to have failed by the writer alone, before it
    /// has begun: nobody stops waiting for an append that may still happen.
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
    /// [`StoreError::Permanent`] for a file that is missing where it must not be, and for one that is not a store of this
    /// version or an older one, which is left as it is; and where SQLite fails.
    pub async fn open_with(path: &Path, if_missing: IfMissing, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.to_owned();
        spawn_blocking(move || open(&path, if_missing, options))
            .await
            .map_err(|error| StoreError::permanent(OPEN, error))?
    }
}

fn open(path: &Path, if_missing: IfMissing, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
    file::check(path, if_missing)?;
    if if_missing == IfMissing::Create {
        create(path)?;
    }
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
    })
}

/// Creates the file for its owner alone. SQLite gives the two beside it the same permissions.
fn create(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let message = format!("`{}` cannot be created: {error}", path.display());
            Err(StoreError::permanent(OPEN, message))
        }
        _ => Ok(()),
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
