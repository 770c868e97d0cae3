//! What `verify` asks of the tables.

use enterprise_credentials::{EnterpriseSlug, Fingerprint};
use tokio_postgres::Row;

use super::failure::failed;
use super::{PostgresStore, heads, look_up};
use crate::store::segment::{integer, position};
use crate::store::{Ends, Inspect, LookUpRow, StoreError, entry};

const VERIFY: &str = "be verified";

const NEXT_NAME: &str = "SELECT least(\
     (SELECT enterprise FROM heads WHERE enterprise > $1 ORDER BY enterprise LIMIT 1), \
     (SELECT enterprise FROM segments WHERE enterprise > $1 ORDER BY enterprise LIMIT 1)) COLLATE \"C\"";
const ROWS_OF: &str = "SELECT l.fingerprint, l.enterprise, l.position, l.leaf FROM look_up AS l \
     WHERE l.enterprise = $1 AND l.fingerprint = ANY ($2::text[])";
const ROWS: &str = "SELECT fingerprint, enterprise, position, leaf FROM look_up \
     WHERE (fingerprint, enterprise) > ($1, $2) ORDER BY fingerprint, enterprise LIMIT $3";

impl Inspect for PostgresStore {
    async fn next_name(&self, after: &str) -> Result<Option<String>, StoreError> {
        let rows = self.cluster().query(VERIFY, NEXT_NAME, &[&after]).await?;
        rows.first()
            .map_or(Ok(None), |row| row.try_get(0))
            .map_err(failed(VERIFY))
    }

    async fn ends(&self, enterprise: &EnterpriseSlug) -> Result<Ends, StoreError> {
        let rows = self
            .cluster()
            .query(VERIFY, heads::LOOK, &[&enterprise.as_str()])
            .await?;
        let Some(row) = rows.first() else {
            return Err(StoreError::transient(VERIFY, "the server answers nothing"));
        };
        let head = match heads::of(row, enterprise) {
            Ok(head) => Ok(head),
            Err(StoreError::Altered(altered)) => Err(altered),
            Err(error) => return Err(error),
        };
        let lines: i64 = row.try_get(7).map_err(failed(VERIFY))?;
        let lines = position(u64::try_from(lines).unwrap_or_default());
        Ok(Ends { head, lines })
    }

    async fn rows_of(
        &self,
        enterprise: &EnterpriseSlug,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Vec<Option<LookUpRow>>, StoreError> {
        let names: Vec<&str> = fingerprints.iter().map(Fingerprint::as_str).collect();
        let rows = self
            .cluster()
            .query(VERIFY, ROWS_OF, &[&enterprise.as_str(), &names])
            .await?;
        let mut found = std::collections::HashMap::new();
        for row in &rows {
            let row = look_up_row(row)?;
            found.insert(row.fingerprint.clone(), row);
        }
        Ok(names.iter().map(|name| found.get(*name).cloned()).collect())
    }

    async fn rows(&self, after: &LookUpRow, limit: usize) -> Result<Vec<LookUpRow>, StoreError> {
        let limit = integer(limit as u64);
        let rows = self
            .cluster()
            .query(VERIFY, ROWS, &[&after.fingerprint, &after.enterprise, &limit])
            .await?;
        rows.iter().map(look_up_row).collect()
    }

    async fn is_issued(&self, row: &LookUpRow) -> Result<bool, StoreError> {
        let Some((fingerprint, entry)) = row.entry() else {
            return Ok(false);
        };
        entry::is_issued(look_up::credential(self.cluster(), &fingerprint, &entry).await)
    }

    /// The server examines its files by itself: with its checksums as it reads them, and with `pg_amcheck`.
    async fn storage_faults(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}

fn look_up_row(row: &Row) -> Result<LookUpRow, StoreError> {
    let columns = || {
        Ok(LookUpRow {
            fingerprint: row.try_get(0)?,
            enterprise: row.try_get(1)?,
            position: row.try_get(2)?,
            leaf: row.try_get(3)?,
        })
    };
    columns().map_err(failed(VERIFY))
}
