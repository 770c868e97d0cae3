//! A line's JSON as a recorded event: the envelope first, which names the type, then the fields that this type has.
//!
//! Two passes over one short line, instead of serde's derive: for flattened and tagged fields that buffers the line,
//! loses the column, and does not name the field at fault.

use alloc::string::{String, ToString};
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::error::LogErrorKind;
use super::shape::with_event_shapes;
use crate::event::{Actor, Event, RecordedEvent};
use crate::id::Position;
use crate::limits::excerpt;
use crate::timestamp::Timestamp;

/// What is wrong, and the column near which it was seen.
pub(super) type Fault = (LogErrorKind, Option<usize>);

/// Reads one line.
pub(super) fn read(text: &str) -> Result<RecordedEvent, Fault> {
    let Envelope { position, at, by, kind } = read_part(text, EnvelopePart)?;
    let event = read_part(text, EventPart { kind: &kind })?;
    Ok(RecordedEvent {
        position,
        at,
        by,
        event,
    })
}

/// The fields of every event.
struct Envelope {
    position: Position,
    at: Timestamp,
    by: Option<Actor>,
    kind: String,
}

/// Some of a line's fields, read in one pass that ignores the others.
trait Part {
    type Value;

    fn read<'de, A: MapAccess<'de>>(self, map: A, fields: &mut Fields) -> Result<Self::Value, A::Error>;
}

/// Reads the fields that are named, in any order, into bindings of their names; skips all others.
macro_rules! read_fields {
    ($map:ident, $fields:ident, $($field:ident = $name:expr),*) => {
        $(let mut $field = None;)*
        while let Some(name) = $map.next_key_seed(NameAmong(&[$($name),*]))? {
            match name {
                $(Some(name) if name == $name => $fields.read(&mut $map, name, &mut $field)?,)*
                _ => drop($map.next_value::<IgnoredAny>()?),
            }
        }
    };
}

struct EnvelopePart;

impl Part for EnvelopePart {
    type Value = Envelope;

    fn read<'de, A: MapAccess<'de>>(self, mut map: A, fields: &mut Fields) -> Result<Envelope, A::Error> {
        fields.part = "the envelope";
        read_fields!(map, fields, position = "position", at = "at", by = "by", kind = "type");
        Ok(Envelope {
            position: fields.required("position", position)?,
            at: fields.required("at", at)?,
            by: by.flatten(),
            kind: fields.required("type", kind)?,
        })
    }
}

struct EventPart<'a> {
    kind: &'a str,
}

/// Declares how each event is read.
macro_rules! read_events {
    ($($event:ident { $($required:ident),* $(; $($optional:ident),*)? })*) => {
        impl Part for EventPart<'_> {
            type Value = Event;

            fn read<'de, A: MapAccess<'de>>(self, mut map: A, fields: &mut Fields) -> Result<Event, A::Error> {
                match self.kind {
                    $(stringify!($event) => {
                        fields.part = stringify!($event);
                        read_fields!(
                            map,
                            fields,
                            $($required = stringify!($required)),* $(, $($optional = stringify!($optional)),*)?
                        );
                        Ok(Event::$event {
                            $($required: fields.required(stringify!($required), $required)?,)*
                            $($($optional: $optional.flatten(),)*)?
                        })
                    })*
                    unknown => Err(fields.fail(LogErrorKind::UnknownType { name: excerpt(unknown) })),
                }
            }
        }
    };
}

with_event_shapes!(read_events);

/// Runs one pass over the line.
fn read_part<P: Part>(text: &str, part: P) -> Result<P::Value, Fault> {
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let reader = Reader {
        part,
        fields: &mut fields,
    };
    let read = json
        .deserialize_map(reader)
        .and_then(|value| json.end().map(|()| value));
    read.map_err(|error| fault(&error, fields))
}

/// Blames the bytes, or the field that was being read.
fn fault(error: &serde_json::Error, fields: Fields) -> Fault {
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

impl<'de, P: Part> Visitor<'de> for Reader<'_, P> {
    type Value = P::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P::Value, A::Error> {
        self.part.read(map, self.fields)
    }
}

/// Recognises a key, if it is one of these.
struct NameAmong(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for NameAmong {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for NameAmong {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|name| *name == key))
    }
}
