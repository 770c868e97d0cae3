//! Numeric ids and positions. Each is a newtype that cannot hold a value outside [`ID_MAX`].

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{ID_MAX, InvalidValue};

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
    /// A revocation: the position of its `RevokeAllRequested`, which is also its cut.
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

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
