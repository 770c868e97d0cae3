//! The simplest store there is, with a bug to choose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_host::store::{Holder, Line, Store, StoreError};

/// A store in memory; its clones share what is kept.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    bug: Option<Bug>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default, Clone)]
struct Kept {
    streams: BTreeMap<EnterpriseSlug, Vec<Vec<u8>>>,
    fingerprints: BTreeMap<Fingerprint, Holder>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    WritesBytesAnew,
    IgnoresTheLimit,
    MixesStreams,
    AppendsAnywhere,
    ReportsTheExpected,
    IgnoresPlaces,
    KeepsWhatFailed,
    LastFingerprintWins,
    LooksUpAnything,
    CountsFromZero,
    ChecksTooEarly,
}

impl Memory {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            kept: Arc::default(),
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn check_end(&self, enterprise: &EnterpriseSlug, expected: Position) -> Result<(), StoreError> {
        let kept = self.kept.lock().unwrap();
        let actual = at(kept.streams.get(enterprise).map_or(0, Vec::len) as u64);
        if actual == expected || self.has(Bug::AppendsAnywhere) {
            return Ok(());
        }
        Err(StoreError::Conflict {
            enterprise: enterprise.clone(),
            expected,
            actual: if self.has(Bug::ReportsTheExpected) {
                expected
            } else {
                actual
            },
        })
    }

    fn check_places(&self, mut last: Position, lines: &[Line]) -> Result<(), StoreError> {
        for line in lines {
            let (expected, found) = (last.next(), line.event.position);
            if found != expected && !self.has(Bug::IgnoresPlaces) {
                return Err(StoreError::Misplaced { expected, found });
            }
            last = found;
        }
        Ok(())
    }

    fn insert(&self, kept: &mut Kept, enterprise: &EnterpriseSlug, lines: &[Line]) -> Result<(), StoreError> {
        for line in lines {
            let mut bytes = line.bytes.clone();
            if self.has(Bug::WritesBytesAnew) {
                bytes.clear();
                write_line(&line.event, &mut bytes);
                bytes.pop();
            }
            kept.streams.entry(enterprise.clone()).or_default().push(bytes);
            let Some((fingerprint, credential)) = line.fingerprint() else {
                continue;
            };
            let second = held_by(enterprise, credential);
            match kept.fingerprints.insert(fingerprint.clone(), second.clone()) {
                Some(holder) if holder != second && !self.has(Bug::LastFingerprintWins) => {
                    kept.fingerprints.insert(fingerprint.clone(), holder.clone());
                    return Err(StoreError::DuplicateFingerprint {
                        position: line.event.position,
                        credential,
                        fingerprint: fingerprint.clone(),
                        holder,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Store for Memory {
    async fn append(&self, enterprise: &EnterpriseSlug, expected: Position, lines: &[Line]) -> Result<(), StoreError> {
        self.check_places(expected, lines)?;
        self.check_end(enterprise, expected)?;
        if self.has(Bug::ChecksTooEarly) {
            tokio::task::yield_now().await;
        }
        let mut kept = self.kept.lock().unwrap();
        let mut changed = kept.clone();
        let inserted = self.insert(&mut changed, enterprise, lines);
        if inserted.is_ok() || self.has(Bug::KeepsWhatFailed) {
            *kept = changed;
        }
        inserted
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let limit = if self.has(Bug::IgnoresTheLimit) {
            u32::MAX
        } else {
            limit
        };
        let position = usize::try_from(after.value()).unwrap();
        let streams = kept.streams.iter();
        let lines = streams
            .filter(|(slug, _)| *slug == enterprise || self.has(Bug::MixesStreams))
            .flat_map(|(_, lines)| lines.iter().skip(position).take(limit as usize));
        Ok(lines.cloned().collect())
    }

    async fn streams(&self) -> Result<Vec<(EnterpriseSlug, Position)>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let before = u64::from(self.has(Bug::CountsFromZero));
        let streams = kept.streams.iter().filter(|(_, lines)| !lines.is_empty());
        Ok(streams
            .map(|(slug, lines)| (slug.clone(), at(lines.len() as u64 - before)))
            .collect())
    }

    async fn holder(&self, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let found = kept.fingerprints.get(fingerprint);
        let found = if self.has(Bug::LooksUpAnything) {
            found.or(kept.fingerprints.values().next())
        } else {
            found
        };
        Ok(found.cloned())
    }
}

pub(crate) fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

pub(crate) fn held_by(enterprise: &EnterpriseSlug, credential: CredentialId) -> Holder {
    Holder {
        enterprise: enterprise.clone(),
        credential,
    }
}
