//! One line after the other: the checks that need to know what came before.

use super::error::{LogError, LogErrorKind};
use super::{canonical, fields};
use crate::event::RecordedEvent;
use crate::id::Position;
use crate::limits::LINE_BYTES_MAX;
use crate::timestamp::Timestamp;

/// Decodes a stream's lines in order, and checks that positions leave no gap and that time does not run backwards.
///
/// After an error it stays failed: every later line gets the same error again, because nothing may be applied after it.
///
/// In a log without gaps the line that holds position *n* is line *n*; so lines are counted from the position where
/// decoding [resumes](Self::resume).
#[derive(Debug, Clone)]
pub struct Decoder {
    line: u64,
    position: Position,
    last_at: Timestamp,
    failed: Option<LogError>,
}

impl Decoder {
    /// Starts before the first line of a stream.
    pub const fn new() -> Self {
        Self::resume(Position::START, None)
    }

    /// Starts after the event at `position`, recorded at `last_at`: what
    /// [`Enterprise::position`](crate::Enterprise::position) and [`Enterprise::last_at`](crate::Enterprise::last_at) say.
    pub const fn resume(position: Position, last_at: Option<Timestamp>) -> Self {
        Self {
            line: position.value(),
            position,
            last_at: match last_at {
                Some(last_at) => last_at,
                None => Timestamp::MIN,
            },
            failed: None,
        }
    }

    /// Decodes the next line, with or without its line feed.
    ///
    /// # Errors
    /// [`LogError`] with the line's number; from then on the same one for every line.
    pub fn decode(&mut self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        self.decode_next(line, canonical::read, fields::read)
    }

    /// Decodes the next line as [`Decoder::decode`] does, but by the JSON parser alone, which `decode` asks only about
    /// lines that are not canonical: what the two say must be equal.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    #[cfg(feature = "testkit")]
    pub fn decode_by_parser(&mut self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        self.decode_next(line, |_| None, fields::read)
    }

    /// Decodes the next line as [`Decoder::decode_by_parser`] does, but in two passes over it, which that one makes only
    /// where the type does not come first or something is wrong: what the two say must be equal.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    #[cfg(feature = "testkit")]
    pub fn decode_in_two_passes(&mut self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        self.decode_next(line, |_| None, fields::read_in_two_passes)
    }

    fn decode_next(
        &mut self,
        line: &[u8],
        shortcut: impl FnOnce(&[u8]) -> Option<RecordedEvent>,
        parse: impl FnOnce(&str) -> Result<RecordedEvent, fields::Fault>,
    ) -> Result<RecordedEvent, LogError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.line += 1;
        let decoded = self.decode_in_order(line.strip_suffix(b"\n").unwrap_or(line), shortcut, parse);
        if let Err(error) = &decoded {
            self.failed = Some(error.clone());
        }
        decoded
    }

    fn decode_in_order(
        &mut self,
        line: &[u8],
        shortcut: impl FnOnce(&[u8]) -> Option<RecordedEvent>,
        parse: impl FnOnce(&str) -> Result<RecordedEvent, fields::Fault>,
    ) -> Result<RecordedEvent, LogError> {
        let recorded = match shortcut(line) {
            Some(recorded) => recorded,
            None => self.parse(line, parse)?,
        };
        self.in_order(&recorded)?;
        self.position = recorded.position;
        self.last_at = recorded.at;
        Ok(recorded)
    }

    fn parse(
        &self,
        line: &[u8],
        parse: impl FnOnce(&str) -> Result<RecordedEvent, fields::Fault>,
    ) -> Result<RecordedEvent, LogError> {
        parse(self.text(line)?).map_err(|(kind, column)| LogError {
            line: self.line,
            column,
            kind,
        })
    }

    fn text<'a>(&self, line: &'a [u8]) -> Result<&'a str, LogError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(self.error(None, LogErrorKind::LineTooLong));
        }
        if let Some(index) = memchr::memchr(b'\n', line) {
            return Err(self.error(Some(index), LogErrorKind::LineFeed));
        }
        let text =
            str::from_utf8(line).map_err(|error| self.error(Some(error.valid_up_to()), LogErrorKind::InvalidUtf8))?;
        if text.trim_ascii().is_empty() {
            return Err(self.error(None, LogErrorKind::Empty));
        }
        Ok(text)
    }

    fn in_order(&self, recorded: &RecordedEvent) -> Result<(), LogError> {
        let expected = self.position.next();
        if recorded.position != expected {
            let found = recorded.position;
            return Err(self.error(None, LogErrorKind::Gap { expected, found }));
        }
        if recorded.at < self.last_at {
            let (at, last_at) = (recorded.at, self.last_at);
            return Err(self.error(None, LogErrorKind::TimeBackwards { at, last_at }));
        }
        Ok(())
    }

    /// `index` counts the line's bytes from 0, a column from 1.
    fn error(&self, index: Option<usize>, kind: LogErrorKind) -> LogError {
        LogError {
            line: self.line,
            column: index.map(|index| index + 1),
            kind,
        }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}
