//! Lines as a test hands them to a store, and the head that a store is to have behind them.

use enterprise_credentials::log::{Decoder, read};
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint, Position, RecordedEvent};
use enterprise_credentials_host::store::{Batch, Head, Store, StoreError, Urgency};

/// A line of a log: what it records, and its bytes without the line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) event: RecordedEvent,
    pub(crate) bytes: Vec<u8>,
}

impl Line {
    /// The fingerprint that it issues a credential with.
    pub(crate) fn fingerprint(&self) -> Option<(&Fingerprint, CredentialId)> {
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

/// The lines of a log.
pub(crate) fn lines(log: &[u8]) -> Vec<Line> {
    let bytes = log.split(|byte| *byte == b'\n').filter(|bytes| !bytes.is_empty());
    let events = read(log).map(Result::unwrap);
    events
        .zip(bytes)
        .map(|(event, bytes)| Line {
            event,
            bytes: bytes.to_vec(),
        })
        .collect()
}

/// The lines of a batch, which must be events.
pub(crate) fn lines_of(batch: &Batch) -> Vec<Line> {
    let mut decoder = Decoder::resume(batch.expected(), None);
    let lines = batch.page().lines().map(|line| Line {
        event: decoder.decode(line).unwrap(),
        bytes: line.to_vec(),
    });
    lines.collect()
}

/// Lines that follow each other, as a store takes them.
pub(crate) fn batch(lines: &[Line]) -> Batch {
    let before = lines.first().map_or(0, |line| line.event.position.value() - 1);
    let mut batch = Batch::behind(Position::new(before).unwrap());
    for line in lines {
        batch.push(&line.event, &line.bytes).unwrap();
    }
    batch
}

/// The head of a stream of these lines.
pub(crate) fn head_of(lines: &[Line]) -> Head {
    head_behind(&Head::EMPTY, lines)
}

/// The head of a stream that had `head`, with these lines behind it.
pub(crate) fn head_behind(head: &Head, lines: &[Line]) -> Head {
    let mut frontier = head.frontier().clone();
    let (mut last_at, mut running) = (head.last_at(), head.running());
    for line in lines {
        frontier.push_line(&line.bytes).unwrap();
        last_at = Some(line.event.at);
        match line.event.event {
            Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => running += 1,
            Event::RevocationCompleted { .. } => running -= 1,
            _ => {}
        }
    }
    Head::new(frontier, last_at, running)
}

/// Appends as a caller does who waits.
pub(crate) async fn append(
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    expected: &Head,
    lines: &[Line],
) -> Result<Head, StoreError> {
    store.append(enterprise, expected, batch(lines), Urgency::Request).await
}
