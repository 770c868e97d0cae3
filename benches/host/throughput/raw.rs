//! SQLite by itself: the host's tables and durability, prepared statements, lines that are ready in memory.

use std::path::Path;

use anyhow::Result;
use enterprise_credentials::log::read;
use enterprise_credentials::{EnterpriseSlug, Event};
use rusqlite::{Connection, OpenFlags, Statement, params};

/// A new store with the host's tables.
pub(crate) fn create(path: &Path) -> Result<Connection> {
    let connection = open(path)?;
    for migration in [
        include_str!("../../../host/migrations/0001_streams.sql"),
        include_str!("../../../host/migrations/0002_unfinished_revocations.sql"),
        include_str!("../../../host/migrations/0003_snapshots.sql"),
        include_str!("../../../host/migrations/0004_heads_and_segments.sql"),
    ] {
        connection.execute_batch(migration)?;
    }
    Ok(connection)
}

/// A connection as the host's writer has it.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "wal_autocheckpoint", 10_000)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    Ok(connection)
}

/// A connection as the host's readers have it, with SQLite's own small cache: a cold stream is read once.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    Ok(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

/// Lines ready to be inserted as one row.
pub(crate) struct Segment {
    last: i64,
    lines: Vec<u8>,
}

/// A fingerprint ready to be inserted.
pub(crate) struct Issued {
    fingerprint: String,
    position: i64,
}

/// How many lines a row holds: about as many as the host's do.
const SEGMENT_LINES: usize = 450;

/// Lines that follow position `before`, as rows.
pub(crate) fn segments<'a>(before: u64, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Segment>> {
    let lines: Vec<&[u8]> = lines.into_iter().collect();
    let mut last = i64::try_from(before)?;
    lines
        .chunks(SEGMENT_LINES)
        .map(|lines| {
            last += i64::try_from(lines.len())?;
            let lines = lines.join(&b'\n');
            Ok(Segment { last, lines })
        })
        .collect()
}

/// The rows of a log, and the look-up's in its order.
pub(crate) fn rows(log: &[u8]) -> Result<(Vec<Segment>, Vec<Issued>)> {
    let mut issued = Vec::new();
    for event in read(log) {
        let event = event?;
        if let Event::CredentialIssued {
            fingerprint: Some(fingerprint),
            ..
        } = event.event
        {
            issued.push(Issued {
                fingerprint: fingerprint.as_str().to_owned(),
                position: i64::try_from(event.position.value())?,
            });
        }
    }
    issued.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok((segments(0, lines)?, issued))
}

pub(crate) fn insert(connection: &Connection, slug: &EnterpriseSlug, segments: &[Segment]) -> Result<()> {
    let mut insert: Statement<'_> =
        connection.prepare("INSERT INTO segments (enterprise, first, last, lines) VALUES (?, ?, ?, ?)")?;
    for segment in segments {
        // The first line's position: any number takes as long to write.
        insert.execute(params![slug.as_str(), segment.last, segment.last, segment.lines])?;
    }
    Ok(())
}

pub(crate) fn insert_issued(connection: &Connection, slug: &EnterpriseSlug, issued: &[Issued]) -> Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO look_up (fingerprint, enterprise, position, leaf) VALUES (?, ?, ?, ?)")?;
    for issued in issued {
        insert.execute(params![issued.fingerprint, slug.as_str(), issued.position, i64::MAX])?;
    }
    Ok(())
}
