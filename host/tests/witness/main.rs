//! Witnesses: the one in `examples/`, in processes of its own, and hosts that show their streams to it.

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
mod hosts;
mod liars;
mod log;
mod one_history;
mod process;
#[path = "../seal/scene.rs"]
#[expect(dead_code, reason = "what the tests of the seal alone use")]
mod scene;
