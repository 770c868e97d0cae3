//! Values that have one shape in JSON, and are read from that shape alone. Serde's derives accept more: a struct's
//! fields from an array, in their order, and `{"owner":null}` for `"owner"`. Such a shape is documented nowhere, and
//! would have to be read for ever.

mod fields;
mod value;

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

use serde::{Serialize, Serializer};

use crate::limits::excerpt;
pub(crate) use fields::{Fields, FromFields, from_fields, read, serialize_optional};
pub(crate) use value::{Field, Key};

/// Reads a value from an object; for anything else the error says what was `expected`.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(Object {
        expected,
        value: PhantomData,
    })
}

struct Object<T> {
    expected: &'static str,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads one of these values from its name, a string.
pub(crate) fn name<'de, D: Deserializer<'de>, T: Copy, const N: usize>(
    deserializer: D,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Name { all, name })
}

struct Name<T, const N: usize> {
    all: [T; N],
    name: fn(T) -> &'static str,
}

impl<T: Copy, const N: usize> Visitor<'_> for Name<T, N> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&names(self.all, self.name))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        named(self.all, self.name, text).ok_or_else(|| E::invalid_value(Unexpected::Str(&excerpt(text)), &self))
    }
}

/// The value that has this name.
pub(crate) fn named<T: Copy, const N: usize>(all: [T; N], name: fn(T) -> &'static str, text: &str) -> Option<T> {
    all.into_iter().find(|value| name(*value) == text)
}

/// The names of these values, for a person: `` `a` or `b` ``.
pub(crate) fn names<T: Copy, const N: usize>(all: [T; N], name: fn(T) -> &'static str) -> String {
    all.map(|value| format!("`{}`", name(value))).join(" or ")
}

/// Reads a type from the names that it has on the wire, in JSON and in plain text.
macro_rules! read_by_name {
    ($type:ident, $what:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::name(deserializer, Self::ALL, Self::as_str)
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::limits::InvalidValue;

            /// Reads the name that it has on the wire.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let named = $crate::json::named(Self::ALL, Self::as_str, text);
                named.ok_or_else(|| $crate::limits::InvalidValue::Name {
                    what: $what,
                    allowed: $crate::json::names(Self::ALL, Self::as_str),
                    found: $crate::limits::excerpt(text),
                })
            }
        }
    };
}

pub(crate) use read_by_name;

/// Writes what a value displays as a string.
pub(crate) struct Text<'a, T>(pub(crate) &'a T);

impl<T: fmt::Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// Writes an error as an object: its facts, then its message.
macro_rules! error_as_object {
    ($type:ident $(, $fact:ident)*) => {
        /// As an object: where the fault is, if it is known, and the message.
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut object = serde::Serializer::serialize_map(serializer, None)?;
                $(serde::ser::SerializeMap::serialize_entry(&mut object, stringify!($fact), &self.$fact)?;)*
                serde::ser::SerializeMap::serialize_entry(&mut object, "message", &$crate::json::Text(self))?;
                serde::ser::SerializeMap::end(object)
            }
        }
    };
}

pub(crate) use error_as_object;
