//! The canonical line of an event: the bytes that the writer emits, and a reader that knows no others.
//!
//! Reading them needs no JSON parser, which makes it several times faster than the reader of `fields.rs`; and since that
//! one reads every line that this one does not recognise, what a line means does not depend on which of them read it.

use alloc::vec::Vec;

use super::digits;
use super::error::LogError;
use super::shape::with_event_shapes;
use crate::credential::CredentialKind;
use crate::event::{Actor, Authority, Event, RecordedEvent};
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, Position, RevocationId};
use crate::limits::SCOPES_MAX;
use crate::name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scopes, ScopesBuilder};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::timestamp::{KnownDay, Timestamp};

/// Appends the event's line, without a line feed.
pub(super) fn write(recorded: &RecordedEvent, line: &mut Vec<u8>) {
    write_field("{\"position\":", &recorded.position, line);
    write_field(",\"at\":", &recorded.at, line);
    if let Some(by) = &recorded.by {
        write_field(",\"by\":", by, line);
    }
    write_event(&recorded.event, line);
    line.push(b'}');
}

/// Reads a line that [`write`] wrote, and its line feed, if any bytes follow it, and takes them from `lines`; nothing for nearly
/// every other line, whatever it means, and for events that are not the next. Nobody has to look for the end of such a line
/// first: it has no other line feed.
///
/// Texts with quotes or backslashes in them are rare, so their escapes are left to the other reader.
#[inline]
pub(super) fn read(
    lines: &mut &[u8],
    day: &mut KnownDay,
    is_next: impl FnOnce(Position, Timestamp) -> bool,
) -> Option<Decoded> {
    let mut line = Line(lines);
    let position = line.field("{\"position\":")?;
    let at = line.time_near(",\"at\":\"", day)?;
    if !is_next(position, at) {
        return None;
    }
    let by = line.optional_field(",\"by\":")?;
    let decoded = read_event(&mut line, position, at, by)?;
    *lines = line.0;
    Some(decoded)
}

/// What a decoder gives, and an iterator hands on: a large event that is wrapped again and again is moved again and again,
/// and each move waits for the writes before it.
type Decoded = Result<RecordedEvent, LogError>;

/// Declares how the event itself is written and read, its type first.
macro_rules! write_and_read_events {
    ($($event:ident { $($required:ident),* $(; $($optional:ident),*)? })*) => {
        fn write_event(event: &Event, line: &mut Vec<u8>) {
            match event {
                $(Event::$event { $($required,)* $($($optional,)*)? } => {
                    write_literal(opening!($event), line);
                    $(write_field(key!($required), $required, line);)*
                    $($(
                        if let Some(value) = $optional {
                            write_field(key!($optional), value, line);
                        }
                    )*)?
                })*
            }
        }

        #[inline]
        fn read_event(
            line: &mut Line<'_>,
            position: Position,
            at: Timestamp,
            by: Option<Actor>,
        ) -> Option<Decoded> {
            $(
                if line.skip(opening!($event)) {
                    $(let $required = line.field(key!($required))?;)*
                    $($(let $optional = line.optional_field(key!($optional))?;)*)?
                    line.end()?;
                    let event = Event::$event { $($required,)* $($($optional,)*)? };
                    return Some(Ok(RecordedEvent { position, at, by, event }));
                }
            )*
            None
        }
    };
}

macro_rules! opening {
    ($event:ident) => {
        concat!(",\"type\":\"", stringify!($event), "\"")
    };
}

macro_rules! key {
    ($field:ident) => {
        concat!(",\"", stringify!($field), "\":")
    };
}

with_event_shapes!(write_and_read_events);

fn write_field<T: Canonical>(key: &str, value: &T, line: &mut Vec<u8>) {
    write_literal(key, line);
    value.write(line);
}

fn write_literal(literal: &str, line: &mut Vec<u8>) {
    line.extend_from_slice(literal.as_bytes());
}

/// What is left to read of a line, and what stands after the line.
struct Line<'a>(&'a [u8]);

impl<'a> Line<'a> {
    /// Skips this literal; false where something else stands there.
    #[inline]
    fn skip(&mut self, literal: &str) -> bool {
        let rest = self.0.strip_prefix(literal.as_bytes());
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    #[inline]
    fn field<T: Canonical>(&mut self, key: &str) -> Option<T> {
        if self.skip(key) { T::read(self) } else { None }
    }

    /// Nothing where the value cannot be read; `Some(None)` where the field is absent.
    #[inline]
    fn optional_field<T: Canonical>(&mut self, key: &str) -> Option<Option<T>> {
        if self.skip(key) {
            T::read(self).map(Some)
        } else {
            Some(None)
        }
    }

    /// Skips the end of the line.
    #[inline]
    fn end(&mut self) -> Option<()> {
        self.0 = match self.0 {
            [b'}'] => &[],
            [b'}', b'\n', rest @ ..] => rest,
            _ => return None,
        };
        Some(())
    }

    /// A time after this key and the quote before it.
    #[inline]
    fn time_near(&mut self, key: &str, day: &mut KnownDay) -> Option<Timestamp> {
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

/// A value with one way to write it.
trait Canonical: Sized {
    fn write(&self, line: &mut Vec<u8>);

    fn read(line: &mut Line<'_>) -> Option<Self>;
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
    Authority { Owner, Permission, Installation }
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
    use alloc::string::String;
    use alloc::vec::Vec;
    use core::fmt::Debug;

    use super::{Canonical, CredentialKind, EnterpriseKind, KnownDay, Line, Role, read, write};

    #[test]
    fn every_word_is_recognised() {
        are_recognised(EnterpriseKind::ALL);
        are_recognised(Role::ALL);
        are_recognised(CredentialKind::ALL);
    }

    fn are_recognised<T: Canonical + Debug + PartialEq, const N: usize>(words: [T; N]) {
        for word in words {
            let mut written = Vec::new();
            word.write(&mut written);
            assert_eq!(T::read(&mut Line(&written)), Some(word));
        }
    }

    #[test]
    fn every_sample_without_escapes_is_recognised_and_written_again() {
        let samples = include_str!("../../tests/samples/v1.jsonl").lines();
        let personal = include_str!("../../tests/samples/v1-personal-accounts.jsonl").lines();
        for line in samples.chain(personal).filter(|line| !line.contains('\\')) {
            let mut rest = line.as_bytes();
            let recorded = read(&mut rest, &mut KnownDay::first(), |_, _| true)
                .expect(line)
                .unwrap();
            assert_eq!(rest, b"");
            let mut written = Vec::new();
            write(&recorded, &mut written);
            assert_eq!(String::from_utf8_lossy(&written), line);
        }
    }
}
