//! Heads written by themselves, in a transaction that holds their lock.

use enterprise_credentials::EnterpriseSlug;

use super::failure::Failure;
use super::session::Session;
use crate::store::Head;
use crate::store::head_row::HeadRow;

const PUT: &str = "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (enterprise) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, \
     last_at = excluded.last_at, running = excluded.running, checksum = excluded.checksum";

/// Puts a head in place of the one before, or begins a stream with it.
pub(super) async fn put(session: &Session, enterprise: &EnterpriseSlug, head: &Head) -> Result<(), Failure> {
    let row = HeadRow::of(enterprise, head);
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &enterprise.as_str(),
        &row.size,
        &row.frontier,
        &row.last_at,
        &row.running,
        &row.checksum,
    ];
    session.query(PUT, &columns).await.map(drop)
}
