//! `decide`: what the core would answer to a command, without recording anything.

mod commands;
mod decision;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::log::Until;
use enterprise_credentials::receipt::Answer;
use enterprise_credentials::{Command, Enterprise, Timestamp};

use super::history::HistoryPlace;
use super::output::{print, print_json, tell};
use super::receipt;
use super::scope::ScopeArgs;
use super::time::{time, time_of_question, until};
use super::wrong_arguments;
use commands::Asked;
use decision::{Decision, Outcome};

/// Show the answer to a command: the events to record, or the rule that refuses it. Changes nothing.
///
/// The events go to standard output, as the lines that they would be in the log. Exits with 3 if the command is
/// refused.
///
/// Several commands on standard input are decided as one. Each is decided as if the earlier ones were recorded. If one
/// is refused, all are.
///
/// `--person`, `--credential-type` and `--organization` limit a command `RevokeAll` or `Revoke` by names instead of
/// ids. This also works for a login that cannot stand in the path of a URL.
///
/// Example: enterprise-credentials decide octo.jsonl --command '{"type":"RevokeAll","caller":{"person":7}}'
#[derive(Debug, Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    history: HistoryPlace,
    /// The command, such as `{"type":"DestroyCredential","credential":7}`.
    ///
    /// `-` reads one from standard input, or several, one a line.
    #[arg(long, value_name = "JSON", value_parser = commands::asked)]
    command: Asked,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Decide as of this position or time.
    ///
    /// A number is a position. A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// When the command would be given.
    ///
    /// Default: now, or where `--until` ends. It is never before the last event.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Show why: the rules that were asked, and the events on which each rests.
    #[arg(long)]
    explain: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Decide {
    pub(super) fn run(self) -> Result<ExitCode> {
        if self.command.is_on_standard_input() && self.history.is_on_standard_input() {
            wrong_arguments("the log and the command cannot both be on standard input: give a file for one of them");
        }
        let commands = match self.command.clone().read() {
            Ok(commands) => commands,
            Err(wrong) => wrong_arguments(&wrong),
        };
        if self.explain {
            return self.explain(commands);
        }
        let enterprise = match self.until {
            // Before its first event there is an enterprise to create.
            None => self.history.read(&mut |_, _| Ok(()))?,
            until => self.history.replay(until)?,
        };
        let at = time_of_question(&enterprise, self.at, self.until)?;
        let commands = self.narrow(commands, &enterprise)?;
        let decision = Decision::of(&enterprise, commands, at)?;
        if self.json {
            print_json(&decision)?;
        } else {
            self.tell(&decision)?;
        }
        Ok(match decision.outcome {
            Outcome::Accepted | Outcome::NothingToDo => ExitCode::SUCCESS,
            Outcome::Refused => super::refused(),
        })
    }

    fn tell(&self, decision: &Decision) -> Result<()> {
        if let Some(refusal) = &decision.refusal {
            tell(&refusal.in_words(decision.commands()));
            return Ok(());
        }
        if decision.outcome == Outcome::NothingToDo {
            let (command, commands) = ("the command would change nothing", "the commands would change nothing");
            let what = if decision.commands() == 1 { command } else { commands };
            tell(&format!("nothing to do: {what}"));
        }
        print(decision.lines())?;
        Ok(())
    }

    /// The commands with the limits of the flags.
    fn narrow(&self, commands: Vec<Command>, enterprise: &Enterprise) -> Result<Vec<Command>> {
        let narrowed = commands
            .into_iter()
            .map(|command| self.scope.narrow(command, enterprise));
        narrowed.collect()
    }

    /// The exit code is that of the answer.
    fn explain(self, commands: Vec<Command>) -> Result<ExitCode> {
        let Ok([command]) = <[Command; 1]>::try_from(commands) else {
            wrong_arguments("`--explain` is about one command, and there are several on standard input");
        };
        let history = self.history.kept()?;
        let mut enterprise = Enterprise::new();
        history.read_until(self.until, &mut |recorded| enterprise.apply(recorded))?;
        let at = time_of_question(&enterprise, self.at, self.until)?;
        let command = self.scope.narrow(command, &enterprise)?;
        let receipt = receipt::of_command(&history, enterprise.position(), command, at)?;
        if self.json {
            print_json(&receipt)?;
        } else {
            print(receipt::in_words(&receipt))?;
        }
        Ok(match receipt.answer {
            Answer::Accepted(_) => ExitCode::SUCCESS,
            Answer::Refused(_) => super::refused(),
        })
    }
}
