//! Names: the texts that the domain knows, each a newtype that cannot hold an invalid one.

mod bytes;
mod scopes;

use alloc::boxed::Box;
use core::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::{
    FINGERPRINT_LENGTH_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, InvalidValue, LOGIN_LENGTH_MAX, SCOPE_LENGTH_MAX,
    SLUG_LENGTH_MAX, excerpt,
};
pub use scopes::Scopes;
pub(crate) use scopes::ScopesBuilder;

/// Declares a newtype over a text, with `$check` as its only way in.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes a valid text.
            ///
            /// # Errors
            /// [`InvalidValue`] for any other, naming what is allowed.
            pub fn new(text: &str) -> Result<Self, InvalidValue> {
                let check: fn(&str) -> Result<(), InvalidValue> = $check;
                check(text)?;
                Ok(Self(text.into()))
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor::new(Self::new))
            }
        }

        impl core::str::FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The enterprise's name in URLs: 1 to 60 lower-case letters, digits and single inner hyphens.
    EnterpriseSlug,
    slug
);
name!(
    /// The login of a person or an organization: 1 to 100 visible ASCII characters. Identity is the id, not the login.
    Login,
    |text| visible_ascii("a login", LOGIN_LENGTH_MAX, text)
);
name!(
    /// What identifies a credential without being it: for a token the base64 of its SHA-256, for an SSH key `SHA256:…`.
    Fingerprint,
    |text| visible_ascii("a fingerprint", FINGERPRINT_LENGTH_MAX, text)
);
name!(
    /// A scope (`admin:enterprise`) or an app permission (`enterprise_credentials=write`):
    /// 1 to 64 visible ASCII characters.
    Scope,
    scope
);
name!(
    /// The caller's name for one request, so that a retry is not a second one: 1 to 255 visible ASCII characters.
    IdempotencyKey,
    |text| visible_ascii("an idempotency key", IDEMPOTENCY_KEY_LENGTH_MAX, text)
);

/// Takes a value out of a text where it stands, without a copy of the text.
pub(crate) struct TextVisitor<F> {
    parse: F,
}

impl<F> TextVisitor<F> {
    pub(crate) const fn new(parse: F) -> Self {
        Self { parse }
    }
}

impl<T, F: FnOnce(&str) -> Result<T, InvalidValue>> Visitor<'_> for TextVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

/// "organization ids, logins … of visible ASCII": no space, no control, nothing outside ASCII.
fn visible_ascii(what: &'static str, length_max: usize, text: &str) -> Result<(), InvalidValue> {
    if is_visible_ascii(length_max, text.as_bytes()) {
        return Ok(());
    }
    Err(InvalidValue::Text {
        what,
        length_max,
        found: excerpt(text),
    })
}

/// Looks at all bytes, also behind one that is not: several at a time.
#[inline]
fn is_visible_ascii(length_max: usize, text: &[u8]) -> bool {
    let fits = !text.is_empty() && text.len() <= length_max;
    fits && (text.iter()).fold(true, |are_visible, byte| are_visible & byte.is_ascii_graphic())
}

fn scope(text: &str) -> Result<(), InvalidValue> {
    visible_ascii("a scope", SCOPE_LENGTH_MAX, text)
}

#[inline]
fn is_scope(text: &[u8]) -> bool {
    is_visible_ascii(SCOPE_LENGTH_MAX, text)
}

fn slug(text: &str) -> Result<(), InvalidValue> {
    let fits = !text.is_empty() && text.len() <= SLUG_LENGTH_MAX;
    let characters = text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hyphens_inner_and_single =
        !text.starts_with('-') && !text.ends_with('-') && !text.as_bytes().windows(2).any(|pair| pair == b"--");
    if fits && characters && hyphens_inner_and_single {
        return Ok(());
    }
    Err(InvalidValue::Slug { found: excerpt(text) })
}
