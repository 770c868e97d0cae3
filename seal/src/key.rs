//! The keys of a log: one that signs, and one by which anybody checks.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ed25519_dalek::{SecretKey, Signature, Signer};
use sha2::{Digest, Sha256};

use crate::base64;
use crate::malformed::{Lines, Malformed};
use crate::name::KeyName;

/// What a key signs, in signed notes: the byte that stands before it,
/// so that no key of one kind passes for one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Notes, with Ed25519.
    Note = 1,
    /// Cosignatures of checkpoints, with Ed25519.
    Cosignature = 4,
}

const PRIVATE: &str = "PRIVATE+KEY+";

/// The first four bytes of a hash over a key and its name: which key a signature is of, if it is genuine.
///
/// Shown as 8 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; Self::LENGTH]);

impl KeyId {
    /// The length of an id, in bytes.
    pub const LENGTH: usize = 4;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// SHA-256 of the name, a line feed, the kind of key and the key, cut short.
    pub(crate) fn of(name: &KeyName, kind: Kind, key: &[u8; 32]) -> Self {
        let named = Sha256::new().chain_update(name.as_str()).chain_update(b"\n");
        let hash: [u8; 32] = named.chain_update([kind as u8]).chain_update(key).finalize().into();
        let [first, second, third, fourth, ..] = hash;
        Self([first, second, third, fourth])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key by which signatures are checked; to be had by everybody, by another way than what it signs.
///
/// As text it is the `vkey` of signed notes: `name+id+key`, the id in hexadecimal digits, the key in base64 behind a
/// byte that tells its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    kind: Kind,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// What it is called. The log that it signs is called so too.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Which key of this name it is.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether `signature` is this key's, over `text`.
    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }

    fn new(name: KeyName, kind: Kind, key: ed25519_dalek::VerifyingKey) -> Self {
        let id = KeyId::of(&name, kind, key.as_bytes());
        Self { name, id, kind, key }
    }

    /// Reads a key of this kind, and of no other.
    pub(crate) fn parse(text: &str, kind: Kind, what: &'static str, expected: &'static str) -> Result<Self, Malformed> {
        let read = |text: &str| {
            let (name, id, bytes) = parts(text, kind)?;
            let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
                .ok()
                .filter(|key| !key.is_weak())?;
            let key = Self::new(name, kind, key);
            (format!("{}", key.id) == id).then_some(key)
        };
        one_line(what, expected, text, read)
    }
}

impl FromStr for VerifierKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: &str = "`name+id+key`, as `seal key --public` prints it, of the kind Ed25519";
        Self::parse(text, Kind::Note, "a verifier key", EXPECTED)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, id, kind, key } = self;
        write!(f, "{name}+{id}+{}", with_kind(*kind, key.as_bytes()))
    }
}

/// A key that signs. Whoever has it can sign any history, so it is never shown,
/// and wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SigningKey {
    name: KeyName,
    kind: Kind,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// How many bytes a key is made from.
    pub const SEED_LENGTH: usize = 32;

    /// Makes a key from bytes that nobody can guess: take them from the operating system's source of randomness.
    pub fn from_seed(name: KeyName, seed: &[u8; Self::SEED_LENGTH]) -> Self {
        Self::of_kind(Kind::Note, name, seed)
    }

    pub(crate) fn of_kind(kind: Kind, name: KeyName, seed: &[u8; Self::SEED_LENGTH]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        Self { name, kind, key }
    }

    /// What it is called.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The same key under another name.
    pub fn named(&self, name: KeyName) -> Self {
        let (kind, key) = (self.kind, self.key.clone());
        Self { name, kind, key }
    }

    /// The key by which everybody checks what this one signs.
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey::new(self.name.clone(), self.kind, self.key.verifying_key())
    }

    /// The secret as text, to be kept where nobody else can read it: `PRIVATE+KEY+name+id+key`,
    /// as Go's package `note` has it.
    pub fn to_secret_text(&self) -> String {
        let id = self.verifier_key().id;
        format!(
            "{PRIVATE}{}+{id}+{}",
            self.name,
            with_kind(self.kind, self.key.as_bytes())
        )
    }

    /// Reads what [`SigningKey::to_secret_text`] gave.
    ///
    /// # Errors
    /// [`Malformed`], which quotes nothing of the text.
    pub fn from_secret_text(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: &str = "`PRIVATE+KEY+name+id+key`, as `seal key` writes it, of the kind Ed25519";
        Self::parse(text, Kind::Note, "a signing key", EXPECTED)
    }

    /// Reads a key of this kind, and of no other.
    pub(crate) fn parse(text: &str, kind: Kind, what: &'static str, expected: &'static str) -> Result<Self, Malformed> {
        let read = |text: &str| {
            let (name, id, seed): (_, _, SecretKey) = parts(text.strip_prefix(PRIVATE)?, kind)?;
            let key = Self::of_kind(kind, name, &seed);
            (format!("{}", key.verifier_key().id) == id).then_some(key)
        };
        one_line(what, expected, text, read)
    }

    pub(crate) fn sign(&self, text: &str) -> Vec<u8> {
        self.key.sign(text.as_bytes()).to_bytes().to_vec()
    }
}

/// Without the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{}, secret)", self.name, self.verifier_key().id)
    }
}

fn with_kind(kind: Kind, key: &[u8; 32]) -> String {
    let bytes: Vec<u8> = core::iter::once(kind as u8).chain(*key).collect();
    base64::encode(&bytes)
}

/// The name, the id as it is written, and the key, if it is of this kind.
fn parts(text: &str, kind: Kind) -> Option<(KeyName, &str, [u8; 32])> {
    // Base64 has a `+` too.
    let mut parts = text.splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let [found, key @ ..] = base64::decode_exactly::<33>(key)?;
    (found == kind as u8).then_some((KeyName::new(name).ok()?, id, key))
}

/// Reads a text of one line, whose line feed may be missing.
fn one_line<T>(
    what: &'static str,
    expected: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Malformed> {
    if !text.contains('\n') {
        return read(text).ok_or(Malformed {
            what,
            line: 1,
            expected,
        });
    }
    let mut lines = Lines::of(what, text);
    let key = lines.next(expected, read)?;
    lines.end("the end: a key is one line").map(|()| key)
}
