//! The simplest store there is, with a bug to choose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position};
use enterprise_credentials_host::store::{Append, Holder, Line, Page, Store, StoreError};

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
    unfinished: BTreeSet<(EnterpriseSlug, Position)>,
    snapshots: BTreeMap<EnterpriseSlug, (Position, Vec<u8>)>,
}

/// An append under way.
pub(crate) struct Appending {
    memory: Memory,
    enterprise: EnterpriseSlug,
    expected: Position,
    lines: Vec<Line>,
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
    ForgetsCompletions,
    ShowsWhatIsPushed,
    ChecksTooEarly,
    KeepsTheFirstSnapshot,
    KeepsAnySnapshot,
    MixesSnapshots,
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

    fn note_unfinished(&self, kept: &mut Kept, enterprise: &EnterpriseSlug, line: &Line) {
        match line.event.event {
            Event::RevokeAllRequested { .. } => {
                kept.unfinished.insert((enterprise.clone(), line.event.position));
            }
            Event::RevocationCompleted { revocation, .. } if !self.has(Bug::ForgetsCompletions) => {
                kept.unfinished.remove(&(enterprise.clone(), at(revocation.value())));
            }
            _ => {}
        }
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
            self.note_unfinished(kept, enterprise, line);
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

impl Append for Appending {
    async fn push(&mut self, lines: &[Line]) -> Result<(), StoreError> {
        let last = self.lines.last().map_or(self.expected, |line| line.event.position);
        self.memory.check_places(last, lines)?;
        if self.memory.has(Bug::ShowsWhatIsPushed) {
            let mut kept = self.memory.kept.lock().unwrap();
            return self.memory.insert(&mut kept, &self.enterprise, lines);
        }
        self.lines.extend_from_slice(lines);
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        if self.memory.has(Bug::ChecksTooEarly) {
            tokio::task::yield_now().await;
        } else if !self.lines.is_empty() {
            self.memory.check_end(&self.enterprise, self.expected)?;
        }
        let mut kept = self.memory.kept.lock().unwrap();
        let mut changed = kept.clone();
        let inserted = self.memory.insert(&mut changed, &self.enterprise, &self.lines);
        if inserted.is_ok() || self.memory.has(Bug::KeepsWhatFailed) {
            *kept = changed;
        }
        inserted
    }
}

impl Store for Memory {
    type Append = Appending;

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: Position) -> Result<Appending, StoreError> {
        self.check_end(enterprise, expected)?;
        Ok(Appending {
            memory: self.clone(),
            enterprise: enterprise.clone(),
            expected,
            lines: Vec::new(),
        })
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Page, StoreError> {
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
        Ok(lines.collect())
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let mut slugs: Vec<_> = kept.unfinished.iter().map(|(slug, _)| slug.clone()).collect();
        slugs.dedup();
        Ok(slugs)
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

    async fn keep_snapshot(
        &self,
        enterprise: &EnterpriseSlug,
        position: Position,
        snapshot: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut kept = self.kept.lock().unwrap();
        let is_late = match kept.snapshots.get(enterprise) {
            None => false,
            Some(_) if self.has(Bug::KeepsTheFirstSnapshot) => true,
            Some((last, _)) => *last > position && !self.has(Bug::KeepsAnySnapshot),
        };
        if !is_late {
            kept.snapshots.insert(enterprise.clone(), (position, snapshot));
        }
        Ok(())
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Vec<u8>>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let mut snapshots = kept.snapshots.iter();
        let found = snapshots.find(|(slug, _)| *slug == enterprise || self.has(Bug::MixesSnapshots));
        Ok(found.map(|(_, (_, snapshot))| snapshot.clone()))
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
