//! Two builds of the host side by side: the whole programs, driven from outside as their users drive them, in turns.
//!
//! `cargo bench -p enterprise-credentials-host-benches --bench builds -- BEFORE AFTER`; BEFORE and AFTER are the
//! programs. Behind them, how many credentials (100,000 where none is named) and how many rounds (5), as
//! `BEFORE AFTER 1000000 3`.
#![expect(
    clippy::expect_used,
    reason = "a benchmark fails by panicking: no figure is better than a wrong one"
)]

#[path = "../throughput/client.rs"]
mod client;
#[path = "../throughput/directory.rs"]
mod directory;
mod figures;
#[path = "../throughput/founding.rs"]
mod founding;
mod large;
mod many;
mod program;

use std::path::PathBuf;

use anyhow::{Context, Result};

use directory::Directory;
use figures::Figures;
use program::Program;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let [before, after, numbers @ ..] = arguments.as_slice() else {
        println!("two builds are needed: `-- BEFORE AFTER`, the paths of their programs");
        return Ok(());
    };
    let mut numbers = numbers.iter().filter_map(|number| number.parse().ok());
    let credentials: u64 = numbers.next().unwrap_or(100_000);
    let rounds = numbers.next().unwrap_or(5);
    let builds = [before, after].map(|path| Program::at(PathBuf::from(path)));
    let directory = Directory::new()?;
    println!(
        "{credentials} credentials in one enterprise; {} enterprises with {} each; median of {rounds} rounds in turns",
        many::ENTERPRISES,
        many::CREDENTIALS
    );
    let mut figures = Figures::default();
    for _ in 0..rounds {
        for (build, program) in builds.iter().enumerate() {
            let mut note = |name, figure| figures.note(name, build, figure);
            large::run(program, &directory, credentials, &mut note).context("one large enterprise")?;
            many::run(program, &directory, &mut note).context("many small enterprises")?;
        }
    }
    figures.print();
    Ok(())
}
