//! `explain`: why an event was recorded.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::Position;

use super::history::HistoryPlace;
use super::id::id;
use super::output::{print, print_json};
use super::receipt;

/// Show why an event was recorded: the rules that spoke to it, and the events that each rested on. Changes nothing.
///
/// The log is read several times. What can be read only once is copied to a temporary file first.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    history: HistoryPlace,
    /// The event's position: line n of a log holds position n.
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
