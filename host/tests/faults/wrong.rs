//! Wrong stores and wrong hosts, to prove that the auditor would notice. A wrong store stands below the faults; above
//! them, between the faults and the host, the same wrapper makes a wrong host.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, RecordedEvent, Timestamp};
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, Page, Snapshot, Store, StoreError, Streams, Urgency,
};

use crate::common::lines::{self, Line, head_behind, lines_of};
use crate::store::failed;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A store that keeps the first half of an append that fails.
    KeepsHalf,
    /// A store that says of an append that it is kept, and does not keep it.
    SaysKept,
    /// A store that shows where the stream ended before the last append.
    ShowsThePast,
    /// A store that reports conflicts where there are none.
    ConflictsOften,
    /// A host that answers from memory, once it has read the stream.
    NeverFresh,
    /// A host that takes a failed append for one that succeeded.
    TakesFailureForSuccess,
    /// A host that answers while the append is still under way.
    AnswersFirst,
    /// A host that appends what it decided on, after a conflict, behind the new end.
    DecidesOnce,
    /// A host that appends again, after a failure, behind the end as it is then.
    AppendsAgain,
    /// A host that appends no more once an append has failed.
    GivesUp,
}

/// A store, or a host's view of one, with a bug.
#[derive(Debug, Clone)]
pub(crate) struct Wrong<S> {
    inner: S,
    bug: Bug,
    so_far: Arc<Mutex<SoFar>>,
}

#[derive(Debug, Default)]
struct SoFar {
    appends: usize,
    has_failed: bool,
    /// What the host knows of the stream's end, once it has read it.
    known: Option<Head>,
    /// The end before the last append.
    before: Option<Head>,
}

impl<S: Store + Clone> Wrong<S> {
    pub(crate) fn new(inner: S, bug: Bug) -> Self {
        let so_far = Arc::default();
        Self { inner, bug, so_far }
    }

    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap()
    }

    /// Appends what these lines record behind whatever is there now.
    async fn append_behind_the_end(&self, slug: &EnterpriseSlug, lines: &[Line]) -> Result<Head, StoreError> {
        let end = self.inner.head(slug).await?.unwrap_or_default();
        let mut position = end.position();
        let mut renumbered = Vec::new();
        for line in lines {
            position = position.next();
            let event = line.event.clone();
            renumbered.push(RecordedEvent { position, ..event });
        }
        let batch = Batch::written(end.position(), &renumbered)?;
        let head = self.inner.append(slug, &end, batch, Urgency::Request).await?;
        match lines.last() {
            // The host has to read what else is there before it can apply them.
            Some(last) if last.event.position != head.position() => Err(StoreError::Conflict {
                enterprise: slug.clone(),
                expected: last.event.position,
                actual: head.position(),
            }),
            _ => Ok(head),
        }
    }
}

fn is_failure(error: &StoreError) -> bool {
    matches!(error, StoreError::Transient { .. } | StoreError::Unknown { .. })
}

impl<S: Store + Clone> Streams for Wrong<S> {
    async fn head(&self, slug: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let known = match self.bug {
            Bug::NeverFresh => self.so_far().known.clone(),
            Bug::ShowsThePast => self.so_far().before.clone(),
            _ => None,
        };
        if known.is_some() {
            return Ok(known);
        }
        let head = self.inner.head(slug).await?;
        self.so_far().known.clone_from(&head);
        Ok(head)
    }

    async fn read(&self, slug: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        self.inner.read(slug, after, limit).await
    }
}

impl<S: Store + Clone> Store for Wrong<S> {
    type Append = S::Append;

    async fn append(
        &self,
        slug: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        let (count, has_failed) = {
            let mut so_far = self.so_far();
            so_far.appends += 1;
            (so_far.appends, so_far.has_failed)
        };
        let lines = lines_of(&batch);
        let behind = head_behind(expected, &lines);
        let append = self.inner.append(slug, expected, batch.clone(), urgency);
        // The first append of a store is the import.
        let is_due = count > 1 && count.is_multiple_of(3);
        let answer = match self.bug {
            Bug::KeepsHalf if is_due && lines.len() > 1 => {
                let half = lines::batch(&lines[..lines.len() / 2]);
                self.inner.append(slug, expected, half, urgency).await?;
                Err(failed())
            }
            Bug::SaysKept if is_due => Ok(behind),
            Bug::ConflictsOften if count > 1 && !count.is_multiple_of(5) => Err(StoreError::Conflict {
                enterprise: slug.clone(),
                expected: expected.position(),
                actual: expected.position().next(),
            }),
            Bug::TakesFailureForSuccess => append.await.or_else(|error| match error {
                error if is_failure(&error) => Ok(behind),
                error => Err(error),
            }),
            Bug::AnswersFirst => {
                let (inner, slug, expected) = (self.inner.clone(), slug.clone(), expected.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    inner.append(&slug, &expected, batch, urgency).await
                });
                Ok(behind)
            }
            Bug::DecidesOnce => match append.await {
                Err(StoreError::Conflict { .. }) => self.append_behind_the_end(slug, &lines).await,
                other => other,
            },
            Bug::AppendsAgain => match append.await {
                Err(error) if is_failure(&error) => self.append_behind_the_end(slug, &lines).await,
                other => other,
            },
            Bug::GivesUp if has_failed => Err(failed()),
            _ => append.await,
        };
        let mut so_far = self.so_far();
        match &answer {
            Ok(head) => {
                so_far.known = Some(head.clone());
                so_far.before = (count > 1).then(|| expected.clone());
            }
            Err(error) => so_far.has_failed |= is_failure(error),
        }
        answer
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<S::Append, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.inner.unfinished().await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.inner.newest().await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        self.inner.holders(fingerprint).await
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.keep_snapshot(slug, snapshot).await
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(slug).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.inner.health().await
    }
}
