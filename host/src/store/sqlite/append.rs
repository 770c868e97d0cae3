//! An append in one transaction, in as many pieces as there are, and the projections of the streams beside it.

mod fingerprints;
mod lines;
mod rows;

use enterprise_credentials::{EnterpriseSlug, Event, Position};
use sqlx::{Sqlite, SqliteConnection, Transaction};

use self::fingerprints::Fingerprints;
use super::{integer, unavailable};
use crate::store::{Append, Line, StoreError};

/// An append to a stream of a [`SqliteStore`](super::SqliteStore). It holds the one write lock of the file.
#[derive(Debug)]
pub struct SqliteAppend {
    transaction: Transaction<'static, Sqlite>,
    enterprise: EnterpriseSlug,
    last: Position,
    projections: Projections,
}

impl SqliteAppend {
    /// Goes on behind `last`, where the stream ends as the transaction sees it.
    pub(super) fn new(transaction: Transaction<'static, Sqlite>, enterprise: EnterpriseSlug, last: Position) -> Self {
        Self {
            transaction,
            enterprise,
            last,
            projections: Projections::default(),
        }
    }
}

impl Append for SqliteAppend {
    async fn push(&mut self, lines: &[Line]) -> Result<(), StoreError> {
        let last = check_positions(self.last, lines)?;
        if self.last == Position::START && !lines.is_empty() {
            lines::begin(&mut self.transaction, &self.enterprise).await?;
        }
        lines::insert(&mut self.transaction, &self.enterprise, lines).await?;
        self.projections
            .add(&mut self.transaction, &self.enterprise, lines)
            .await?;
        self.last = last;
        Ok(())
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        self.projections.end(&mut self.transaction, &self.enterprise).await?;
        self.transaction.commit().await.map_err(unavailable("commit an append"))
    }
}

fn check_positions(mut last: Position, lines: &[Line]) -> Result<Position, StoreError> {
    for line in lines {
        let expected = last.next();
        let found = line.event.position;
        if found != expected {
            return Err(StoreError::Misplaced { expected, found });
        }
        last = found;
    }
    Ok(last)
}

/// What some lines of one stream add to the tables that are made from streams.
#[derive(Debug, Default)]
pub(super) struct Projections {
    fingerprints: Fingerprints,
}

impl Projections {
    pub(super) async fn add(
        &mut self,
        connection: &mut SqliteConnection,
        enterprise: &EnterpriseSlug,
        lines: &[Line],
    ) -> Result<(), StoreError> {
        self.fingerprints.add(connection, lines).await?;
        for line in lines {
            add_to_unfinished(connection, enterprise, line).await?;
        }
        Ok(())
    }

    pub(super) async fn end(
        self,
        connection: &mut SqliteConnection,
        enterprise: &EnterpriseSlug,
    ) -> Result<(), StoreError> {
        self.fingerprints.end(connection, enterprise).await
    }
}

async fn add_to_unfinished(
    connection: &mut SqliteConnection,
    enterprise: &EnterpriseSlug,
    line: &Line,
) -> Result<(), StoreError> {
    let (statement, revocation) = match &line.event.event {
        Event::RevokeAllRequested { .. } => (
            "INSERT INTO unfinished_revocations (enterprise, revocation) VALUES (?, ?)",
            line.event.position.value(),
        ),
        Event::RevocationCompleted { revocation, .. } => (
            "DELETE FROM unfinished_revocations WHERE enterprise = ? AND revocation = ?",
            revocation.value(),
        ),
        _ => return Ok(()),
    };
    sqlx::query(statement)
        .bind(enterprise.as_str())
        .bind(integer(revocation)?)
        .execute(connection)
        .await
        .map_err(unavailable("note what is unfinished"))?;
    Ok(())
}
