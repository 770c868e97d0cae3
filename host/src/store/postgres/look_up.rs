//! The look-up's table.

use std::collections::HashMap;

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint};
use tokio_postgres::Row;

use super::cluster::Cluster;
use super::failure::{Failure, failed};
use super::segments;
use super::session::Session;
use crate::store::batch::Issued;
use crate::store::entry::{CheckedHolders, Entry};
use crate::store::segment::integer;
use crate::store::{HOLDERS_MAX, Holder, StoreError};

pub(super) const READ: &str = "look up a fingerprint";

const ENTRIES: &str =
    "SELECT enterprise, position, leaf FROM look_up WHERE fingerprint = $1 ORDER BY enterprise LIMIT $2";
const OF_SOME: &str =
    "SELECT fingerprint, position, leaf FROM look_up WHERE enterprise = $1 AND fingerprint = ANY ($2::text[])";
/// Of equal ones the first stays.
const INSERT: &str = "INSERT INTO look_up (fingerprint, enterprise, position, leaf) \
     SELECT o.fingerprint, $1::text, o.position, o.leaf \
     FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS o (fingerprint, position, leaf) \
     ON CONFLICT (fingerprint, enterprise) DO NOTHING RETURNING 1";

/// What is issued, as rows of the table.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    pub(super) fingerprints: Vec<&'a str>,
    pub(super) positions: Vec<i64>,
    pub(super) leaves: Vec<i64>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(issued: &'a [Issued]) -> Self {
        let mut rows = Self::default();
        for issued in issued {
            rows.fingerprints.push(issued.fingerprint.as_str());
            rows.positions.push(integer(issued.position.value()));
            rows.leaves.push(issued.leaf_begin());
        }
        rows
    }
}

/// What a fingerprint stands for.
pub(super) async fn holders(
    cluster: &Cluster,
    checked: &CheckedHolders,
    fingerprint: &Fingerprint,
) -> Result<Vec<Holder>, StoreError> {
    let limit = integer(HOLDERS_MAX as u64);
    let rows = cluster.query(READ, ENTRIES, &[&fingerprint.as_str(), &limit]).await?;
    let mut holders = Vec::with_capacity(rows.len());
    for row in &rows {
        let (name, position, leaf) = columns(row).map_err(failed(READ))?;
        let enterprise = EnterpriseSlug::new(name).map_err(|error| StoreError::permanent(READ, error))?;
        let entry = Entry::new(enterprise, position, leaf);
        let credential = match checked.get(fingerprint, &entry) {
            Some(credential) => credential,
            None => credential(cluster, fingerprint, &entry).await?,
        };
        holders.push(checked.note(fingerprint, &entry, credential));
    }
    Ok(holders)
}

fn columns(row: &Row) -> Result<(&str, i64, i64), tokio_postgres::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

/// The credential of an entry, as the line that it names says.
pub(super) async fn credential(
    cluster: &Cluster,
    fingerprint: &Fingerprint,
    entry: &Entry,
) -> Result<CredentialId, StoreError> {
    let line = segments::line(cluster, &entry.enterprise, entry.position).await?;
    entry.credential(fingerprint, line.as_deref())
}

/// Inserts what lines issue, in the transaction that is open, behind those lines.
pub(super) async fn insert(session: &Session, enterprise: &EnterpriseSlug, issued: &[Issued]) -> Result<(), Failure> {
    if issued.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(issued);
    let inserted = session
        .query(
            INSERT,
            &[&enterprise.as_str(), &rows.fingerprints, &rows.positions, &rows.leaves],
        )
        .await?;
    if inserted.len() == issued.len() {
        return Ok(());
    }
    let held = session
        .query(OF_SOME, &[&enterprise.as_str(), &rows.fingerprints])
        .await?;
    let held = entries(enterprise, &held)?;
    for issued in issued {
        let Some(entry) = held
            .get(issued.fingerprint.as_str())
            .filter(|entry| entry.position != issued.position)
        else {
            continue;
        };
        let line = segments::line_within(session, enterprise, entry.position).await?;
        let holder = entry.credential(&issued.fingerprint, line.as_deref())?;
        return Err(Failure::Told(duplicate(issued, holder)));
    }
    Err(Failure::Told(StoreError::permanent(
        READ,
        "rows that were inserted are not there",
    )))
}

/// Of a batch that was refused for a fingerprint, the first issue whose fingerprint stands for another credential;
/// nothing where none does any more.
pub(super) async fn first_duplicate(
    cluster: &Cluster,
    enterprise: &EnterpriseSlug,
    issued: &[Issued],
) -> Result<Option<StoreError>, StoreError> {
    let fingerprints = Rows::of(issued).fingerprints;
    let rows = cluster
        .query(READ, OF_SOME, &[&enterprise.as_str(), &fingerprints])
        .await?;
    let held = entries(enterprise, &rows)?;
    let mut earlier: HashMap<&str, CredentialId> = HashMap::new();
    for issued in issued {
        let fingerprint = issued.fingerprint.as_str();
        let holder = match held.get(fingerprint) {
            Some(entry) => Some(credential(cluster, &issued.fingerprint, entry).await?),
            None => earlier.insert(fingerprint, issued.credential),
        };
        if let Some(holder) = holder {
            return Ok(Some(duplicate(issued, holder)));
        }
    }
    Ok(None)
}

fn entries(enterprise: &EnterpriseSlug, rows: &[Row]) -> Result<HashMap<String, Entry>, StoreError> {
    let entry = |row: &Row| {
        let (fingerprint, position, leaf) = columns(row)?;
        Ok((fingerprint.to_owned(), Entry::new(enterprise.clone(), position, leaf)))
    };
    let entries: Result<_, tokio_postgres::Error> = rows.iter().map(entry).collect();
    entries.map_err(failed(READ))
}

fn duplicate(issued: &Issued, holder: CredentialId) -> StoreError {
    StoreError::DuplicateFingerprint {
        position: issued.position,
        credential: issued.credential,
        fingerprint: issued.fingerprint.clone(),
        holder,
    }
}
