//! The simplest store there is, with a bug to choose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position, Timestamp};
use enterprise_credentials_host::store::{
    Alteration, Altered, Append, Batch, HOLDERS_MAX, Head, Health, Holder, Page, Snapshot, Store, StoreError, Streams,
    Urgency,
};
use enterprise_credentials_seal::leaf_hash;

use super::lines::{Line, lines_of};

/// A store in memory; its clones share what is kept.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    bug: Option<Bug>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default, Clone)]
struct Kept {
    streams: BTreeMap<EnterpriseSlug, Stream>,
    /// In the order in which they were issued.
    holders: BTreeMap<Fingerprint, Vec<Holder>>,
    snapshots: BTreeMap<EnterpriseSlug, Snapshot>,
}

#[derive(Debug, Default, Clone)]
struct Stream {
    lines: Vec<Vec<u8>>,
    head: Head,
    /// The head that is told of, and the one before the last append.
    told: Head,
    before: Head,
}

/// An append under way.
pub(crate) struct Appending {
    memory: Memory,
    enterprise: EnterpriseSlug,
    expected: Head,
    lines: Vec<Line>,
    /// The position of the last line that was pushed.
    end: Position,
    in_pieces: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    WritesBytesAnew,
    IgnoresTheLimit,
    EndsPagesEarly,
    MixesStreams,
    AppendsAnywhere,
    ReportsTheExpected,
    ComparesSizesAlone,
    ComparesSizesAloneInPieces,
    IgnoresPlaces,
    KeepsWhatFailed,
    AnswersTheOldHead,
    ShowsTheOldHead,
    HashesLineFeeds,
    HashesBatches,
    ForgetsTheTime,
    ForgetsRequests,
    LastFingerprintWins,
    NamesTheSecond,
    RefusesAcrossEnterprises,
    LooksUpAnything,
    LooksUpOneEnterprise,
    LooksUpInOrderOfIssue,
    LooksUpWithoutLimit,
    ForgetsCompletions,
    EndsAllWithOne,
    TakesTheOldestForNewest,
    ShowsWhatIsPushed,
    ChecksTooEarly,
    KeepsTheFirstSnapshot,
    KeepsAnySnapshot,
    KeepsSnapshotsOfOtherPositionsAlone,
    KeepsJunk,
    MixesSnapshots,
    FilesSnapshotsUnderTheHead,
    IsIll,
    IsIllAfterAnAppend,
}

impl Kept {
    fn stream(&self, enterprise: &EnterpriseSlug) -> Stream {
        self.streams.get(enterprise).cloned().unwrap_or_default()
    }
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

