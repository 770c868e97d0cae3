//! The scopes of a credential, as one list of bytes. Otherwise most events of a log would own a list, and each of its
//! texts.

use alloc::vec::Vec;
use core::{fmt, iter};

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::bytes::{Bytes, ShortBytes};
use super::{Scope, TextVisitor, is_scope, scope};
use crate::limits::{InvalidValue, SCOPE_LENGTH_MAX, SCOPES_MAX};

/// Of a scope that is no longer, the length is a byte.
const _: () = assert!(SCOPE_LENGTH_MAX <= 255);

/// The scopes, or app permissions, of a credential or an installation, in the order given: at most 64.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scopes {
    /// Each after its length, which is one byte: so one is told from another without a look at every byte.
    joined: Bytes,
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.joined.as_slice().is_empty()
    }

    /// Whether exactly this scope is among them: a scope does not contain its children, nor they it.
    pub fn contains(&self, scope: &str) -> bool {
        self.texts().any(|held| held == scope.as_bytes())
    }

    /// The scopes, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts().filter_map(|text| {
            debug_assert!(is_scope(text), "{}", text.escape_ascii());
            str::from_utf8(text).ok()
        })
    }

    /// The scopes as bytes, which are visible ASCII.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.joined.as_slice();
        iter::from_fn(move || {
            let (length, after) = rest.split_first()?;
            let (scope, after) = after.split_at_checked(usize::from(*length))?;
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
    short: ShortBytes,
    /// All of them, where they do not fit.
    long: Vec<u8>,
    count: usize,
}

impl ScopesBuilder {
    /// Takes the next one. Beyond the limit it only counts.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), InvalidValue> {
        scope(text)?;
        self.add(text.as_bytes());
        Ok(())
    }

    /// Takes the next one as [`ScopesBuilder::push`] does; false where it is no scope.
    #[inline]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) -> bool {
        let is_scope = is_scope(text);
        if is_scope {
            self.add(text);
        }
        is_scope
    }

    #[inline]
    fn add(&mut self, text: &[u8]) {
        self.count += 1;
        if self.count > SCOPES_MAX {
            return;
        }
        let [length, ..] = text.len().to_le_bytes();
        if self.long.is_empty() {
            if self.short.push(length, text) {
                return;
            }
            self.long.extend_from_slice(self.short.as_slice());
        }
        self.long.push(length);
        self.long.extend_from_slice(text);
    }

    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(crate) fn finish(self) -> Result<Scopes, InvalidValue> {
        if self.count > SCOPES_MAX {
            return Err(InvalidValue::Scopes { found: self.count });
        }
        let joined = if self.long.is_empty() {
            Bytes::Short(self.short)
        } else {
            Bytes::Long(self.long.into_boxed_slice())
        };
        Ok(Scopes { joined })
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

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::Scopes;
    use crate::limits::SCOPES_MAX;

    /// Not as they are joined: the lengths between them are nobody's business.
    #[test]
    fn scopes_are_shown_as_a_list_of_texts() {
        let scopes = Scopes::parse(["repo", "admin:enterprise"]).unwrap();
        assert_eq!(format!("{scopes:?}"), r#"["repo", "admin:enterprise"]"#);
        assert_eq!(format!("{:?}", Scopes::default()), "[]");
    }

    #[test]
    fn as_many_scopes_as_are_allowed_are_all_kept() {
        let texts: Vec<_> = (1..=SCOPES_MAX).map(|number| format!("scope:{number}")).collect();
        let scopes = Scopes::parse(texts.iter().map(|text| text.as_str())).unwrap();
        assert!(scopes.iter().eq(texts));
    }
}
