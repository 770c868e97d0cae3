//! What stands in one cell of a list.

use std::borrow::Cow;

use enterprise_credentials::Timestamp;
use serde::{Serialize, Serializer};

/// One value of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Empty,
    Number(u64),
    Text(&'a str),
    Time(Timestamp),
}

impl<'a> Cell<'a> {
    pub(super) fn word(word: Option<&'a str>) -> Self {
        word.map_or(Self::Empty, Self::Text)
    }

    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// As a field of CSV, yet without its quotes. With an apostrophe before what a spreadsheet would run.
    pub(super) fn in_csv(&self, for_spreadsheet: bool) -> Cow<'a, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Time(time) => Cow::Owned(time.to_string()),
            Self::Text(text) if for_spreadsheet && text.starts_with(['=', '+', '-', '@']) => {
                Cow::Owned(format!("'{text}"))
            }
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => time.serialize(serializer),
        }
    }
}