    fn check_end(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<(), StoreError> {
        let kept = self.kept.lock().unwrap();
        let Stream { head, told, .. } = kept.stream(enterprise);
        let enterprise = enterprise.clone();
        if head.position() != expected.position() && !self.has(Bug::AppendsAnywhere) {
            let reported = if self.has(Bug::ReportsTheExpected) {
                expected
            } else {
                &head
            };
            return Err(StoreError::Conflict {
                enterprise,
                expected: expected.position(),
                actual: reported.position(),
            });
        }
        let is_known = [&head, &told].map(Head::frontier).contains(&expected.frontier());
        if head.position() == expected.position() && !is_known {
            let alteration = Alteration::Differs {
                position: head.position(),
                head: head.root(),
                lines: expected.root(),
            };
            return Err(StoreError::Altered(Altered { enterprise, alteration }));
        }
        Ok(())
    }

    fn check_place(&self, expected: Position, batch: &Batch) -> Result<(), StoreError> {
        if batch.expected() == expected || self.has(Bug::IgnoresPlaces) {
            return Ok(());
        }
        Err(StoreError::Misplaced {
            expected: expected.next(),
            found: batch.expected().next(),
        })
    }

    /// The head behind lines that follow it.
    fn behind(&self, head: &Head, lines: &[Line]) -> Head {
        let count = |is_one: fn(&Event) -> bool| lines.iter().filter(|line| is_one(&line.event.event)).count() as u64;
        let requested = count(|event| matches!(event, Event::RevokeAllRequested { .. }));
        let completed = count(|event| matches!(event, Event::RevocationCompleted { .. }));
        let running = match self.bug {
            Some(Bug::ForgetsCompletions) => head.running() + requested,
            Some(Bug::EndsAllWithOne) if completed > 0 => 0,
            _ => (head.running() + requested).saturating_sub(completed),
        };
        let mut frontier = head.frontier().clone();
        frontier
            .extend(lines.iter().map(|line| leaf_hash(&line.bytes)))
            .unwrap();
        Head::new(frontier, lines.last().map(|line| line.event.at), running)
    }

    /// The head that is told of behind those lines, after the one that was told of before.
    fn told_behind(&self, told: &Head, lines: &[Line], head: &Head) -> Head {
        let whole: Vec<u8> = lines.iter().flat_map(|line| line.bytes.clone()).collect();
        let leaf = |line: &Line| match self.bug {
            Some(Bug::HashesLineFeeds) => leaf_hash(&[line.bytes.as_slice(), b"\n"].concat()),
            Some(Bug::HashesBatches) => leaf_hash(&whole),
            _ => leaf_hash(&line.bytes),
        };
        let mut frontier = told.frontier().clone();
        frontier.extend(lines.iter().map(leaf)).unwrap();
        let last_at = head.last_at().filter(|_| !self.has(Bug::ForgetsTheTime));
        let running = if self.has(Bug::ForgetsRequests) {
            0
        } else {
            head.running()
        };
        Head::new(frontier, last_at, running)
    }

    fn insert(&self, kept: &mut Kept, enterprise: &EnterpriseSlug, lines: &[Line]) -> Result<Head, StoreError> {
        if lines.is_empty() {
            return Ok(kept.stream(enterprise).told);
        }
        let stream = kept.streams.entry(enterprise.clone()).or_default();
        for line in lines {
            let mut bytes = line.bytes.clone();
            if self.has(Bug::WritesBytesAnew) {
                bytes.clear();
                write_line(&line.event, &mut bytes);
                bytes.pop();
            }
            stream.lines.push(bytes);
        }
        stream.head = self.behind(&stream.head, lines);
        let told = self.told_behind(&stream.told, lines, &stream.head);
        stream.before = std::mem::replace(&mut stream.told, told);
        let answer = if self.has(Bug::AnswersTheOldHead) {
            stream.before.clone()
        } else {
            stream.told.clone()
        };
        for line in lines {
            if let Some((fingerprint, credential)) = line.fingerprint() {
                self.issue(kept, enterprise, line, fingerprint, credential)?;
            }
        }
        Ok(answer)
    }

    fn issue(
        &self,
        kept: &mut Kept,
        enterprise: &EnterpriseSlug,
        line: &Line,
        fingerprint: &Fingerprint,
        credential: CredentialId,
    ) -> Result<(), StoreError> {
        let holders = kept.holders.entry(fingerprint.clone()).or_default();
        let everywhere = self.has(Bug::RefusesAcrossEnterprises);
        let holder = holders
            .iter_mut()
            .find(|holder| everywhere || holder.enterprise == *enterprise);
        match holder {
            None => holders.push(held_by(enterprise, credential)),
            Some(holder) if self.has(Bug::LastFingerprintWins) => holder.credential = credential,
            Some(holder) => {
                let holder = if self.has(Bug::NamesTheSecond) {
                    credential
                } else {
                    holder.credential
                };
                return Err(StoreError::DuplicateFingerprint {
                    position: line.event.position,
                    credential,
                    fingerprint: fingerprint.clone(),
                    holder,
                });
            }
        }
        Ok(())
    }
}

impl Append for Appending {
    async fn push(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.memory.check_place(self.end, &batch)?;
        self.end = batch.end();
        let lines = lines_of(&batch);
        if self.in_pieces && self.memory.has(Bug::ShowsWhatIsPushed) {
            let mut kept = self.memory.kept.lock().unwrap();
            return self.memory.insert(&mut kept, &self.enterprise, &lines).map(drop);
        }
        self.lines.extend(lines);
        Ok(())
    }

