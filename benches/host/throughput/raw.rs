//! SQLite by itself: the host's tables and durability, prepared statements, lines that are ready in memory.

use std::path::Path;

use anyhow::Result;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials::log::read;
use enterprise_credentials_host::store::Line;
use rusqlite::{Connection, OpenFlags, Statement, params};

/// A new store with the host's tables.
pub(crate) fn create(path: &Path, slug: &EnterpriseSlug) -> Result<Connection> {
    let connection = open(path)?;
    connection.execute_batch(include_str!("../../../host/migrations/0001_streams.sql"))?;
    connection.execute("INSERT INTO enterprises (slug) VALUES (?)", [slug.as_str()])?;
    Ok(connection)
}

/// A connection as the host's writer has it.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    Ok(connection)
}

/// A connection as the host's readers have it, with SQLite's own small cache: a cold stream is read once.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    Ok(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

/// A line ready to be inserted.
pub(crate) struct Row {
    pub(crate) position: i64,
    pub(crate) line: Vec<u8>,
}

/// A fingerprint ready to be inserted.
pub(crate) struct Issued {
    fingerprint: String,
    credential: i64,
}

/// The rows of a log, and the look-up's in its order.
pub(crate) fn rows(log: &[u8]) -> Result<(Vec<Row>, Vec<Issued>)> {
    let (mut rows, mut issued) = (Vec::new(), Vec::new());
    for (event, bytes) in read(log).zip(log.split(|byte| *byte == b'\n')) {
        let line = Line {
            event: event?,
            bytes: bytes.to_vec(),
        };
        if let Some((fingerprint, credential)) = line.fingerprint() {
            issued.push(Issued {
                fingerprint: fingerprint.as_str().to_owned(),
                credential: i64::try_from(credential.value())?,
            });
        }
        rows.push(Row {
            position: i64::try_from(line.event.position.value())?,
            line: line.bytes,
        });
    }
    issued.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
    Ok((rows, issued))
}

pub(crate) fn insert(connection: &Connection, slug: &EnterpriseSlug, rows: &[Row]) -> Result<()> {
    let mut insert: Statement<'_> =
        connection.prepare("INSERT INTO events (enterprise, position, line) VALUES (?, ?, ?)")?;
    for row in rows {
        insert.execute(params![slug.as_str(), row.position, row.line])?;
    }
    Ok(())
}

pub(crate) fn insert_issued(connection: &Connection, slug: &EnterpriseSlug, issued: &[Issued]) -> Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO fingerprints (fingerprint, enterprise, credential) VALUES (?, ?, ?)")?;
    for issued in issued {
        insert.execute(params![issued.fingerprint, slug.as_str(), issued.credential])?;
    }
    Ok(())
}
