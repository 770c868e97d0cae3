//! What `verify` asks of the file.

use enterprise_credentials::{EnterpriseSlug, Fingerprint};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::failed;
use super::reader::SqliteReader;
use super::{heads, look_up, segments};
use crate::store::{Ends, Inspect, LookUpRow, StoreError, entry};

const VERIFY: &str = "be verified";
/// How many faults of the file SQLite lists.
const FAULTS_MAX: u32 = 100;

impl Inspect for SqliteReader {
    async fn next_name(&self, after: &str) -> Result<Option<String>, StoreError> {
        let after = after.to_owned();
        self.read_aside(move |connection| next_name(connection, &after).map_err(failed(VERIFY)))
            .await
    }

    async fn ends(&self, enterprise: &EnterpriseSlug) -> Result<Ends, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| ends(connection, &slug)).await
    }

    async fn rows_of(
        &self,
        enterprise: &EnterpriseSlug,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Vec<Option<LookUpRow>>, StoreError> {
        let slug = enterprise.clone();
        self.read_aside(move |connection| {
            let row = |fingerprint: &Fingerprint| row_of(connection, &slug, fingerprint).map_err(failed(VERIFY));
            fingerprints.iter().map(row).collect()
        })
        .await
    }

    async fn rows(&self, after: &LookUpRow, limit: usize) -> Result<Vec<LookUpRow>, StoreError> {
        let after = after.clone();
        self.read_aside(move |connection| rows(connection, &after, limit).map_err(failed(VERIFY)))
            .await
    }

    async fn is_issued(&self, row: &LookUpRow) -> Result<bool, StoreError> {
        let Some((fingerprint, entry)) = row.entry() else {
            return Ok(false);
        };
        let credential = self.read_aside(move |connection| look_up::credential(connection, &fingerprint, &entry));
        entry::is_issued(credential.await)
    }

    async fn storage_faults(&self) -> Result<Vec<String>, StoreError> {
        self.read_aside(|connection| faults(connection).map_err(failed(VERIFY)))
            .await
    }
}

/// What SQLite finds wrong with the file.
pub(super) fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare(&format!("PRAGMA quick_check({FAULTS_MAX})"))?;
    let found = check.query_map([], |row| row.get(0))?;
    let mut found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
    found.retain(|fault| fault != "ok");
    Ok(found)
}

pub(super) fn next_name(connection: &Connection, after: &str) -> rusqlite::Result<Option<String>> {
    let next = |table: &str| -> rusqlite::Result<Option<String>> {
        let select = format!("SELECT enterprise FROM {table} WHERE enterprise > ? ORDER BY enterprise LIMIT 1");
        let mut select = connection.prepare_cached(&select)?;
        // A name that a fault broke has to be told too.
        select.query_row([after], |row| text(row, 0)).optional()
    };
    let (head, lines) = (next("heads")?, next("segments")?);
    Ok(match (head, lines) {
        (Some(head), Some(lines)) => Some(head.min(lines)),
        (head, lines) => head.or(lines),
    })
}

/// Both in one transaction, or a stream that grows between would seem to have lines beyond its head.
pub(super) fn ends(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<Ends, StoreError> {
    let transaction = connection.unchecked_transaction().map_err(failed(VERIFY))?;
    let head = match heads::read(&transaction, enterprise) {
        Ok(head) => Ok(head),
        Err(StoreError::Altered(altered)) => Err(altered),
        Err(error) => return Err(error),
    };
    let lines = segments::end(&transaction, enterprise)?;
    Ok(Ends { head, lines })
}

fn row_of(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    fingerprint: &Fingerprint,
) -> rusqlite::Result<Option<LookUpRow>> {
    let mut select = connection.prepare_cached(
        "SELECT fingerprint, enterprise, position, leaf FROM look_up WHERE fingerprint = ? AND enterprise = ?",
    )?;
    let key = [fingerprint.as_str(), enterprise.as_str()];
    select.query_row(key, row).optional()
}

fn rows(connection: &Connection, after: &LookUpRow, limit: usize) -> rusqlite::Result<Vec<LookUpRow>> {
    let mut select = connection.prepare_cached(
        "SELECT fingerprint, enterprise, position, leaf FROM look_up WHERE (fingerprint, enterprise) > (?, ?) \
         ORDER BY fingerprint, enterprise LIMIT ?",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select
        .query_map(params![after.fingerprint, after.enterprise, limit], row)?
        .collect()
}

fn row(row: &Row<'_>) -> rusqlite::Result<LookUpRow> {
    // A column of another type than was written names no line.
    let integer = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_i64().unwrap_or(-1));
    Ok(LookUpRow {
        fingerprint: text(row, 0)?,
        enterprise: text(row, 1)?,
        position: integer(2)?,
        leaf: integer(3)?,
    })
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    })
}
