//! The lines of a stream into their table.

use enterprise_credentials::EnterpriseSlug;
use sqlx::SqliteConnection;

use super::super::{integer, unavailable};
use super::rows::{Rows, statements};
use crate::store::{Line, StoreError};

/// Without numbers: of each parameter that has one, sqlx asks for the name, and SQLite looks through all names before it.
static ROWS: Rows = Rows::new(|| statements("INSERT INTO events (enterprise, position, line)", "(?, ?, ?)"));

/// Inserts the stream's own row.
pub(super) async fn begin(connection: &mut SqliteConnection, enterprise: &EnterpriseSlug) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO enterprises (slug) VALUES (?)")
        .bind(enterprise.as_str())
        .execute(connection)
        .await
        .map_err(unavailable("begin a stream"))?;
    Ok(())
}

/// Inserts lines, whose positions are those that the stream goes on with.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    lines: &[Line],
) -> Result<(), StoreError> {
    for (statement, lines) in ROWS.cut(lines) {
        let mut insert = sqlx::query(statement);
        for line in lines {
            insert = insert
                .bind(enterprise.as_str())
                .bind(integer(line.event.position.value())?)
                .bind(line.bytes.as_slice());
        }
        insert
            .execute(&mut *connection)
            .await
            .map_err(unavailable("append to a stream"))?;
    }
    Ok(())
}
