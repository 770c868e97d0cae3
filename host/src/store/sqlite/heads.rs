//! The heads' table.

use enterprise_credentials::{EnterpriseSlug, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::failed;
use super::segments;
use crate::store::error::altered;
use crate::store::head_row::HeadRow;
use crate::store::{Alteration, Head, StoreError};

const READ: &str = "read a stream's head";

/// Takes the columns in the order of the fields.
fn row(row: &Row<'_>) -> rusqlite::Result<HeadRow> {
    Ok(HeadRow {
        size: row.get(0)?,
        frontier: row.get(1)?,
        last_at: row.get(2)?,
        running: row.get(3)?,
        checksum: row.get(4)?,
    })
}

/// Where the stream ends; nothing where there is no such stream.
pub(super) fn read(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
    let stored = connection
        .prepare_cached("SELECT size, frontier, last_at, running, checksum FROM heads WHERE enterprise = ?")
        .and_then(|mut select| select.query_row([enterprise.as_str()], row).optional());
    let broken = || altered(enterprise, Alteration::HeadBroken);
    match stored {
        Ok(Some(stored)) => stored.checked(enterprise.as_str()).map(Some).ok_or_else(broken),
        Ok(None) if has_lines(connection, enterprise)? => Err(altered(enterprise, Alteration::HeadLost)),
        Ok(None) => Ok(None),
        // A column holds another type than was written.
        Err(error) if error.sqlite_error_code().is_none() => Err(broken()),
        Err(error) => Err(failed(READ)(error)),
    }
}

fn has_lines(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM segments WHERE enterprise = ?)")
        .and_then(|mut select| select.query_row([enterprise.as_str()], |row| row.get(0)))
        .map_err(failed(READ))
}

/// Every row, in the order of the slugs: the head, or nothing where it is broken. A slug that is none was written by
/// nobody: what became of its stream the lines tell, which have no head now.
fn all(connection: &Connection) -> rusqlite::Result<Vec<(EnterpriseSlug, Option<Head>)>> {
    let mut select = connection.prepare_cached(
        "SELECT size, frontier, last_at, running, checksum, enterprise FROM heads ORDER BY enterprise",
    )?;
    let mut rows = select.query([])?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        let slug: String = row.get(5)?;
        if let Ok(enterprise) = EnterpriseSlug::new(&slug) {
            let head = self::row(row).ok().and_then(|stored| stored.checked(&slug));
            heads.push((enterprise, head));
        }
    }
    Ok(heads)
}

/// The enterprises with revocations under way, and those whose heads are broken, in the order of the slugs.
pub(super) fn unfinished(connection: &Connection) -> Result<Vec<EnterpriseSlug>, StoreError> {
    let heads = all(connection).map_err(failed("list the unfinished revocations"))?;
    let unfinished = heads
        .into_iter()
        .filter(|(_, head)| head.as_ref().is_none_or(|head| head.running() > 0));
    Ok(unfinished.map(|(enterprise, _)| enterprise).collect())
}

/// The enterprises that have lines and no head, in the order of the slugs. It takes a look into the index of the lines
/// for each stream that there is.
pub(super) fn lost(connection: &Connection) -> Result<Vec<EnterpriseSlug>, StoreError> {
    let lost = || -> rusqlite::Result<Vec<String>> {
        let mut select = connection.prepare_cached(
            "WITH RECURSIVE streams (enterprise) AS (SELECT min(enterprise) FROM segments UNION ALL \
             SELECT (SELECT min(enterprise) FROM segments WHERE enterprise > streams.enterprise) FROM streams \
             WHERE enterprise IS NOT NULL) \
             SELECT enterprise FROM streams WHERE enterprise IS NOT NULL \
             AND enterprise NOT IN (SELECT enterprise FROM heads)",
        )?;
        select.query_map([], |row| row.get(0))?.collect()
    };
    let lost = lost().map_err(failed("look for streams without a head"))?;
    Ok(lost.iter().filter_map(|slug| EnterpriseSlug::new(slug).ok()).collect())
}

/// The stream whose last event is the newest, and that event's time.
pub(super) fn newest(connection: &Connection) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
    let heads = all(connection).map_err(failed(READ))?;
    let times = heads
        .into_iter()
        .filter_map(|(enterprise, head)| Some((enterprise, head?.last_at()?)));
    Ok(times.max_by_key(|(_, last_at)| *last_at))
}

/// Puts a head in place of the one before, or begins a stream with it.
pub(super) fn write(connection: &Connection, enterprise: &EnterpriseSlug, head: &Head) -> rusqlite::Result<()> {
    let stored = HeadRow::of(enterprise, head);
    connection
        .prepare_cached(
            "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (enterprise) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, \
             last_at = excluded.last_at, running = excluded.running, checksum = excluded.checksum",
        )?
        .execute(params![
            enterprise.as_str(),
            stored.size,
            stored.frontier,
            stored.last_at,
            stored.running,
            stored.checksum
        ])?;
    Ok(())
}

/// Checks that a stream ends with `expected`, before anything is appended to it under the write lock. The key of a
/// segment is its last position, so that it refuses no overlap: where the lines end is looked up too.
pub(super) fn check(connection: &Connection, enterprise: &EnterpriseSlug, expected: &Head) -> Result<(), StoreError> {
    let head = read(connection, enterprise)?.unwrap_or_default();
    head.check_expected(enterprise, segments::end(connection, enterprise)?, expected)
}