    async fn commit(self) -> Result<Head, StoreError> {
        if self.memory.has(Bug::ChecksTooEarly) {
            tokio::task::yield_now().await;
        } else if !self.lines.is_empty() && !self.memory.has(Bug::ComparesSizesAloneInPieces) {
            self.memory.check_end(&self.enterprise, &self.expected)?;
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

impl Streams for Memory {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let Some(stream) = kept.streams.get(enterprise) else {
            return Ok(None);
        };
        let head = if self.has(Bug::ShowsTheOldHead) {
            &stream.before
        } else {
            &stream.told
        };
        Ok(Some(head.clone()))
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        const PAGE: usize = 4;
        let kept = self.kept.lock().unwrap();
        let position = usize::try_from(after.value()).unwrap();
        let limit = match self.bug {
            Some(Bug::IgnoresTheLimit) => usize::MAX,
            Some(Bug::EndsPagesEarly) if limit < 1_000 => limit.min(PAGE - 1 - position % PAGE),
            _ => limit,
        };
        let streams = kept.streams.iter();
        let lines = streams
            .filter(|(slug, _)| *slug == enterprise || self.has(Bug::MixesStreams))
            .flat_map(|(_, stream)| stream.lines.iter().skip(position).take(limit));
        Ok(lines.collect())
    }
}

impl Store for Memory {
    type Append = Appending;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        _: Urgency,
    ) -> Result<Head, StoreError> {
        if batch.is_empty() {
            return Ok(expected.clone());
        }
        let expected = self.as_compared(Bug::ComparesSizesAlone, enterprise, expected);
        let mut append = self.begin(enterprise, &expected).await?;
        append.in_pieces = false;
        append.push(batch).await?;
        append.commit().await
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<Appending, StoreError> {
        let expected = self.as_compared(Bug::ComparesSizesAloneInPieces, enterprise, expected);
        self.check_end(enterprise, &expected)?;
        Ok(Appending {
            memory: self.clone(),
            enterprise: enterprise.clone(),
            end: expected.position(),
            expected,
            lines: Vec::new(),
            in_pieces: true,
        })
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let unfinished = kept.streams.iter().filter(|(_, stream)| stream.head.running() > 0);
        Ok(unfinished.map(|(slug, _)| slug.clone()).collect())
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let times = kept.streams.iter();
        let times = times.filter_map(|(slug, stream)| Some((slug.clone(), stream.head.last_at()?)));
        Ok(match self.bug {
            Some(Bug::TakesTheOldestForNewest) => times.min_by_key(|(_, last_at)| *last_at),
            _ => times.max_by_key(|(_, last_at)| *last_at),
        })
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let found = kept.holders.get(fingerprint);
        let found = found.or(kept.holders.values().next().filter(|_| self.has(Bug::LooksUpAnything)));
        let mut holders = found.cloned().unwrap_or_default();
        if !self.has(Bug::LooksUpInOrderOfIssue) {
            holders.sort_by(|one, other| one.enterprise.cmp(&other.enterprise));
        }
        holders.truncate(match self.bug {
            Some(Bug::LooksUpOneEnterprise) => 1,
            Some(Bug::LooksUpWithoutLimit) => usize::MAX,
            _ => HOLDERS_MAX,
        });
        Ok(holders)
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, mut snapshot: Snapshot) -> Result<(), StoreError> {
        let mut kept = self.kept.lock().unwrap();
        let head = kept.stream(enterprise).head;
        let position = snapshot.frontier.size();
        let is_late = kept.snapshots.get(enterprise).is_some_and(|last| {
            let last = last.frontier.size();
            match self.bug {
                Some(Bug::KeepsTheFirstSnapshot) => true,
                Some(Bug::KeepsAnySnapshot) => false,
                Some(Bug::KeepsSnapshotsOfOtherPositionsAlone) => last >= position && last <= head.position().value(),
                Some(Bug::KeepsJunk) => last > position,
                _ => last > position && last <= head.position().value(),
            }
        });
        if !is_late {
            if self.has(Bug::FilesSnapshotsUnderTheHead) && position == head.position().value() {
                snapshot.frontier = head.frontier().clone();
            }
            kept.snapshots.insert(enterprise.clone(), snapshot);
        }
        Ok(())
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let mut snapshots = kept.snapshots.iter();
        let found = snapshots.find(|(slug, _)| *slug == enterprise || self.has(Bug::MixesSnapshots));
        Ok(found.map(|(_, snapshot)| snapshot.clone()))
    }

    async fn health(&self) -> Result<Health, StoreError> {
        let has_streams = !self.kept.lock().unwrap().streams.is_empty();
        if self.has(Bug::IsIll) || (self.has(Bug::IsIllAfterAnAppend) && has_streams) {
            return Err(StoreError::transient("be read and written", "a bug"));
        }
        Ok(Health::default())
    }
}

impl Memory {
    /// What is compared with the stream's head: of a store with this bug its own frontier, where the sizes are equal.
    fn as_compared(&self, bug: Bug, enterprise: &EnterpriseSlug, expected: &Head) -> Head {
        let kept = self.kept.lock().unwrap();
        let head = kept.streams.get(enterprise).map(|stream| &stream.head);
        match head.filter(|head| self.has(bug) && head.position() == expected.position()) {
            Some(head) => head.clone(),
            None => expected.clone(),
        }
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
