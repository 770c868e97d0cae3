//! The API as a client sees it: a real server on a loopback port, over a real store.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod clock;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod crowds;
mod failures;
mod list;
mod malformed;
mod narrower;
mod operation;
mod paths;
mod refusals;
mod removal;
mod running;
mod shared;
