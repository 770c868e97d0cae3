//! The hash of a leaf and of a node. Each begins with a byte of its own, so neither can pass for the other.

use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::base64;

const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A SHA-256 hash of a leaf or of a subtree.
///
/// Shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; Self::LENGTH]);

impl Hash {
    /// The length of a hash, in bytes.
    pub const LENGTH: usize = 32;

    /// Takes the bytes of a hash.
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// As checkpoints and proofs write it: 44 characters of base64.
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// Reads what [`Hash::to_base64`] gave, and nothing else.
    pub fn from_base64(text: &str) -> Option<Self> {
        base64::decode_exactly(text).map(Self)
    }

    fn of(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

/// The hash of a leaf: SHA-256 of 0x00 and the line's bytes as they are stored, without the line feed.
pub fn leaf_hash(line: &[u8]) -> Hash {
    Hash::of(Sha256::new().chain_update(LEAF).chain_update(line))
}

/// The hash of two subtrees that stand side by side: SHA-256 of 0x01, the left one's hash and the right one's.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let hashes = [left.0, right.0];
    Hash::of(Sha256::new().chain_update(NODE).chain_update(hashes.as_flattened()))
}

/// The root of a tree without leaves: SHA-256 of nothing.
pub(crate) fn empty_root() -> Hash {
    Hash::of(Sha256::new())
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}
