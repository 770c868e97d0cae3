//! The canonical line of an event: the bytes that the writer emits, and a reader that knows no others.
//!
//! This reader needs no JSON parser, so it is several times faster than the reader of `fields.rs`. Whatever it does not
//! recognise, that one reads. So the meaning of a line does not depend on which of them reads it.

mod values;

use alloc::vec::Vec;

use super::error::LogError;
use crate::event::{Actor, Event, RecordedEvent, with_event_shapes};
use crate::id::Position;
use crate::timestamp::{KnownDay, TEXT_LENGTH, Timestamp};
use values::{Line, write_field, write_literal, write_optional_field};

/// Nearly every line is shorter: one that is written into an empty list asks for memory once.
const LINE_BYTES_USUAL: usize = 256;

/// Appends the event's line and its line feed. `at` is the text of its time.
pub(super) fn write(recorded: &RecordedEvent, at: &[u8; TEXT_LENGTH], line: &mut Vec<u8>) {
    line.reserve(LINE_BYTES_USUAL);
    write_field("{\"position\":", &recorded.position, line);
    write_literal(",\"at\":\"", line);
    line.extend_from_slice(at);
    line.push(b'"');
    if let Some(by) = &recorded.by {
        write_field(",\"by\":", by, line);
    }
    write_event(&recorded.event, line);
    line.extend_from_slice(b"}\n");
}

/// Reads a line that [`write`] wrote, and its line feed, if any bytes follow it, and takes them from `lines`; nothing
/// for nearly every other line, whatever it means, and for events that are not the next. Nobody has to look for the end
/// of such a line first: it has no other line feed.
///
/// Texts with quotes or backslashes in them are rare, so their escapes are left to the other reader.
#[inline]
pub(super) fn read(
    lines: &mut &[u8],
    day: &mut KnownDay,
    is_next: impl FnOnce(Position, Timestamp) -> bool,
) -> Option<Decoded> {
    let mut line = Line(lines);
    let position = line.field("{\"position\":")?;
    let at = line.time_near(",\"at\":\"", day)?;
    if !is_next(position, at) {
        return None;
    }
    let by = line.optional_field(",\"by\":")?;
    let decoded = read_event(&mut line, position, at, by)?;
    *lines = line.0;
    Some(decoded)
}

/// What a decoder gives, and an iterator hands on: a large event that is wrapped again and again is moved again and
/// again, and each move waits for the writes before it.
type Decoded = Result<RecordedEvent, LogError>;

/// Declares how the event itself is written and read, its type first.
macro_rules! write_and_read_events {
    ($($event:ident {
        $($required:ident),* $(; $($optional:ident),* $(; $($then_required:ident),*; $($then_optional:ident),*)?)?
    })*) => {
        fn write_event(event: &Event, line: &mut Vec<u8>) {
            match event {
                $(Event::$event { $($required,)* $($($optional,)* $($($then_required,)* $($then_optional,)*)?)? } => {
                    write_literal(opening!($event), line);
                    $(write_field(key!($required), $required, line);)*
                    $(
                        $(write_optional_field(key!($optional), $optional.as_ref(), line);)*
                        $(
                            $(write_field(key!($then_required), $then_required, line);)*
                            $(write_optional_field(key!($then_optional), $then_optional.as_ref(), line);)*
                        )?
                    )?
                })*
            }
        }

        #[inline]
        fn read_event(
            line: &mut Line<'_>,
            position: Position,
            at: Timestamp,
            by: Option<Actor>,
        ) -> Option<Decoded> {
            $(
                if line.skip(opening!($event)) {
                    $(let $required = line.field(key!($required))?;)*
                    $(
                        $(let $optional = line.optional_field(key!($optional))?;)*
                        $(
                            $(let $then_required = line.field(key!($then_required))?;)*
                            $(let $then_optional = line.optional_field(key!($then_optional))?;)*
                        )?
                    )?
                    line.end()?;
                    let event = Event::$event {
                        $($required,)*
                        $($($optional,)* $($($then_required,)* $($then_optional,)*)?)?
                    };
                    if event.contradiction().is_some() {
                        return None;
                    }
                    return Some(Ok(RecordedEvent { position, at, by, event }));
                }
            )*
            None
        }
    };
}

macro_rules! opening {
    ($event:ident) => {
        concat!(",\"type\":\"", stringify!($event), "\"")
    };
}

macro_rules! key {
    ($field:ident) => {
        concat!(",\"", stringify!($field), "\":")
    };
}

with_event_shapes!(write_and_read_events);

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::{KnownDay, LINE_BYTES_USUAL, read, write};
    use crate::log;

    #[test]
    fn every_sample_without_escapes_is_recognised_and_written_again() {
        let samples = include_str!("../../tests/samples/v1.jsonl").lines();
        let personal = include_str!("../../tests/samples/v1-personal-accounts.jsonl").lines();
        for line in samples.chain(personal).filter(|line| !line.contains('\\')) {
            let mut rest = line.as_bytes();
            let recorded = read(&mut rest, &mut KnownDay::first(), |_, _| true)
                .expect(line)
                .unwrap();
            assert_eq!(rest, b"");
            let mut written = Vec::new();
            write(&recorded, &recorded.at.to_bytes(), &mut written);
            assert_eq!(String::from_utf8_lossy(&written), String::from(line) + "\n");
        }
    }

    #[test]
    fn a_usual_line_asks_for_memory_once() {
        let (mut usual, mut others) = (0, 0);
        for recorded in log::read(include_bytes!("../../tests/samples/v1.jsonl")) {
            let mut line = Vec::new();
            log::write_line(&recorded.unwrap(), &mut line);
            if line.len() <= LINE_BYTES_USUAL {
                assert_eq!(line.capacity(), LINE_BYTES_USUAL, "{}", line.escape_ascii());
                usual += 1;
            } else {
                others += 1;
            }
        }
        assert!(usual > 9 * others, "{usual} lines are usual, {others} are longer");
    }
}
