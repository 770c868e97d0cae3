//! What the core is measured against: the least that the work needs, and what one would write first.

mod decoding;
mod map;
mod probe;

pub use decoding::{Minimal, decode_each, not_canonical, parse_minimal, replay_by_derive, skip_all};
pub use map::Map;
pub use probe::Probe;
