//! Numeric ids and positions. Each is a newtype that cannot hold a value outside [`ID_MAX`].

use alloc::string::ToString;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::{ID_MAX, InvalidValue, excerpt};

/// Declares a newtype over `u64` that holds 1 to [`ID_MAX`].
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64")]
        pub struct $name(u64);

        impl $name {
            /// Takes 1 to 2^53 − 1.
            ///
            /// # Errors
            /// [`InvalidValue::Id`] outside that range.
            pub const fn new(value: u64) -> Result<Self, InvalidValue> {
                if value >= 1 && value <= ID_MAX {
                    Ok(Self(value))
                } else {
                    Err(InvalidValue::Id { what: $what, found: value })
                }
            }

            /// The number itself.
            pub const fn value(self) -> u64 {
                self.0
            }
        }

        impl TryFrom<u64> for $name {
            type Error = InvalidValue;

            fn try_from(value: u64) -> Result<Self, InvalidValue> {
                Self::new(value)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = InvalidValue;

            /// For databases, whose whole numbers have a sign.
            fn try_from(value: i64) -> Result<Self, InvalidValue> {
                let unsigned = u64::try_from(value).map_err(|_| id_text($what, &value.to_string()))?;
                Self::new(unsigned)
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            /// Reads the one way in which it is displayed: digits alone, the first of them not 0.
            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                let number = number(text).ok_or_else(|| id_text($what, text))?;
                Self::new(number)
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// An organization of the enterprise.
    OrganizationId,
    "an organization id"
);
id!(
    /// A person that is, or was, part of the enterprise in some role.
    PersonId,
    "a person id"
);
id!(
    /// A credential. Never used twice, whatever became of the first.
    CredentialId,
    "a credential id"
);
id!(
    /// An app's installation on the enterprise.
    InstallationId,
    "an installation id"
);
id!(
    /// A revocation: the position of its request, which is also its cut.
    RevocationId,
    "a revocation id"
);

impl CredentialId {
    /// The id in the low 53 bits of a word that was made from one.
    pub(crate) const fn in_word(word: u64) -> Self {
        Self(word & ID_MAX)
    }
}

impl RevocationId {
    /// The position of the request: what was live just before it is in scope.
    pub const fn cut(self) -> Position {
        Position(self.0)
    }
}

/// A place in the enterprise's stream, counted from 1 without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct Position(u64);

impl Position {
    /// Before the first event: where a new stream is expected to be.
    pub const START: Self = Self(0);

    /// Takes 0 (before the first event) to 2^53 − 1.
    ///
    /// # Errors
    /// [`InvalidValue::Id`] beyond that.
    pub const fn new(value: u64) -> Result<Self, InvalidValue> {
        if value <= ID_MAX {
            Ok(Self(value))
        } else {
            Err(InvalidValue::Id {
                what: "a position",
                found: value,
            })
        }
    }

    /// The number itself.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The place of the next event. The last position there is has no next: it stays.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < ID_MAX { Self(self.0 + 1) } else { self }
    }
}

impl TryFrom<u64> for Position {
    type Error = InvalidValue;

    fn try_from(value: u64) -> Result<Self, InvalidValue> {
        Self::new(value)
    }
}

impl TryFrom<i64> for Position {
    type Error = InvalidValue;

    /// For databases, whose whole numbers have a sign.
    fn try_from(value: i64) -> Result<Self, InvalidValue> {
        let unsigned = u64::try_from(value).map_err(|_| id_text("a position", &value.to_string()))?;
        Self::new(unsigned)
    }
}

impl FromStr for Position {
    type Err = InvalidValue;

    /// Reads the one way in which it is displayed: digits alone, the first of them not 0, or `0` itself.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let number = if text == "0" { Some(0) } else { number(text) };
        Self::new(number.ok_or_else(|| id_text("a position", text))?)
    }
}

impl From<Position> for u64 {
    fn from(position: Position) -> Self {
        position.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number that these digits make; nothing for a sign, a needless zero or anything else.
fn number(text: &str) -> Option<u64> {
    let begins_well = text.starts_with(|first: char| matches!(first, '1'..='9'));
    text.parse().ok().filter(|_| begins_well)
}

fn id_text(what: &'static str, found: &str) -> InvalidValue {
    let found = excerpt(found);
    InvalidValue::IdText { what, found }
}
