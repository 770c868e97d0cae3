//! Events as serde writes them: their type first, then their fields. By a macro of ours, because serde's derive
//! compiles all events once more for each kind of object that they may stand in.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::event::{Event, RecordedEvent, with_event_shapes};
use crate::json::serialize_optional;

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        self.serialize_fields(&mut object)?;
        object.end()
    }
}

impl Serialize for RecordedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("position", &self.position)?;
        object.serialize_entry("at", &self.at)?;
        serialize_optional(&mut object, "by", self.by.as_ref())?;
        self.event.serialize_fields(&mut object)?;
        object.end()
    }
}

macro_rules! serialize_fields {
    ($($event:ident {
        $($required:ident),* $(; $($optional:ident),* $(; $($then_required:ident),*; $($then_optional:ident),*)?)?
    })*) => {
        impl Event {
            /// Its type, and then its fields.
            fn serialize_fields<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                object.serialize_entry("type", self.name())?;
                match self {
                    $(Self::$event {
                        $($required,)* $($($optional,)* $($($then_required,)* $($then_optional,)*)?)?
                    } => {
                        $(object.serialize_entry(stringify!($required), $required)?;)*
                        $(
                            $(serialize_optional(object, stringify!($optional), $optional.as_ref())?;)*
                            $(
                                $(object.serialize_entry(stringify!($then_required), $then_required)?;)*
                                $(serialize_optional(object, stringify!($then_optional), $then_optional.as_ref())?;)*
                            )?
                        )?
                    })*
                }
                Ok(())
            }
        }
    };
}

with_event_shapes!(serialize_fields);
