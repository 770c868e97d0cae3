//! Reading a file that another process may be writing to, or that may not be written to at all.

use std::path::Path;

use enterprise_credentials::{EnterpriseSlug, Position};
use sqlx::SqlitePool;

use super::open::{existing, migrations, options, pool};
use super::{READ, read, unavailable};
use crate::store::{Page, StoreError};

/// The streams in one SQLite file, to be read only: it takes no lock that a writer would wait for, nor waits for one,
/// and changes nothing.
#[derive(Debug, Clone)]
pub struct SqliteReader {
    readers: SqlitePool,
}

impl SqliteReader {
    /// Opens the store at `url`, written `sqlite:path/to/file.db`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for any other URL, for a file that is missing, for one whose tables are those of
    /// another version of this program, and where SQLite fails.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let path = existing(url)?;
        let readers = pool(1)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(|error| unavailable("be opened for reading")(format!("`{}`: {error}", path.display())))?;
        check_version(&readers, path).await?;
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

/// A reader cannot migrate: it takes the tables as this program has them, or not at all.
async fn check_version(readers: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    const CHECK: &str = "read the version of its tables";
    let migrated: bool = sqlx::query_scalar("SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(readers)
        .await
        .map_err(|error| unavailable(CHECK)(format!("`{}`: {}", path.display(), blame(&error))))?;
    let version: i64 = if migrated {
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
            .fetch_one(readers)
            .await
            .map_err(unavailable(CHECK))?
    } else {
        0
    };
    let known = migrations().iter().map(|migration| migration.version).max();
    let advice = match Some(version).cmp(&known) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => "open it once with `serve` or `import`, which bring them up to date",
        std::cmp::Ordering::Greater => "use that version of this program",
    };
    let message = format!(
        "the tables of `{}` are those of version {version}, not {}: {advice}",
        path.display(),
        known.unwrap_or_default()
    );
    Err(unavailable("be read")(message))
}

/// SQLite keeps two files beside a store, also for a reader.
fn blame(error: &sqlx::Error) -> String {
    const READONLY_DIRECTORY: &str = "1544";
    let code = error.as_database_error().and_then(|error| error.code());
    if code.as_deref() == Some(READONLY_DIRECTORY) {
        "its directory cannot be written to: export while `serve` runs on it, or from a copy elsewhere".to_owned()
    } else {
        error.to_string()
    }
}
