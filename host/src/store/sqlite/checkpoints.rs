//! The checkpoints' table, and the name of the logs.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Frontier, KeyName};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::failure::failed;
use crate::store::segment::integer;
use crate::store::{KeptCheckpoint, StoreError};

pub(super) const KEEP: &str = "keep a checkpoint";
const READ: &str = "read a checkpoint";

/// The checkpoint of the latest log that covers the most lines.
pub(super) fn last(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
    const LAST: &str =
        "SELECT log, size, frontier, note FROM checkpoints WHERE enterprise = ? ORDER BY log DESC, size DESC LIMIT 1";
    one(connection, LAST, [enterprise.as_str()])
}

/// The checkpoint of a log that covers this many lines.
pub(super) fn read(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    log: u32,
    size: u64,
) -> Result<Option<KeptCheckpoint>, StoreError> {
    const OF_SIZE: &str =
        "SELECT log, size, frontier, note FROM checkpoints WHERE enterprise = ? AND log = ? AND size = ?";
    one(connection, OF_SIZE, params![enterprise.as_str(), log, integer(size)])
}

/// The first name behind another under which a checkpoint is kept.
pub(super) fn next(connection: &Connection, after: &str) -> Result<Option<String>, StoreError> {
    const NEXT: &str = "SELECT enterprise FROM checkpoints WHERE enterprise > ? ORDER BY enterprise LIMIT 1";
    value(connection, NEXT, [after]).map_err(failed(READ))
}

fn one(connection: &Connection, select: &str, of: impl Params) -> Result<Option<KeptCheckpoint>, StoreError> {
    let row: Option<(i64, i64, Vec<u8>, String)> = connection
        .prepare_cached(select)
        .and_then(|mut select| {
            select
                .query_row(of, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()
        })
        .map_err(failed(READ))?;
    row.map(|(log, size, frontier, note)| KeptCheckpoint::read(log, size, &frontier, &note))
        .transpose()
}

/// Keeps what was signed, unless something else was signed of as many lines.
pub(super) fn keep(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    checkpoint: &KeptCheckpoint,
) -> Result<(), StoreError> {
    let KeptCheckpoint { log, frontier, note } = checkpoint;
    let size = integer(frontier.size());
    let insert = "INSERT INTO checkpoints (enterprise, log, size, frontier, note) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (enterprise, log, size) DO UPDATE SET note = excluded.note WHERE frontier = excluded.frontier";
    let row = params![enterprise.as_str(), log, size, frontier.to_bytes(), note.to_string()];
    let kept = connection
        .prepare_cached(insert)
        .and_then(|mut insert| insert.execute(row));
    if kept.map_err(failed(KEEP))? > 0 {
        return Ok(());
    }
    let select = "SELECT frontier FROM checkpoints WHERE enterprise = ? AND log = ? AND size = ?";
    let found: Option<Vec<u8>> =
        value(connection, select, params![enterprise.as_str(), log, size]).map_err(failed(KEEP))?;
    let found = Frontier::from_bytes(frontier.size(), &found.unwrap_or_default());
    let found = found.map_err(|error| StoreError::permanent(KEEP, error))?;
    Err(checkpoint.contradicts(enterprise, &found))
}

/// What the logs are called.
pub(super) fn log_name(connection: &Connection) -> Result<Option<KeyName>, StoreError> {
    let name: Option<String> = value(connection, "SELECT name FROM log_name", []).map_err(failed(READ))?;
    let name = name.map(|name| KeyName::new(&name)).transpose();
    name.map_err(|error| StoreError::permanent(READ, error))
}

/// Calls the logs so, unless they have a name.
pub(super) fn name_logs(connection: &Connection, name: &KeyName) -> Result<KeyName, StoreError> {
    let insert = "INSERT INTO log_name (id, name) VALUES (1, ?) ON CONFLICT (id) DO NOTHING";
    connection.execute(insert, [name.as_str()]).map_err(failed(KEEP))?;
    Ok(log_name(connection)?.unwrap_or_else(|| name.clone()))
}

fn value<T: FromSql>(connection: &Connection, select: &str, of: impl Params) -> rusqlite::Result<Option<T>> {
    connection.query_row(select, of, |row| row.get(0)).optional()
}
