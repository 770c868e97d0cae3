//! Measures the core against other event-sourcing crates and a plain decider doing the same work: `README.md` beside
//! this says what is compared.
//!
//! `cargo run --profile bench -p enterprise-credentials-peers`; with `-- commands` or `-- replay` the one half.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking, and a plain decider indexes"
)]

mod commands;
mod contestants;
mod counts;
mod lines;
mod plain;
mod replay;
mod with_cqrs_es;
mod with_esrs;
mod with_eventually;
mod word;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("--carry-out") => commands::carry_out(arguments),
        Some("commands") => commands::run(),
        Some("replay") => replay::run(),
        _ => {
            commands::run();
            replay::run();
        }
    }
}
