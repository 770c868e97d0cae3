//! A request's fields: read once, taken one by one, and none left over.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::Key;
use crate::limits::excerpt;
use crate::oracle::bounds::{DEPTH_MAX, REQUEST_BYTES_MAX};
use crate::oracle::fault::{ErrorKind, Fault};

/// The longest `id` that is echoed, in bytes.
const ID_BYTES_MAX: usize = 256;

/// The most fields of a request. No call has so many, and so each may be compared with all.
const FIELDS_MAX: usize = 64;

/// The fields that nobody has taken yet, as they stand in the request.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Takes a request apart. What its fields hold is JSON, and not judged yet.
    pub(super) fn read(request: &'a str) -> Result<Self, Fault> {
        if request.len() > REQUEST_BYTES_MAX {
            return Err(Fault::too_large());
        }
        if depth(request) > DEPTH_MAX {
            return Err(Fault::too_deep());
        }
        serde_json::from_str(request).map_err(|error| {
            let message = format!("a request is a JSON object such as `{{\"call\":\"begin\"}}`: {error}");
            Fault::new(ErrorKind::MalformedRequest, message)
        })
    }

    /// What the answer repeats, so that a caller knows what it answers.
    pub(super) fn id(&mut self) -> Result<Option<&'a RawValue>, Fault> {
        let id = self.take("id").filter(|id| id.get() != "null");
        let is_short = |id: &&RawValue| {
            let is_number = |first: char| first == '-' || first.is_ascii_digit();
            id.get().len() <= ID_BYTES_MAX && id.get().starts_with(|first| first == '"' || is_number(first))
        };
        match id {
            Some(id) if !is_short(&id) => {
                let message = format!("`id` is a string or a number of at most {ID_BYTES_MAX} bytes");
                Err(Fault::of_field("id", message))
            }
            id => Ok(id),
        }
    }

    /// Takes a field that must be there.
    pub(super) fn required<T: Deserialize<'a>>(&mut self, field: &'static str) -> Result<T, Fault> {
        let found = self.optional(field)?;
        found.ok_or_else(|| Fault::of_field(field, format!("the field `{field}` is missing")))
    }

    /// Takes a field; nothing where it is absent or null.
    pub(super) fn optional<T: Deserialize<'a>>(&mut self, field: &'static str) -> Result<Option<T>, Fault> {
        let Some(raw) = self.take(field) else {
            return Ok(None);
        };
        serde_json::from_str(raw.get()).map_err(|error| Fault::of_field(field, format!("field `{field}`: {error}")))
    }

    /// Refuses what nobody took: a misspelt option is never a request without it.
    pub(super) fn done(&self) -> Result<(), Fault> {
        match self.0.iter().map(|(field, _)| field).min() {
            None => Ok(()),
            Some(field) => {
                let message = format!("this call has no field `{}`", excerpt(field));
                Err(Fault::of_field(field, message))
            }
        }
    }

    fn take(&mut self, field: &str) -> Option<&'a RawValue> {
        let place = self.0.iter().position(|(name, _)| name == field)?;
        let (_, value) = self.0.swap_remove(place);
        Some(value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields: Vec<(Cow<'_, str>, &RawValue)> = Vec::new();
        while let Some((Key(field), value)) = map.next_entry()? {
            if fields.iter().any(|(before, _)| *before == field) {
                let twice = format!("field `{}` is there twice", excerpt(&field));
                return Err(A::Error::custom(twice));
            }
            if fields.len() == FIELDS_MAX {
                return Err(A::Error::custom(format!("it has more than {FIELDS_MAX} fields")));
            }
            fields.push((field, value));
        }
        Ok(Fields(fields))
    }
}

/// How deep lists and objects stand in each other. Of what is no JSON it is at least as deep as a parser gets.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut is_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
