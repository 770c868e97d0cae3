//! The segments' table.

use enterprise_credentials::{EnterpriseSlug, Position};
use rusqlite::{Connection, params};

use super::failure::failed;
use crate::store::segment::{Segment, cut, integer, missing, position};
use crate::store::{Page, StoreError};

const READ: &str = "read a stream";

/// Inserts the lines behind `after`, in as many segments as they take.
pub(super) fn insert(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    after: Position,
    lines: &Page,
) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare_cached("INSERT INTO segments (enterprise, first, last, lines) VALUES (?, ?, ?, ?)")?;
    let mut last = integer(after.value());
    for (count, lines) in cut(lines) {
        let first = last + 1;
        last += i64::try_from(count).unwrap_or(i64::MAX);
        let begin = (first != last).then_some(first);
        insert.execute(params![enterprise.as_str(), begin, last, lines])?;
    }
    Ok(())
}

/// At most `limit` lines behind `after`, in order.
pub(super) fn read(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    after: Position,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let mut select = connection
        .prepare_cached(
            "SELECT coalesce(first, last), last, lines FROM segments WHERE enterprise = ? AND last > ? ORDER BY last",
        )
        .map_err(failed(READ))?;
    let mut rows = select
        .query(params![enterprise.as_str(), integer(after.value())])
        .map_err(failed(READ))?;
    while page.len() < limit
        && let Some(row) = rows.next().map_err(failed(READ))?
    {
        let parts = (|| Ok((row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob()?)))();
        let (first, last, lines) =
            parts.map_err(|_: rusqlite::Error| missing(enterprise, after.value() + page.len() as u64))?;
        Segment { first, last, lines }.follow(&mut page, enterprise, after, limit)?;
    }
    Ok(page)
}

/// The line at `at`; nothing where there is none.
pub(super) fn line(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    at: Position,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(before) = at.value().checked_sub(1) else {
        return Ok(None);
    };
    let page = match read(connection, enterprise, position(before), 1) {
        Ok(page) => page,
        Err(StoreError::Altered(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(page.lines().next().map(<[u8]>::to_vec))
}

/// Where a stream's lines end, whatever its head says.
pub(super) fn end(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<Position, StoreError> {
    let end: i64 = connection
        .prepare_cached("SELECT coalesce(max(last), 0) FROM segments WHERE enterprise = ?")
        .and_then(|mut select| select.query_row([enterprise.as_str()], |row| row.get(0)))
        .map_err(failed(READ))?;
    Ok(position(u64::try_from(end).unwrap_or_default()))
}
