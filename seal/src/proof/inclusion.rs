//! Proofs that a line is in a log, at a position.

use alloc::vec::Vec;

use super::gather::{Gather, Subtree, left_half};
use super::{NotProven, TooShort};
use crate::hash::{Hash, leaf_hash, node_hash};

/// The hashes that lead from a leaf to the root: RFC 6962, section 2.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// How many leaves are before this one.
    pub index: u64,
    /// The roots of the subtrees beside the way to the root, the leaf's own neighbour first.
    pub hashes: Vec<Hash>,
}

impl InclusionProof {
    /// Checks that the tree of this size and root has this leaf at the proof's place: RFC 9162, section 2.1.3.2.
    ///
    /// # Errors
    /// [`NotProven`].
    pub fn verify(&self, leaf: Hash, size: u64, root: Hash) -> Result<(), NotProven> {
        let index = self.index;
        let last = size.checked_sub(1).filter(|last| index <= *last);
        let (mut place, mut last) = (index, last.ok_or(NotProven::Beyond { index, size })?);
        let mut found = leaf;
        for hash in &self.hashes {
            if last == 0 {
                return Err(NotProven::Length);
            }
            if place & 1 == 1 || place == last {
                found = node_hash(*hash, found);
                // A leaf at the right end may have no neighbour on some levels.
                let without = if place == 0 { 0 } else { place.trailing_zeros() };
                (place, last) = (place >> without, last >> without);
            } else {
                found = node_hash(found, *hash);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        match last {
            0 if found == root => Ok(()),
            0 => Err(NotProven::Differs),
            _ => Err(NotProven::Length),
        }
    }
}

/// Makes a proof in one pass over the lines, and keeps at most three times 64 hashes.
#[derive(Debug, Clone)]
pub struct InclusionProver {
    index: u64,
    size: u64,
    leaf: Option<Hash>,
    beside: Gather,
}

impl InclusionProver {
    /// For the line that has `index` others before it, in the tree of the first `size` lines.
    ///
    /// # Errors
    /// [`NotProven::Beyond`] where there is no such line.
    pub fn new(index: u64, size: u64) -> Result<Self, NotProven> {
        if index >= size {
            return Err(NotProven::Beyond { index, size });
        }
        let beside = Gather::new(0, subtrees_beside(index, size));
        Ok(Self {
            index,
            size,
            leaf: None,
            beside,
        })
    }

    /// Takes the next line, without its line feed. What comes behind the tree may be anything.
    pub fn push_line(&mut self, line: &[u8]) {
        let position = self.beside.position();
        if position >= self.size {
            return;
        }
        let leaf = leaf_hash(line);
        if position == self.index {
            self.leaf = Some(leaf);
        }
        self.beside.push(leaf);
    }

    /// The proof, and the hash of the line that it is for.
    ///
    /// # Errors
    /// [`TooShort`] where there were fewer lines than the tree has.
    pub fn finish(self) -> Result<(InclusionProof, Hash), TooShort> {
        let (index, size, lines) = (self.index, self.size, self.beside.position());
        let leaf_and_hashes = self.leaf.zip(self.beside.roots());
        let (leaf, hashes) = leaf_and_hashes.ok_or(TooShort { lines, size })?;
        Ok((InclusionProof { index, hashes }, leaf))
    }
}

/// What stands beside the way from a leaf to the root, the leaf's neighbour first.
fn subtrees_beside(index: u64, size: u64) -> Vec<(Subtree, Option<Hash>)> {
    let (mut start, mut end) = (0, size);
    let mut beside = Vec::new();
    while end - start > 1 {
        let middle = start + left_half(end - start);
        if index < middle {
            beside.push((Subtree { start: middle, end }, None));
            end = middle;
        } else {
            beside.push((Subtree { start, end: middle }, None));
            start = middle;
        }
    }
    beside.reverse();
    beside
}
