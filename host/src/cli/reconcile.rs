//! `reconcile`: does the log say of each credential what the service itself says?

mod words;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use enterprise_credentials::log::Until;
use enterprise_credentials::reconcile::Reconciler;
use enterprise_credentials::{Enterprise, EnterpriseKind, EnterpriseSlug, Position, Timestamp};
use enterprise_credentials_report::inventory::{Format, Inventory};
use enterprise_credentials_report::reconciliation::{self, Finding, Ids, Summary};
use serde::Serialize;

use super::history::HistoryPlace;
use super::output::{self, print, print_json};
use super::time::{end, until};
use words::Examples;

/// Compare a log with the service's own list of credentials: what lives on one side and not on the other.
///
/// The list is the provider's credential inventory, or one that `credentials` wrote as CSV. A credential is found by
/// its hash or fingerprint. Rows that cannot be taken at their word are findings too.
///
/// The exit code is 0 only if nothing differs and every row could be taken at its word. The log is read twice: standard
/// input is first copied to a temporary file.
///
/// Example: enterprise-credentials reconcile octo.jsonl --inventory inventory.csv --until 2026-03-10T09:00
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    #[command(flatten)]
    history: HistoryPlace,
    /// The service's list, as CSV: a file, or `-` for standard input. It is an unfiltered one.
    #[arg(long, value_name = "FILE")]
    inventory: PathBuf,
    /// When the list was made. The log is compared as of this position or time.
    ///
    /// The provider's inventory does not say it, so it is needed there. For a list of `credentials` the default is the
    /// log's end. A number is a position. A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// Find credentials by their ids too: the ids of the list are those of the log.
    ///
    /// An id and a hash that do not go together are a finding. If `import-inventory` made the log, the ids are those
    /// that it was made of.
    #[arg(long)]
    same_ids: bool,
    /// Print one JSON document, with every finding.
    #[arg(long)]
    json: bool,
}

/// What a machine gets.
#[derive(Serialize)]
struct Document<'a> {
    slug: Option<&'a EnterpriseSlug>,
    kind: Option<EnterpriseKind>,
    /// The end of the log that was compared.
    position: Position,
    at: Timestamp,
    /// Whose list it is.
    list: &'static str,
    same_ids: bool,
    summary: &'a Summary,
    findings: &'a [Finding],
}

impl output::Document for Document<'_> {
    const SCHEMA: &'static str = "enterprise-credentials/reconciliation/v1";
}

impl ReconcileArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        let is_piped = self.inventory.as_path() == Path::new("-");
        if is_piped && self.history.is_on_standard_input() {
            super::wrong_arguments("log and list cannot both be standard input: give one of them as a file")
        }
        let list = match is_piped {
            true => "standard input".to_owned(),
            false => format!("`{}`", self.inventory.display()),
        };
        let cannot_read = || format!("cannot read {list}");
        let file: Box<dyn Read> = match is_piped {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(&self.inventory).with_context(cannot_read)?),
        };
        let inventory = Inventory::open(BufReader::new(file)).with_context(cannot_read)?;
        if inventory.format() == Format::Inventory && self.until.is_none() {
            super::wrong_arguments(
                "the provider's inventory does not say when it was exported: give that time with `--until TIME`",
            )
        }
        let history = self.history.spooled()?;
        let enterprise = history.replay(self.until)?;
        ensure!(
            enterprise.position() > Position::START,
            "{history} begins after `--until`: nothing is known of any enterprise then"
        );
        let at = end(&enterprise, self.until);
        let reconciler = reconciler(&history, &enterprise, at)?;
        let format = inventory.format();
        let is_made = format == Format::Inventory && history.made_from()?.is_some();
        let ids = match (self.same_ids, is_made) {
            (false, _) => Ids::Other,
            (true, false) => Ids::Same,
            (true, true) => Ids::Made,
        };
        let (mut all, mut examples) = (Vec::new(), Examples::default());
        let mut tell = |finding| match self.json {
            true => all.push(finding),
            false => examples.push(finding),
        };
        let compared = reconciliation::compare(&enterprise, reconciler, inventory, ids, &mut tell);
        let summary = compared.with_context(|| format!("cannot compare with {list}"))?;
        if self.json {
            print_json(&Document {
                slug: enterprise.slug(),
                kind: enterprise.kind(),
                position: enterprise.position(),
                at,
                list: match format {
                    Format::Inventory => "inventory",
                    Format::Credentials => "credentials",
                },
                same_ids: self.same_ids,
                summary: &summary,
                findings: &all,
            })?;
        } else {
            print(words::in_words(&enterprise, at, &summary, &examples, self.same_ids))?;
        }
        Ok(if summary.findings.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Reads the log for the second time, for the fingerprints that the state does not hold.
fn reconciler<'a>(history: &HistoryPlace, enterprise: &'a Enterprise, at: Timestamp) -> Result<Reconciler<'a>> {
    let mut reconciler = Reconciler::new(enterprise, at);
    let mut learn = |recorded: &enterprise_credentials::RecordedEvent| {
        reconciler.learn(&recorded.event);
        Ok(())
    };
    history.read_until(Some(Until::Position(enterprise.position())), &mut learn)?;
    Ok(reconciler)
}
