//! `seal compare`: whether two checkpoints are of one history.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::StoreUrl;
use enterprise_credentials_seal::{ConsistencyProof, NotProven, Note, SealedGrowth};

use super::{Keys, Seal, each_line, files, open};
use crate::cli::history::HistoryPlace;
use crate::cli::output::print;
use crate::cli::table::{Facts, count};

/// Check that a log only grew from an older checkpoint to a newer one.
///
/// Give the log, or a proof that `seal prove --from` printed. Two checkpoints of the same size need neither.
///
/// Exits with 1 if a checkpoint is not genuine, or if the two are of different histories. Two genuine checkpoints of
/// different histories convict whoever has the key, so keep both.
///
/// Example: enterprise-credentials seal compare old.checkpoint new.checkpoint --log octo.jsonl --key octo.vkey
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The older checkpoint.
    #[arg(value_name = "OLD", value_parser = files::note)]
    older: Note,
    /// The newer checkpoint.
    #[arg(value_name = "NEW", value_parser = files::note)]
    newer: Note,
    /// The log; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "proof"])]
    log: Option<PathBuf>,
    /// Read the stream from this store instead of a file.
    #[arg(long, value_name = "URL", requires = "enterprise", conflicts_with = "proof")]
    store: Option<StoreUrl>,
    /// The enterprise whose stream to read from the store.
    #[arg(long, value_name = "SLUG", requires = "store")]
    enterprise: Option<EnterpriseSlug>,
    /// A proof. With it you do not need the log.
    #[arg(long, value_name = "FILE", value_parser = files::growth)]
    proof: Option<SealedGrowth>,
    /// The verifier key of the log. The file may hold several, one a line.
    #[arg(long = "key", value_name = "FILE", required = true, value_parser = files::keys)]
    keys: Vec<Keys>,
}

impl Compare {
    pub(super) fn run(self) -> Result<ExitCode> {
        let older = open(&self.older, &self.keys).context("OLD")?;
        let newer = open(&self.newer, &self.keys).context("NEW")?;
        ensure!(
            older.checkpoint.origin == newer.checkpoint.origin,
            "the checkpoints are of two different logs, `{}` and `{}`",
            older.checkpoint.origin,
            newer.checkpoint.origin
        );
        let by = self.compare(&older, &newer)?;
        let mut facts = newer.facts();
        facts.push(("older", format!("{} lines", count(older.checkpoint.size))));
        facts.push(("history", format!("ONE: the log only grew, as {by} shows")));
        print(Facts(&facts).to_string())?;
        Ok(ExitCode::SUCCESS)
    }

    /// Says what shows it.
    fn compare(&self, older: &Seal, newer: &Seal) -> Result<&'static str> {
        let [old, new] = [older, newer].map(|seal| (seal.checkpoint.size, seal.checkpoint.root));
        let none = ConsistencyProof { hashes: Vec::new() };
        match (none.verify(old, new), &self.proof, self.history()) {
            (Err(split @ (NotProven::Split { .. } | NotProven::Shrunk { .. })), ..) => Err(split.into()),
            (_, Some(proof), _) => {
                ensure!(
                    proof.checkpoint.text() == self.newer.text(),
                    "the proof leads to another checkpoint than NEW: fetch a proof for these two checkpoints"
                );
                ensure!(
                    proof.old == old.0,
                    "the proof begins at {} lines, but OLD has {}: fetch a proof for these two checkpoints",
                    proof.old,
                    old.0
                );
                proof.proof.verify(old, new).context("the proof is not genuine")?;
                Ok("the proof")
            }
            (_, None, Some(history)) => {
                let (mut older, mut newer) = (older.check(), newer.check());
                each_line(&history, &mut |line| {
                    older.push_line(line);
                    newer.push_line(line);
                    Ok(())
                })?;
                older.finish().context("OLD")?;
                newer.finish().context("NEW")?;
                Ok("the log")
            }
            (Ok(()), None, None) => Ok("their root"),
            (Err(_), None, None) => {
                bail!("the checkpoints have different sizes: give the log with `--log`, or a proof with `--proof`")
            }
        }
    }

    fn history(&self) -> Option<HistoryPlace> {
        match (&self.log, &self.store, &self.enterprise) {
            (Some(log), ..) => Some(HistoryPlace::at(log)),
            (None, Some(store), Some(enterprise)) => Some(HistoryPlace::of_stream(store.clone(), enterprise.clone())),
            _ => None,
        }
    }
}
