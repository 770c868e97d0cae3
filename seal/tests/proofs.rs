//! Proofs are those of another implementation and of the published tests, whatever the sizes, and check themselves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use enterprise_credentials_seal::{
    ConsistencyProof, ConsistencyProver, Frontier, Hash, InclusionProof, InclusionProver, NotProven, TooShort,
    leaf_hash,
};
use proptest::prelude::*;
use sha2::Sha256;

type Lines = Vec<Vec<u8>>;

/// This many lines, each its own number.
fn lines(size: usize) -> Lines {
    (0..size).map(|line| line.to_string().into_bytes()).collect()
}

fn frontier(lines: &[Vec<u8>]) -> Frontier {
    let mut frontier = Frontier::EMPTY;
    frontier.extend(lines.iter().map(|line| leaf_hash(line))).unwrap();
    frontier
}

fn inclusion(lines: &[Vec<u8>], index: usize, size: usize) -> InclusionProof {
    let mut prover = InclusionProver::new(index as u64, size as u64).unwrap();
    lines.iter().for_each(|line| prover.push_line(line));
    let (proof, leaf) = prover.finish().unwrap();
    assert_eq!(leaf, leaf_hash(&lines[index]));
    proof
}

/// From the older tree's right edge and the lines behind it alone.
fn consistency(lines: &[Vec<u8>], old: usize, size: usize) -> ConsistencyProof {
    let mut prover = ConsistencyProver::new(&frontier(&lines[..old]), size as u64).unwrap();
    lines[old..].iter().for_each(|line| prover.push_line(line));
    prover.finish().unwrap()
}

fn whole(lines: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    lines.iter().for_each(|line| tree.push(line.clone()));
    tree
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    hashes.iter().copied().map(Hash::from_bytes).collect()
}

/// Lines that follow the tree must not matter to a prover.
fn assert_same_as_theirs(lines: &[Vec<u8>], index: usize, old: usize, size: usize) {
    let (tree, root) = (whole(&lines[..size]), frontier(&lines[..size]).root());
    let ours = inclusion(lines, index, size);
    assert_eq!(
        ours.hashes,
        hashes(tree.prove_inclusion(index).as_bytes()),
        "{index} of {size}"
    );
    assert_eq!(ours.verify(leaf_hash(&lines[index]), size as u64, root), Ok(()));

    let ours = consistency(lines, old, size);
    if old > 0 {
        assert_eq!(
            ours.hashes,
            hashes(tree.prove_consistency(size - old).as_bytes()),
            "{old} to {size}"
        );
    }
    let older = (old as u64, frontier(&lines[..old]).root());
    assert_eq!(ours.verify(older, (size as u64, root)), Ok(()), "{old} to {size}");
}

#[test]
fn proofs_of_all_small_sizes_are_those_of_another_implementation() {
    let (lines, mut proofs) = (lines(70), 0);
    for size in 1..=40 {
        for index in 0..size {
            assert_same_as_theirs(&lines, index, index + 1, size);
            proofs += 2;
        }
        assert_same_as_theirs(&lines, 0, 0, size);
    }
    println!("{proofs} proofs compared");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn proofs_of_random_sizes_are_those_of_another_implementation(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..700),
        (size, index, old) in any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>(),
    ) {
        let size = 1 + size.index(lines.len());
        assert_same_as_theirs(&lines, index.index(size), old.index(size + 1), size);
    }

    #[test]
    fn any_hashes_are_a_proof_of_these_or_none_and_never_a_panic(
        (index, old, size) in any::<(u64, u64, u64)>(),
        shift in 0_u32..64,
        bytes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let hashes: Vec<Hash> = bytes.into_iter().map(Hash::from_bytes).collect();
        let [leaf, root] = [leaf_hash(b"leaf"), leaf_hash(b"root")];
        let (index, old, size) = (index >> shift, old >> shift, size >> shift);
        let proof = InclusionProof { index, hashes: hashes.clone() };
        prop_assert!(proof.verify(leaf, size, root).is_err());
        let proof = ConsistencyProof { hashes };
        prop_assert!(proof.verify((old, leaf), (size, root)).is_err());
    }
}

