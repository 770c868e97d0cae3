//! One line after the other: the checks that need to know the lines before.

use super::error::{LogError, LogErrorKind};
use super::{canonical, fields};
use crate::event::RecordedEvent;
use crate::id::Position;
use crate::limits::LINE_BYTES_MAX;
use crate::timestamp::{KnownDay, Timestamp};

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
    day: KnownDay,
    failed: Option<LogError>,
}

impl Decoder {
    /// Starts before the first line of a stream.
    pub const fn new() -> Self {
        Self::resume(Position::START, None)
    }

    /// Starts after the event at `position`, recorded at `last_at`: what
    /// [`Enterprise::position`](crate::Enterprise::position) and [`Enterprise::last_at`](crate::Enterprise::last_at)
    /// say.
    pub const fn resume(position: Position, last_at: Option<Timestamp>) -> Self {
        Self {
            line: position.value(),
            position,
            last_at: match last_at {
                Some(last_at) => last_at,
                None => Timestamp::MIN,
            },
            day: KnownDay::first(),
            failed: None,
        }
    }

    /// Decodes the next line, with or without its line feed.
    ///
    /// # Errors
    /// [`LogError`] with the line's number; from then on the same one for every line.
    pub fn decode(&mut self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        let mut rest = line;
        match self.read_canonical(&mut rest) {
            Some(decoded) if rest.is_empty() => {
                self.pass(&decoded);
                decoded
            }
            _ => self.decode_next(line),
        }
    }

    /// Decodes the first of these lines, and takes it from them; nothing where there is none.
    /// After an error none is left.
    #[inline]
    pub(super) fn decode_first(&mut self, lines: &mut &[u8]) -> Option<Result<RecordedEvent, LogError>> {
        let canonical = self.read_canonical(lines);
        match &canonical {
            Some(decoded) => self.pass(decoded),
            None => return self.decode_first_by_parser(lines),
        }
        canonical
    }

    fn decode_first_by_parser(&mut self, lines: &mut &[u8]) -> Option<Result<RecordedEvent, LogError>> {
        let line = take_line(lines)?;
        let decoded = self.decode_next(line);
        if decoded.is_err() {
            *lines = &[];
        }
        Some(decoded)
    }

    /// Takes the first of these lines, if it is canonical and the next event of the stream.
    #[inline]
    fn read_canonical(&mut self, lines: &mut &[u8]) -> Option<Result<RecordedEvent, LogError>> {
        let (next, last_at, has_failed) = (self.position.next(), self.last_at, self.failed.is_some());
        canonical::read(lines, &mut self.day, |position, at| {
            position == next && at >= last_at && !has_failed
        })
    }

    #[inline]
    fn pass(&mut self, decoded: &Result<RecordedEvent, LogError>) {
        match decoded {
            Ok(recorded) => {
                self.line += 1;
                self.position = recorded.position;
                self.last_at = recorded.at;
            }
            Err(error) => self.failed = Some(error.clone()),
        }
    }

    fn decode_next(&mut self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let decoded = self.parse(line.strip_suffix(b"\n").unwrap_or(line));
        self.pass(&decoded);
        decoded
    }

    fn parse(&self, line: &[u8]) -> Result<RecordedEvent, LogError> {
        let recorded = fields::read(self.text(line)?).map_err(|(kind, column)| self.error(column, kind))?;
        self.in_order(&recorded)?;
        Ok(recorded)
    }

    fn text<'a>(&self, line: &'a [u8]) -> Result<&'a str, LogError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(self.error(None, LogErrorKind::LineTooLong));
        }
        if let Some(index) = memchr::memchr(b'\n', line) {
            return Err(self.error(Some(index + 1), LogErrorKind::LineFeed));
        }
        let text = str::from_utf8(line)
            .map_err(|error| self.error(Some(error.valid_up_to() + 1), LogErrorKind::InvalidUtf8))?;
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

    /// What is wrong with the next line.
    fn error(&self, column: Option<usize>, kind: LogErrorKind) -> LogError {
        LogError {
            line: self.line + 1,
            column,
            kind,
        }
    }
}

/// Takes the first line, if there is one, its line feed included. A line feed ends a line, it does not begin another.
fn take_line<'a>(lines: &mut &'a [u8]) -> Option<&'a [u8]> {
    if lines.is_empty() {
        return None;
    }
    let split = memchr::memchr(b'\n', lines).and_then(|index| lines.split_at_checked(index + 1));
    let (line, rest) = split.unwrap_or((lines, &[]));
    *lines = rest;
    Some(line)
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}
