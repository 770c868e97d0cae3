//! The state as bytes, for snapshots: numbers of fixed width, little end first. What follows from the rest is not
//! stored.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, Position, RevocationId};
use crate::limits::{IDEMPOTENCY_KEY_LENGTH_MAX, LOGIN_LENGTH_MAX, SCOPE_LENGTH_MAX, SLUG_LENGTH_MAX};
use crate::name::{EnterpriseSlug, IdempotencyKey, Login, Scope, Scopes};
use crate::person::{EnterpriseKind, Role};
use crate::timestamp::Timestamp;

/// A part of the state that is written to a snapshot and read back.
pub(crate) trait Stored: Sized {
    fn store(&self, bytes: &mut Vec<u8>);

    /// Takes the part from the front of `bytes`; nothing where it is not one.
    fn load(bytes: &mut &[u8]) -> Option<Self>;
}

/// Stores a struct as its fields, in this order.
macro_rules! stored {
    ($type:ident { $($field:tt),* $(,)? }) => {
        impl $crate::enterprise::stored::Stored for $type {
            fn store(&self, bytes: &mut alloc::vec::Vec<u8>) {
                $($crate::enterprise::stored::Stored::store(&self.$field, bytes);)*
            }

            fn load(bytes: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::enterprise::stored::Stored::load(bytes)?,)* })
            }
        }
    };
}

pub(crate) use stored;

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            fn store(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn load(bytes: &mut &[u8]) -> Option<Self> {
                let (number, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_le_bytes(*number))
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, i64);

/// Stores a value as the number that it is made from.
macro_rules! as_numbers {
    ($($type:ty: $number:ty, |$value:ident| $to:expr, $from:expr;)*) => {$(
        impl Stored for $type {
            fn store(&self, bytes: &mut Vec<u8>) {
                let $value = *self;
                let number: $number = $to;
                number.store(bytes);
            }

            fn load(bytes: &mut &[u8]) -> Option<Self> {
                let from: fn($number) -> Option<Self> = $from;
                from(Stored::load(bytes)?)
            }
        }
    )*};
}

as_numbers! {
    bool: u8, |value| value.into(), |number| (number < 2).then_some(number == 1);
    Position: u64, |position| position.value(), |number| Self::new(number).ok();
    OrganizationId: u64, |id| id.value(), |number| Self::new(number).ok();
    PersonId: u64, |id| id.value(), |number| Self::new(number).ok();
    CredentialId: u64, |id| id.value(), |number| Self::new(number).ok();
    InstallationId: u64, |id| id.value(), |number| Self::new(number).ok();
    RevocationId: u64, |id| id.value(), |number| Self::new(number).ok();
    Timestamp: i64, |at| at.milliseconds(), |number| Self::from_milliseconds(number).ok();
}

/// Stores a word as its code. A snapshot of the same format has the same codes,
/// in whatever order the words are declared.
macro_rules! codes {
    ($($type:ident { $($word:ident = $code:literal),* $(,)? })*) => {$(
        impl Stored for $type {
            fn store(&self, bytes: &mut Vec<u8>) {
                let code: u8 = match self { $(Self::$word => $code,)* };
                code.store(bytes);
            }

            fn load(bytes: &mut &[u8]) -> Option<Self> {
                match u8::load(bytes)? {
                    $($code => Some(Self::$word),)*
                    _ => None,
                }
            }
        }
    )*};
}

codes! {
    EnterpriseKind { ManagedUsers = 0, PersonalAccounts = 1 }
    Role {
        Owner = 0,
        Member = 1,
        BillingManager = 2,
        GuestCollaborator = 3,
        RepositoryCollaborator = 4,
        OutsideCollaborator = 5,
    }
}

/// Stores a name as its length, which its limit keeps below 256, and its text.
macro_rules! names {
    ($($name:ty),*) => {$(
        impl Stored for $name {
            fn store(&self, bytes: &mut Vec<u8>) {
                store_text(self.as_str(), bytes);
            }

            fn load(bytes: &mut &[u8]) -> Option<Self> {
                let length = u8::load(bytes)?;
                let (text, rest) = bytes.split_at_checked(usize::from(length))?;
                *bytes = rest;
                Self::new(str::from_utf8(text).ok()?).ok()
            }
        }
    )*};
}

names!(EnterpriseSlug, Login, Scope, IdempotencyKey);

impl Stored for Scopes {
    fn store(&self, bytes: &mut Vec<u8>) {
        store_len(self.iter().count(), bytes);
        self.iter().for_each(|scope| store_text(scope, bytes));
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        Self::new(load_items(bytes)?).ok()
    }
}

/// Of a text that is no longer, the length is a byte.
const _: () = assert!(
    SLUG_LENGTH_MAX <= 255 && LOGIN_LENGTH_MAX <= 255 && SCOPE_LENGTH_MAX <= 255 && IDEMPOTENCY_KEY_LENGTH_MAX <= 255
);

fn store_text(text: &str, bytes: &mut Vec<u8>) {
    debug_assert!(text.len() <= 255, "`{text}` is beyond its limit");
    u8::try_from(text.len()).unwrap_or(u8::MAX).store(bytes);
    bytes.extend_from_slice(text.as_bytes());
}

impl Stored for () {
    fn store(&self, _: &mut Vec<u8>) {}

    fn load(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.is_some().store(bytes);
        if let Some(value) = self {
            value.store(bytes);
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        Some(if bool::load(bytes)? {
            Some(T::load(bytes)?)
        } else {
            None
        })
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.0.store(bytes);
        self.1.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::load(bytes)?, B::load(bytes)?))
    }
}

impl<T: Stored + Copy, const N: usize> Stored for [T; N] {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|item| item.store(bytes));
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut items = [T::load(bytes)?; N];
        for item in items.iter_mut().skip(1) {
            *item = T::load(bytes)?;
        }
        Some(items)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn store(&self, bytes: &mut Vec<u8>) {
        store_len(self.len(), bytes);
        self.iter().for_each(|item| item.store(bytes));
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        load_items(bytes)
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn store(&self, bytes: &mut Vec<u8>) {
        store_len(self.len(), bytes);
        for (key, value) in self {
            key.store(bytes);
            value.store(bytes);
        }
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        load_items(bytes)
    }
}

/// Stores how many items follow: no state has 2^32 of anything.
pub(crate) fn store_len(len: usize, bytes: &mut Vec<u8>) {
    debug_assert!(u32::try_from(len).is_ok(), "{len} of anything");
    u32::try_from(len).unwrap_or(u32::MAX).store(bytes);
}

/// Loads as many items as a length says that stands before them. It is believed only as far as there are bytes.
pub(crate) fn load_items<T: Stored, C: FromIterator<T>>(bytes: &mut &[u8]) -> Option<C> {
    let len = u32::load(bytes)?;
    (0..len).map(|_| T::load(bytes)).collect()
}
