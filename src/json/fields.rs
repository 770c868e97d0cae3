//! Values that are made of an object's fields. All fields are read first, since the one that tells the type may be the
//! last. Then each is read as its own type, and one that is unknown or there twice is refused. Of several faults the
//! first in the text is told.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::mem;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;

use super::value::{Field, Key, Value};

/// The field that tells an object's type.
const TAG: &str = "type";

/// A value that is made of an object's fields.
pub(crate) trait FromFields: Sized {
    /// What an error says it is, where there is no object.
    const EXPECTED: &'static str;
    /// Its types, of which an object names one; none where it has no type.
    const TYPES: &'static [&'static str] = &[];

    /// Makes the value of this type of the other fields.
    fn from_fields<E: Error>(tag: &'static str, fields: Vec<Field<'_>>) -> Result<Self, E>;
}

/// Reads such a value.
pub(crate) fn read<'de, D: Deserializer<'de>, T: FromFields>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: FromFields> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let (tag, fields) = tag_and_fields(map, T::TYPES)?;
        T::from_fields(tag, fields)
    }
}

/// The tag is empty where there are no types.
fn tag_and_fields<'de, A: MapAccess<'de>>(
    mut map: A,
    types: &'static [&'static str],
) -> Result<(&'static str, Vec<Field<'de>>), A::Error> {
    let is_tagged = !types.is_empty();
    let (mut tag, mut fields) = (None, Vec::new());
    while let Some(Key(name)) = map.next_key()? {
        if !is_tagged || name != TAG {
            fields.push((name, map.next_value()?));
        } else if tag.is_some() {
            return Err(A::Error::duplicate_field(TAG));
        } else {
            tag = Some(map.next_value_seed(Tag(types))?);
        }
    }
    match tag {
        None if is_tagged => Err(A::Error::missing_field(TAG)),
        tag => Ok((tag.unwrap_or_default(), fields)),
    }
}

/// One of these names.
struct Tag(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Tag {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Tag {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<&'static str, E> {
        let named = self.0.iter().find(|name| **name == text);
        named.copied().ok_or_else(|| E::unknown_variant(text, self.0))
    }
}

/// Fields that are taken one by one, and the first fault in them.
pub(crate) struct Fields<'de, E> {
    all: Vec<Field<'de>>,
    fault: Option<(usize, E)>,
}

impl<'de, E: Error> Fields<'de, E> {
    /// Of an object that has no other fields than these.
    pub(crate) fn new(all: Vec<Field<'de>>, known: &'static [&'static str]) -> Self {
        let fault = misplaced(&all, known);
        Self { all, fault }
    }

    /// Takes a field that must be there.
    pub(crate) fn required<T: Deserialize<'de>>(&mut self, field: &'static str) -> Option<T> {
        match self.take(field) {
            Some((place, value)) => self.told(place, T::deserialize(value.into_deserializer())),
            None => self.told(usize::MAX, Err(E::missing_field(field))),
        }
    }

    /// Takes a field that may be absent.
    pub(crate) fn or_default<T: Deserialize<'de> + Default>(&mut self, field: &'static str) -> Option<T> {
        match self.take(field) {
            Some((place, value)) => self.told(place, T::deserialize(value.into_deserializer())),
            None => Some(T::default()),
        }
    }

    /// Takes a field that may be absent or null.
    pub(crate) fn optional<T: Deserialize<'de>>(&mut self, field: &'static str) -> Option<Option<T>> {
        match self.take(field) {
            None | Some((_, Value::Null)) => Some(None),
            Some((place, value)) => self.told(place, T::deserialize(value.into_deserializer()).map(Some)),
        }
    }

    /// What was made of the fields, if there was no fault.
    pub(crate) fn made<T>(self, made: Option<T>) -> Result<T, E> {
        match self.fault {
            Some((_, fault)) => Err(fault),
            None => made.ok_or_else(|| E::custom("a field cannot be read")),
        }
    }

    fn take(&mut self, field: &str) -> Option<(usize, Value<'de>)> {
        let (place, (_, value)) = self.all.iter_mut().enumerate().find(|(_, (name, _))| name == field)?;
        Some((place, mem::replace(value, Value::Null)))
    }

    fn told<T>(&mut self, place: usize, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                if self.fault.as_ref().is_none_or(|(before, _)| place < *before) {
                    self.fault = Some((place, fault));
                }
                None
            }
        }
    }
}

/// The first field that is unknown or was there before. All before it are known, so they are few.
fn misplaced<E: Error>(all: &[Field<'_>], known: &'static [&'static str]) -> Option<(usize, E)> {
    let mut rest = all.iter().enumerate();
    rest.find_map(|(place, (name, _))| {
        let before = all.iter().take(place);
        let fault = match known.iter().find(|known| **known == *name) {
            None => E::unknown_field(name, known),
            Some(known) if before.into_iter().any(|(before, _)| before == name) => E::duplicate_field(known),
            Some(_) => return None,
        };
        Some((place, fault))
    })
}

/// Makes a value of fields, each of which is `required`, `or_default` or `optional`.
macro_rules! from_fields {
    ($fields:expr, $($made:ident)::+ { $($field:ident: $taken:ident),* $(,)? }) => {{
        let mut fields = $crate::json::Fields::new($fields, &[$(stringify!($field)),*]);
        $(let $field = fields.$taken(stringify!($field));)*
        let made = || Some($($made)::+ { $($field: $field?),* });
        fields.made(made())
    }};
}

pub(crate) use from_fields;

/// Writes a field, if it is there.
pub(crate) fn serialize_optional<M: SerializeMap, T: Serialize>(
    object: &mut M,
    field: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| object.serialize_entry(field, value))
}
