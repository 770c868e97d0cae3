//! A line's JSON as a recorded event, whatever the order of its fields.
//!
//! If a line names its type before the fields of that type, it is read in one pass. Every other line is read in two:
//! first the envelope, which names the type, then the fields that this type has. A line at fault is also read in two,
//! so that a fault of the envelope is told before one of the event.
//!
//! Serde's derive would not do: it buffers flattened and tagged fields, loses the column, and does not name the field
//! at fault.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::error::LogErrorKind;
use crate::event::{Actor, Event, RecordedEvent, with_event_shapes};
use crate::id::Position;
use crate::json::Key;
use crate::limits::excerpt;
use crate::timestamp::Timestamp;

/// What is wrong, and the column near which it was seen.
type Misread = (LogErrorKind, Option<usize>);

/// Reads one line.
pub(super) fn read(text: &str) -> Result<RecordedEvent, Misread> {
    read_part(text, TypeFirst).or_else(|_| read_in_two_passes(text))
}

/// Reads one line as [`read`] does, and says what it says.
fn read_in_two_passes(text: &str) -> Result<RecordedEvent, Misread> {
    let (envelope, kind) = read_part(text, EnvelopePart)?;
    let event = read_part(text, EventPart { kind: &kind })?;
    Ok(envelope.around(event))
}

/// The next field's name.
fn next_key<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(map.next_key()?.map(|Key(name)| name))
}

/// Some of a line's fields, read in one pass.
trait Part<'de> {
    type Value;

    fn read<A: MapAccess<'de>>(self, map: A, fields: &mut Fields) -> Result<Self::Value, A::Error>;
}

/// The fields of every event, but for its type, as far as they have been read.
#[derive(Default)]
struct Envelope {
    position: Option<Position>,
    at: Option<Timestamp>,
    by: Option<Option<Actor>>,
}

impl Envelope {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, fields: &mut Fields) -> Result<(), A::Error> {
        match key {
            "position" => fields.read(map, "position", &mut self.position),
            "at" => fields.read(map, "at", &mut self.at),
            "by" => fields.read(map, "by", &mut self.by),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// Where the fields go that an event does not have itself. One type for both, so that events are compiled once.
enum Others<'e> {
    /// Nowhere: the envelope has been read.
    Skipped,
    /// Into an envelope whose type is known, and may not be named again.
    Envelope(&'e mut Envelope),
}

impl Others<'_> {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, fields: &mut Fields) -> Result<(), A::Error> {
        match self {
            Self::Skipped => map.next_value::<IgnoredAny>().map(drop),
            Self::Envelope(_) if key == "type" => Err(A::Error::duplicate_field("type")),
            Self::Envelope(envelope) => envelope.read(key, map, fields),
        }
    }
}

/// An envelope that holds what it must.
struct Complete {
    position: Position,
    at: Timestamp,
    by: Option<Actor>,
}

impl Envelope {
    fn complete<E: Error>(self, fields: &mut Fields) -> Result<Complete, E> {
        Ok(Complete {
            position: fields.required("position", self.position)?,
            at: fields.required("at", self.at)?,
            by: self.by.flatten(),
        })
    }
}

impl Complete {
    fn around(self, event: Event) -> RecordedEvent {
        RecordedEvent {
            position: self.position,
            at: self.at,
            by: self.by,
            event,
        }
    }
}

const ENVELOPE: &str = "the envelope";

/// The whole line, if its type comes before the fields of that type. What else is wrong or unusual is an error that
/// nobody sees: the two passes judge it.
struct TypeFirst;

impl<'de> Part<'de> for TypeFirst {
    type Value = RecordedEvent;

    fn read<A: MapAccess<'de>>(self, mut map: A, fields: &mut Fields) -> Result<RecordedEvent, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(key) = next_key(&mut map)? {
            match &*key {
                "type" => {
                    let kind: &str = map.next_value()?;
                    let event = read_event(kind, map, fields, Others::Envelope(&mut envelope))?;
                    return Ok(envelope.complete(fields)?.around(event));
                }
                "position" | "at" | "by" => envelope.read(&key, &mut map, fields)?,
                _ => return Err(A::Error::custom("a field before the type")),
            }
        }
        Err(A::Error::missing_field("type"))
    }
}

/// The first of two passes.
struct EnvelopePart;

impl<'de> Part<'de> for EnvelopePart {
    type Value = (Complete, String);

    fn read<A: MapAccess<'de>>(self, mut map: A, fields: &mut Fields) -> Result<Self::Value, A::Error> {
        fields.part = ENVELOPE;
        let (mut envelope, mut kind) = (Envelope::default(), None);
        while let Some(key) = next_key(&mut map)? {
            match &*key {
                "type" => fields.read(&mut map, "type", &mut kind)?,
                _ => envelope.read(&key, &mut map, fields)?,
            }
        }
        Ok((envelope.complete(fields)?, fields.required("type", kind)?))
    }
}

/// The second of two passes.
struct EventPart<'k> {
    kind: &'k str,
}

impl<'de> Part<'de> for EventPart<'_> {
    type Value = Event;

    fn read<A: MapAccess<'de>>(self, map: A, fields: &mut Fields) -> Result<Event, A::Error> {
        read_event(self.kind, map, fields, Others::Skipped)
    }
}

