//! How each kind of value is written in a canonical line, and read from one.

use alloc::vec::Vec;

use crate::credential::{CredentialKind, CredentialType};
use crate::event::{Actor, Authority};
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, Position, RevocationId};
use crate::limits::SCOPES_MAX;
use crate::log::digits;
use crate::name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scopes, ScopesBuilder};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::timestamp::{KnownDay, Timestamp};

/// A value with one way to write it.
pub(super) trait Canonical: Sized {
    fn write(&self, line: &mut Vec<u8>);

    fn read(line: &mut Line<'_>) -> Option<Self>;
}

pub(super) fn write_field<T: Canonical>(key: &str, value: &T, line: &mut Vec<u8>) {
    write_literal(key, line);
    value.write(line);
}

pub(super) fn write_optional_field<T: Canonical>(key: &str, value: Option<&T>, line: &mut Vec<u8>) {
    if let Some(value) = value {
        write_field(key, value, line);
    }
}

pub(super) fn write_literal(literal: &str, line: &mut Vec<u8>) {
    line.extend_from_slice(literal.as_bytes());
}

/// What is left to read of a line, and what stands after the line.
pub(super) struct Line<'a>(pub(super) &'a [u8]);

impl<'a> Line<'a> {
    /// Skips this literal; false where something else stands there.
    #[inline]
    pub(super) fn skip(&mut self, literal: &str) -> bool {
        let rest = self.0.strip_prefix(literal.as_bytes());
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    #[inline]
    pub(super) fn field<T: Canonical>(&mut self, key: &str) -> Option<T> {
        if self.skip(key) { T::read(self) } else { None }
    }

    /// Nothing where the value cannot be read; `Some(None)` where the field is absent.
    #[inline]
    pub(super) fn optional_field<T: Canonical>(&mut self, key: &str) -> Option<Option<T>> {
        if self.skip(key) {
            T::read(self).map(Some)
        } else {
            Some(None)
        }
    }

    /// Skips the end of the line.
    #[inline]
    pub(super) fn end(&mut self) -> Option<()> {
        self.0 = match self.0 {
            [b'}'] => &[],
            [b'}', b'\n', rest @ ..] => rest,
            _ => return None,
        };
        Some(())
    }

    /// A time after this key and the quote before it.
    #[inline]
    pub(super) fn time_near(&mut self, key: &str, day: &mut KnownDay) -> Option<Timestamp> {
        let (text, rest) = self.0.strip_prefix(key.as_bytes())?.split_first_chunk()?;
        self.0 = rest.strip_prefix(b"\"")?;
        Timestamp::near(text, day)
    }

    /// What stands between quotes, without escapes.
    #[inline]
    fn text(&mut self) -> Option<&'a [u8]> {
        let text = self.0.strip_prefix(b"\"")?;
        let length = memchr::memchr2(b'"', b'\\', text)?;
        let (text, rest) = text.split_at_checked(length)?;
        self.0 = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// A text that can only be this one.
    #[inline]
    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.0.strip_prefix(b"\"")?.strip_prefix(word.as_bytes())?;
        self.0 = rest.strip_prefix(b"\"")?;
        Some(())
    }
}

impl Canonical for u64 {
    fn write(&self, line: &mut Vec<u8>) {
        write_literal(itoa::Buffer::new().format(*self), line);
    }

    #[inline]
    fn read(line: &mut Line<'_>) -> Option<Self> {
        let (number, rest) = digits::read(line.0)?;
        line.0 = rest;
        Some(number)
    }
}

impl Canonical for bool {
    fn write(&self, line: &mut Vec<u8>) {
        write_literal(if *self { "true" } else { "false" }, line);
    }

    fn read(line: &mut Line<'_>) -> Option<Self> {
        let is_true = line.skip("true");
        (is_true || line.skip("false")).then_some(is_true)
    }
}

impl Canonical for Timestamp {
    fn write(&self, line: &mut Vec<u8>) {
        line.push(b'"');
        line.extend_from_slice(&self.to_bytes());
        line.push(b'"');
    }

    fn read(line: &mut Line<'_>) -> Option<Self> {
        line.time_near("\"", &mut KnownDay::first())
    }
}

/// Declares ids, which are numbers.
macro_rules! ids {
    ($($id:ident),*) => {
        $(impl Canonical for $id {
            fn write(&self, line: &mut Vec<u8>) {
                self.value().write(line);
            }

            #[inline]
            fn read(line: &mut Line<'_>) -> Option<Self> {
                Self::new(u64::read(line)?).ok()
            }
        })*
    };
}

