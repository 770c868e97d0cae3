//! `seal check`: whether a line was in a sealed log, without the log.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use enterprise_credentials_seal::SealedLine;

use super::{Keys, files, open};
use crate::cli::output::{print, visible};
use crate::cli::table::{Facts, count};
use crate::cli::terminal::good;

/// Check the proof that a line is in a sealed log.
///
/// You need neither the log nor whoever keeps it. Exits with 1 if the checkpoint in the proof is not genuine, or if the
/// proof does not lead to it.
///
/// Example: enterprise-credentials seal check line.proof --key octo.vkey
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The proof, as `seal prove --position` prints it; `-` reads standard input.
    #[arg(value_name = "PROOF", value_parser = files::line)]
    proof: SealedLine,
    /// The verifier key of the log. The file may hold several, one a line.
    #[arg(long = "key", value_name = "FILE", required = true, value_parser = files::keys)]
    keys: Vec<Keys>,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode> {
        let SealedLine {
            line,
            proof,
            checkpoint,
        } = &self.proof;
        let seal = open(checkpoint, &self.keys)?;
        let (size, root) = (seal.checkpoint.size, seal.checkpoint.root);
        let leaf = enterprise_credentials_seal::leaf_hash(line);
        proof.verify(leaf, size, root).context("the proof is not genuine")?;
        let mut facts = seal.facts();
        let position = count(proof.index.saturating_add(1));
        facts.push((
            "proof",
            format!("{}: the sealed log has this line at position {position}", good("HOLDS")),
        ));
        facts.push(("line", visible(&String::from_utf8_lossy(line))));
        print(Facts(&facts).to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}
