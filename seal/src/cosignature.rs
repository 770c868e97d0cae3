//! Cosignatures, in the form of C2SP's `tlog-cosignature` v1: a witness has seen a checkpoint, and when.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::checkpoint::Checkpoint;
use crate::key::{KeyId, Kind, SigningKey, VerifierKey};
use crate::malformed::Malformed;
use crate::name::KeyName;
use crate::note::{NotVerified, Note, NoteSignature};

/// The key of a witness, by which its cosignatures are checked; to be had by everybody,
/// by another way than what it signs.
///
/// As text it is a `vkey` as those of signed notes are, of a kind of its own,
/// so that it passes for no log's key and no log's key for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey(VerifierKey);

impl WitnessKey {
    /// What the witness is called.
    pub const fn name(&self) -> &KeyName {
        self.0.name()
    }

    /// Which key of this name it is.
    pub const fn id(&self) -> KeyId {
        self.0.id()
    }

    /// When this witness cosigned a note, in seconds from 1970, if `signature` is its genuine cosignature of that note.
    pub fn cosigned_at(&self, note: &Note, signature: &NoteSignature) -> Option<u64> {
        let (time, bytes) = signature.bytes().split_first_chunk()?;
        let time = u64::from_be_bytes(*time);
        let genuine = self.is_named_by(signature) && self.0.verifies(&signed_text(note.text(), time), bytes);
        genuine.then_some(time)
    }

    /// Whether a signature says that it is this key's.
    fn is_named_by(&self, signature: &NoteSignature) -> bool {
        signature.name() == self.name() && signature.id() == self.id()
    }
}

impl FromStr for WitnessKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: &str =
            "`name+id+key` of a witness, of the kind Ed25519 cosignature (a log's key is of another kind)";
        VerifierKey::parse(text, Kind::Cosignature, "a witness's key", EXPECTED).map(Self)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key with which a witness signs. It is never shown, and wiped from memory when it is dropped.
#[derive(Debug, Clone)]
pub struct CosigningKey(SigningKey);

impl CosigningKey {
    /// Makes a key from bytes that nobody can guess: take them from the operating system's source of randomness.
    pub fn from_seed(name: KeyName, seed: &[u8; SigningKey::SEED_LENGTH]) -> Self {
        Self(SigningKey::of_kind(Kind::Cosignature, name, seed))
    }

    /// The key by which everybody checks what this one signs.
    pub fn witness_key(&self) -> WitnessKey {
        WitnessKey(self.0.verifier_key())
    }

    /// The secret as text, to be kept where nobody else can read it: `PRIVATE+KEY+name+id+key`.
    pub fn to_secret_text(&self) -> String {
        self.0.to_secret_text()
    }

    /// Reads what [`CosigningKey::to_secret_text`] gave.
    ///
    /// # Errors
    /// [`Malformed`], which quotes nothing of the text.
    pub fn from_secret_text(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: &str = "`PRIVATE+KEY+name+id+key` of a witness, of the kind Ed25519 cosignature";
        SigningKey::parse(text, Kind::Cosignature, "a witness's signing key", EXPECTED).map(Self)
    }

    /// Says that at this time, in seconds from 1970, the checkpoint was the log's largest that this witness knew, and
    /// went on from every other that it has cosigned. So ask [`SealedGrowth::witness`](crate::SealedGrowth::witness)
    /// first.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> NoteSignature {
        let signature = self.0.sign(&signed_text(&format!("{checkpoint}"), time));
        let key = self.witness_key();
        NoteSignature::new(
            key.name().clone(),
            key.id(),
            [&time.to_be_bytes(), signature.as_slice()].concat(),
        )
    }
}

/// What is signed: the checkpoint's text behind the time.
fn signed_text(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// That a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosigned<'a> {
    /// Which one.
    pub key: &'a WitnessKey,
    /// When, in seconds from 1970, by its clock.
    pub time: u64,
}

impl Note {
    /// Which of these witnesses have cosigned it, each with the time of its latest cosignature. It may be none.
    ///
    /// # Errors
    /// [`NotVerified::False`] if a signature bears the name and the id of one, and is not genuine.
    pub fn cosigned<'a>(&self, keys: &'a [WitnessKey]) -> Result<Vec<Cosigned<'a>>, NotVerified> {
        let mut cosigned: Vec<Cosigned<'a>> = Vec::new();
        for signature in self.signatures() {
            let mut named = keys.iter().filter(|key| key.is_named_by(signature)).peekable();
            if named.peek().is_none() {
                continue;
            }
            let genuine = named.find_map(|key| Some((key, key.cosigned_at(self, signature)?)));
            let Some((key, time)) = genuine else {
                let (name, id) = (signature.name().clone(), signature.id());
                return Err(NotVerified::False { name, id });
            };
            match cosigned.iter_mut().find(|earlier| earlier.key == key) {
                Some(earlier) => earlier.time = earlier.time.max(time),
                None => cosigned.push(Cosigned { key, time }),
            }
        }
        Ok(cosigned)
    }
}
