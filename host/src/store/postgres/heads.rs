//! The heads' table.

use enterprise_credentials::{EnterpriseSlug, Timestamp};
use tokio_postgres::Row;

use super::cluster::Cluster;
use super::failure::{Failure, failed};
use super::session::Session;
use crate::store::error::altered;
use crate::store::head_row::HeadRow;
use crate::store::{Alteration, Head, StoreError};

pub(super) const READ: &str = "read a stream's head";

/// The heads of some enterprises, each with its name; and of one that has none, whether it has lines.
pub(super) const OF_SOME: &str = "SELECT asked.enterprise, h.size, h.frontier, h.last_at, h.running, h.checksum, \
     CASE WHEN h.size IS NULL THEN EXISTS (SELECT 1 FROM segments AS s WHERE s.enterprise = asked.enterprise) \
     ELSE false END \
     FROM unnest($1::text[]) AS asked (enterprise) LEFT JOIN heads AS h ON h.enterprise = asked.enterprise";

/// The head of one enterprise, as above, where its lines end, the version of the tables, and the standbys that are
/// waited for: all of one moment.
pub(super) const LOOK: &str = "SELECT one.enterprise, h.size, h.frontier, h.last_at, h.running, h.checksum, \
     CASE WHEN h.size IS NULL THEN EXISTS (SELECT 1 FROM segments AS s WHERE s.enterprise = one.enterprise) \
     ELSE false END, \
     coalesce((SELECT s.last FROM segments AS s WHERE s.enterprise = one.enterprise \
     ORDER BY s.first DESC LIMIT 1), 0), \
     (SELECT epoch FROM schema_epoch), current_setting('synchronous_standby_names', true) \
     FROM (SELECT $1::text AS enterprise) AS one LEFT JOIN heads AS h ON h.enterprise = one.enterprise";

const ALL: &str = "SELECT enterprise, size, frontier, last_at, running, checksum, false FROM heads ORDER BY enterprise";
const RUNNING: &str = "SELECT enterprise FROM heads WHERE running <> 0 ORDER BY enterprise";
const LOST: &str = "WITH RECURSIVE streams (enterprise) AS (\
     (SELECT enterprise FROM segments ORDER BY enterprise LIMIT 1) UNION ALL \
     SELECT (SELECT s.enterprise FROM segments AS s WHERE s.enterprise > streams.enterprise \
     ORDER BY s.enterprise LIMIT 1) \
     FROM streams WHERE streams.enterprise IS NOT NULL) \
     SELECT enterprise FROM streams WHERE enterprise IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM heads AS h WHERE h.enterprise = streams.enterprise)";

/// The head of a row as [`OF_SOME`] gives it.
pub(super) fn of(row: &Row, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
    let broken = || altered(enterprise, Alteration::HeadBroken);
    match stored(row).map_err(|_| broken())? {
        Some(stored) => stored.checked(enterprise.as_str()).map(Some).ok_or_else(broken),
        None if row.try_get(6).map_err(failed(READ))? => Err(altered(enterprise, Alteration::HeadLost)),
        None => Ok(None),
    }
}

fn stored(row: &Row) -> Result<Option<HeadRow>, tokio_postgres::Error> {
    let Some(size) = row.try_get(1)? else {
        return Ok(None);
    };
    Ok(Some(HeadRow {
        size,
        frontier: row.try_get(2)?,
        last_at: row.try_get(3)?,
        running: row.try_get(4)?,
        checksum: row.try_get(5)?,
    }))
}

/// Where a stream ends, as the server says that thinks itself the primary.
pub(super) async fn read(cluster: &Cluster, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
    let rows = cluster.query(READ, LOOK, &[&enterprise.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    // Where standbys are waited for since, reads are to be fenced from now on.
    cluster.check_standbys(row.try_get(9).map_err(failed(READ))?)?;
    of(row, enterprise)
}

/// Every row, in the order of the slugs: the head, or nothing where it is broken.
async fn all(cluster: &Cluster) -> Result<Vec<(EnterpriseSlug, Option<Head>)>, StoreError> {
    let rows = cluster.query(READ, ALL, &[]).await?;
    let heads = rows.iter().filter_map(|row| {
        let enterprise = EnterpriseSlug::new(row.try_get(0).ok()?).ok()?;
        let head = of(row, &enterprise).ok().flatten();
        Some((enterprise, head))
    });
    Ok(heads.collect())
}

/// The enterprises with revocations under way.
pub(super) async fn running(cluster: &Cluster) -> Result<Vec<EnterpriseSlug>, StoreError> {
    const LIST: &str = "list the unfinished revocations";
    slugs(&cluster.query(LIST, RUNNING, &[]).await?)
}

/// Those whose heads are broken or lost. It takes a look at every head,
/// and into the index of the lines for each stream.
pub(super) async fn doubtful(cluster: &Cluster) -> Result<Vec<EnterpriseSlug>, StoreError> {
    let broken = all(cluster).await?.into_iter().filter(|(_, head)| head.is_none());
    let mut doubtful: Vec<EnterpriseSlug> = broken.map(|(enterprise, _)| enterprise).collect();
    doubtful.extend(slugs(
        &cluster.query("look for streams without a head", LOST, &[]).await?,
    )?);
    Ok(doubtful)
}

fn slugs(rows: &[Row]) -> Result<Vec<EnterpriseSlug>, StoreError> {
    let names: Result<Vec<&str>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    let names = names.map_err(failed(READ))?;
    Ok(names
        .into_iter()
        .filter_map(|name| EnterpriseSlug::new(name).ok())
        .collect())
}

/// The stream whose last event is the newest, and that event's time.
pub(super) async fn newest(cluster: &Cluster) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
    let heads = all(cluster).await?.into_iter();
    let times = heads.filter_map(|(enterprise, head)| Some((enterprise, head?.last_at()?)));
    Ok(times.max_by_key(|(_, last_at)| *last_at))
}

const PUT: &str = "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) \
     VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (enterprise) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, \
     last_at = excluded.last_at, running = excluded.running, checksum = excluded.checksum";

/// Puts a head in place of the one before, or begins a stream with it.
pub(super) async fn put(session: &Session, enterprise: &EnterpriseSlug, head: &Head) -> Result<(), Failure> {
    let row = HeadRow::of(enterprise, head);
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &enterprise.as_str(),
        &row.size,
        &row.frontier,
        &row.last_at,
        &row.running,
        &row.checksum,
    ];
    session.query(PUT, &columns).await.map(drop)
}
