//! A frontier is as many hashes as its size has bits set, and is refused otherwise.

use enterprise_credentials_seal::{Frontier, Hash, InvalidFrontier, TreeFull, leaf_hash, node_hash};

/// The frontier of this many lines, each its own number.
fn frontier_of(size: u64) -> Frontier {
    let mut frontier = Frontier::EMPTY;
    let leaves = (0..size).map(|line| leaf_hash(line.to_string().as_bytes()));
    assert_eq!(frontier.extend(leaves), Ok(()));
    frontier
}

#[test]
fn it_holds_the_perfect_subtrees_largest_first() {
    let leaves: Vec<Hash> = (0..7).map(|line| leaf_hash(line.to_string().as_bytes())).collect();
    let pairs: Vec<Hash> = leaves.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    let four = node_hash(pairs[0], pairs[1]);
    assert_eq!(frontier_of(7).hashes(), [four, pairs[2], leaves[6]]);
    assert_eq!(frontier_of(6).hashes(), [four, pairs[2]]);
    assert_eq!(frontier_of(4).hashes(), [four]);
    assert_eq!(frontier_of(0).hashes(), []);
}

#[test]
fn its_bytes_are_its_hashes_and_read_back() {
    for size in 0..70 {
        let frontier = frontier_of(size);
        let bytes = frontier.to_bytes();
        let hashes: Vec<u8> = frontier.hashes().iter().flat_map(|hash| *hash.as_bytes()).collect();
        assert_eq!(bytes, hashes);
        assert_eq!(Frontier::from_bytes(size, &bytes), Ok(frontier));
    }
}

#[test]
fn every_other_length_is_refused() {
    for size in (0..70).chain([1 << 63, u64::MAX - 1, u64::MAX]) {
        let right = size.count_ones() as usize * Hash::LENGTH;
        for found in 0..=65 * Hash::LENGTH {
            let read = Frontier::from_bytes(size, &vec![7; found]);
            assert_eq!(read.is_ok(), found == right, "size {size}, {found} bytes");
            if found != right {
                assert_eq!(read, Err(InvalidFrontier { size, found }));
            }
        }
    }
}

#[test]
fn a_refusal_says_what_was_expected() {
    let refused = Frontier::from_bytes(5, &[0; 63]).unwrap_err().to_string();
    assert_eq!(refused, "the frontier of a tree of size 5 takes 64 bytes, not 63");
}

#[test]
fn frontiers_of_other_lines_sizes_or_orders_differ() {
    let mut swapped = Frontier::EMPTY;
    swapped
        .extend(["0", "2", "1"].map(|line| leaf_hash(line.as_bytes())))
        .unwrap();
    for other in [frontier_of(2), frontier_of(4), swapped] {
        assert_ne!(frontier_of(3), other);
        assert_ne!(frontier_of(3).root(), other.root());
    }
}

#[test]
fn the_last_leaf_fits_and_the_one_after_it_is_refused() {
    let bytes = vec![7; 63 * Hash::LENGTH];
    let mut frontier = Frontier::from_bytes(u64::MAX - 1, &bytes).unwrap();
    let leaf = leaf_hash(b"the last");
    assert_eq!(frontier.push_leaf(leaf), Ok(()));
    assert_eq!((frontier.size(), frontier.hashes().len()), (u64::MAX, 64));

    let full = frontier.clone();
    assert_eq!(frontier.push_leaf(leaf), Err(TreeFull));
    assert_eq!(frontier.push_line(b"one more"), Err(TreeFull));
    assert_eq!(frontier.extend([leaf]), Err(TreeFull));
    assert_eq!(frontier, full);
    assert_eq!(TreeFull.to_string(), "the tree is full: it has 2^64 − 1 leaves");
}

#[test]
fn a_hash_is_shown_in_hexadecimal() {
    let mut bytes = [0; Hash::LENGTH];
    (bytes[0], bytes[31]) = (0xab, 0x01);
    let digits = format!("ab{}01", "0".repeat(60));
    assert_eq!(Hash::from_bytes(bytes).to_string(), digits);
    assert_eq!(format!("{:?}", Hash::from_bytes(bytes)), format!("Hash({digits})"));
}
