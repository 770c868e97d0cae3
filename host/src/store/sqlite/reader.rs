//! Reads a file to which another process may write, or to which nobody may.

use std::path::Path;
use std::sync::Arc;

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::KeyName;
use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::readers::Readers;
use super::{READ, checkpoints, file, heads, segments};
use crate::store::{Head, IfMissing, KeptCheckpoint, Page, StoreError, Streams};

/// The streams in one SQLite file, to be read only: it takes no lock that a writer would wait for, nor waits for one,
/// and changes nothing.
#[derive(Debug, Clone)]
pub struct SqliteReader {
    readers: Arc<Readers>,
}

impl SqliteReader {
    /// Opens the store at `path`.
    ///
    /// # Errors
    /// [`StoreError::Permanent`] for a file that is missing, and for one whose tables are those of another version of
    /// this program; and where SQLite fails.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let open = move || {
            file::check(&path, IfMissing::Fail)?;
            let readers = Readers::new(&path);
            let content =
                readers.aside(|connection| file::content(connection).map_err(|error| file::refused(&path, &error)));
            content?.check_migrated(&path)?;
            Ok(readers)
        };
        let readers = Arc::new(blocking(open).await?);
        Ok(Self { readers })
    }

    pub(super) async fn read_aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        blocking(move || readers.aside(read)).await
    }
}

impl Streams for SqliteReader {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| heads::read(connection, &slug)).await
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| segments::read(connection, &slug, after, limit))
            .await
    }

    async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
        self.read_aside(checkpoints::log_name).await
    }

    async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| checkpoints::last(connection, &slug))
            .await
    }

    async fn checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        log: u32,
        size: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| checkpoints::read(connection, &slug, log, size))
            .await
    }

    async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
        let after = after.to_owned();
        self.read_aside(move |connection| checkpoints::next(connection, &after))
            .await
    }

    async fn close(&self) {
        let readers = Arc::clone(&self.readers);
        let _ = spawn_blocking(move || readers.close()).await;
    }
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(act)
        .await
        .map_err(|error| StoreError::transient(READ, error))?
}
