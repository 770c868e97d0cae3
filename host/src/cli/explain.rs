//! `explain`: why an event was recorded.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::Position;

use super::history::HistoryPlace;
use super::id::id;
use super::output::{print, print_json};
use super::receipt;

/// Show why an event was recorded.
///
/// It names each rule that was asked, and the events that the rule rests on. It changes nothing. docs/receipts.md says
/// how to read it.
///
/// The log is read several times. Standard input is first copied to a temporary file.
///
/// Example: enterprise-credentials explain octo.jsonl --position 204
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    history: HistoryPlace,
    /// The position of the event. Line n of a log holds position n.
    #[arg(long, value_name = "N", value_parser = id::<Position>)]
    position: Position,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode> {
        let receipt = receipt::of_event(&self.history.kept()?, self.position)?;
        if self.json {
            print_json(&receipt)?;
        } else {
            print(receipt::in_words(&receipt))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
