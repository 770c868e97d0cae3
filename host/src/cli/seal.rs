//! `seal`: keys and checkpoints of logs, and proofs that need no trust in whoever keeps them.

mod auditor;
mod check;
mod compare;
mod files;
mod key;
mod origins;
mod prove;
mod restart;
mod sealed;
mod verify;
mod witnessed;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use enterprise_credentials::limits::LINE_BYTES_MAX;

use super::history::{History, HistoryPlace};

pub(super) use files::{Keys, keys, note};
pub(super) use sealed::{Document, Seal, open};
pub(super) use witnessed::Witnesses;

/// Make keys, and check logs and proofs against signed checkpoints.
///
/// A checkpoint says how many lines a log had, and gives a hash of them. It is signed, and about 200 bytes long. Keep
/// it where whoever keeps the log cannot change it. Then nobody can rewrite the log without your noticing.
///
/// docs/seals.md says how an auditor uses it.
#[derive(Debug, Args)]
pub(crate) struct SealArgs {
    #[command(subcommand)]
    command: SealCommand,
}

#[derive(Debug, Subcommand)]
enum SealCommand {
    Key(key::KeyArgs),
    Verify(verify::Verify),
    Prove(prove::Prove),
    Check(check::Check),
    Compare(compare::Compare),
    Origins(origins::Origins),
    Restart(restart::Restart),
    Auditor(auditor::Auditor),
}

impl SealArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        match self.command {
            SealCommand::Key(key) => key.run(),
            SealCommand::Verify(verify) => verify.run(),
            SealCommand::Prove(prove) => prove.run(),
            SealCommand::Check(check) => check.run(),
            SealCommand::Compare(compare) => compare.run(),
            SealCommand::Origins(origins) => origins.run(),
            SealCommand::Restart(restart) => restart.run(),
            SealCommand::Auditor(auditor) => auditor.run(),
        }
    }
}

/// Hands the lines of a log to `each`, whatever they say: a seal is over bytes.
fn each_line(place: &HistoryPlace, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut history: History = place.open()?;
    let mut number = 0_u64;
    while history.next_line()? {
        number += 1;
        let line = history.line();
        ensure!(
            line.len() <= LINE_BYTES_MAX,
            "{place}: line {number} is longer than {LINE_BYTES_MAX} bytes, so this is no log of ours"
        );
        each(line)?;
    }
    Ok(())
}
