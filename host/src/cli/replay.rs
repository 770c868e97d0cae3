//! `replay`: the state that a log leads to.

use std::process::ExitCode;

use clap::Args;
use enterprise_credentials::log::Until;
use enterprise_credentials::{CountByKind, CountByRole, Progress, Summary};

use super::history::HistoryPlace;
use super::output::{Document, print, print_json};
use super::table::{Facts, Table, count};
use super::time::{end, until};

/// Show the state of an enterprise at the end of its log, or earlier.
///
/// A credential counts as alive if it authenticates at the time of the last event, or at the time that `--until` gives.
///
/// Example: enterprise-credentials replay octo.jsonl --until 2026-03-10
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    history: HistoryPlace,
    /// Stop after this position or time.
    ///
    /// A number is a position. A time stops after the last event that is not later. A date alone means midnight at its
    /// start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Document for Summary {
    const SCHEMA: &'static str = "enterprise-credentials/replay/v1";
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let enterprise = self.history.replay(self.until)?;
        let summary = enterprise.summary(end(&enterprise, self.until));
        if self.json {
            print_json(&summary)?;
        } else {
            print(in_words(&summary))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(summary: &Summary) -> String {
    let sections = [
        identity(summary).to_string(),
        people(&summary.people).to_string(),
        credentials(&summary.credentials).to_string(),
        revocations(&summary.revocations),
    ];
    sections.join("\n")
}

fn identity(summary: &Summary) -> String {
    let none = || "none yet".to_owned();
    let facts = [
        (
            "enterprise",
            summary.slug.as_ref().map_or_else(none, ToString::to_string),
        ),
        ("kind", summary.kind.map_or_else(none, |kind| kind.to_string())),
        ("position", count(summary.position.value())),
        ("last event", summary.last_at.map_or_else(none, |at| at.to_string())),
        (
            "expiry as of",
            summary.last_at.map_or_else(none, |_| summary.at.to_string()),
        ),
        ("organizations", count(summary.organizations)),
        ("permission holders", count(summary.permission_holders)),
    ];
    Facts(&facts).to_string()
}

fn people(people: &[CountByRole]) -> Table<2> {
    let mut table = Table::new(["people by role", "present"]);
    for CountByRole { role, people } in people {
        table.row([role.to_string(), count(*people)]);
    }
    table.total(["all".to_owned(), count(people.iter().map(|by| by.people).sum())]);
    table
}

fn credentials(kinds: &[CountByKind]) -> Table<9> {
    let mut table = Table::new([
        "credentials by kind",
        "issued",
        "alive",
        "expired",
        "destroyed",
        "to be destroyed",
        "owner left",
        "authorizations",
        "to be revoked",
    ]);
    for by in kinds {
        table.row(numbers(by.kind.as_str(), std::slice::from_ref(by)));
    }
    table.total(numbers("all", kinds));
    table
}

/// What these kinds have together.
fn numbers(name: &str, kinds: &[CountByKind]) -> [String; 9] {
    let sum = |column: fn(&CountByKind) -> u64| count(kinds.iter().map(column).sum());
    [
        name.to_owned(),
        sum(|by| by.issued),
        sum(|by| by.alive),
        sum(|by| by.expired),
        sum(|by| by.destroyed),
        sum(|by| by.destruction_pending),
        sum(|by| by.owner_departed),
        sum(|by| by.authorizations_live),
        sum(|by| by.authorizations_pending),
    ]
}

fn revocations(revocations: &[Progress]) -> String {
    if revocations.is_empty() {
        return "  no revocation was ever requested\n".to_owned();
    }
    let mut table = Table::new([
        "revocation",
        "state",
        "requested",
        "authorizations",
        "credentials",
        "completed",
    ]);
    for progress in revocations {
        table.row([
            progress.id.to_string(),
            progress.state.as_str().to_owned(),
            progress.requested_at.to_string(),
            count(progress.authorizations_revoked),
            if progress.revoke_credentials {
                count(progress.credentials_destroyed)
            } else {
                "kept".to_owned()
            },
            progress.completed_at.map_or_else(String::new, |at| at.to_string()),
        ]);
    }
    table.to_string()
}
