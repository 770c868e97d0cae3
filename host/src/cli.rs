//! The command line: one file for each command.

mod export;
mod import;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Revokes every credential of an enterprise, at once, provably.
#[derive(Debug, Parser)]
#[command(name = "enterprise-credentials", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Import(import::Import),
    Export(export::Export),
}

/// Runs the command that the arguments name. Exit codes: 0 done, 1 failed, 2 wrongly asked (clap's).
pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Import(import) => import.run(),
        Command::Export(export) => export.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // Where even that cannot be written, the exit code must do.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A runtime for the commands that need one.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime)
}
