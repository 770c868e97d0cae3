//! What the look-up says of a fingerprint: which line issues the credential. Every engine compares it with that line.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position};
use enterprise_credentials_seal::leaf_hash;

use super::error::altered;
use super::{Alteration, Altered, Holder, LookUpRow, StoreError};

/// A row of the look-up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) enterprise: EnterpriseSlug,
    pub(super) position: Position,
    /// The first bytes of the line's leaf hash.
    pub(super) leaf: i64,
}

impl Entry {
    /// Of columns as they stand in a table.
    pub(super) fn new(enterprise: EnterpriseSlug, position: i64, leaf: i64) -> Self {
        let position = u64::try_from(position).ok().and_then(|at| Position::new(at).ok());
        Self {
            enterprise,
            // No line stands at the start: the entry is then found to name a wrong one.
            position: position.unwrap_or(Position::START),
            leaf,
        }
    }

    /// The credential, as the line that it names says. What the entry says is not taken on trust: the line must be the
    /// one that was appended, and issue the credential with this very fingerprint.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where it does not, or there is no such line.
    pub(super) fn credential(
        &self,
        fingerprint: &Fingerprint,
        line: Option<&[u8]>,
    ) -> Result<CredentialId, StoreError> {
        let position = self.position;
        line.and_then(|line| self.issued(fingerprint, line))
            .ok_or_else(|| altered(&self.enterprise, Alteration::LookUp { position }))
    }

    fn issued(&self, fingerprint: &Fingerprint, line: &[u8]) -> Option<CredentialId> {
        if first_bytes(leaf_hash(line).as_bytes()) != self.leaf {
            return None;
        }
        let before = Position::new(self.position.value().checked_sub(1)?).ok()?;
        match Decoder::resume(before, None).decode(line).ok()?.event {
            Event::CredentialIssued {
                credential,
                fingerprint: Some(issued),
                ..
            } if issued == *fingerprint => Some(credential),
            _ => None,
        }
    }
}

impl LookUpRow {
    /// The fingerprint, and what stands there for it; nothing where it is none, or the enterprise's name is none.
    pub(super) fn entry(&self) -> Option<(Fingerprint, Entry)> {
        let fingerprint = Fingerprint::new(&self.fingerprint).ok()?;
        let enterprise = EnterpriseSlug::new(&self.enterprise).ok()?;
        Some((fingerprint, Entry::new(enterprise, self.position, self.leaf)))
    }
}

/// Whether an entry names a line that issues its credential, by what became of the question which one that is.
pub(super) fn is_issued(credential: Result<CredentialId, StoreError>) -> Result<bool, StoreError> {
    match credential {
        Ok(_) => Ok(true),
        Err(StoreError::Altered(Altered {
            alteration: Alteration::LookUp { .. },
            ..
        })) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The first eight bytes of a hash: enough to notice an accident.
pub(super) fn first_bytes(hash: &[u8]) -> i64 {
    hash.first_chunk().copied().map_or(0, i64::from_be_bytes)
}

/// Entries of the look-up that were checked against the lines that they name: to read a line out of a full segment
/// takes longer than all the rest of a request's reads.
#[derive(Debug, Default)]
pub(super) struct CheckedHolders(Mutex<HashMap<(Fingerprint, Entry), CredentialId>>);

const CHECKED_MAX: usize = 64 * 1024;

impl CheckedHolders {
    pub(super) fn get(&self, fingerprint: &Fingerprint, entry: &Entry) -> Option<CredentialId> {
        let checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checked.get(&(fingerprint.clone(), entry.clone())).copied()
    }

    pub(super) fn note(&self, fingerprint: &Fingerprint, entry: &Entry, credential: CredentialId) -> Holder {
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= CHECKED_MAX {
            checked.clear();
        }
        checked.insert((fingerprint.clone(), entry.clone()), credential);
        Holder {
            enterprise: entry.enterprise.clone(),
            credential,
        }
    }
}
