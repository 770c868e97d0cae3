//! The segments' table.

use enterprise_credentials::{EnterpriseSlug, Position};
use tokio_postgres::Row;

use super::cluster::Cluster;
use super::failure::{Failure, failed};
use super::session::Session;
use crate::store::segment::{Segment, cut, integer, missing, position};
use crate::store::{Page, StoreError};

pub(super) const READ: &str = "read a stream";
/// How many segments are read at a time: full ones are 16 MiB.
const SEGMENTS_MAX: i64 = 256;

/// The segments that hold the positions from one to another; where none does, the next one behind them,
/// so that a gap shows.
const FROM: &str = "SELECT first, last, lines FROM segments WHERE enterprise = $1 AND last >= $2 \
     AND first >= coalesce((SELECT max(first) FROM segments WHERE enterprise = $1 AND first <= $2), 0) \
     AND first <= greatest($3, (SELECT min(first) FROM segments WHERE enterprise = $1 AND first >= $2)) \
     ORDER BY first LIMIT $4";
const INSERT: &str = "INSERT INTO segments (enterprise, first, last, lines) \
     SELECT $1::text, o.first, o.last, o.lines \
     FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS o (first, last, lines)";

/// Lines behind a position as rows of the table.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    pub(super) firsts: Vec<i64>,
    pub(super) lasts: Vec<i64>,
    pub(super) lines: Vec<&'a [u8]>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(after: Position, page: &'a Page) -> Self {
        let mut rows = Self::default();
        let mut last = integer(after.value());
        for (count, lines) in cut(page) {
            rows.firsts.push(last + 1);
            last += i64::try_from(count).unwrap_or(i64::MAX);
            rows.lasts.push(last);
            rows.lines.push(lines);
        }
        rows
    }
}

/// Inserts the lines behind `after`, in the transaction that is open.
pub(super) async fn insert(
    session: &Session,
    enterprise: &EnterpriseSlug,
    after: Position,
    page: &Page,
) -> Result<(), Failure> {
    let Rows { firsts, lasts, lines } = Rows::of(after, page);
    session
        .query(INSERT, &[&enterprise.as_str(), &firsts, &lasts, &lines])
        .await
        .map(drop)
}

/// At most `limit` lines behind `after`, in order.
pub(super) async fn read(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    after: Position,
    limit: usize,
) -> Result<Page, StoreError> {
    let next = integer(after.next().value());
    let last = integer(after.value().saturating_add(limit as u64));
    let rows = cluster
        .query(READ, FROM, &[&enterprise.as_str(), &next, &last, &SEGMENTS_MAX])
        .await?;
    page(&rows, enterprise, after, limit)
}

/// The same in the transaction that is open.
pub(super) async fn line_within(
    session: &Session,
    enterprise: &EnterpriseSlug,
    at: Position,
) -> Result<Option<Vec<u8>>, Failure> {
    let at_line = integer(at.value());
    let rows = session
        .query(FROM, &[&enterprise.as_str(), &at_line, &at_line, &1_i64])
        .await?;
    Ok(line_of(before(at).map(|before| page(&rows, enterprise, before, 1)))?)
}

/// The line at `at`; nothing where there is none.
pub(super) async fn line(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    at: Position,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(before) = before(at) else { return Ok(None) };
    line_of(Some(read(cluster, enterprise, before, 1).await))
}

fn before(at: Position) -> Option<Position> {
    at.value().checked_sub(1).map(position)
}

fn line_of(page: Option<Result<Page, StoreError>>) -> Result<Option<Vec<u8>>, StoreError> {
    match page {
        Some(Ok(page)) => Ok(page.lines().next().map(<[u8]>::to_vec)),
        Some(Err(StoreError::Altered(_))) | None => Ok(None),
        Some(Err(error)) => Err(error),
    }
}

fn page(rows: &[Row], enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
    let mut page = Page::default();
    for row in rows {
        if page.len() >= limit {
            break;
        }
        let held = after.value() + page.len() as u64;
        segment(row)
            .map_err(|_| missing(enterprise, held))?
            .follow(&mut page, enterprise, after, limit)?;
    }
    Ok(page)
}

/// The segment of a row whose first three columns are its own.
pub(super) fn segment(row: &Row) -> Result<Segment<'_>, StoreError> {
    let parts = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    let (first, last, lines) = parts().map_err(failed(READ))?;
    Ok(Segment { first, last, lines })
}
