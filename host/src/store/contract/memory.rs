//! The simplest store there is, with a bug to choose.

mod checkpoints;
mod insert;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_seal::KeyName;

use super::Bug;
use super::lines::{Line, lines_of};
use crate::store::{
    Alteration, Altered, Append, Batch, HOLDERS_MAX, Head, Health, Holder, KeptCheckpoint, Page, Snapshot, Store,
    StoreError, Streams, Urgency,
};

/// A store in memory, for tests: it keeps every rule, unless it has a [`Bug`]. Its clones are the same process, and
/// [`Memory::another_process`] shares what is kept. Nothing outlives the last of them.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    bug: Option<Bug>,
    kept: Arc<Mutex<Kept>>,
    process: Arc<Process>,
}

/// What a process has for itself.
#[derive(Debug, Default)]
struct Process {
    heads: Mutex<BTreeMap<EnterpriseSlug, Head>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default, Clone)]
struct Kept {
    streams: BTreeMap<EnterpriseSlug, Stream>,
    /// In the order in which they were issued.
    holders: BTreeMap<Fingerprint, Vec<Holder>>,
    snapshots: BTreeMap<EnterpriseSlug, Snapshot>,
    /// In the order in which they were kept.
    checkpoints: BTreeMap<EnterpriseSlug, Vec<KeptCheckpoint>>,
    log_name: Option<KeyName>,
}

#[derive(Debug, Default, Clone)]
struct Stream {
    lines: Vec<Vec<u8>>,
    head: Head,
    /// The head that is told of, and the one before the last append.
    told: Head,
    before: Head,
}

/// An append to a [`Memory`].
#[derive(Debug)]
pub struct Appending {
    memory: Memory,
    enterprise: EnterpriseSlug,
    expected: Head,
    lines: Vec<Line>,
    /// The position of the last line that was pushed.
    end: Position,
    in_pieces: bool,
    /// Kept from the comparison to the commit.
    _lock: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Kept {
    fn stream(&self, enterprise: &EnterpriseSlug) -> Stream {
        self.streams.get(enterprise).cloned().unwrap_or_default()
    }
}

impl Memory {
    /// An empty one with a bug: a wrong store.
    pub fn with(bug: Bug) -> Self {
        Self {
            bug: Some(bug),
            ..Self::default()
        }
    }

    /// The same streams, as another process sees them.
    #[must_use]
    pub fn another_process(&self) -> Self {
        Self {
            process: Arc::default(),
            ..self.clone()
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn check_end(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<(), StoreError> {
        let kept = self.kept();
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
}

impl Append for Appending {
    async fn push(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.memory.check_place(self.end, &batch)?;
        self.end = batch.end();
        let lines = lines_of(&batch).map_err(|error| StoreError::permanent("append what is no event", error))?;
        if self.in_pieces && self.memory.has(Bug::ShowsWhatIsPushed) {
            let mut kept = self.memory.kept();
            return self.memory.insert(&mut kept, &self.enterprise, &lines).map(drop);
        }
        self.lines.extend(lines);
        Ok(())
    }

    async fn commit(self) -> Result<Head, StoreError> {
        if self.memory.has(Bug::ChecksTooEarly) || self.memory.has(Bug::LocksForItselfAlone) {
            tokio::task::yield_now().await;
        } else if !self.lines.is_empty() && !self.memory.has(Bug::ComparesSizesAloneInPieces) {
            self.memory.check_end(&self.enterprise, &self.expected)?;
        }
        let mut kept = self.memory.kept();
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
        let kept = self.kept();
        let Some(stream) = kept.streams.get(enterprise) else {
            return Ok(None);
        };
        let head = match self.bug {
            Some(Bug::ShowsTheOldHead) => stream.before.clone(),
            Some(Bug::RemembersHeads) => {
                let mut heads = lock(&self.process.heads);
                heads.entry(enterprise.clone()).or_insert(stream.told.clone()).clone()
            }
            _ => stream.told.clone(),
        };
        Ok(Some(head))
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        const PAGE: usize = 4;
        let kept = self.kept();
        let position = usize::try_from(after.value()).unwrap_or(usize::MAX);
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

    async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
        Ok(self.kept().log_name.clone())
    }

    async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
        Ok(self.last_of(&self.checkpoints_of(enterprise)))
    }

    async fn checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        log: u32,
        size: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        let of_size = |kept: &KeptCheckpoint| kept.log == log && kept.size() == size;
        Ok(self.checkpoints_of(enterprise).into_iter().find(of_size))
    }

    async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
        let kept = self.kept();
        let mut names = kept.checkpoints.keys().map(EnterpriseSlug::as_str);
        Ok(names.find(|name| *name > after).map(str::to_owned))
    }

    async fn close(&self) {
        if self.has(Bug::ForgetsWhenClosed) {
            *self.kept() = Kept::default();
        }
    }
}

impl Store for Memory {
    type Append = Appending;

