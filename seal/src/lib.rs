//! Commits to a log: the Merkle tree of RFC 6962 and RFC 9162, with SHA-256, over its lines.
//!
//! A leaf is a line's bytes as they are stored, without the line feed, so the size of the tree is the position of the last
//! event. The root commits to every byte of every line and to their order. To grow the tree nobody needs the lines before:
//! a [`Frontier`], at most 64 hashes, is enough. There is no I/O here and no tree in memory.
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
//! | concern | item |
//! | --- | --- |
//! | what a hash is, of a line and of two subtrees | [`struct@Hash`], [`leaf_hash`], [`node_hash`] |
//! | the right edge of a tree, which grows and has a root | [`Frontier`] |
//! | why not | [`InvalidFrontier`] (the bytes), [`TreeFull`] (the size) |
#![no_std]

extern crate alloc;

mod frontier;
mod hash;

pub use frontier::{Frontier, InvalidFrontier, TreeFull};
pub use hash::{Hash, leaf_hash, node_hash};
