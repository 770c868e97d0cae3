//! Signed notes, in the form of C2SP's `signed-note`: a text, an empty line, and a line for each signature.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::base64;
use crate::key::{KeyId, SigningKey, VerifierKey};
use crate::malformed::{self, Malformed};
use crate::name::KeyName;

const WHAT: &str = "a signed note";
/// Begins the line of a signature: an em dash and a space.
const SIGNATURE: &str = "\u{2014} ";

/// A text and its signatures. That it has signatures says nothing: ask [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature, of whomever: what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: KeyId,
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// The name of the key.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Which key of that name.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// A signature of a key, over whatever.
    pub(crate) const fn new(name: KeyName, id: KeyId, bytes: Vec<u8>) -> Self {
        Self { name, id, bytes }
    }

    /// What follows the id.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads lines of signatures alone, as a witness answers with.
    ///
    /// # Errors
    /// [`Malformed`] where there is none, or anything else.
    pub fn parse_lines(bytes: &[u8]) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "a list of signatures";
        read_signatures(WHAT, 1, malformed::text(WHAT, bytes, Note::BYTES_MAX)?)
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
        let bytes = base64::decode(signature)?;
        let (id, bytes) = bytes.split_first_chunk()?;
        if bytes.is_empty() {
            return None;
        }
        Some(Self {
            name: KeyName::new(name).ok()?,
            id: KeyId::from_bytes(*id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_bytes(), self.bytes.as_slice()].concat();
        write!(f, "{SIGNATURE}{} {}", self.name, base64::encode(&bytes))
    }
}

impl Note {
    /// The longest note that is read, in bytes.
    pub const BYTES_MAX: usize = 1_000_000;
    /// How many signatures a note may have.
    pub const SIGNATURES_MAX: usize = 100;

    /// Signs a text, with each of these keys.
    ///
    /// # Errors
    /// [`Malformed`] unless it ends with a line feed and has no other control characters.
    pub fn sign(text: &str, keys: &[SigningKey]) -> Result<Self, Malformed> {
        check_text(text)?;
        Ok(Self::signed(text.to_owned(), keys))
    }

    pub(crate) fn signed(text: String, keys: &[SigningKey]) -> Self {
        let sign = |key: &SigningKey| NoteSignature {
            name: key.name().clone(),
            id: key.verifier_key().id(),
            bytes: key.sign(&text),
        };
        let signatures = keys.iter().map(sign).collect();
        Self { text, signatures }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`Malformed`] where it is not one to the last byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let note = malformed::text(WHAT, bytes, Self::BYTES_MAX)?;
        let wrong = |line, expected| Malformed {
            what: WHAT,
            line,
            expected,
        };
        // No line of a signature is empty, so the last empty line stands before them.
        let Some(at) = note.rfind("\n\n") else {
            return Err(wrong(
                note.lines().count() + 1,
                "an empty line, and the signatures behind it",
            ));
        };
        let (text, rest) = note.split_at_checked(at + 1).unwrap_or_default();
        check_text(text)?;
        let lines = rest.strip_prefix('\n').unwrap_or_default();
        Ok(Self {
            text: text.to_owned(),
            signatures: read_signatures(WHAT, text.lines().count() + 2, lines)?,
        })
    }

    /// Adds a signature, behind the others and in place of an earlier one by the same key. Says whether there was room.
    pub fn add(&mut self, signature: NoteSignature) -> bool {
        let same = |other: &NoteSignature| other.name == signature.name && other.id == signature.id;
        self.signatures.retain(|other| !same(other));
        let fits = self.signatures.len() < Self::SIGNATURES_MAX;
        if fits {
            self.signatures.push(signature);
        }
        fits
    }

    /// What is signed; its line feed at the end included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, genuine or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Which of these keys have signed it: at least one.
    ///
    /// Signatures by other keys are ignored. They are nobody's that `keys` names, or not yet: of a key to come,
    /// or of a witness.
    ///
    /// # Errors
    /// [`NotVerified`] if no key of these has signed, or if a signature bears the name and the id of one and is not
    /// genuine.
    pub fn verify<'a>(&self, keys: &'a [VerifierKey]) -> Result<Vec<&'a VerifierKey>, NotVerified> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let mut named = keys
                .iter()
                .filter(|key| *key.name() == signature.name && key.id() == signature.id)
                .peekable();
            if named.peek().is_none() {
                continue;
            }
            let Some(key) = named.find(|key| key.verifies(&self.text, &signature.bytes)) else {
                let (name, id) = (signature.name.clone(), signature.id);
                return Err(NotVerified::False { name, id });
            };
            if !signers.contains(&key) {
                signers.push(key);
            }
        }
        if signers.is_empty() {
            let signatures = self
                .signatures
                .iter()
                .map(|signature| (signature.name.clone(), signature.id));
            let keys = keys.iter().map(|key| (key.name().clone(), key.id()));
            return Err(NotVerified::Unknown {
                signatures: signatures.collect(),
                keys: keys.collect(),
            });
        }
        Ok(signers)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The lines of signatures, at least one; the first of them is this line of the whole text.
fn read_signatures(what: &'static str, first: usize, lines: &str) -> Result<Vec<NoteSignature>, Malformed> {
    const EXPECTED: &str = "a signature: an em dash, a key's name and base64, and a line feed";
    let wrong = |line, expected| Malformed { what, line, expected };
    let mut signatures = Vec::new();
    for (index, line) in lines.split_inclusive('\n').enumerate() {
        let at = first + index;
        if index == Note::SIGNATURES_MAX {
            return Err(wrong(at, "the end: there are too many signatures"));
        }
        let signature = line.strip_suffix('\n').and_then(NoteSignature::parse);
        signatures.push(signature.ok_or_else(|| wrong(at, EXPECTED))?);
    }
    if signatures.is_empty() {
        return Err(wrong(first, "a signature"));
    }
    Ok(signatures)
}

/// The text of a note ends with a line feed, and has no other control characters below the space.
fn check_text(text: &str) -> Result<(), Malformed> {
    let wrong = |line, expected| {
        Err(Malformed {
            what: WHAT,
            line,
            expected,
        })
    };
    let is_control = |character: char| character < ' ' && character != '\n';
    match text.split_inclusive('\n').position(|line| line.contains(is_control)) {
        Some(index) => wrong(index + 1, "without control characters; a carriage return is one"),
        None if !text.ends_with('\n') => wrong(text.lines().count().max(1), "ended by a line feed"),
        None => Ok(()),
    }
}

/// Why nobody can say that a note is genuine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotVerified {
    /// None of its signatures is by a key that was given.
    Unknown {
        /// By whom its signatures say they are.
        signatures: Vec<(KeyName, KeyId)>,
        /// The keys that were given.
        keys: Vec<(KeyName, KeyId)>,
    },
    /// A signature that says that it is by a key that was given is not.
    False {
        /// The name of that key.
        name: KeyName,
        /// Its id.
        id: KeyId,
    },
}

impl fmt::Display for NotVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { signatures, keys } => {
                f.write_str("no signature is by a key that was given: signed by ")?;
                list(f, signatures)?;
                f.write_str("; given was ")?;
                list(f, keys)
            }
            Self::False { name, id } => write!(
                f,
                "the signature by `{name}+{id}` is false: the text or the signature was altered, or another key made it"
            ),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, keys: &[(KeyName, KeyId)]) -> fmt::Result {
    if keys.is_empty() {
        return f.write_str("none");
    }
    keys.iter().enumerate().try_for_each(|(index, (name, id))| {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}`{name}+{id}`")
    })
}

impl core::error::Error for NotVerified {}
