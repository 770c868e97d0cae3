//! The seal: what is signed, when, and that nothing ever contradicts it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "../common/mod.rs"]
mod common;

mod given;