/// Declares how each event's own fields are read.
macro_rules! read_events {
    ($($event:ident {
        $($required:ident),* $(; $($optional:ident),* $(; $($then_required:ident),*; $($then_optional:ident),*)?)?
    })*) => {
        fn read_event<'de, A: MapAccess<'de>>(
            kind: &str,
            mut map: A,
            fields: &mut Fields,
            mut others: Others<'_>,
        ) -> Result<Event, A::Error> {
            match kind {
                $(stringify!($event) => {
                    fields.part = stringify!($event);
                    $(let mut $required = None;)*
                    $(
                        $(let mut $optional = None;)*
                        $($(let mut $then_required = None;)* $(let mut $then_optional = None;)*)?
                    )?
                    while let Some(key) = next_key(&mut map)? {
                        match &*key {
                            $(stringify!($required) => fields.read(&mut map, stringify!($required), &mut $required)?,)*
                            $(
                                $(stringify!($optional) => {
                                    fields.read(&mut map, stringify!($optional), &mut $optional)?;
                                })*
                                $(
                                    $(stringify!($then_required) => {
                                        fields.read(&mut map, stringify!($then_required), &mut $then_required)?;
                                    })*
                                    $(stringify!($then_optional) => {
                                        fields.read(&mut map, stringify!($then_optional), &mut $then_optional)?;
                                    })*
                                )?
                            )?
                            _ => others.read(&key, &mut map, fields)?,
                        }
                    }
                    let event = Event::$event {
                        $($required: fields.required(stringify!($required), $required)?,)*
                        $(
                            $($optional: $optional.flatten(),)*
                            $(
                                $($then_required: fields.required(stringify!($then_required), $then_required)?,)*
                                $($then_optional: $then_optional.flatten(),)*
                            )?
                        )?
                    };
                    fields.consistent(event)
                })*
                unknown => Err(fields.fail(LogErrorKind::UnknownType { name: excerpt(unknown) })),
            }
        }
    };
}

with_event_shapes!(read_events);

/// Runs one pass over the line.
fn read_part<'de, P: Part<'de>>(text: &'de str, part: P) -> Result<P::Value, Misread> {
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let reader = Reader {
        part,
        fields: &mut fields,
    };
    let read = json
        .deserialize_map(reader)
        .and_then(|value| json.end().map(|()| value));
    read.map_err(|error| misread(&error, fields))
}

/// Blames the bytes, or the field that was being read.
fn misread(error: &serde_json::Error, fields: Fields) -> Misread {
    let column = Some(error.column());
    match (error.classify(), fields.fault) {
        (Category::Eof, _) => (LogErrorKind::CutShort, None),
        (Category::Data, Some(kind @ LogErrorKind::RepeatedField { .. })) => (kind, column),
        (Category::Data, Some(kind)) => (kind, None),
        (Category::Data, None) => match fields.being_read {
            Some(field) => {
                let (part, reason) = (fields.part, reason(error));
                (LogErrorKind::InvalidField { part, field, reason }, column)
            }
            None => (LogErrorKind::NotAnObject, None),
        },
        (Category::Syntax | Category::Io, _) => (LogErrorKind::Json { reason: reason(error) }, column),
    }
}

/// What the parser says, without the place, which the error states itself.
fn reason(error: &serde_json::Error) -> String {
    let reason = error.to_string();
    let place = alloc::format!(" at line {} column {}", error.line(), error.column());
    reason.strip_suffix(&place).map(String::from).unwrap_or(reason)
}

/// What is known about the fields of a part when reading stops.
#[derive(Default)]
struct Fields {
    part: &'static str,
    being_read: Option<&'static str>,
    fault: Option<LogErrorKind>,
}

impl Fields {
    fn read<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
        &mut self,
        map: &mut A,
        field: &'static str,
        slot: &mut Option<T>,
    ) -> Result<(), A::Error> {
        if slot.is_some() {
            let part = self.part;
            return Err(self.fail(LogErrorKind::RepeatedField { part, field }));
        }
        self.being_read = Some(field);
        *slot = Some(map.next_value()?);
        self.being_read = None;
        Ok(())
    }

    fn required<T, E: Error>(&mut self, field: &'static str, slot: Option<T>) -> Result<T, E> {
        let part = self.part;
        slot.ok_or_else(|| self.fail(LogErrorKind::MissingField { part, field }))
    }

    /// The event, if its fields do not contradict each other.
    fn consistent<E: Error>(&mut self, event: Event) -> Result<Event, E> {
        match event.contradiction() {
            None => Ok(event),
            Some(contradiction) => {
                let part = self.part;
                Err(self.fail(LogErrorKind::Contradiction { part, contradiction }))
            }
        }
    }

    fn fail<E: Error>(&mut self, kind: LogErrorKind) -> E {
        let error = E::custom(&kind);
        self.fault = Some(kind);
        error
    }
}

/// Hands a line's object to a part.
struct Reader<'f, P> {
    part: P,
    fields: &'f mut Fields,
}

impl<'de, P: Part<'de>> Visitor<'de> for Reader<'_, P> {
    type Value = P::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P::Value, A::Error> {
        self.part.read(map, self.fields)
    }
}
