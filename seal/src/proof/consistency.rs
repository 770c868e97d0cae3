//! Proofs that a log only grew: nothing earlier was changed.

use alloc::vec::Vec;

use super::gather::{Gather, Subtree, left_half};
use super::{NotProven, TooShort};
use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hash, node_hash};

/// The hashes that lead from an older root and to a newer one: RFC 6962, section 2.1.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The roots of the subtrees that both are made of, and of those that the newer one has more. None where the trees
    /// are the same, or the older one is empty.
    pub hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// Checks that the first `old` leaves of the newer tree are those of the older one; each is given by its size and
    /// its root. RFC 9162, section 2.1.4.2.
    ///
    /// # Errors
    /// [`NotProven`].
    pub fn verify(&self, (old, old_root): (u64, Hash), (new, new_root): (u64, Hash)) -> Result<(), NotProven> {
        match (old, new) {
            _ if old > new => return Err(NotProven::Shrunk { old, new }),
            _ if old == new && old_root != new_root => return Err(NotProven::Split { size: old }),
            (0, _) if old_root != Frontier::EMPTY.root() => return Err(NotProven::Differs),
            _ if (old == 0 || old == new) && self.hashes.is_empty() => return Ok(()),
            _ if old == 0 || old == new => return Err(NotProven::Length),
            _ => {}
        }
        let mut hashes = self.hashes.iter().copied();
        // A whole subtree at the left end is the older root itself, and needs no hash.
        let first = if old.is_power_of_two() {
            Some(old_root)
        } else {
            hashes.next()
        };
        let first = first.ok_or(NotProven::Length)?;
        let shared = (old - 1).trailing_ones();
        let (mut place, mut last) = ((old - 1) >> shared, (new - 1) >> shared);
        let (mut older, mut newer) = (first, first);
        for hash in hashes {
            if last == 0 {
                return Err(NotProven::Length);
            }
            if place & 1 == 1 || place == last {
                (older, newer) = (node_hash(hash, older), node_hash(hash, newer));
                let without = if place == 0 { 0 } else { place.trailing_zeros() };
                (place, last) = (place >> without, last >> without);
            } else {
                newer = node_hash(newer, hash);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        match last {
            0 if older == old_root && newer == new_root => Ok(()),
            0 => Err(NotProven::Differs),
            _ => Err(NotProven::Length),
        }
    }
}

/// Makes a proof in one pass over the lines behind the older tree, whose right edge was kept.
/// It keeps at most three times 64 hashes.
#[derive(Debug, Clone)]
pub struct ConsistencyProver {
    size: u64,
    subtrees: Gather,
}

impl ConsistencyProver {
    /// From the tree that has this right edge to the one of the first `size` lines.
    ///
    /// # Errors
    /// [`NotProven::Shrunk`] where the newer tree would be the smaller one.
    pub fn new(old: &Frontier, size: u64) -> Result<Self, NotProven> {
        if old.size() > size {
            return Err(NotProven::Shrunk {
                old: old.size(),
                new: size,
            });
        }
        let subtrees = Gather::new(old.size(), subtrees_between(old, size));
        Ok(Self { size, subtrees })
    }

    /// Takes the next line behind the older tree, without its line feed.
    /// What comes behind the newer one may be anything.
    pub fn push_line(&mut self, line: &[u8]) {
        if self.subtrees.position() < self.size {
            self.subtrees.push(leaf_hash(line));
        }
    }

    /// The proof.
    ///
    /// # Errors
    /// [`TooShort`] where there were fewer lines than the newer tree has.
    pub fn finish(self) -> Result<ConsistencyProof, TooShort> {
        let (size, lines) = (self.size, self.subtrees.position());
        // From an empty tree no hash is wanted, and yet the lines must be there.
        let roots = self.subtrees.roots().filter(|_| lines >= size);
        let hashes = roots.ok_or(TooShort { lines, size })?;
        Ok(ConsistencyProof { hashes })
    }
}

/// What the proof has: subtrees of the older tree, known by its right edge, and those behind it.
fn subtrees_between(old: &Frontier, size: u64) -> Vec<(Subtree, Option<Hash>)> {
    let mut between = Vec::new();
    if old.size() == 0 || old.size() == size {
        return between;
    }
    // Every subtree that the way to the older tree's end leaves on its left is one of the right edge,
    // and so is the last one.
    let mut edge = old.hashes().iter().copied();
    let (mut start, mut end) = (0, size);
    while end > old.size() {
        let middle = start + left_half(end - start);
        if old.size() <= middle {
            between.push((Subtree { start: middle, end }, None));
            end = middle;
        } else {
            between.push((Subtree { start, end: middle }, edge.next()));
            start = middle;
        }
    }
    if start > 0 {
        between.push((Subtree { start, end }, edge.next()));
    }
    between.reverse();
    between
}
