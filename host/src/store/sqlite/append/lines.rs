//! The lines of a stream into their table.

use enterprise_credentials::{EnterpriseSlug, Position};
use sqlx::SqliteConnection;

use super::super::{integer, unavailable};
use super::rows::{Rows, statements};
use crate::store::{Line, StoreError};

/// The first two values are the stream and the position before.
static ROWS: Rows = Rows::new(|| {
    statements("INSERT INTO events (enterprise, position, line)", |row| {
        format!("(?1, ?2 + {row}, ?{})", row + 2)
    })
});

/// Inserts the stream's own row.
pub(super) async fn begin(connection: &mut SqliteConnection, enterprise: &EnterpriseSlug) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO enterprises (slug) VALUES (?)")
        .bind(enterprise.as_str())
        .execute(connection)
        .await
        .map_err(unavailable("begin a stream"))?;
    Ok(())
}

/// Inserts lines whose positions follow `last`.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    mut last: Position,
    lines: &[Line],
) -> Result<(), StoreError> {
    for (statement, lines) in ROWS.cut(lines) {
        let insert = sqlx::query(statement)
            .bind(enterprise.as_str())
            .bind(integer(last.value())?);
        lines
            .iter()
            .fold(insert, |insert, line| insert.bind(line.bytes.as_slice()))
            .execute(&mut *connection)
            .await
            .map_err(unavailable("append to a stream"))?;
        last = lines.last().map_or(last, |line| line.event.position);
    }
    Ok(())
}