/// What the tests of Certificate Transparency expect of their eight leaves.
#[test]
fn the_published_proofs_are_made() {
    let lines: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\x10",
        b" !",
        b"01",
        b"@ABC",
        b"PQRSTUVW",
        b"`abcdefghijklmno",
    ];
    let lines = lines.map(<[u8]>::to_vec);
    let first = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    let second = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    let pair = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    let third_pair = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    let second_pair = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    let fifth = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    let left = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    let right = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    let last_pair = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    let shown = |hashes: &[Hash]| -> Vec<String> { hashes.iter().map(ToString::to_string).collect() };
    for (line, size, published) in [
        (1, 1, vec![]),
        (1, 8, vec![second, second_pair, right]),
        (6, 8, vec![fifth, last_pair, left]),
        (3, 3, vec![pair]),
        (2, 5, vec![first, second_pair, fifth]),
    ] {
        assert_eq!(
            shown(&inclusion(&lines, line - 1, size).hashes),
            published,
            "{line} of {size}"
        );
    }
    for (old, size, published) in [
        (1, 1, vec![]),
        (1, 8, vec![second, second_pair, right]),
        (6, 8, vec![third_pair, last_pair, left]),
        (2, 5, vec![second_pair, fifth]),
    ] {
        assert_eq!(
            shown(&consistency(&lines, old, size).hashes),
            published,
            "{old} to {size}"
        );
    }
}

#[test]
fn the_largest_tree_has_proofs_too() {
    let bytes = vec![7; 63 * Hash::LENGTH];
    let (old, size) = (Frontier::from_bytes(u64::MAX - 1, &bytes).unwrap(), u64::MAX);
    let mut new = old.clone();
    new.push_line(b"the last").unwrap();
    let mut prover = ConsistencyProver::new(&old, size).unwrap();
    prover.push_line(b"the last");
    prover.push_line(b"behind it");
    let proof = prover.finish().unwrap();
    assert_eq!(proof.verify((old.size(), old.root()), (size, new.root())), Ok(()));

    let hashes = new.hashes().iter().rev().skip(1).copied().collect();
    let proof = InclusionProof {
        index: size - 1,
        hashes,
    };
    assert_eq!(proof.verify(leaf_hash(b"the last"), size, new.root()), Ok(()));
    assert!(InclusionProver::new(size - 1, size).is_ok());
}

#[test]
fn what_no_proof_can_show_is_refused_by_name() {
    let lines = lines(9);
    let older = |size| (size as u64, frontier(&lines[..size]).root());
    let empty = ConsistencyProof { hashes: Vec::new() };
    assert_eq!(
        empty.verify(older(8), older(7)),
        Err(NotProven::Shrunk { old: 8, new: 7 })
    );
    assert_eq!(
        empty.verify(older(8), (8, older(7).1)),
        Err(NotProven::Split { size: 8 })
    );
    assert_eq!(empty.verify((0, older(7).1), older(8)), Err(NotProven::Differs));
    assert_eq!(empty.verify(older(3), older(8)), Err(NotProven::Length));
    assert_eq!(empty.verify(older(4), older(8)), Err(NotProven::Length));
    let one = ConsistencyProof {
        hashes: vec![older(1).1],
    };
    assert_eq!(one.verify(older(8), older(8)), Err(NotProven::Length));
    assert_eq!(one.verify(older(0), older(8)), Err(NotProven::Length));
    let beyond = NotProven::Beyond { index: 9, size: 9 };
    assert_eq!(InclusionProver::new(9, 9).err(), Some(beyond));
    assert_eq!(
        InclusionProof {
            index: 9,
            hashes: Vec::new()
        }
        .verify(leaf_hash(b"9"), 9, older(9).1),
        Err(beyond)
    );
    assert_eq!(
        InclusionProver::new(0, 0).err(),
        Some(NotProven::Beyond { index: 0, size: 0 })
    );
    let shrunk = ConsistencyProver::new(&frontier(&lines), 8).err();
    assert_eq!(shrunk, Some(NotProven::Shrunk { old: 9, new: 8 }));
}

#[test]
fn a_log_that_ends_too_early_has_no_proof() {
    let lines = lines(8);
    for read in 0..8 {
        let mut inclusion = InclusionProver::new(2, 8).unwrap();
        lines[..read].iter().for_each(|line| inclusion.push_line(line));
        let short = TooShort {
            lines: read as u64,
            size: 8,
        };
        assert_eq!(inclusion.finish(), Err(short));
        for old in 1..=read {
            let mut consistency = ConsistencyProver::new(&frontier(&lines[..old]), 8).unwrap();
            lines[old..read].iter().for_each(|line| consistency.push_line(line));
            assert_eq!(consistency.finish(), Err(short), "{old} to {read}");
        }
    }
    let empty = ConsistencyProver::new(&Frontier::EMPTY, 8).unwrap();
    assert_eq!(empty.finish(), Err(TooShort { lines: 0, size: 8 }));
}
