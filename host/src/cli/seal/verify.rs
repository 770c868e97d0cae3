//! `seal verify`: whether a log is the one of which somebody holds a checkpoint.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials_seal::Note;

use super::{Keys, Witnesses, each_line, files, open};
use crate::cli::history::HistoryPlace;
use crate::cli::output::print;
use crate::cli::table::Facts;

/// Check that a log is, byte for byte, the one that was sealed.
///
/// A longer log is accepted if it begins with the sealed one; the lines that came later are named as not covered. What
/// the lines say is not checked: `audit --checkpoint` does both.
///
/// Exits with 1 if the log is another, or if the checkpoint is not genuine or not cosigned.
///
/// Example: enterprise-credentials seal verify octo.jsonl --checkpoint octo.checkpoint --key octo.vkey
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    history: HistoryPlace,
    /// The checkpoint.
    #[arg(long, value_name = "FILE", value_parser = files::note)]
    checkpoint: Note,
    /// The verifier key of the log. The file may hold several, one a line.
    #[arg(long = "key", value_name = "FILE", required = true, value_parser = files::keys)]
    keys: Vec<Keys>,
    #[command(flatten)]
    witnesses: Witnesses,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode> {
        let seal = open(&self.checkpoint, &self.keys)?.cosigned(self.witnesses.of(&self.checkpoint)?);
        let mut check = seal.check();
        each_line(&self.history, &mut |line| {
            check.push_line(line);
            Ok(())
        })?;
        let checked = check.finish();
        let mut facts = seal.facts();
        facts.extend(seal.facts_of_check(&checked));
        print(Facts(&facts).to_string())?;
        checked?;
        Ok(ExitCode::SUCCESS)
    }
}
