//! The versions of what is spoken, and the limits on what is asked and kept.

/// The version of requests and answers. Another number means that a caller of the old ones would be misunderstood.
pub const PROTOCOL: u32 = 1;
/// The version of the rule set, as in CHANGELOG.md. Another number means that some command is decided otherwise than
/// before.
pub const RULE_SET: u32 = 1;
/// The most enterprises that are kept at once.
pub const HANDLES_MAX: usize = 1_000;
/// The longest request, in bytes: 4 MiB.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How deep the lists and objects of a request may stand in each other.
pub const DEPTH_MAX: usize = 64;
/// The most that all enterprises kept may have been made of, in bytes of events and of snapshots: 8 MiB.
pub const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most pairs of a credential and an organization that one `access_all` asks for.
pub const PAIRS_MAX: usize = 1_000_000;
