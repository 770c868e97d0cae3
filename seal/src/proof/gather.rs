//! The roots of subtrees, gathered while the leaves of the whole tree go by. So the tree is never kept.

use alloc::vec::Vec;

use crate::frontier::Frontier;
use crate::hash::Hash;

/// A subtree of which a proof has the root: the leaves from `start` on, before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subtree {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The largest power of two below a size: where RFC 6962 divides a tree. Of 0 and 1, which are not divided, 1.
pub(super) const fn left_half(size: u64) -> u64 {
    match size {
        0..=2 => 1,
        _ => 1 << (size - 1).ilog2(),
    }
}

/// Subtrees that do not overlap, and their roots as far as the leaves have come.
#[derive(Debug, Clone)]
pub(super) struct Gather {
    /// In the proof's order, with their roots once these are known.
    wanted: Vec<(Subtree, Option<Hash>)>,
    /// Those not known yet, by their place in `wanted`: the next one is the last.
    waiting: Vec<usize>,
    position: u64,
    /// Of the subtree that the leaves go through.
    frontier: Frontier,
}

impl Gather {
    /// Begins at the leaf `position`. The roots of subtrees before it have to be known.
    pub(super) fn new(position: u64, wanted: Vec<(Subtree, Option<Hash>)>) -> Self {
        let mut waiting: Vec<(u64, usize)> = (wanted.iter().enumerate())
            .filter(|(_, (_, known))| known.is_none())
            .map(|(place, (subtree, _))| (subtree.start, place))
            .collect();
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            wanted,
            waiting: waiting.into_iter().map(|(_, place)| place).collect(),
            position,
            frontier: Frontier::EMPTY,
        }
    }

    /// How many leaves have gone by.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the next leaf.
    pub(super) fn push(&mut self, leaf: Hash) {
        let position = self.position;
        self.position = position.saturating_add(1);
        let next = self.waiting.last().and_then(|place| self.wanted.get_mut(*place));
        let Some((subtree, root)) = next.filter(|(subtree, _)| subtree.start <= position) else {
            return;
        };
        // A subtree has fewer leaves than the tree, and so a full frontier never meets another leaf.
        let _ = self.frontier.push_leaf(leaf);
        if self.position == subtree.end {
            *root = Some(core::mem::take(&mut self.frontier).root());
            self.waiting.pop();
        }
    }

    /// The roots, in the proof's order; nothing while one is not known.
    pub(super) fn roots(self) -> Option<Vec<Hash>> {
        self.wanted.into_iter().map(|(_, root)| root).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_divided_at_the_largest_power_of_two_below_its_size() {
        let halves = [0, 1, 2, 3, 4, 5, 8, 9, 1 << 63, (1 << 63) + 1, u64::MAX].map(left_half);
        assert_eq!(halves, [1, 1, 1, 2, 2, 4, 4, 8, 1 << 62, 1 << 63, 1 << 63]);
    }
}
