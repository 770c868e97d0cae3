//! Names: the texts that the domain knows, each a newtype that cannot hold an invalid one.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{
    FINGERPRINT_LENGTH_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, InvalidValue, LOGIN_LENGTH_MAX, SCOPE_LENGTH_MAX, SCOPES_MAX,
    SLUG_LENGTH_MAX, excerpt,
};

/// Declares a newtype over a text, with `$check` as its only way in.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
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

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                Self::new(&text)
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
    /// A scope (`admin:enterprise`) or an app permission (`enterprise_credentials=write`): 1 to 64 visible ASCII characters.
    Scope,
    |text| visible_ascii("a scope", SCOPE_LENGTH_MAX, text)
);
name!(
    /// The caller's name for one request, so that a retry is not a second one: 1 to 255 visible ASCII characters.
    IdempotencyKey,
    |text| visible_ascii("an idempotency key", IDEMPOTENCY_KEY_LENGTH_MAX, text)
);

/// The scopes, or app permissions, of a credential or an installation, in the order given: at most 64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Scope>")]
pub struct Scopes(Box<[Scope]>);

impl Scopes {
    /// Takes at most 64 scopes.
    ///
    /// # Errors
    /// [`InvalidValue::Scopes`] beyond that.
    pub fn new(scopes: Vec<Scope>) -> Result<Self, InvalidValue> {
        if scopes.len() > SCOPES_MAX {
            return Err(InvalidValue::Scopes { found: scopes.len() });
        }
        Ok(Self(scopes.into()))
    }

    /// Takes the texts of at most 64 scopes.
    ///
    /// # Errors
    /// [`InvalidValue`] where one of them is no scope, or they are too many.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidValue> {
        Self::new(texts.into_iter().map(Scope::new).collect::<Result<_, _>>()?)
    }

    /// Whether exactly this scope is among them: a scope does not contain its children, nor they it.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|held| held.as_str() == scope)
    }

    /// The scopes, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl TryFrom<Vec<Scope>> for Scopes {
    type Error = InvalidValue;

    fn try_from(scopes: Vec<Scope>) -> Result<Self, InvalidValue> {
        Self::new(scopes)
    }
}

/// "organization ids, logins … of visible ASCII": no space, no control, nothing outside ASCII.
fn visible_ascii(what: &'static str, length_max: usize, text: &str) -> Result<(), InvalidValue> {
    let fits = !text.is_empty() && text.len() <= length_max;
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(InvalidValue::Text {
        what,
        length_max,
        found: excerpt(text),
    })
}

fn slug(text: &str) -> Result<(), InvalidValue> {
    let fits = !text.is_empty() && text.len() <= SLUG_LENGTH_MAX;
    let characters = text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hyphens_inner_and_single = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
    if fits && characters && hyphens_inner_and_single {
        return Ok(());
    }
    Err(InvalidValue::Slug { found: excerpt(text) })
}
