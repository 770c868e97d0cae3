//! Opening the file: its settings, its migrations, and the projections rebuilt where they are of an earlier shape.

use std::path::Path;
use std::time::Duration;

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{EnterpriseSlug, Position};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool};

use super::append::Projections;
use super::{IfMissing, SqliteStore, begin, file, read, slug, unavailable};
use crate::store::{Line, StoreError, StoreUrl};

/// How long a writer waits for another process's transaction. The longest is an import, which takes tens of seconds
/// for a million credentials: a request to revoke is better late than refused.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a caller waits for a connection of this process, which a waiting writer holds.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
const READERS: u32 = 4;
/// Holds the pages that an import changes. Fingerprints come in no order: with SQLite's own 2 MiB their pages would be
/// written again and again.
const WRITER_CACHE_KIB: u32 = 64 * 1024;

/// The shape of the projections that this program reads, kept in the file as `user_version`. Whoever changes what goes
/// into one raises the number, and every store rebuilds them from its streams when it is opened.
const PROJECTIONS_VERSION: i64 = 2;
const REBUILD: &str = "rebuild the projections";
const REBUILD_PAGE_LINES: u32 = 5_000;

impl SqliteStore {
    /// Opens the store at `url`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a file that is missing where it must not be, for one that is not a
    /// store of this version or an older one, which is left as it is, and where SQLite fails.
    pub async fn open(url: &StoreUrl, if_missing: IfMissing) -> Result<Self, StoreError> {
        let path = url.path();
        file::check(path, if_missing).await?;
        let writing = options(path)
            .create_if_missing(if_missing == IfMissing::Create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"));
        let writer = pool(1)
            .connect_with(writing)
            .await
            .map_err(|error| file::refused(path, &error))?;
        prepare(&writer, path, if_missing).await?;
        let readers = pool(READERS)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(unavailable("open the file for reading"))?;
        Ok(Self { writer, readers })
    }

    /// Closes every connection, so that SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// What every connection has.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging()
}

pub(super) fn pool(connections_max: u32) -> PoolOptions<Sqlite> {
    PoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Migrates under the write lock, so that of two processes that start together one finds the work done.
async fn prepare(writer: &SqlitePool, path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    let mut transaction = begin(writer).await?;
    // Once more: until now another process could create its tables.
    file::content(&mut transaction)
        .await
        .map_err(|error| file::refused(path, &error))?
        .check(path, if_missing)?;
    migrations()
        .run(&mut *transaction)
        .await
        .map_err(unavailable("migrate the tables"))?;
    // A file that may not be written to SQLite opens too, and says so at the first change.
    sqlx::query("DELETE FROM snapshots WHERE false")
        .execute(&mut *transaction)
        .await
        .map_err(|error| file::refused(path, &error))?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await
        .map_err(unavailable(REBUILD))?;
    if version != PROJECTIONS_VERSION {
        rebuild_projections(&mut transaction).await?;
    }
    transaction.commit().await.map_err(unavailable("migrate the tables"))
}

/// Listed here, not by sqlx's macro: that would bring SQLite and the SQL parser into the build a second time.
pub(super) fn migrations() -> Migrator {
    let streams = include_str!("../../../migrations/0001_streams.sql");
    let unfinished = include_str!("../../../migrations/0002_unfinished_revocations.sql");
    let snapshots = include_str!("../../../migrations/0003_snapshots.sql");
    let listed = [
        (1, "streams", streams),
        (2, "unfinished revocations", unfinished),
        (3, "snapshots", snapshots),
    ];
    let simple = MigrationType::Simple;
    let migrations =
        listed.map(|(version, name, sql)| Migration::new(version, name.into(), simple, sql.into_sql_str(), false));
    Migrator::with_migrations(migrations.into())
}

async fn rebuild_projections(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    for statement in ["DELETE FROM fingerprints", "DELETE FROM unfinished_revocations"] {
        sqlx::query(statement)
            .execute(&mut *connection)
            .await
            .map_err(unavailable(REBUILD))?;
    }
    let slugs: Vec<String> = sqlx::query_scalar("SELECT slug FROM enterprises ORDER BY slug")
        .fetch_all(&mut *connection)
        .await
        .map_err(unavailable(REBUILD))?;
    for text in slugs {
        project(connection, &slug(Ok(text))?).await?;
    }
    sqlx::query(AssertSqlSafe(format!("PRAGMA user_version = {PROJECTIONS_VERSION}")))
        .execute(connection)
        .await
        .map_err(unavailable(REBUILD))?;
    Ok(())
}

async fn project(connection: &mut SqliteConnection, enterprise: &EnterpriseSlug) -> Result<(), StoreError> {
    let mut projections = Projections::default();
    let mut decoder = Decoder::new();
    let mut last = Position::START;
    loop {
        let page = read(connection, enterprise, last, REBUILD_PAGE_LINES).await?;
        let lines = page
            .lines()
            .map(|bytes| {
                let event = decoder.decode(bytes).map_err(unavailable(REBUILD))?;
                let bytes = bytes.to_vec();
                Ok(Line { event, bytes })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let Some(line) = lines.last() else {
            return projections.end(connection, enterprise).await;
        };
        last = line.event.position;
        projections.add(connection, enterprise, &lines).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_writer_syncs_every_commit_and_readers_cannot_write() {
        let path = std::env::temp_dir().join(format!("enterprise-credentials-settings-{}.db", std::process::id()));
        let url = format!("sqlite:{}", path.display()).parse().unwrap();
        let store = SqliteStore::open(&url, IfMissing::Create).await.unwrap();
        let setting = async |name: &str| -> String {
            let pragma = AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
            sqlx::query_scalar(pragma).fetch_one(&store.writer).await.unwrap()
        };
        assert_eq!(setting("journal_mode").await, "wal");
        assert_eq!(setting("synchronous").await, "2", "FULL");
        assert_eq!(setting("foreign_keys").await, "1");
        assert_eq!(setting("user_version").await, PROJECTIONS_VERSION.to_string());
        let written = sqlx::query("DELETE FROM fingerprints").execute(&store.readers).await;
        assert!(written.is_err());
        store.close().await;
        std::fs::remove_file(path).unwrap();
    }
}
