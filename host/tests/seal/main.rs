//! The seal: what is signed, when, and that nothing ever contradicts it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../common/mod.rs"]
mod common;

mod given;
mod hosts;
mod http;
mod import;
mod keys;
mod kills;
mod scene;
mod set_back;
mod steps;
