//! Wrong stores and wrong hosts, to prove that the auditor would notice. A wrong store stands below the faults; above
//! them, between the faults and the host, the same wrapper makes a wrong host.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, RecordedEvent};
use enterprise_credentials_host::store::{Holder, Line, Page, Store, StoreError};

use crate::store::failed;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A store that keeps the first half of an append that fails.
    KeepsHalf,
    /// A store that says of an append that it is kept, and does not keep it.
    SaysKept,
    /// A store that shows only what others appended some appends ago.
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
    is_loaded: bool,
    has_failed: bool,
}

impl<S: Store + Clone> Wrong<S> {
    pub(crate) fn new(inner: S, bug: Bug) -> Self {
        let so_far = Arc::default();
        Self { inner, bug, so_far }
    }

    /// Where the stream ends now.
    async fn end(&self, slug: &EnterpriseSlug) -> Result<Position, StoreError> {
        let page = self.inner.read(slug, Position::START, u32::MAX).await?;
        Ok(page.lines().fold(Position::START, |end, _| end.next()))
    }

    async fn append_behind(&self, slug: &EnterpriseSlug, end: Position, lines: &[Line]) -> Result<(), StoreError> {
        let mut position = end;
        let mut renumbered = Vec::new();
        for line in lines {
            position = position.next();
            let event = line.event.clone();
            renumbered.push(Line::written(RecordedEvent { position, ..event }));
        }
        self.inner.append(slug, end, &renumbered).await
    }
}

impl<S: Store + Clone> Store for Wrong<S> {
    type Append = S::Append;

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: Position) -> Result<S::Append, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn append(&self, slug: &EnterpriseSlug, expected: Position, lines: &[Line]) -> Result<(), StoreError> {
        let (count, has_failed) = {
            let mut so_far = self.so_far.lock().unwrap();
            so_far.appends += 1;
            (so_far.appends, so_far.has_failed)
        };
        let append = self.inner.append(slug, expected, lines);
        // The first append of a store is the import.
        let is_due = count > 1 && count.is_multiple_of(3);
        match self.bug {
            Bug::KeepsHalf if is_due && lines.len() > 1 => {
                self.inner.append(slug, expected, &lines[..lines.len() / 2]).await?;
                Err(failed())
            }
            Bug::SaysKept if is_due => Ok(()),
            Bug::ConflictsOften if count > 1 && !count.is_multiple_of(5) => Err(StoreError::Conflict {
                enterprise: slug.clone(),
                expected,
                actual: expected.next(),
            }),
            Bug::TakesFailureForSuccess => match append.await {
                Err(StoreError::Unavailable { .. }) => Ok(()),
                other => other,
            },
            Bug::AnswersFirst => {
                let (inner, slug, lines) = (self.inner.clone(), slug.clone(), lines.to_vec());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    inner.append(&slug, expected, &lines).await
                });
                Ok(())
            }
            Bug::DecidesOnce => match append.await {
                Err(StoreError::Conflict { actual, .. }) => self.append_behind(slug, actual, lines).await,
                other => other,
            },
            Bug::AppendsAgain => match append.await {
                Err(StoreError::Unavailable { .. }) => self.append_behind(slug, self.end(slug).await?, lines).await,
                other => other,
            },
            Bug::GivesUp if has_failed => Err(failed()),
            _ => {
                let answer = append.await;
                self.so_far.lock().unwrap().has_failed |= matches!(answer, Err(StoreError::Unavailable { .. }));
                answer
            }
        }
    }

    async fn read(&self, slug: &EnterpriseSlug, after: Position, limit: u32) -> Result<Page, StoreError> {
        if self.bug == Bug::NeverFresh && self.so_far.lock().unwrap().is_loaded {
            return Ok(Page::default());
        }
        let page = self.inner.read(slug, after, limit).await?;
        self.so_far.lock().unwrap().is_loaded = true;
        if self.bug == Bug::ShowsThePast && limit != u32::MAX {
            return Ok(page.lines().take(page.len().saturating_sub(3)).collect());
        }
        Ok(page)
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.inner.unfinished().await
    }

    async fn holder(&self, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
        self.inner.holder(fingerprint).await
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, position: Position, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.inner.keep_snapshot(slug, position, bytes).await
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.snapshot(slug).await
    }
}