    async fn abandon(&self) {
        if self.has(Bug::AbandonsStreams) {
            *self.kept() = Kept::default();
        }
    }

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
        let lock = if self.has(Bug::LocksForItselfAlone) {
            Some(Arc::clone(&self.process.lock).lock_owned().await)
        } else {
            None
        };
        self.check_end(enterprise, &expected)?;
        Ok(Appending {
            memory: self.clone(),
            enterprise: enterprise.clone(),
            end: expected.position(),
            expected,
            lines: Vec::new(),
            in_pieces: true,
            _lock: lock,
        })
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let kept = self.kept();
        let unfinished = kept.streams.iter().filter(|(_, stream)| stream.head.running() > 0);
        Ok(unfinished.map(|(slug, _)| slug.clone()).collect())
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        let kept = self.kept();
        let times = kept.streams.iter();
        let times = times.filter_map(|(slug, stream)| Some((slug.clone(), stream.head.last_at()?)));
        Ok(match self.bug {
            Some(Bug::TakesTheOldestForNewest) => times.min_by_key(|(_, last_at)| *last_at),
            _ => times.max_by_key(|(_, last_at)| *last_at),
        })
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        let kept = self.kept();
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
        let mut kept = self.kept();
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
        let kept = self.kept();
        let mut snapshots = kept.snapshots.iter();
        let found = snapshots.find(|(slug, _)| *slug == enterprise || self.has(Bug::MixesSnapshots));
        Ok(found.map(|(_, snapshot)| snapshot.clone()))
    }

    async fn name_logs(&self, name: &KeyName) -> Result<KeyName, StoreError> {
        let mut kept = self.kept();
        if self.has(Bug::RenamesTheLogs) {
            kept.log_name = Some(name.clone());
        }
        Ok(kept.log_name.get_or_insert_with(|| name.clone()).clone())
    }

    async fn keep_checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        checkpoint: &KeptCheckpoint,
    ) -> Result<(), StoreError> {
        self.keep(enterprise, checkpoint)
    }

    async fn health(&self) -> Result<Health, StoreError> {
        let has_streams = !self.kept().streams.is_empty();
        if self.has(Bug::IsIll) || (self.has(Bug::IsIllAfterAnAppend) && has_streams) {
            return Err(StoreError::transient("be read and written", "a bug"));
        }
        Ok(Health::default())
    }
}

impl Memory {
    /// What is compared with the stream's head: of a store with this bug its own frontier, where the sizes are equal.
    fn as_compared(&self, bug: Bug, enterprise: &EnterpriseSlug, expected: &Head) -> Head {
        let kept = self.kept();
        let head = kept.streams.get(enterprise).map(|stream| &stream.head);
        match head.filter(|head| self.has(bug) && head.position() == expected.position()) {
            Some(head) => head.clone(),
            None => expected.clone(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn held_by(enterprise: &EnterpriseSlug, credential: CredentialId) -> Holder {
    Holder {
        enterprise: enterprise.clone(),
        credential,
    }
}
