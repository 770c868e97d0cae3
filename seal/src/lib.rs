//! Commits to a log, with the Merkle tree of RFC 6962 and RFC 9162 over its lines, and SHA-256.
//!
//! A leaf is a line's bytes as they are stored, without the line feed. So the size of the tree is the position of the
//! last event. The root commits to every byte of every line, and to their order. To grow the tree, nobody needs the
//! earlier lines: a [`Frontier`], at most 64 hashes, is enough. There is no I/O here, no randomness and no tree in
//! memory.
//!
//! ```
//! use enterprise_credentials_seal::Frontier;
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let mut frontier = Frontier::EMPTY;
//! for line in ["one", "two", "three"] {
//!     frontier.push_line(line.as_bytes())?;
//! }
//! let (size, bytes) = (frontier.size(), frontier.to_bytes()); // what a store keeps: 64 bytes here
//!
//! let mut resumed = Frontier::from_bytes(size, &bytes)?;
//! resumed.push_line(b"four")?;
//! frontier.push_line(b"four")?;
//! assert_eq!(resumed.root(), frontier.root());
//! # Ok(())
//! # }
//! ```
//!
//! A [`Checkpoint`] in a [`Note`] is what somebody signed of a log: 200 bytes that fit into a ticket. With it, and with
//! a key to check it, anybody can tell later whether a log is the same or goes on from it. Without the log, a few
//! hashes prove that a line, or a newer checkpoint, belongs to the same log.
//!
//! ```
//! use enterprise_credentials_seal::{Checkpoint, Frontier, InclusionProver, KeyName};
//! use enterprise_credentials_seal::{Note, SealedLine, SigningKey, VerifierKey};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let lines = ["one", "two", "three"];
//! let origin = KeyName::new("credentials.example.com/octo-corp")?;
//! let key = SigningKey::from_seed(origin.clone(), &[7; 32]); // take 32 random bytes of the operating system
//!
//! let mut frontier = Frontier::EMPTY;
//! let mut prover = InclusionProver::new(1, 3)?;
//! for line in lines {
//!     frontier.push_line(line.as_bytes())?;
//!     prover.push_line(line.as_bytes());
//! }
//! let checkpoint = Checkpoint::of(origin, &frontier).sign(&[key.clone()]);
//! let (proof, _) = prover.finish()?;
//! let sent = SealedLine { line: b"two".to_vec(), proof, checkpoint }.to_string();
//!
//! let known: VerifierKey = key.verifier_key().to_string().parse()?; // get it by another way than what it signs
//! let checkpoint = SealedLine::parse(sent.as_bytes())?.open(&[known])?;
//! assert_eq!((checkpoint.size, checkpoint.root), (3, frontier.root()));
//! # Ok(())
//! # }
//! ```
//!
//! | concern | item |
//! | --- | --- |
//! | what a hash is, of a line and of two subtrees | [`struct@Hash`], [`leaf_hash`], [`node_hash`] |
//! | the right edge of a tree, which grows and has a root | [`Frontier`] |
//! | keys, and what they are called | [`SigningKey`], [`VerifierKey`], [`KeyId`], [`KeyName`] |
//! | a text and who signed it | [`Note`], [`NoteSignature`] (C2SP `signed-note`) |
//! | what a log was at some size | [`Checkpoint`] (C2SP `tlog-checkpoint`) |
//! | that a witness has seen it, and when | [`Cosigned`] (C2SP `tlog-cosignature`), [`WitnessKey`], [`CosigningKey`] |
//! | what a witness may cosign | [`SealedGrowth::witness`] (C2SP `tlog-witness`) |
//! | that a log is what it was, or goes on from it | [`LogCheck`] |
//! | that a line is in a log | [`InclusionProof`], made by [`InclusionProver`] |
//! | the same, with line and checkpoint in one text | [`SealedLine`] (C2SP `tlog-proof`) |
//! | that a log only grew | [`ConsistencyProof`], made by [`ConsistencyProver`] |
//! | the same, with the newer checkpoint in one text | [`SealedGrowth`] (C2SP `tlog-witness`) |
//! | why not: bytes | [`InvalidFrontier`], [`InvalidKeyName`], [`Malformed`] |
//! | why not: who | [`NotVerified`], [`NotAuthentic`], [`NotWitnessed`] |
//! | why not: what | [`NotProven`], [`NotSealed`], [`NotTheLog`] |
//! | why not: sizes | [`TooShort`], [`TreeFull`] |
#![no_std]

extern crate alloc;

mod base64;
mod checkpoint;
mod cosignature;
mod frontier;
mod hash;
mod key;
mod log_check;
mod malformed;
mod name;
mod note;
mod proof;
mod witness;

pub use checkpoint::{Checkpoint, NotAuthentic};
pub use cosignature::{Cosigned, CosigningKey, WitnessKey};
pub use frontier::{Frontier, InvalidFrontier, TreeFull};
pub use hash::{Hash, leaf_hash, node_hash};
pub use key::{KeyId, SigningKey, VerifierKey};
pub use log_check::{LogCheck, NotTheLog};
pub use malformed::Malformed;
pub use name::{InvalidKeyName, KeyName};
pub use note::{NotVerified, Note, NoteSignature};
pub use proof::{
    ConsistencyProof, ConsistencyProver, InclusionProof, InclusionProver, NotProven, NotSealed, SealedGrowth,
    SealedLine, TooShort,
};
pub use witness::NotWitnessed;
