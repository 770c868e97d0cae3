//! `decide`: what the core would answer to a command, without recording anything.

use std::process::ExitCode;

use clap::Args;
use enterprise_credentials::log::write_line;
use enterprise_credentials::receipt::Answer;
use enterprise_credentials::{Command, Enterprise, Refusal, Timestamp};

use super::history::HistoryPlace;
use super::output::{print, print_json, tell};
use super::receipt;
use super::scope::ScopeArgs;
use super::table::Facts;
use super::time::{time, time_of_question};

/// Show the answer to a command: the events to record, or the rule that refuses it. Changes nothing.
///
/// The events go to standard output, as the lines that they would be in the log. Exits with 3 if the command is
/// refused.
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
    #[arg(long, value_name = "JSON", value_parser = command)]
    command: Command,
    #[command(flatten)]
    scope: ScopeArgs,
    /// When the command would be given.
    ///
    /// Default: now, or the time of the last event if that is later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Show why: the rules that were asked, and the events on which each rests.
    #[arg(long)]
    explain: bool,
    /// Print the explanation as one JSON document.
    #[arg(long, requires = "explain")]
    json: bool,
}

fn command(json: &str) -> Result<Command, serde_json::Error> {
    serde_json::from_str(json)
}

impl Decide {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if self.explain {
            return self.explain();
        }
        let enterprise = self.history.read(&mut |_, _| Ok(()))?;
        let at = time_of_question(&enterprise, self.at, None)?;
        let command = self.scope.narrow(self.command, &enterprise)?;
        let events = match enterprise.decide(&command, at) {
            Ok(events) => events,
            Err(refusal) => {
                tell(&format!("refused: {refusal}\n{}", reasons(&refusal)));
                return Ok(super::refused());
            }
        };
        if events.is_empty() {
            tell("nothing to do: the command would change nothing");
        }
        let mut lines = Vec::new();
        for recorded in enterprise.record(events, at, None) {
            write_line(&recorded, &mut lines);
        }
        print(lines)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The exit code is that of the answer.
    fn explain(self) -> anyhow::Result<ExitCode> {
        let history = self.history.kept()?;
        let mut enterprise = Enterprise::new();
        for recorded in history.events()? {
            (enterprise.apply(&recorded?)).map_err(|corrupt| history.blame(corrupt))?;
        }
        let at = time_of_question(&enterprise, self.at, None)?;
        let command = self.scope.narrow(self.command, &enterprise)?;
        let receipt = receipt::of_command(&history, command, at)?;
        if self.json {
            print_json(&receipt::Document::of(&receipt))?;
        } else {
            print(receipt::in_words(&receipt))?;
        }
        Ok(match receipt.answer {
            Answer::Accepted(_) => ExitCode::SUCCESS,
            Answer::Refused(_) => super::refused(),
        })
    }
}

/// The rule behind a refusal, and what it means over HTTP.
fn reasons(refusal: &Refusal) -> String {
    let rule = refusal.rule();
    let status = rule.http().map_or_else(
        || "none: no request to revoke breaks this rule".to_owned(),
        |http| http.status.to_string(),
    );
    let facts = [
        ("rule", rule.id().to_owned()),
        ("says", rule.sentence().to_owned()),
        ("source", rule.source().to_string()),
        ("http status", status),
    ];
    Facts(&facts).to_string().trim_end().to_owned()
}
