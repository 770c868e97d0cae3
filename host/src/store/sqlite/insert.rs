//! Inserting many rows in few statements: an import of some hundred thousand lines takes seconds.

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{holder, integer, unavailable};
use crate::store::{Line, StoreError};

/// Three values a row, far below the 32,766 that one statement may bind.
const ROWS_PER_STATEMENT: usize = 500;

/// Inserts the lines behind `after`, and the stream's own row where it begins.
pub(super) async fn insert_lines(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    after: Position,
    lines: &[Line],
) -> Result<(), StoreError> {
    if after == Position::START && !lines.is_empty() {
        sqlx::query("INSERT INTO enterprises (slug) VALUES (?)")
            .bind(enterprise.as_str())
            .execute(&mut *connection)
            .await
            .map_err(unavailable("begin a stream"))?;
    }
    for chunk in lines.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk
            .iter()
            .map(|line| Ok((integer(line.event.position.value())?, line.bytes.as_slice())))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO events (enterprise, position, line) ");
        insert.push_values(rows, |mut row, (position, bytes)| {
            row.push_bind(enterprise.as_str()).push_bind(position).push_bind(bytes);
        });
        insert
            .build()
            .execute(&mut *connection)
            .await
            .map_err(unavailable("append to a stream"))?;
    }
    Ok(())
}

/// Inserts the fingerprints of the credentials that `lines` issue.
pub(super) async fn insert_fingerprints(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    lines: &[Line],
) -> Result<(), StoreError> {
    let mut issued: Vec<Issued<'_>> = lines.iter().filter_map(Issued::by).collect();
    // In their own order they go to neighbouring pages; as issued, each goes to another. Of equal ones the first stays so.
    issued.sort_by_key(|issued| issued.fingerprint);
    for chunk in issued.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk
            .iter()
            .map(|issued| Ok((issued.fingerprint.as_str(), integer(issued.credential.value())?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO fingerprints (fingerprint, enterprise, credential) ");
        insert.push_values(rows, |mut row, (fingerprint, credential)| {
            row.push_bind(fingerprint)
                .push_bind(enterprise.as_str())
                .push_bind(credential);
        });
        insert.push(" ON CONFLICT DO NOTHING");
        let inserted = insert
            .build()
            .execute(&mut *connection)
            .await
            .map_err(unavailable("append to the look-up"))?
            .rows_affected();
        if usize::try_from(inserted).ok() != Some(chunk.len()) {
            return Err(first_duplicate(connection, enterprise, chunk).await);
        }
    }
    Ok(())
}

/// What a line adds to the look-up.
struct Issued<'a> {
    position: Position,
    credential: CredentialId,
    fingerprint: &'a Fingerprint,
}

impl<'a> Issued<'a> {
    fn by(line: &'a Line) -> Option<Self> {
        let (fingerprint, credential) = line.fingerprint()?;
        Some(Self {
            position: line.event.position,
            credential,
            fingerprint,
        })
    }
}

/// Of fingerprints that were not all inserted, the first issued that stands for something else.
async fn first_duplicate(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    chunk: &[Issued<'_>],
) -> StoreError {
    let mut issued: Vec<_> = chunk.iter().collect();
    issued.sort_by_key(|issued| issued.position);
    for issued in issued {
        match holder(connection, issued.fingerprint).await {
            Err(error) => return error,
            Ok(Some(holder)) if holder.enterprise != *enterprise || holder.credential != issued.credential => {
                return StoreError::DuplicateFingerprint {
                    position: issued.position,
                    credential: issued.credential,
                    fingerprint: issued.fingerprint.clone(),
                    holder,
                };
            }
            Ok(_) => {}
        }
    }
    unavailable("append to the look-up")("the same credential is issued twice in one append")
}
