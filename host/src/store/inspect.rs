//! A second port beside the streams, for whoever examines a store. It gives what is in the store, row by row, right or
//! wrong.

use std::future::Future;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};

use super::{Altered, Head, StoreError, Streams};

/// Where a stream ends, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// As its head says; nothing where there is neither head nor line.
    pub head: Result<Option<Head>, Altered>,
    /// As its lines do.
    pub lines: Position,
}

/// A row of the look-up, as it stands there. Whether there is such an enterprise, or such a line, is another question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookUpRow {
    /// What is looked up.
    pub fingerprint: String,
    /// The enterprise that knows it.
    pub enterprise: String,
    /// The position of the line that issues the credential.
    pub position: i64,
    /// The first eight bytes of that line's leaf hash, as a big-endian integer.
    pub leaf: i64,
}

/// A store that can be examined while it is in use. No call holds the storage for longer than it takes by itself: a
/// store of any size is examined page by page, beside whoever writes to it. Every call may fail with
/// [`StoreError::Transient`], and with [`StoreError::Permanent`] where the storage cannot read what it holds.
pub trait Inspect: Streams {
    /// The name behind `after`, in the order of the names, under which there is a head or a line; nothing at the end.
    /// It may be one that no enterprise has.
    fn next_name(&self, after: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Where a stream ends.
    fn ends(&self, enterprise: &EnterpriseSlug) -> impl Future<Output = Result<Ends, StoreError>> + Send;

    /// What the look-up holds for each of these fingerprints in an enterprise.
    fn rows_of(
        &self,
        enterprise: &EnterpriseSlug,
        fingerprints: Vec<Fingerprint>,
    ) -> impl Future<Output = Result<Vec<Option<LookUpRow>>, StoreError>> + Send;

    /// At most `limit` rows of the look-up behind `after`, in the order of fingerprint and enterprise; none at the end.
    fn rows(&self, after: &LookUpRow, limit: usize) -> impl Future<Output = Result<Vec<LookUpRow>, StoreError>> + Send;

    /// Whether the line that a row names issues a credential with its fingerprint.
    fn is_issued(&self, row: &LookUpRow) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What the storage itself finds wrong with its files; nothing where they are well.
    fn storage_faults(&self) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;
}
