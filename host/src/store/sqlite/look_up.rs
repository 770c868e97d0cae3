//! The look-up's table: which line issues the credential with a fingerprint, in each enterprise that knows it.

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_seal::leaf_hash;
use rusqlite::{Connection, OptionalExtension, params};

use super::failure::failed;
use super::segments;
use crate::store::batch::Issued;
use crate::store::entry::Entry;
use crate::store::segment::integer;
use crate::store::{HOLDERS_MAX, StoreError};

const READ: &str = "look up a fingerprint";
const WRITE: &str = "append to the look-up";

/// What the table holds for a fingerprint, in the order of the slugs.
pub(super) fn entries(connection: &Connection, fingerprint: &Fingerprint) -> Result<Vec<Entry>, StoreError> {
    let read = || -> rusqlite::Result<Vec<(String, i64, i64)>> {
        let mut select = connection.prepare_cached(
            "SELECT enterprise, position, leaf FROM look_up WHERE fingerprint = ? ORDER BY enterprise LIMIT ?",
        )?;
        let limit = i64::try_from(HOLDERS_MAX).unwrap_or(i64::MAX);
        select
            .query_map(params![fingerprint.as_str(), limit], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect()
    };
    let rows = read().map_err(failed(READ))?;
    rows.into_iter()
        .map(|(enterprise, position, leaf)| {
            let enterprise = EnterpriseSlug::new(&enterprise).map_err(|error| StoreError::permanent(READ, error))?;
            Ok(Entry::new(enterprise, position, leaf))
        })
        .collect()
}

/// The credential of an entry, as the line that it names says.
pub(super) fn credential(
    connection: &Connection,
    fingerprint: &Fingerprint,
    entry: &Entry,
) -> Result<CredentialId, StoreError> {
    let line = segments::line(connection, &entry.enterprise, entry.position)?;
    entry.credential(fingerprint, line.as_deref())
}

/// Inserts what a batch issues.
pub(super) fn insert(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    issued: &[Issued],
) -> Result<(), StoreError> {
    let mut insert = connection
        .prepare_cached(
            "INSERT INTO look_up (fingerprint, enterprise, position, leaf) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .map_err(failed(WRITE))?;
    for issued in issued {
        let inserted = insert
            .execute(params![
                issued.fingerprint.as_str(),
                enterprise.as_str(),
                integer(issued.position.value()),
                issued.leaf_begin(),
            ])
            .map_err(failed(WRITE))?;
        if inserted == 0 {
            return Err(duplicate(connection, enterprise, issued)?);
        }
    }
    Ok(())
}

/// Says which credential of the enterprise has the fingerprint already.
fn duplicate(connection: &Connection, enterprise: &EnterpriseSlug, issued: &Issued) -> Result<StoreError, StoreError> {
    let entries = entries_of(connection, enterprise, &issued.fingerprint)?;
    Ok(StoreError::DuplicateFingerprint {
        position: issued.position,
        credential: issued.credential,
        fingerprint: issued.fingerprint.clone(),
        holder: credential(connection, &issued.fingerprint, &entries)?,
    })
}

fn entries_of(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    fingerprint: &Fingerprint,
) -> Result<Entry, StoreError> {
    let (position, leaf): (i64, i64) = connection
        .prepare_cached("SELECT position, leaf FROM look_up WHERE fingerprint = ? AND enterprise = ?")
        .and_then(|mut select| {
            select.query_row([fingerprint.as_str(), enterprise.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .map_err(failed(READ))?;
    Ok(Entry::new(enterprise.clone(), position, leaf))
}

/// What many batches of one append issue.
///
/// The fingerprints come in no order, and each would touch another page of the table. So they are laid aside in a
/// temporary table, and inserted in their own order at the end: SQLite sorts in files what its memory does not hold.
#[derive(Debug, Default)]
pub(super) struct LaidAside {
    count: usize,
}

impl LaidAside {
    /// Lays aside what a batch issues.
    pub(super) fn add(&mut self, connection: &Connection, issued: &[Issued]) -> Result<(), StoreError> {
        if issued.is_empty() {
            return Ok(());
        }
        if self.count == 0 {
            begin_laying_aside(connection)?;
        }
        self.count += issued.len();
        let insert = || -> rusqlite::Result<()> {
            let mut insert = connection.prepare_cached("INSERT INTO temp.issued VALUES (?, ?, ?, ?)")?;
            for issued in issued {
                insert.execute(params![
                    integer(issued.position.value()),
                    issued.fingerprint.as_str(),
                    integer(issued.credential.value()),
                    issued.leaf_begin(),
                ])?;
            }
            Ok(())
        };
        insert().map_err(failed(WRITE))
    }

    /// Inserts what was laid aside into the table.
    pub(super) fn end(self, connection: &Connection, enterprise: &EnterpriseSlug) -> Result<(), StoreError> {
        if self.count == 0 {
            return Ok(());
        }
        // Of equal ones the first issued stays.
        let inserted = connection
            .execute(
                "INSERT INTO look_up (fingerprint, enterprise, position, leaf) \
                 SELECT fingerprint, ?, position, leaf FROM temp.issued WHERE true ORDER BY fingerprint, position \
                 ON CONFLICT DO NOTHING",
                [enterprise.as_str()],
            )
            .map_err(failed(WRITE))?;
        if inserted != self.count {
            return Err(first_duplicate(connection, enterprise)?);
        }
        connection
            .execute_batch("DROP TABLE temp.issued")
            .map_err(failed(WRITE))
    }
}

fn begin_laying_aside(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch(
            "DROP TABLE IF EXISTS temp.issued; CREATE TABLE temp.issued (position INTEGER PRIMARY KEY, \
             fingerprint TEXT NOT NULL, credential INTEGER NOT NULL, leaf INTEGER NOT NULL)",
        )
        .map_err(failed(WRITE))
}

impl LaidAside {
    /// Has the table hold what was laid aside of `enterprise`, all that a stream issues, and nothing else of it; nor
    /// anything of a stream that does not exist. Gives how many rows were taken out, and how many written.
    pub(super) fn renew(self, connection: &Connection, enterprise: &EnterpriseSlug) -> Result<(u64, u64), StoreError> {
        if self.count == 0 {
            begin_laying_aside(connection)?;
        }
        let index = "CREATE INDEX temp.issued_by_fingerprint ON issued (fingerprint)";
        connection.execute_batch(index).map_err(failed(WRITE))?;
        let execute = |statement: &str, parameters: &[&str]| {
            let changed = connection.execute(statement, rusqlite::params_from_iter(parameters));
            changed.map(|rows| rows as u64).map_err(failed(WRITE))
        };
        let wrong = execute(
            "DELETE FROM look_up WHERE enterprise = ? AND NOT EXISTS (SELECT 1 FROM temp.issued AS issued \
             WHERE issued.fingerprint = look_up.fingerprint AND issued.position = look_up.position \
             AND issued.leaf = look_up.leaf)",
            &[enterprise.as_str()],
        )?;
        let of_none = execute(
            "DELETE FROM look_up WHERE NOT EXISTS (SELECT 1 FROM heads WHERE heads.enterprise = look_up.enterprise) \
             AND NOT EXISTS (SELECT 1 FROM segments WHERE segments.enterprise = look_up.enterprise) \
             AND enterprise <> ?",
            &[enterprise.as_str()],
        )?;
        let added = execute(
            "INSERT INTO look_up (fingerprint, enterprise, position, leaf) \
             SELECT fingerprint, ?, position, leaf FROM temp.issued WHERE true ORDER BY fingerprint, position \
             ON CONFLICT DO NOTHING",
            &[enterprise.as_str()],
        )?;
        connection
            .execute_batch("DROP TABLE temp.issued")
            .map_err(failed(WRITE))?;
        Ok((wrong + of_none, added))
    }
}

/// Of fingerprints that were not all inserted, the first issued that stands for something else.
fn first_duplicate(connection: &Connection, enterprise: &EnterpriseSlug) -> Result<StoreError, StoreError> {
    let found: Option<(i64, i64, String, i64)> = connection
        .query_row(
            "SELECT issued.position, issued.credential, fingerprint, issued.leaf FROM temp.issued \
             JOIN look_up AS held USING (fingerprint) \
             WHERE held.enterprise = ? AND held.position <> issued.position ORDER BY issued.position LIMIT 1",
            [enterprise.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()
        .map_err(failed(READ))?;
    let lost = |error| StoreError::permanent(WRITE, error);
    let Some((position, credential, fingerprint, _)) = found else {
        return Ok(StoreError::permanent(WRITE, "rows that were inserted are not there"));
    };
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let issued = Issued {
        position: Position::new(whole(position)).map_err(lost)?,
        credential: CredentialId::new(whole(credential)).map_err(lost)?,
        fingerprint: Fingerprint::new(&fingerprint).map_err(lost)?,
        leaf: leaf_hash(&[]),
    };
    duplicate(connection, enterprise, &issued)
}
