//! The snapshots' tables. A snapshot is written in chunks, each in a transaction of its own. So a large one does not
//! hold up the writer, and does not meet SQLite's limit on a value. Its row in `snapshots` is written last, and makes
//! it current.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;
use rusqlite::{Connection, OptionalExtension, params};

use super::failure::failed;
use crate::store::segment::integer;
use crate::store::{Snapshot, StoreError};

/// How many bytes a chunk holds at most.
pub(super) const CHUNK_BYTES: usize = 4 * 1024 * 1024;

const KEEP: &str = "keep a snapshot";
const READ: &str = "read a snapshot";

/// One of the transactions that a snapshot takes.
#[derive(Debug)]
pub(super) enum Step {
    /// Writes a chunk.
    Chunk { number: i64, bytes: Vec<u8> },
    /// Makes the chunks current.
    Current { frontier: Frontier, chunks: i64 },
    /// Deletes a chunk of another snapshot, if there is one.
    Tidy,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It may go on.
    Yes,
    /// There is nothing more to do.
    Nothing,
}

/// Whether the current snapshot was taken later. One of the same position is replaced: that may be damaged,
/// or of other lines.
pub(super) fn is_late(connection: &Connection, enterprise: &EnterpriseSlug, position: u64) -> Result<bool, StoreError> {
    // A snapshot from beyond the stream's end is junk, and no reason to keep none.
    connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM snapshots JOIN heads USING (enterprise) \
             WHERE enterprise = ? AND position > ? AND position <= size)",
            params![enterprise.as_str(), integer(position)],
            |row| row.get(0),
        )
        .map_err(failed(KEEP))
}

/// Takes a step to the snapshot of `enterprise` at `position`, in the transaction that is open.
pub(super) fn step(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    position: u64,
    step: &Step,
) -> rusqlite::Result<Done> {
    let (slug, position) = (enterprise.as_str(), integer(position));
    match step {
        Step::Chunk { number, bytes } => {
            let insert =
                "INSERT OR REPLACE INTO snapshot_chunks (enterprise, position, number, bytes) VALUES (?, ?, ?, ?)";
            connection
                .prepare_cached(insert)?
                .execute(params![slug, position, number, bytes])?;
            Ok(Done::Yes)
        }
        Step::Current { frontier, chunks } => {
            let insert =
                "INSERT OR REPLACE INTO snapshots (enterprise, position, frontier, chunks) VALUES (?, ?, ?, ?)";
            connection
                .prepare_cached(insert)?
                .execute(params![slug, position, frontier.to_bytes(), chunks])?;
            Ok(Done::Yes)
        }
        Step::Tidy => {
            let delete = "DELETE FROM snapshot_chunks WHERE rowid = (SELECT c.rowid FROM snapshot_chunks AS c \
                 WHERE c.enterprise = ? AND c.position <> \
                 (SELECT s.position FROM snapshots AS s WHERE s.enterprise = c.enterprise) LIMIT 1)";
            let deleted = connection.prepare_cached(delete)?.execute([slug])?;
            Ok(if deleted > 0 { Done::Yes } else { Done::Nothing })
        }
    }
}

/// The current snapshot. What is wrong with it is an error of its reader's: nobody relies on it.
pub(super) fn read(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
    let current = connection
        .prepare_cached("SELECT position, frontier, chunks FROM snapshots WHERE enterprise = ?")
        .and_then(|mut select| {
            select
                .query_row([enterprise.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()
        })
        .map_err(failed(READ))?;
    let Some((position, frontier, chunks)): Option<(i64, Vec<u8>, i64)> = current else {
        return Ok(None);
    };
    let size = u64::try_from(position).map_err(|error| StoreError::permanent(READ, error))?;
    let frontier = Frontier::from_bytes(size, &frontier).map_err(|error| StoreError::permanent(READ, error))?;
    let mut select = connection
        .prepare_cached("SELECT bytes FROM snapshot_chunks WHERE enterprise = ? AND position = ? AND number = ?")
        .map_err(failed(READ))?;
    let mut bytes = Vec::new();
    for number in 0..chunks {
        let mut rows = select
            .query(params![enterprise.as_str(), position, number])
            .map_err(failed(READ))?;
        let Some(row) = rows.next().map_err(failed(READ))? else {
            // Another snapshot was kept meanwhile, and tidied this one away.
            return Ok(None);
        };
        let chunk = row.get_ref(0).and_then(|chunk| Ok(chunk.as_blob()?));
        bytes.extend_from_slice(chunk.map_err(failed(READ))?);
    }
    Ok(Some(Snapshot { frontier, bytes }))
}
