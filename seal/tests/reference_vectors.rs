//! The published answers: what the tests of Certificate Transparency expect of their eight leaves.

use enterprise_credentials_seal::{Frontier, leaf_hash, node_hash};

/// Each leaf, and the root of the tree that ends with it.
const LEAVES: [(&[u8], &str); 8] = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (
        b"\0",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    ),
    (
        b"\x10",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ),
    (
        b" !",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (
        b"01",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    ),
    (
        b"@ABC",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    ),
    (
        b"PQRSTUVW",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    ),
    (
        b"`abcdefghijklmno",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

#[test]
fn the_root_is_the_published_one_at_every_size() {
    let mut frontier = Frontier::EMPTY;
    for (size, (leaf, root)) in (1..).zip(LEAVES) {
        frontier.push_line(leaf).unwrap();
        assert_eq!((frontier.size(), frontier.root().to_string().as_str()), (size, root));
    }
}

#[test]
fn the_root_of_no_leaves_is_sha_256_of_nothing() {
    let root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Frontier::EMPTY.root().to_string(), root);
}

#[test]
fn a_leaf_is_hashed_otherwise_than_a_node_of_the_same_bytes() {
    let [left, right] = [leaf_hash(b"left"), leaf_hash(b"right")];
    let node = node_hash(left, right);
    assert_ne!(node, leaf_hash(&[*left.as_bytes(), *right.as_bytes()].concat()));
    assert_ne!(node, node_hash(right, left));
}
