//! The host against the bare engine beneath it: the same lines, the same tables, the same durability, in the same run.
//!
//! `cargo bench -p enterprise-credentials-host-benches --bench throughput`; behind `--`, how many credentials (100,000
//! where none is named) and how many rounds (5), as `-- 1000000 3`. The engine is SQLite, or with `--features postgres`
//! the PostgreSQL server whose URL comes first, as `-- postgres://postgres@127.0.0.1:5432/postgres 1000000 3`.
#![expect(
    clippy::expect_used,
    reason = "a benchmark fails by panicking: no figure is better than a wrong one"
)]

mod appends;
mod client;
mod directory;
mod engine;
mod founding;
mod import;
mod job;
mod raw;
mod replay;
mod requests;
mod rounds;

use anyhow::{Context, Result};
use enterprise_credentials::log::write_line;
use enterprise_credentials::{EnterpriseKind, EnterpriseSlug};
use enterprise_credentials_host::sample::Sample;
use tokio::runtime::Runtime;

use engine::Engine;

/// The log that is imported, revoked and replayed.
struct History {
    slug: EnterpriseSlug,
    bytes: Vec<u8>,
    events: u64,
}

fn main() -> Result<()> {
    let server = std::env::args().find(|argument| argument.contains("://"));
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let credentials: u32 = numbers.next().unwrap_or(100_000);
    let rounds = numbers.next().unwrap_or(5);
    let engine = Engine::of(server)?;
    let runtime = Runtime::new()?;
    let history = history(credentials)?;
    println!(
        "{}: {credentials} credentials, {} events, {} bytes an event; median of {rounds} rounds in turns; µs of CPU \
         are those of the whole process",
        engine.name(),
        history.events,
        history.bytes.len() as u64 / history.events
    );
    import::run(&runtime, &engine, &history, rounds)?;
    job::run(&runtime, &engine, &history, rounds)?;
    replay::run(&runtime, &engine, &history, rounds)?;
    appends::run(&runtime, &engine, rounds)?;
    requests::run(&runtime, &engine, rounds)
}

fn history(credentials: u32) -> Result<History> {
    let sample = Sample {
        kind: EnterpriseKind::ManagedUsers,
        members: (credentials / 5).max(1),
        credentials,
        seed: 1,
    };
    let mut bytes = Vec::new();
    let enterprise = sample.generate(&mut |recorded| {
        write_line(recorded, &mut bytes);
        Ok(())
    })?;
    Ok(History {
        slug: enterprise.slug().context("a sample has a slug")?.clone(),
        events: enterprise.position().value(),
        bytes,
    })
}
