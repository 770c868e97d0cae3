//! `seal prove`: makes proofs, each a file that is checked without the log.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use enterprise_credentials::Position;
use enterprise_credentials_seal::{
    Checkpoint, ConsistencyProver, Frontier, InclusionProver, Note, SealedGrowth, SealedLine, TooShort,
};

use super::{each_line, files};
use crate::cli::history::HistoryPlace;
use crate::cli::output::print;

/// Prove something about a sealed log to somebody who does not have the log.
///
/// With `--position` it proves that a line is in the log. With `--from` it proves that the log only grew since an older
/// checkpoint. It prints the proof, with the checkpoint at its end. `seal check` and `seal compare --proof` take it.
///
/// The proof of a line shows the line, and the hash of the line beside it. Whoever guesses that other line can confirm
/// the guess.
///
/// Example: enterprise-credentials seal prove octo.jsonl --position 204 --checkpoint octo.checkpoint > line.proof
#[derive(Debug, Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    history: HistoryPlace,
    /// Prove that the line at this position is in the log.
    #[arg(long, value_name = "N", required_unless_present = "from", conflicts_with = "from", value_parser = position)]
    position: Option<Position>,
    /// Prove that the log only grew since this older checkpoint.
    #[arg(long, value_name = "FILE", value_parser = files::note)]
    from: Option<Note>,
    /// The checkpoint that the proof leads to.
    #[arg(long, value_name = "FILE", value_parser = files::note)]
    checkpoint: Note,
}

/// Line n holds position n, and no line position 0.
fn position(text: &str) -> Result<Position, String> {
    let position = text.parse::<Position>().map_err(|error| error.to_string())?;
    if position == Position::START {
        Err("positions count from 1".to_owned())
    } else {
        Ok(position)
    }
}

impl Prove {
    pub(super) fn run(self) -> Result<ExitCode> {
        let to: Checkpoint = self.checkpoint.text().parse()?;
        let proof = match (&self.from, self.position) {
            (Some(from), _) => self.growth(&from.text().parse()?, &to)?.to_string(),
            (None, position) => self.line(position.unwrap_or_default(), &to)?.to_string(),
        };
        print(proof)?;
        Ok(ExitCode::SUCCESS)
    }

    fn line(&self, position: Position, to: &Checkpoint) -> Result<SealedLine> {
        let place = position.value();
        ensure!(
            place <= to.size,
            "the checkpoint covers positions 1 to {}, not {place}: take a later one",
            to.size
        );
        let mut prover = InclusionProver::new(place.saturating_sub(1), to.size)?;
        let (mut line, mut read) = (Vec::new(), 0);
        each_line(&self.history, &mut |bytes| {
            prover.push_line(bytes);
            read += 1;
            if read == place {
                line = bytes.to_vec();
            }
            Ok(())
        })?;
        let (proof, leaf) = prover.finish()?;
        proof
            .verify(leaf, to.size, to.root)
            .with_context(|| self.cannot_prove())?;
        let checkpoint = self.checkpoint.clone();
        Ok(SealedLine {
            line,
            proof,
            checkpoint,
        })
    }

    fn growth(&self, from: &Checkpoint, to: &Checkpoint) -> Result<SealedGrowth> {
        // While the older log is read, its right edge grows; then the lines behind it go to the prover.
        let mut edge = Frontier::EMPTY;
        let mut prover = (from.size == 0)
            .then(|| ConsistencyProver::new(&edge, to.size))
            .transpose()?;
        each_line(&self.history, &mut |line| {
            match &mut prover {
                Some(prover) => prover.push_line(line),
                None => edge.push_line(line)?,
            }
            if prover.is_none() && edge.size() == from.size {
                prover = Some(ConsistencyProver::new(&edge, to.size)?);
            }
            Ok(())
        })?;
        let (lines, size) = (edge.size(), from.size);
        let proof = prover.ok_or(TooShort { lines, size })?.finish()?;
        let proven = proof.verify((from.size, from.root), (to.size, to.root));
        proven.with_context(|| self.cannot_prove())?;
        let checkpoint = self.checkpoint.clone();
        Ok(SealedGrowth {
            old: from.size,
            proof,
            checkpoint,
        })
    }

    fn cannot_prove(&self) -> String {
        format!("{} does not lead to the checkpoint", self.history)
    }
}
