//! Witnesses: the one in `examples/`, in processes of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../examples/witness.rs"]
#[expect(dead_code, reason = "the example's own `main` has no use here")]
mod example;
mod log;
mod one_history;
mod process;
