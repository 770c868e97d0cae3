//! What the benchmarks share: histories, yardsticks, and interleaved rounds on the CPU's clock.
//!
//! Times on a shared machine mean little, ratios of times taken in turns in one process mean more, and instruction
//! counts do not depend on the machine's load at all. So `table` prints ratios, `memory` counts bytes, and
//! `instructions` runs under callgrind.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking, and its yardsticks are as fast as safe code can be"
)]

pub mod history;
pub mod rounds;
pub mod rows;
pub mod yardsticks;
