//! Whether there is a pooler that hands a server's connection to another client after each transaction. Then settings,
//! prepared statements and fences would be on one connection, and what they are for on another. So such a pooler is
//! refused.

use tokio_postgres::error::SqlState;

use super::failure::Failure;
use super::session::Session;
use crate::store::StoreError;

/// How often it is looked for: a pooler with many connections to spare may give the same one again.
const ROUNDS: u32 = 3;
const PID: &str = "SELECT pg_backend_pid()";

/// Fails where two connections are not to two processes of the server, each always to the same one. While the second
/// one is in a transaction, such a pooler has given it the process that the first one had,
/// or gives the first one another.
pub(super) async fn check(one: &Session, other: &Session) -> Result<(), Failure> {
    let checked = check_rounds(one, other).await;
    match &checked {
        // A statement that was prepared on one process is asked of another.
        Err(failure) if failure.code() == Some(&SqlState::INVALID_SQL_STATEMENT_NAME) => Err(refused()),
        _ => checked,
    }
}

async fn check_rounds(one: &Session, other: &Session) -> Result<(), Failure> {
    let first = pid(one).await?;
    for _ in 0..ROUNDS {
        other.execute("BEGIN").await?;
        let second = pid(other).await;
        let again = pid(one).await;
        other.execute("ROLLBACK").await?;
        if first == second? || first != again? {
            return Err(refused());
        }
    }
    Ok(())
}

async fn pid(session: &Session) -> Result<i32, Failure> {
    let rows = session.query(PID, &[]).await?;
    let row = rows
        .first()
        .ok_or_else(|| Failure::Lost("the server says nothing of itself".into()))?;
    row.try_get(0).map_err(Failure::of)
}

fn refused() -> Failure {
    Failure::Told(StoreError::permanent(
        "connect to its primary",
        "a pooler in front of the server shares connections between transactions: connect to PostgreSQL itself, or let \
         the pooler keep a connection for a session (`pool_mode = session`)",
    ))
}
