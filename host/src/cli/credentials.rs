//! `credentials`: the list of what became of each credential, for whoever asks who is affected and what is still alive.

use std::io::{BufWriter, stdout};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use enterprise_credentials::log::Until;
use enterprise_credentials::outcomes::{About, Observer, Outcome, Outcomes};
use enterprise_credentials::{Enterprise, Event, OrganizationId, PersonId, Position, RevocationId};
use enterprise_credentials_report::list::{Format, List, Shape};

use super::history::HistoryPlace;
use super::id::id;
use super::output::NotPrinted;
use super::time::{end, until};

/// List what became of each credential, as CSV.
///
/// There is a row for each credential and each organization for which it was ever authorized. With `--revocation`, each
/// row also says what that revocation took, and why something is alive after it. The reasons are those of `audit`. The
/// list is as of the log's last event, or of `--until`. docs/lists.md explains the columns.
///
/// The log is read twice. Standard input is first copied to a temporary file.
///
/// Example: enterprise-credentials credentials octo.jsonl --survivors > survivors.csv
#[derive(Debug, Args)]
pub(crate) struct CredentialsArgs {
    #[command(flatten)]
    history: HistoryPlace,
    /// Also say what this revocation took and what outlived it. Its id is the position of its request.
    #[arg(long, value_name = "ID", value_parser = id::<RevocationId>)]
    revocation: Option<RevocationId>,
    /// Only what the revocation took. Without `--revocation`, it is about the last one.
    #[arg(long)]
    affected: bool,
    /// Only what is alive after the revocation. Without `--revocation`, it is about the last one.
    #[arg(long, conflicts_with = "affected")]
    survivors: bool,
    /// Only what belongs to this person: an id, or the login of somebody who is in the enterprise.
    #[arg(long, value_name = "ID|LOGIN")]
    person: Option<String>,
    /// Only authorizations for this organization: an id, or the login of one that is in the enterprise.
    #[arg(long, value_name = "ID|LOGIN")]
    organization: Option<String>,
    /// List as of this position or time.
    ///
    /// A number is a position. A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// How to write the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Csv)]
    format: ListFormat,
    /// Put an apostrophe before a cell that a spreadsheet would run as a formula.
    ///
    /// Then the list is no longer exact.
    #[arg(long)]
    for_spreadsheet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// One line of column names, and one for each row.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Which rows are asked for.
struct Wanted {
    affected: bool,
    survivors: bool,
    person: Option<PersonId>,
    organization: Option<OrganizationId>,
}

impl Wanted {
    fn has(&self, row: &Outcome<'_>) -> bool {
        (!self.affected || row.is_affected())
            && (!self.survivors || row.is_survivor())
            && self.person.is_none_or(|person| row.owner == person)
            && (self.organization).is_none_or(|of| row.authorization.is_some_and(|held| held.organization == of))
    }
}

impl CredentialsArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        let format = match (self.format, self.for_spreadsheet) {
            (ListFormat::Csv, for_spreadsheet) => Format::Csv { for_spreadsheet },
            (ListFormat::Jsonl, false) => Format::JsonLines,
            (ListFormat::Jsonl, true) => {
                super::wrong_arguments("`--for-spreadsheet` is about CSV: no spreadsheet runs JSON")
            }
        };
        let about = match self.revocation {
            Some(revocation) => Some(About::Revocation(revocation)),
            None => (self.affected || self.survivors).then_some(About::Last),
        };
        let history = self.history.spooled()?.beside_lines();
        let mut observer = Observer::new(about);
        history.read_until(self.until, &mut |recorded| observer.observe(recorded))?;
        let at = end(observer.enterprise(), self.until);
        let outcomes = observer.finish(at);
        if about.is_some() && outcomes.revocation().is_none() {
            bail!("{}", not_requested(self.revocation, outcomes.enterprise()));
        }
        let wanted = Wanted {
            affected: self.affected,
            survivors: self.survivors,
            person: (self.person)
                .map(|name| person(&name, outcomes.enterprise()))
                .transpose()?,
            organization: (self.organization)
                .map(|name| organization(&name, outcomes.enterprise()))
                .transpose()?,
        };
        let shape = Shape {
            format,
            about_revocation: about.is_some(),
        };
        match write(&history, &outcomes, &wanted, shape) {
            Err(error) if super::is_cut_short(&error) => Ok(ExitCode::SUCCESS),
            written => written.map(|()| ExitCode::SUCCESS),
        }
    }
}

/// Reads the log for the second time, and writes the rows that are wanted.
fn write(history: &HistoryPlace, outcomes: &Outcomes, wanted: &Wanted, shape: Shape) -> Result<()> {
    let output = BufWriter::new(stdout().lock());
    let mut list = List::new(shape, output).map_err(NotPrinted::from)?;
    let mut lines = history.open()?;
    let changed = || format!("{history} changed while it was read: list it again");
    let (mut position, last) = (Position::START, outcomes.enterprise().position());
    while position < last {
        let recorded = lines.next()?.with_context(changed)?;
        let mut has_rows = false;
        for row in outcomes.of(&recorded) {
            has_rows = true;
            if wanted.has(&row) {
                list.write(&row).map_err(NotPrinted::from)?;
            }
        }
        let is_issued = matches!(recorded.event, Event::CredentialIssued { .. });
        ensure!(has_rows == is_issued, "{}", changed());
        position = recorded.position;
    }
    list.finish().map_err(NotPrinted::from)?;
    Ok(())
}

fn not_requested(asked: Option<RevocationId>, enterprise: &Enterprise) -> String {
    let known: Vec<String> = enterprise.revocations().map(|it| it.id.to_string()).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let asked = asked.map_or_else(
        || "no revocation was".to_owned(),
        |id| format!("revocation `{id}` was not"),
    );
    let position = enterprise.position();
    format!("{asked} requested up to position {position}; the revocations up to there: {known}")
}

/// The person of this id, who is or was in the enterprise, or who is in the enterprise under this login.
fn person(name: &str, enterprise: &Enterprise) -> Result<PersonId> {
    if let Some(person) = numbered(name)? {
        let position = enterprise.position();
        ensure!(
            enterprise.last_login(person).is_some(),
            "no person with the id {person} was in the enterprise up to position {position}"
        );
        return Ok(person);
    }
    let found = enterprise.person_by_login(name);
    found.with_context(|| format!("nobody is in the enterprise as `{name}`: who has left is named by id"))
}

/// The organization of this id, which is or was in the enterprise,
/// or the one that is in the enterprise under this login.
fn organization(name: &str, enterprise: &Enterprise) -> Result<OrganizationId> {
    if let Some(organization) = numbered(name)? {
        let position = enterprise.position();
        ensure!(
            enterprise.last_organization_login(organization).is_some(),
            "no organization with the id {organization} was in the enterprise up to position {position}"
        );
        return Ok(organization);
    }
    let found = enterprise.organization_by_login(name);
    found.with_context(|| format!("no organization `{name}` is in the enterprise: one that has left is named by id"))
}

/// The id that a name of digits alone is.
fn numbered<Id: TryFrom<u64, Error = enterprise_credentials::InvalidValue>>(name: &str) -> Result<Option<Id>> {
    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    id(name).map(Some).map_err(anyhow::Error::msg)
}
