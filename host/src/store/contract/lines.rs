//! Lines that a rule hands to a store, and the head that the store should have after them.

use std::slice::SliceIndex;

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position, RecordedEvent};

use super::failure::{Holds, Verdict};
use crate::store::{Append, Batch, Head, Store, StoreError, Urgency};

/// A line of a log: what it records, and its bytes without the line feed.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) event: RecordedEvent,
    pub(super) bytes: Vec<u8>,
}

impl Line {
    /// The fingerprint that it issues a credential with.
    pub(super) const fn fingerprint(&self) -> Option<(&Fingerprint, CredentialId)> {
        match &self.event.event {
            Event::CredentialIssued {
                credential,
                fingerprint: Some(fingerprint),
                ..
            } => Some((fingerprint, *credential)),
            _ => None,
        }
    }
}

/// The lines of a batch, which must be events.
pub(super) fn lines_of(batch: &Batch) -> Result<Vec<Line>, LogError> {
    let mut decoder = Decoder::resume(batch.expected(), None);
    let lines = batch.page().lines().map(|line| {
        Ok(Line {
            event: decoder.decode(line)?,
            bytes: line.to_vec(),
        })
    });
    lines.collect()
}

/// Some of the lines.
pub(super) fn part<R: SliceIndex<[Line], Output = [Line]>>(lines: &[Line], range: R) -> Verdict<&[Line]> {
    lines.get(range).holds("the sample has that many lines")
}

/// One of the lines.
pub(super) fn line(lines: &[Line], index: usize) -> Verdict<&Line> {
    lines.get(index).holds("the sample has that many lines")
}

/// Lines that follow each other, as a store takes them.
pub(super) fn batch(lines: &[Line]) -> Verdict<Batch> {
    let before = lines.first().map_or(0, |line| line.event.position.value() - 1);
    let mut batch = Batch::behind(Position::new(before).holds("a line stands at a position")?);
    for line in lines {
        batch.push(&line.event, &line.bytes)?;
    }
    Ok(batch)
}

/// The head of a stream of the first so many of these lines.
pub(super) fn head_at(lines: &[Line], count: usize) -> Verdict<Head> {
    head_of(part(lines, ..count)?)
}

/// The head of a stream of these lines.
pub(super) fn head_of(lines: &[Line]) -> Verdict<Head> {
    let mut frontier = Head::EMPTY.frontier().clone();
    let (mut last_at, mut running) = (None, 0);
    for line in lines {
        frontier.push_line(&line.bytes).holds("a tree has room")?;
        last_at = Some(line.event.at);
        match line.event.event {
            Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => running += 1,
            Event::RevocationCompleted { .. } => running -= 1,
            _ => {}
        }
    }
    Ok(Head::new(frontier, last_at, running))
}

/// Whether an append failed; apart from what the rule itself did wrong.
pub(super) type Appended = Result<Head, StoreError>;

/// Appends as a caller does who waits.
pub(super) async fn append(
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    expected: &Head,
    lines: &[Line],
) -> Verdict<Appended> {
    let batch = batch(lines)?;
    Ok(store.append(enterprise, expected, batch, Urgency::Request).await)
}

/// Begins a stream, or continues it, which must succeed.
pub(super) async fn go_on(
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    expected: &Head,
    lines: &[Line],
) -> Verdict<Head> {
    let appended = append(store, enterprise, expected, lines).await?;
    appended.holds(if *expected == Head::EMPTY {
        "a new stream can be begun"
    } else {
        "a stream can be continued where it ends"
    })
}

/// One append, of a piece for each line, and of one without any.
pub(super) async fn in_pieces<S: Store>(
    store: &S,
    slug: &EnterpriseSlug,
    expected: &Head,
    lines: &[Line],
) -> Verdict<Appended> {
    let end = lines.last().holds("there are lines")?.event.position;
    let pieces = lines.chunks(1).map(batch).chain([Ok(Batch::behind(end))]);
    let pieces: Vec<Batch> = pieces.collect::<Verdict<_>>()?;
    Ok(push_all(store, slug, expected, pieces).await)
}

async fn push_all<S: Store>(store: &S, slug: &EnterpriseSlug, expected: &Head, pieces: Vec<Batch>) -> Appended {
    let mut append = store.begin(slug, expected).await?;
    for piece in pieces {
        append.push(piece).await?;
    }
    append.commit().await
}
