//! The store in one SQLite file, through sqlx.

mod append;
mod file;
mod open;
mod reader;

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position};
use sqlx::{Row, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{Holder, Page, Store, StoreError};

pub use append::SqliteAppend;
pub use reader::SqliteReader;

/// The streams in one SQLite file: write-ahead log, every commit synced to the disk before it is acknowledged.
///
/// SQLite has one writer at a time. Within the process writers queue for one connection, so that only other processes
/// can make it wait for a lock; readers have connections of their own, and wait for nobody.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// What to do where the file does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Create it.
    Create,
    /// Fail: a misspelt path must not become an empty store in which no token is known.
    Fail,
}

impl Store for SqliteStore {
    type Append = SqliteAppend;

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: Position) -> Result<SqliteAppend, StoreError> {
        let mut transaction = begin(&self.writer).await?;
        let actual = head(&mut transaction, enterprise).await?;
        if actual != expected {
            return Err(StoreError::Conflict {
                enterprise: enterprise.clone(),
                expected,
                actual,
            });
        }
        Ok(SqliteAppend::new(transaction, enterprise.clone(), expected))
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Page, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(unavailable(READ))?;
        read(&mut connection, enterprise, after, limit).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let slugs: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT enterprise FROM unfinished_revocations ORDER BY enterprise")
                .fetch_all(&self.readers)
                .await
                .map_err(unavailable("list the unfinished revocations"))?;
        slugs.into_iter().map(|text| slug(Ok(text))).collect()
    }

    async fn holder(&self, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(unavailable(LOOK_UP))?;
        holder(&mut connection, fingerprint).await
    }

    async fn keep_snapshot(
        &self,
        enterprise: &EnterpriseSlug,
        position: Position,
        snapshot: Vec<u8>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO snapshots (enterprise, position, snapshot) VALUES (?, ?, ?) ON CONFLICT (enterprise) \
             DO UPDATE SET position = excluded.position, snapshot = excluded.snapshot \
             WHERE excluded.position >= snapshots.position",
        )
        .bind(enterprise.as_str())
        .bind(integer(position.value())?)
        .bind(snapshot)
        .execute(&self.writer)
        .await
        .map_err(unavailable("keep a snapshot"))?;
        Ok(())
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT snapshot FROM snapshots WHERE enterprise = ?")
            .bind(enterprise.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable("read a snapshot"))
    }
}

const READ: &str = "read a stream";
const LOOK_UP: &str = "look up a fingerprint";

/// Takes the write lock from the start, so that nothing changes between the check of the position and the insert.
async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
    writer
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(unavailable("begin an append"))
}

async fn head(connection: &mut SqliteConnection, enterprise: &EnterpriseSlug) -> Result<Position, StoreError> {
    let head = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events WHERE enterprise = ?")
        .bind(enterprise.as_str())
        .fetch_one(connection)
        .await;
    position(head)
}

async fn read(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    after: Position,
    limit: u32,
) -> Result<Page, StoreError> {
    // One row: sqlx takes longer to hand over a row than SQLite takes to find it. No line holds a line feed. They are joined
    // in the order of the subquery; to state it once more would have SQLite sort them, for half the time of a replay. The
    // store's contract test would notice another order, and so does every decoder. Of a bare `LIMIT ?` SQLite plans for the
    // value, and would prepare the statement again each time that one is bound.
    let row = sqlx::query(
        "SELECT group_concat(line, char(10)) FROM \
         (SELECT line FROM events WHERE enterprise = ? AND position > ? ORDER BY position LIMIT +?)",
    )
    .bind(enterprise.as_str())
    .bind(integer(after.value())?)
    .bind(limit)
    .fetch_one(connection)
    .await
    .map_err(unavailable(READ))?;
    let lines: Option<&[u8]> = row.try_get(0).map_err(unavailable(READ))?;
    Ok(lines.map(Page::joined).unwrap_or_default())
}

async fn holder(connection: &mut SqliteConnection, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
    let row = sqlx::query("SELECT enterprise, credential FROM fingerprints WHERE fingerprint = ?")
        .bind(fingerprint.as_str())
        .fetch_optional(connection)
        .await
        .map_err(unavailable(LOOK_UP))?;
    row.map(|row| {
        Ok(Holder {
            enterprise: slug(row.try_get("enterprise"))?,
            credential: credential(row.try_get("credential"))?,
        })
    })
    .transpose()
}

/// Names what was being done, beside what SQLite said.
fn unavailable<E: Into<Box<dyn std::error::Error + Send + Sync>>>(action: &'static str) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Unavailable {
        action,
        source: source.into(),
    }
}

fn slug(column: Result<String, sqlx::Error>) -> Result<EnterpriseSlug, StoreError> {
    let text = column.map_err(unavailable("read a slug"))?;
    EnterpriseSlug::new(&text).map_err(unavailable("read a slug"))
}

fn position(column: Result<i64, sqlx::Error>) -> Result<Position, StoreError> {
    Position::new(number(column, "read a position")?).map_err(unavailable("read a position"))
}

fn credential(column: Result<i64, sqlx::Error>) -> Result<CredentialId, StoreError> {
    CredentialId::new(number(column, "read a credential id")?).map_err(unavailable("read a credential id"))
}

fn number(column: Result<i64, sqlx::Error>, action: &'static str) -> Result<u64, StoreError> {
    u64::try_from(column.map_err(unavailable(action))?).map_err(unavailable(action))
}

/// Ids and positions end at 2^53 − 1, so that each fits a column.
fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(unavailable("write a number"))
}
