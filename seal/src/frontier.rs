//! The right edge of a tree. The next leaf and the root need to know no more of the leaves so far.

use alloc::vec::Vec;
use core::fmt;

use crate::hash::{Hash, empty_root, leaf_hash, node_hash};

/// The right edge of a Merkle tree: its size, and the hashes of the perfect subtrees that its leaves make,
/// the largest first.
///
/// A tree of 11 leaves is subtrees of 8, 2 and 1: there is one subtree for each bit that is set in the size, so at
/// most 64. Two frontiers are equal only if their leaves are, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frontier {
    size: u64,
    /// As many as the size has bits set.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The right edge of the tree without leaves.
    pub const EMPTY: Self = Self {
        size: 0,
        subtrees: Vec::new(),
    };

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the perfect subtrees, the largest first: one for each bit that is set in the size.
    pub fn hashes(&self) -> &[Hash] {
        &self.subtrees
    }

    /// The root of the tree; of the one without leaves it is SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let smallest_first = self.subtrees.iter().rev().copied();
        smallest_first
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or_else(empty_root)
    }

    /// Appends the leaf of a line, its bytes as they are stored, without the line feed.
    ///
    /// # Errors
    /// [`TreeFull`] after 2^64 − 1 leaves; then nothing has changed.
    pub fn push_line(&mut self, line: &[u8]) -> Result<(), TreeFull> {
        self.push_leaf(leaf_hash(line))
    }

    /// Appends a leaf by its hash.
    ///
    /// # Errors
    /// [`TreeFull`] after 2^64 − 1 leaves; then nothing has changed.
    pub fn push_leaf(&mut self, leaf: Hash) -> Result<(), TreeFull> {
        let size = self.size.checked_add(1).ok_or(TreeFull)?;
        // As in adding 1 to a binary number: every subtree at the right end whose neighbour is now as large is carried.
        let carried = (0..self.size.trailing_ones()).map_while(|_| self.subtrees.pop());
        let subtree = carried.fold(leaf, |right, left| node_hash(left, right));
        self.subtrees.push(subtree);
        self.size = size;
        debug_assert_eq!(self.subtrees.len(), subtrees_of(size));
        Ok(())
    }

    /// Appends leaves by their hashes, in their order.
    ///
    /// # Errors
    /// [`TreeFull`] after 2^64 − 1 leaves; then those before are appended.
    pub fn extend(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Result<(), TreeFull> {
        leaves.into_iter().try_for_each(|leaf| self.push_leaf(leaf))
    }

    /// The hashes as bytes, one after the other, the largest subtree first: 32 for each bit that is set in the size.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.subtrees.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// Takes the right edge of a tree of this size from the bytes that [`Frontier::to_bytes`] gave.
    ///
    /// Any hashes could be those of some tree, so only their number is checked here. Whoever has another tree's
    /// frontier notices by its root.
    ///
    /// # Errors
    /// [`InvalidFrontier`] if the bytes are not 32 for each bit that is set in the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, InvalidFrontier> {
        let (hashes, rest) = bytes.as_chunks();
        if hashes.len() != subtrees_of(size) || !rest.is_empty() {
            let found = bytes.len();
            return Err(InvalidFrontier { size, found });
        }
        let subtrees = hashes.iter().copied().map(Hash::from_bytes).collect();
        Ok(Self { size, subtrees })
    }
}

/// How many perfect subtrees make a tree of this size.
const fn subtrees_of(size: u64) -> usize {
    size.count_ones() as usize
}

impl Default for Frontier {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Bytes that are no frontier of a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidFrontier {
    /// How many leaves the tree has.
    pub size: u64,
    /// How many bytes were given.
    pub found: usize,
}

impl fmt::Display for InvalidFrontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, found } = self;
        let expected = subtrees_of(*size) * Hash::LENGTH;
        write!(
            f,
            "the frontier of a tree of size {size} takes {expected} bytes, not {found}"
        )
    }
}

impl core::error::Error for InvalidFrontier {}

/// A tree of 2^64 − 1 leaves, to which none can be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeFull;

impl fmt::Display for TreeFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tree is full: it has 2^64 − 1 leaves")
    }
}

impl core::error::Error for TreeFull {}
