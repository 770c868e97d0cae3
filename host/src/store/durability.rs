//! How much of what was appended may be lost, and when.

use std::fmt;

/// What a store that works says of how durable an append is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// An append is on the disks of a quorum of machines before it is told: none of them alone loses it.
    Synchronous,
    /// It is on the disk of one machine: it survives a crash, and not the loss of that machine.
    ThisNode,
    /// It may not be on a disk: the storage is set up so that a power failure loses it.
    Volatile,
    /// The storage does not let its user see how it is set up.
    Unknown,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Synchronous => "synchronous",
            Self::ThisNode => "this_node",
            Self::Volatile => "volatile",
            Self::Unknown => "unknown",
        })
    }
}