ids!(
    Position,
    OrganizationId,
    PersonId,
    CredentialId,
    InstallationId,
    RevocationId
);

/// Declares names, which are visible ASCII.
macro_rules! names {
    ($($name:ident),*) => {
        $(impl Canonical for $name {
            fn write(&self, line: &mut Vec<u8>) {
                write_text(self.as_str().as_bytes(), line);
            }

            fn read(line: &mut Line<'_>) -> Option<Self> {
                Self::new(str::from_utf8(line.text()?).ok()?).ok()
            }
        })*
    };
}

names!(EnterpriseSlug, Login, Fingerprint, IdempotencyKey);

/// Of visible ASCII, JSON escapes quotes and backslashes.
fn write_text(text: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    if text.iter().copied().any(needs_escape) {
        for byte in text {
            line.extend(needs_escape(*byte).then_some(b'\\'));
            line.push(*byte);
        }
    } else {
        line.extend_from_slice(text);
    }
    line.push(b'"');
}

const fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

impl Canonical for Scopes {
    fn write(&self, line: &mut Vec<u8>) {
        line.push(b'[');
        for (place, scope) in self.texts().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            write_text(scope, line);
        }
        line.push(b']');
    }

    fn read(line: &mut Line<'_>) -> Option<Self> {
        line.skip("[").then_some(())?;
        let mut scopes = ScopesBuilder::default();
        if line.skip("]") {
            return scopes.finish().ok();
        }
        loop {
            scopes.push_bytes(line.text()?).then_some(())?;
            if scopes.count() == SCOPES_MAX || !line.skip(",") {
                break;
            }
        }
        if line.skip("]") { scopes.finish().ok() } else { None }
    }
}

/// Declares values that have one of a few names.
macro_rules! words {
    ($($type:ident { $($word:ident),* })*) => {
        $(impl Canonical for $type {
            fn write(&self, line: &mut Vec<u8>) {
                line.push(b'"');
                write_literal(self.as_str(), line);
                line.push(b'"');
            }

            #[inline]
            fn read(line: &mut Line<'_>) -> Option<Self> {
                $(
                    if line.word(const { Self::$word.as_str() }).is_some() {
                        return Some(Self::$word);
                    }
                )*
                None
            }
        })*
    };
}

words! {
    EnterpriseKind { ManagedUsers, PersonalAccounts }
    Role { Member, Owner, BillingManager, GuestCollaborator, RepositoryCollaborator, OutsideCollaborator }
    Permission { WriteEnterpriseCredentials }
    CredentialKind { ClassicPat, FineGrainedPat, SshKey, OauthAppUserToken, GithubAppUserToken }
    CredentialType { ClassicPat, FineGrainedPat, SshKey, OauthAppToken }
    Authority { Owner, Permission, Installation, OrganizationOwner }
}

impl Canonical for Actor {
    fn write(&self, line: &mut Vec<u8>) {
        match self {
            Self::Person { person, credential } => {
                write_field("{\"person\":", person, line);
                if let Some(credential) = credential {
                    write_field(",\"credential\":", credential, line);
                }
            }
            Self::Installation { installation } => write_field("{\"installation\":", installation, line),
        }
        line.push(b'}');
    }

    fn read(line: &mut Line<'_>) -> Option<Self> {
        let actor = match line.optional_field("{\"installation\":")? {
            Some(installation) => Self::Installation { installation },
            None => Self::Person {
                person: line.field("{\"person\":")?,
                credential: line.optional_field(",\"credential\":")?,
            },
        };
        line.skip("}").then_some(actor)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::fmt::Debug;

    use super::{Authority, Canonical, CredentialKind, CredentialType, EnterpriseKind, Line, Role};

    #[test]
    fn every_word_is_recognised() {
        are_recognised(EnterpriseKind::ALL);
        are_recognised(Role::ALL);
        are_recognised(CredentialKind::ALL);
        are_recognised(CredentialType::ALL);
        are_recognised(Authority::ALL);
    }

    fn are_recognised<T: Canonical + Debug + PartialEq, const N: usize>(words: [T; N]) {
        for word in words {
            let mut written = Vec::new();
            word.write(&mut written);
            assert_eq!(T::read(&mut Line(&written)), Some(word));
        }
    }
}
