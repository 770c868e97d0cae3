//! Fingerprints on their way to the look-up.

use enterprise_credentials::{EnterpriseSlug, Fingerprint};
use sqlx::{Row, SqliteConnection};

use super::super::{credential, integer, position, slug, unavailable};
use super::rows::{Rows, statements};
use crate::store::{Holder, Line, StoreError};

const INSERT: &str = "append to the look-up";

static ROWS: Rows = Rows::new(|| {
    statements(
        "INSERT INTO temp.issued (position, fingerprint, credential)",
        "(?, ?, ?)",
    )
});

/// The fingerprints of one append.
///
/// They come in no order, and each would touch another page of the look-up. So they are laid aside in a temporary table,
/// and inserted in their own order at the end: SQLite sorts in files what its memory does not hold.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    laid_aside: u64,
}

impl Fingerprints {
    /// Lays aside the fingerprints of the credentials that `lines` issue.
    pub(super) async fn add(&mut self, connection: &mut SqliteConnection, lines: &[Line]) -> Result<(), StoreError> {
        let issued: Vec<_> = lines
            .iter()
            .filter_map(|line| Some((line.event.position, line.fingerprint()?)))
            .collect();
        if self.laid_aside == 0 && !issued.is_empty() {
            execute(
                connection,
                "CREATE TABLE temp.issued (position INTEGER PRIMARY KEY, fingerprint TEXT, credential INTEGER)",
            )
            .await?;
        }
        for (statement, issued) in ROWS.cut(&issued) {
            let mut insert = sqlx::query(statement);
            for (position, (fingerprint, credential)) in issued {
                insert = insert
                    .bind(integer(position.value())?)
                    .bind(fingerprint.as_str())
                    .bind(integer(credential.value())?);
            }
            insert.execute(&mut *connection).await.map_err(unavailable(INSERT))?;
        }
        self.laid_aside += issued.len() as u64;
        Ok(())
    }

    /// Inserts what was laid aside into the look-up, where `enterprise` holds it.
    pub(super) async fn end(
        self,
        connection: &mut SqliteConnection,
        enterprise: &EnterpriseSlug,
    ) -> Result<(), StoreError> {
        if self.laid_aside == 0 {
            return Ok(());
        }
        // Of equal ones the first issued stays.
        let inserted = sqlx::query(
            "INSERT INTO fingerprints (fingerprint, enterprise, credential) \
             SELECT fingerprint, ?, credential FROM temp.issued WHERE true ORDER BY fingerprint, position \
             ON CONFLICT DO NOTHING",
        )
        .bind(enterprise.as_str())
        .execute(&mut *connection)
        .await
        .map_err(unavailable(INSERT))?;
        if inserted.rows_affected() != self.laid_aside {
            return Err(first_duplicate(connection, enterprise).await?);
        }
        execute(connection, "DROP TABLE temp.issued").await
    }
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement)
        .execute(connection)
        .await
        .map_err(unavailable(INSERT))?;
    Ok(())
}

/// Of fingerprints that were not all inserted, the first issued that stands for something else.
async fn first_duplicate(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
) -> Result<StoreError, StoreError> {
    let row = sqlx::query(
        "SELECT issued.position, issued.credential, fingerprint, held.enterprise, held.credential AS holder \
         FROM temp.issued JOIN fingerprints AS held USING (fingerprint) \
         WHERE held.enterprise <> ? OR held.credential <> issued.credential ORDER BY issued.position LIMIT 1",
    )
    .bind(enterprise.as_str())
    .fetch_optional(connection)
    .await
    .map_err(unavailable(INSERT))?;
    let Some(row) = row else {
        return Ok(unavailable(INSERT)("the same credential is issued twice in one append"));
    };
    let fingerprint: String = row.try_get("fingerprint").map_err(unavailable(INSERT))?;
    Ok(StoreError::DuplicateFingerprint {
        position: position(row.try_get("position"))?,
        credential: credential(row.try_get("credential"))?,
        fingerprint: Fingerprint::new(&fingerprint).map_err(unavailable(INSERT))?,
        holder: Holder {
            enterprise: slug(row.try_get("enterprise"))?,
            credential: credential(row.try_get("holder"))?,
        },
    })
}
