//! Reading a file that another process may be writing to, or that may not be written to at all.

use enterprise_credentials::{EnterpriseSlug, Position};
use sqlx::SqlitePool;

use super::open::{options, pool};
use super::{IfMissing, READ, file, read, unavailable};
use crate::store::{Page, StoreError, StoreUrl};

/// The streams in one SQLite file, to be read only: it takes no lock that a writer would wait for, nor waits for one,
/// and changes nothing.
#[derive(Debug, Clone)]
pub struct SqliteReader {
    readers: SqlitePool,
}

impl SqliteReader {
    /// Opens the store at `url`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a file that is missing, for one whose tables are those of
    /// another version of this program, and where SQLite fails.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let path = url.path();
        file::check(path, IfMissing::Fail).await?;
        let cannot_open = |error| file::refused(path, &error);
        let readers = pool(1)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(cannot_open)?;
        let mut connection = readers.acquire().await.map_err(cannot_open)?;
        let content = file::content(&mut connection).await.map_err(cannot_open)?;
        drop(connection);
        content.check_migrated(path)?;
        Ok(Self { readers })
    }

    /// At most `limit` lines behind `after`, in order. Fewer than `limit` means that the stream ends there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the storage failed.
    pub async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Page, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(unavailable(READ))?;
        read(&mut connection, enterprise, after, limit).await
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}
