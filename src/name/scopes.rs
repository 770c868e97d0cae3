//! The scopes of a credential, as one text: most events of a log would else own a list and each of its texts.

use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, iter};

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{Scope, TextVisitor, scope};
use crate::limits::{InvalidValue, SCOPES_MAX};

/// The scopes, or app permissions, of a credential or an installation, in the order given: at most 64.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scopes {
    /// Each after its length, which is one character: so one is told from another without a look at every byte.
    joined: String,
}

impl Scopes {
    /// Takes at most 64 scopes.
    ///
    /// # Errors
    /// [`InvalidValue::Scopes`] beyond that.
    pub fn new(scopes: Vec<Scope>) -> Result<Self, InvalidValue> {
        Self::parse(scopes.iter().map(Scope::as_str))
    }

    /// Takes the texts of at most 64 scopes.
    ///
    /// # Errors
    /// [`InvalidValue`] where one of them is no scope, or they are too many.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidValue> {
        let mut scopes = ScopesBuilder::default();
        for text in texts {
            scopes.push(text)?;
        }
        scopes.finish()
    }

    /// Whether exactly this scope is among them: a scope does not contain its children, nor they it.
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|held| held == scope)
    }

    /// The scopes, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.joined.as_str();
        iter::from_fn(move || {
            let length = usize::from(*rest.as_bytes().first()?);
            let (scope, after) = rest.get(1..)?.split_at_checked(length)?;
            rest = after;
            Some(scope)
        })
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Scopes that come one after the other.
#[derive(Default)]
pub(crate) struct ScopesBuilder {
    joined: String,
    count: usize,
}

impl ScopesBuilder {
    /// Takes the next one. Beyond the limit it only counts.
    #[inline]
    pub(crate) fn push(&mut self, text: &str) -> Result<(), InvalidValue> {
        scope(text)?;
        self.count += 1;
        if self.count > SCOPES_MAX {
            return Ok(());
        }
        let [length, ..] = text.len().to_le_bytes();
        self.joined.reserve(1 + text.len());
        self.joined.push(char::from(length));
        self.joined.push_str(text);
        Ok(())
    }

    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn finish(self) -> Result<Scopes, InvalidValue> {
        if self.count > SCOPES_MAX {
            return Err(InvalidValue::Scopes { found: self.count });
        }
        Ok(Scopes { joined: self.joined })
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scopes = deserializer.deserialize_seq(ScopesVisitor)?;
        scopes.finish().map_err(serde::de::Error::custom)
    }
}

struct ScopesVisitor;

impl<'de> Visitor<'de> for ScopesVisitor {
    type Value = ScopesBuilder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<ScopesBuilder, A::Error> {
        let mut scopes = ScopesBuilder::default();
        while texts.next_element_seed(Next(&mut scopes))?.is_some() {}
        Ok(scopes)
    }
}

/// Takes one text of the sequence.
struct Next<'s>(&'s mut ScopesBuilder);

impl<'de> DeserializeSeed<'de> for Next<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(TextVisitor::new(|text: &str| self.0.push(text)))
    }
}
