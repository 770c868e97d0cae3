//! Lines on their way into a stream.

use enterprise_credentials::log::Encoder;
use enterprise_credentials::{CredentialId, Event, Fingerprint, Position, RecordedEvent, Timestamp};
use enterprise_credentials_seal::{Frontier, Hash, TreeFull, leaf_hash};

use super::{Page, StoreError};

/// Lines that follow each other in one stream, and what they say to the stream's head and to the look-up.
#[derive(Debug, Clone)]
pub struct Batch {
    expected: Position,
    page: Page,
    issued: Vec<Issued>,
    requested: u64,
    completed: u64,
    last_at: Option<Timestamp>,
}

/// A credential that a line issues, with its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) position: Position,
    pub(super) credential: CredentialId,
    pub(super) fingerprint: Fingerprint,
    /// The leaf hash of the line.
    pub(super) leaf: Hash,
}

impl Issued {
    /// The first eight bytes of the leaf hash: enough to notice an accident.
    pub(super) fn leaf_begin(&self) -> i64 {
        self.leaf
            .as_bytes()
            .first_chunk()
            .copied()
            .map_or(0, i64::from_be_bytes)
    }
}

impl Batch {
    /// No lines yet, to stand behind `expected`, the position that the stream ends with.
    pub fn behind(expected: Position) -> Self {
        Self {
            expected,
            page: Page::default(),
            issued: Vec::new(),
            requested: 0,
            completed: 0,
            last_at: None,
        }
    }

    /// The lines that `recorded` are written as, to stand behind `expected`.
    ///
    /// # Errors
    /// [`StoreError::Misplaced`] where their positions do not follow it without gaps.
    pub fn written<'a>(
        expected: Position,
        recorded: impl IntoIterator<Item = &'a RecordedEvent>,
    ) -> Result<Self, StoreError> {
        let (mut batch, mut encoder) = (Self::behind(expected), Encoder::new());
        for event in recorded {
            batch.add(event, |bytes| {
                encoder.encode(event, bytes);
                bytes.pop();
            })?;
        }
        Ok(batch)
    }

    /// Adds a line: what it records, and its bytes as they were read, which hold no line feed.
    ///
    /// # Errors
    /// [`StoreError::Misplaced`] where it does not follow the line before.
    pub fn push(&mut self, event: &RecordedEvent, line: &[u8]) -> Result<(), StoreError> {
        self.add(event, |bytes| bytes.extend_from_slice(line))
    }

    fn add(&mut self, event: &RecordedEvent, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        let expected = self.end().next();
        let found = event.position;
        if found != expected {
            return Err(StoreError::Misplaced { expected, found });
        }
        let line = self.page.write_line(write);
        debug_assert!(memchr::memchr(b'\n', line).is_none(), "a line holds no line feed");
        match &event.event {
            Event::CredentialIssued {
                credential,
                fingerprint: Some(fingerprint),
                ..
            } => self.issued.push(Issued {
                position: event.position,
                credential: *credential,
                fingerprint: fingerprint.clone(),
                leaf: leaf_hash(line),
            }),
            event if event.is_request() => self.requested += 1,
            Event::RevocationCompleted { .. } => self.completed += 1,
            _ => {}
        }
        self.last_at = Some(event.at);
        Ok(())
    }

    /// The position that the stream ends with before it.
    pub const fn expected(&self) -> Position {
        self.expected
    }

    /// The position of its last line; the expected one where it has none.
    pub fn end(&self) -> Position {
        let end = self.expected.value() + self.page.len() as u64;
        // Each line's position was one before it was added.
        Position::new(end).unwrap_or(self.expected)
    }

    /// The lines.
    pub const fn page(&self) -> &Page {
        &self.page
    }

    /// Whether it has no line.
    pub const fn is_empty(&self) -> bool {
        self.page.is_empty()
    }

    /// How many revocations its lines request.
    pub const fn requested(&self) -> u64 {
        self.requested
    }

    /// How many revocations its lines complete.
    pub const fn completed(&self) -> u64 {
        self.completed
    }

    pub(super) const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    pub(super) fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// Grows the frontier of the stream that it follows by its lines.
    ///
    /// # Errors
    /// [`TreeFull`], beyond any stream's last position.
    pub fn extend(&self, frontier: &mut Frontier) -> Result<(), TreeFull> {
        frontier.extend(self.page.lines().map(leaf_hash))
    }
}
