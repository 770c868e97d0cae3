//! The snapshots' tables. A snapshot is written in chunks, each in a transaction of its own. Its row in `snapshots` is
//! written last, and makes it current. Each snapshot has an id of its own, so two processes that write one at the same
//! time never mix theirs.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;

use super::cluster::Cluster;
use super::failure::failed;
use crate::store::segment::integer;
use crate::store::{Snapshot, StoreError};

const CHUNK_BYTES: usize = 4 * 1024 * 1024;

const KEEP: &str = "keep a snapshot";
const READ: &str = "read a snapshot";

/// A snapshot from beyond the stream's end is junk, and no reason to keep none.
const IS_LATE: &str = "SELECT EXISTS (SELECT 1 FROM snapshots AS s JOIN heads AS h ON h.enterprise = s.enterprise \
     WHERE s.enterprise = $1 AND s.position > $2 AND s.position <= h.size)";
const CHUNK: &str = "INSERT INTO snapshot_chunks (enterprise, id, number, bytes) VALUES ($1, $2, $3, $4)";
const CURRENT: &str = "INSERT INTO snapshots (enterprise, position, frontier, id, chunks) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (enterprise) DO UPDATE SET position = excluded.position, frontier = excluded.frontier, \
     id = excluded.id, chunks = excluded.chunks";
const TIDY: &str = "DELETE FROM snapshot_chunks AS c WHERE c.enterprise = $1 \
     AND c.id <> (SELECT s.id FROM snapshots AS s WHERE s.enterprise = $1)";
const SELECT: &str = "SELECT position, frontier, id, chunks FROM snapshots WHERE enterprise = $1";
const SELECT_CHUNK: &str = "SELECT bytes FROM snapshot_chunks WHERE enterprise = $1 AND id = $2 AND number = $3";

/// Keeps a snapshot, under an id that no other has.
pub(super) async fn keep(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    snapshot: &Snapshot,
    id: &str,
) -> Result<(), StoreError> {
    let (slug, position) = (enterprise.as_str(), integer(snapshot.frontier.size()));
    let late = cluster.query(KEEP, IS_LATE, &[&slug, &position]).await?;
    if late
        .first()
        .map_or(Ok(false), |row| row.try_get(0))
        .map_err(failed(KEEP))?
    {
        return Ok(());
    }
    let mut chunks: i64 = 0;
    for chunk in snapshot.bytes.chunks(CHUNK_BYTES) {
        cluster.change(KEEP, CHUNK, &[&slug, &id, &chunks, &chunk]).await?;
        chunks += 1;
    }
    let frontier = snapshot.frontier.to_bytes();
    cluster
        .change(KEEP, CURRENT, &[&slug, &position, &frontier, &id, &chunks])
        .await?;
    cluster.change(KEEP, TIDY, &[&slug]).await.map(drop)
}

/// The current snapshot. What is wrong with it is an error of its reader's: nobody relies on it.
pub(super) async fn read(cluster: &Cluster, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
    let slug = enterprise.as_str();
    let rows = cluster.query(READ, SELECT, &[&slug]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let columns = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (position, frontier, id, chunks): (i64, &[u8], &str, i64) = columns().map_err(failed(READ))?;
    let size = u64::try_from(position).map_err(|error| StoreError::permanent(READ, error))?;
    let frontier = Frontier::from_bytes(size, frontier).map_err(|error| StoreError::permanent(READ, error))?;
    let mut bytes = Vec::new();
    for number in 0..chunks {
        let rows = cluster.query(READ, SELECT_CHUNK, &[&slug, &id, &number]).await?;
        let Some(row) = rows.first() else {
            // Another snapshot was kept meanwhile, and tidied this one away.
            return Ok(None);
        };
        bytes.extend_from_slice(row.try_get(0).map_err(failed(READ))?);
    }
    Ok(Some(Snapshot { frontier, bytes }))
}
