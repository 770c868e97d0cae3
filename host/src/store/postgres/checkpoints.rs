//! The checkpoints' table, and the name of the logs.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Frontier, KeyName};
use tokio_postgres::Row;

use super::cluster::Cluster;
use super::failure::failed;
use crate::store::segment::integer;
use crate::store::{KeptCheckpoint, StoreError};

const KEEP: &str = "keep a checkpoint";
const READ: &str = "read a checkpoint";

const LAST: &str =
    "SELECT log, size, frontier, note FROM checkpoints WHERE enterprise = $1 ORDER BY log DESC, size DESC LIMIT 1";
const OF_SIZE: &str =
    "SELECT log, size, frontier, note FROM checkpoints WHERE enterprise = $1 AND log = $2 AND size = $3";
const INSERT: &str = "INSERT INTO checkpoints (enterprise, log, size, frontier, note) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (enterprise, log, size) DO UPDATE SET note = excluded.note \
     WHERE checkpoints.frontier = excluded.frontier RETURNING 1";
const NEXT: &str = "SELECT enterprise FROM checkpoints WHERE enterprise > $1 ORDER BY enterprise LIMIT 1";
const NAME: &str = "SELECT name FROM log_name";
const SET_NAME: &str = "INSERT INTO log_name (one, name) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";

/// The checkpoint of the latest log that covers the most lines.
pub(super) async fn last(cluster: &Cluster, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
    one(&cluster.query(READ, LAST, &[&enterprise.as_str()]).await?)
}

/// The checkpoint of a log that covers this many lines.
pub(super) async fn read(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    log: u32,
    size: u64,
) -> Result<Option<KeptCheckpoint>, StoreError> {
    let key: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&enterprise.as_str(), &i64::from(log), &integer(size)];
    one(&cluster.query(READ, OF_SIZE, &key).await?)
}

/// The first name behind another under which a checkpoint is kept.
pub(super) async fn next(cluster: &Cluster, after: &str) -> Result<Option<String>, StoreError> {
    let rows = cluster.query(READ, NEXT, &[&after]).await?;
    let name = rows.first().map(|row| row.try_get(0)).transpose();
    name.map_err(failed(READ))
}

fn one(rows: &[Row]) -> Result<Option<KeptCheckpoint>, StoreError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let columns = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (log, size, frontier, note): (i64, i64, &[u8], &str) = columns().map_err(failed(READ))?;
    KeptCheckpoint::read(log, size, frontier, note).map(Some)
}

/// Keeps what was signed, unless something else was signed of as many lines.
pub(super) async fn keep(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    checkpoint: &KeptCheckpoint,
) -> Result<(), StoreError> {
    let (log, size) = (i64::from(checkpoint.log), integer(checkpoint.size()));
    let (frontier, note) = (checkpoint.frontier.to_bytes(), checkpoint.note.to_string());
    let slug = enterprise.as_str();
    let kept = cluster
        .change_durably(KEEP, INSERT, &[&slug, &log, &size, &frontier, &note])
        .await?;
    if !kept.is_empty() {
        return Ok(());
    }
    let rows = cluster.query(KEEP, OF_SIZE, &[&slug, &log, &size]).await?;
    let found: Vec<u8> = rows
        .first()
        .map_or(Ok(Vec::new()), |row| row.try_get(2))
        .map_err(failed(KEEP))?;
    let found = Frontier::from_bytes(checkpoint.size(), &found);
    let found = found.map_err(|error| StoreError::permanent(KEEP, error))?;
    Err(checkpoint.contradicts(enterprise, &found))
}

/// What the logs are called.
pub(super) async fn log_name(cluster: &Cluster) -> Result<Option<KeyName>, StoreError> {
    let rows = cluster.query(READ, NAME, &[]).await?;
    let name: Option<&str> = rows
        .first()
        .map(|row| row.try_get(0))
        .transpose()
        .map_err(failed(READ))?;
    let name = name.map(KeyName::new).transpose();
    name.map_err(|error| StoreError::permanent(READ, error))
}

/// Calls the logs so, unless they have a name.
pub(super) async fn name_logs(cluster: &Cluster, name: &KeyName) -> Result<KeyName, StoreError> {
    cluster.change_durably(KEEP, SET_NAME, &[&name.as_str()]).await?;
    Ok(log_name(cluster).await?.unwrap_or_else(|| name.clone()))
}
