//! SQLite by itself.

use std::path::{Path, PathBuf};

use anyhow::Result;
use enterprise_credentials::EnterpriseSlug;
use rusqlite::{Connection, OpenFlags, params};

use super::{Issued, LOOKED_AT, Raw, Segment};

pub(crate) struct Sqlite {
    path: PathBuf,
    connection: Connection,
}

impl Sqlite {
    /// A new store with the host's tables.
    pub(crate) fn create(path: PathBuf) -> Result<Self> {
        let connection = open(&path)?;
        for migration in [
            include_str!("../../../../host/migrations/0001_streams.sql"),
            include_str!("../../../../host/migrations/0002_unfinished_revocations.sql"),
            include_str!("../../../../host/migrations/0003_snapshots.sql"),
            include_str!("../../../../host/migrations/0004_heads_and_segments.sql"),
        ] {
            connection.execute_batch(migration)?;
        }
        Ok(Self { path, connection })
    }
}

/// A connection as the host's writer has it.
fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "wal_autocheckpoint", 10_000)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    Ok(connection)
}

impl Raw for Sqlite {
    fn insert(&mut self, slug: &EnterpriseSlug, segments: &[Segment], issued: &[Issued]) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let mut insert =
            transaction.prepare_cached("INSERT INTO segments (enterprise, first, last, lines) VALUES (?, ?, ?, ?)")?;
        for segment in segments {
            insert.execute(params![slug.as_str(), segment.first, segment.last, segment.lines])?;
        }
        drop(insert);
        let mut insert = transaction
            .prepare_cached("INSERT INTO look_up (fingerprint, enterprise, position, leaf) VALUES (?, ?, ?, ?)")?;
        for issued in issued {
            insert.execute(params![issued.fingerprint, slug.as_str(), issued.position, i64::MAX])?;
        }
        drop(insert);
        transaction.commit()?;
        Ok(())
    }

    /// Closes it once, as the host's is: else what follows would pay for the write-ahead log.
    fn settle(&mut self) -> Result<()> {
        let closed = std::mem::replace(&mut self.connection, Connection::open_in_memory()?);
        drop(closed);
        self.connection = open(&self.path)?;
        Ok(())
    }

    /// With SQLite's own small cache: a cold stream is read once.
    fn read(&mut self, slug: &EnterpriseSlug) -> Result<u64> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut select = connection.prepare("SELECT lines FROM segments WHERE enterprise = ? ORDER BY last")?;
        let mut rows = select.query([slug.as_str()])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(0)?.as_blob()?.len() as u64 + 1;
        }
        Ok(bytes)
    }

    /// One after the other: a file has one writer.
    fn append_singly(&mut self, appends: u64) -> Result<u64> {
        let slug = EnterpriseSlug::new(LOOKED_AT)?;
        let newest = "SELECT coalesce(max(last), 0) FROM segments WHERE enterprise = ?";
        let before: i64 = self.connection.query_row(newest, [slug.as_str()], |row| row.get(0))?;
        for position in (before + 1..).take(usize::try_from(appends)?) {
            let line = super::segments(u64::try_from(position - 1)?, [[b'x'; 200].as_slice()])?;
            self.insert(&slug, &line, &[])?;
        }
        Ok(appends)
    }

    fn look(&mut self, looks: u64) -> Result<u64> {
        let begin = "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) \
             VALUES (?, 1, x'', 0, 0, 0) ON CONFLICT DO NOTHING";
        self.connection.execute(begin, [LOOKED_AT])?;
        let mut select = self
            .connection
            .prepare("SELECT size, frontier FROM heads WHERE enterprise = ?")?;
        for _ in 0..looks {
            let _frontier: Vec<u8> = select.query_row([LOOKED_AT], |row| row.get(1))?;
        }
        Ok(looks)
    }
}
