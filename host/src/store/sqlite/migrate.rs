//! The tables, brought up to date.

use std::path::Path;
use std::time::{Duration, Instant};

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::Frontier;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha384};

use super::connection::{Sorts, set_sorts};
use super::failure::failed;
use super::look_up::LaidAside;
use super::migrations::{HEADS, MIGRATIONS, TABLE};
use super::{file, heads, segments};
use crate::store::{Batch, Head, IfMissing, StoreError};

const MIGRATE: &str = "migrate the tables";
const PAGE_LINES: usize = 4_096;
const TELL_EVERY: Duration = Duration::from_secs(2);
/// How long a migration waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Migrates under the write lock, so that of two processes that start together one finds the work done.
pub(super) fn prepare(connection: &Connection, path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    let refused = |error| file::refused(path, &error);
    set_sorts(connection, Sorts::InFile).map_err(refused)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
    connection.execute_batch("BEGIN IMMEDIATE").map_err(refused)?;
    let prepared = migrate(connection, path, if_missing).and_then(|()| {
        // A file that may not be written to SQLite opens too, and says so at the first change.
        let commit = "DELETE FROM snapshots WHERE false; COMMIT";
        connection.execute_batch(commit).map_err(refused)
    });
    if prepared.is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    connection.busy_timeout(Duration::ZERO).map_err(refused)?;
    set_sorts(connection, Sorts::InMemory).map_err(refused)?;
    prepared
}

fn migrate(connection: &Connection, path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    // Once more: until now another process could create its tables.
    let content = file::content(connection).map_err(|error| file::refused(path, &error))?;
    content.check(path, if_missing)?;
    connection.execute_batch(TABLE).map_err(failed(MIGRATE))?;
    let done: i64 = connection
        .query_row("SELECT coalesce(max(version), 0) FROM _sqlx_migrations", [], |row| {
            row.get(0)
        })
        .map_err(failed(MIGRATE))?;
    for (version, (name, sql)) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > done) {
        let begun_at = Instant::now();
        connection.execute_batch(sql).map_err(failed(MIGRATE))?;
        if version == HEADS {
            make_heads(connection)?;
        }
        let nanoseconds = i64::try_from(begun_at.elapsed().as_nanos()).unwrap_or(i64::MAX);
        connection
            .execute(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (?, ?, true, ?, ?)",
                params![version, name, Sha384::digest(sql).as_slice(), nanoseconds],
            )
            .map_err(failed(MIGRATE))?;
    }
    Ok(())
}

/// Makes the heads and the look-up from the streams.
fn make_heads(connection: &Connection) -> Result<(), StoreError> {
    let slugs = || -> rusqlite::Result<Vec<String>> {
        let mut select = connection.prepare("SELECT enterprise FROM heads ORDER BY enterprise")?;
        select.query_map([], |row| row.get(0))?.collect()
    };
    let mut told = Instant::now();
    for slug in slugs().map_err(failed(MIGRATE))? {
        let enterprise = EnterpriseSlug::new(&slug).map_err(|error| StoreError::permanent(MIGRATE, error))?;
        let mut stream = Stream::default();
        while stream.add_page(connection, &enterprise)? {
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                let lines = stream.head.position().value();
                tracing::info!(%enterprise, lines, "migrating");
            }
        }
        stream.laid_aside.end(connection, &enterprise)?;
        heads::write(connection, &enterprise, &stream.head).map_err(failed(MIGRATE))?;
    }
    Ok(())
}

/// A stream, as far as it was read.
#[derive(Default)]
struct Stream {
    head: Head,
    decoder: Decoder,
    laid_aside: LaidAside,
}

impl Stream {
    /// Reads on. False at the end.
    fn add_page(&mut self, connection: &Connection, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
        let page = segments::read(connection, enterprise, self.head.position(), PAGE_LINES)?;
        let mut batch = Batch::behind(self.head.position());
        for line in page.lines() {
            let event = self.decoder.decode(line);
            batch.push(&event.map_err(|error| StoreError::permanent(MIGRATE, error))?, line)?;
        }
        let mut frontier: Frontier = self.head.frontier().clone();
        batch
            .extend(&mut frontier)
            .map_err(|error| StoreError::permanent(MIGRATE, error))?;
        self.laid_aside.add(connection, batch.issued())?;
        self.head = self.head.behind(&batch, frontier);
        debug_assert!(self.head.position() >= Position::START, "a stream only grows");
        Ok(!page.is_empty())
    }
}
