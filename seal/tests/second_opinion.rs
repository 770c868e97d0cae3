//! At every size our root is the one of another implementation, which keeps the whole tree.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use enterprise_credentials_seal::{Frontier, Hash, leaf_hash};
use proptest::prelude::*;
use sha2::Sha256;

type Tree = MemoryBackedTree<Sha256, Vec<u8>>;

fn root(tree: &Tree) -> Hash {
    Hash::from_bytes((*tree.root().as_bytes()).into())
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 0..20),
        prop::collection::vec(any::<u8>(), 50..300),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roots_are_equal_at_every_prefix(lines in prop::collection::vec(line(), 0..300)) {
        let (mut ours, mut theirs) = (Frontier::EMPTY, Tree::new());
        for line in lines {
            ours.push_line(&line).unwrap();
            theirs.push(line);
            prop_assert_eq!(ours.root(), root(&theirs));
            prop_assert_eq!(ours.size(), theirs.len());
        }
    }

    #[test]
    fn a_tree_goes_on_where_its_frontier_was_kept(
        lines in prop::collection::vec(line(), 0..300),
        kept in any::<prop::sample::Index>(),
    ) {
        let (before, after) = lines.split_at(kept.index(lines.len() + 1));
        let mut ours = Frontier::EMPTY;
        ours.extend(before.iter().map(|line| leaf_hash(line))).unwrap();
        let mut resumed = Frontier::from_bytes(ours.size(), &ours.to_bytes()).unwrap();
        prop_assert_eq!(&resumed, &ours);
        resumed.extend(after.iter().map(|line| leaf_hash(line))).unwrap();

        let mut theirs = Tree::new();
        lines.into_iter().for_each(|line| theirs.push(line));
        prop_assert_eq!(resumed.root(), root(&theirs));
    }
}

#[test]
fn the_empty_trees_are_equal() {
    assert_eq!(Frontier::EMPTY.root(), root(&Tree::new()));
}
