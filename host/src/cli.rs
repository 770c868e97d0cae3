//! The command line: one file for each command.

mod answer;
mod audit;
mod backup;
mod blast_radius;
mod credentials;
mod decide;
mod diff;
mod directory;
mod evidence;
mod explain;
mod export;
mod file_limit;
mod generate;
mod hints;
mod history;
mod id;
mod import;
mod import_inventory;
mod kind;
mod log;
mod mark;
mod oracle;
mod output;
mod plan;
mod progress;
mod receipt;
mod reconcile;
mod rehearse;
mod repair;
mod replay;
mod restore;
mod scope;
mod seal;
mod serve;
mod signal;
mod table;
mod terminal;
mod time;
mod verify;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::store::INLINE_READS_MAX;

/// Revoke the credentials of an enterprise at once, and show the evidence.
///
/// To see it work, run `enterprise-credentials rehearse`. It needs no files, and touches nothing of yours.
///
/// A log is a file with one event a line. It tells everything that happened to the credentials of one enterprise. A
/// store is an SQLite file or a PostgreSQL database that holds the logs of many enterprises. There, a log is called a
/// stream.
///
/// Exit codes: 0 is done, 1 is failed or with findings, 2 is wrong arguments, 3 is refused by a rule.
#[derive(Debug, Parser)]
#[command(name = "enterprise-credentials", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Rehearse(rehearse::Rehearse),
    Serve(serve::Serve),
    Import(import::Import),
    Export(export::Export),
    Verify(verify::Verify),
    Repair(repair::Repair),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Replay(replay::Replay),
    Plan(plan::PlanArgs),
    Audit(audit::Audit),
    Credentials(credentials::CredentialsArgs),
    Reconcile(reconcile::ReconcileArgs),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Seal(seal::SealArgs),
    Decide(decide::Decide),
    Oracle(oracle::OracleArgs),
    Generate(generate::Generate),
    ImportInventory(import_inventory::ImportInventory),
}

/// Runs the command that the arguments name. Exit codes: 0 done, 1 failed or with findings, 2 wrong arguments (clap's),
/// 3 refused.
pub(crate) fn run() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return ExitCode::from(output::explain(&error)),
    };
    let done = match command {
        Command::Rehearse(rehearse) => rehearse.run(),
        Command::Serve(serve) => serve.run(),
        Command::Import(import) => import.run(),
        Command::Export(export) => export.run(),
        Command::Verify(verify) => verify.run(),
        Command::Repair(repair) => repair.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Replay(replay) => replay.run(),
        Command::Plan(plan) => plan.run(),
        Command::Audit(audit) => audit.run(),
        Command::Credentials(credentials) => credentials.run(),
        Command::Reconcile(reconcile) => reconcile.run(),
        Command::Explain(explain) => explain.run(),
        Command::Diff(diff) => diff.run(),
        Command::Seal(seal) => seal.run(),
        Command::Decide(decide) => decide.run(),
        Command::Oracle(oracle) => oracle.run(),
        Command::Generate(generate) => generate.run(),
        Command::ImportInventory(inventory) => inventory.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) if is_cut_short(&error) => ExitCode::FAILURE,
        Err(error) => {
            output::tell(&format!(
                "{} {}",
                terminal::bad_on_stderr("error:"),
                output::visible_lines(&error_chain(error.as_ref()))
            ));
            if let Some(hint) = hints::about(&error) {
                output::tell(&format!("hint: {hint}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// Ends the program as clap does where arguments do not go together in a way that it cannot tell.
fn wrong_arguments(what: &str) -> ! {
    let mut program = Cli::command();
    // With the usage of each command.
    program.build();
    // The program has no flag that could stand before the command's name.
    let name = std::env::args_os().nth(1).unwrap_or_default();
    let error = match program.find_subcommand_mut(name) {
        Some(command) => command.error(ErrorKind::ArgumentConflict, what),
        None => program.error(ErrorKind::ArgumentConflict, what),
    };
    std::process::exit(output::explain(&error).into())
}

/// Whether a stream was not read to its end. It was not written whole then, but there is nothing to complain of.
fn is_cut_short(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<output::NotPrinted>()
        .is_some_and(output::NotPrinted::is_cut_short)
}

/// The exit code of a command whose answer is a refusal: nothing failed.
fn refused() -> ExitCode {
    ExitCode::from(3)
}

/// A runtime for the commands that need one. It has threads to spare for the small reads that are done on them: a disk
/// that does not answer holds up nothing else.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors + INLINE_READS_MAX)
        .enable_all()
        .build()?;
    Ok(runtime)
}
