//! What keys and logs are called.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// The name of a key, and of the log that it signs, which then is the log's *origin*: by custom a URL without its
/// scheme, such as `credentials.example.com/octo-corp`.
///
/// 1 to 255 bytes of visible characters without `+`, which would end it in a [`VerifierKey`](crate::VerifierKey).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The longest name, in bytes.
    pub const LENGTH_MAX: usize = 255;

    /// Takes a valid name.
    ///
    /// # Errors
    /// [`InvalidKeyName`] for any other.
    pub fn new(name: &str) -> Result<Self, InvalidKeyName> {
        let fits = !name.is_empty() && name.len() <= Self::LENGTH_MAX;
        let is_apart = |character: char| character == '+' || character.is_whitespace() || character.is_control();
        if fits && !name.contains(is_apart) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidKeyName)
        }
    }

    /// The name of what is called `segment` below this: `credentials.example.com` and `octo-corp` make
    /// `credentials.example.com/octo-corp`.
    ///
    /// # Errors
    /// [`InvalidKeyName`] where that is no name.
    pub fn join(&self, segment: &str) -> Result<Self, InvalidKeyName> {
        Self::new(&alloc::format!("{self}/{segment}"))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(name: &str) -> Result<Self, InvalidKeyName> {
        Self::new(name)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidKeyName;

impl fmt::Display for InvalidKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = KeyName::LENGTH_MAX;
        write!(
            f,
            "a name is 1 to {max} bytes without white space, control characters and `+`, such as \
             `credentials.example.com`"
        )
    }
}

impl core::error::Error for InvalidKeyName {}
