//! `audit`: the evidence that a log holds, and whether it keeps the rules.

mod page;
mod reading;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail, ensure};
use clap::Args;
use enterprise_credentials::audit::{Auditor, Report};
use enterprise_credentials::log::Until;
use enterprise_credentials::{Position, RevocationId, Timestamp};
use enterprise_credentials_host::mark::{Mark, MarkCheck};
use enterprise_credentials_report::made::MadeFrom;
use enterprise_credentials_seal::{LogCheck, Note};
use serde::Serialize;

use super::evidence::{Asked, Other, Read};
use super::history::{Extent, HistoryPlace};
use super::id::id;
use super::output::{print, print_json};
use super::scope::ScopeArgs;
use super::seal::{self, Seal};
use super::table::{Facts, count, counted, identity};
use super::terminal::bad;
use super::time::{end, until};
use super::{blast_radius, evidence, mark, output};
use reading::Reading;

/// Show who revoked what, by what authority, and what is still alive. Check every event against the rules.
///
/// Without a choice it shows every revocation, and what is alive after the last one. `--person`, `--credential-type`
/// and `--organization` choose the revocations whose requests have these limits, and show what is alive after each. Use
/// the names of the time of the request. The findings are always those of the whole log.
///
/// `--until` reports as of then, and says how many lines are later. A mark and a checkpoint are still compared with the
/// whole log.
///
/// Exits with 1 if an event breaks a rule, or if the log cannot be read to its end. Then the report covers what could
/// be read. docs/auditing.md says how to read it.
///
/// Example: enterprise-credentials audit octo.jsonl --checkpoint octo.checkpoint --key octo.vkey
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    history: HistoryPlace,
    /// Show only this revocation. Its id is the position of its request.
    #[arg(
        long,
        value_name = "ID",
        value_parser = id::<RevocationId>,
        conflicts_with_all = ["person", "credential_type", "organization"]
    )]
    revocation: Option<RevocationId>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Report as of this position or time.
    ///
    /// A number is a position. A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// Refuse a log that does not have this mark, as `export --mark` wrote it.
    ///
    /// A longer log is accepted if it begins with the marked one.
    #[arg(long, value_name = "FILE", value_parser = mark::mark)]
    mark: Option<Mark>,
    /// Refuse a log that does not have this checkpoint.
    ///
    /// A longer log is accepted if it begins with the sealed one.
    #[arg(long, value_name = "FILE", requires = "keys", value_parser = seal::note)]
    checkpoint: Option<Note>,
    /// The verifier key of the log. The file may hold several, one a line.
    #[arg(long = "key", id = "keys", value_name = "FILE", requires = "checkpoint", value_parser = seal::keys)]
    keys: Vec<seal::Keys>,
    #[command(flatten)]
    witnesses: seal::Witnesses,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Also write the report to this file as a page of HTML, to show or to print.
    ///
    /// A page that is there already is replaced; anything else is not.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What a machine gets.
#[derive(Serialize)]
struct Document<'a> {
    /// Of all the bytes that were read.
    sha256: &'a str,
    /// Whether the log was read to its end, or as far as it is asked about.
    complete: bool,
    /// Up to where the log is asked about, where not to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
    /// What the log was made from, if it is a made history: its times are invented.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_from: Option<&'a MadeFrom>,
    /// Whether the log is the one that was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<seal::Document>,
    /// Kinds of access that no log holds.
    not_modelled: Vec<&'static str>,
    /// The limits by which revocations were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_by: Option<&'a ScopeArgs>,
    #[serde(flatten)]
    report: &'a Report,
}

/// How a machine is told of `--until`.
#[derive(Clone, Copy, Serialize)]
struct AsOf {
    /// The time that was asked for, or that of the last event up to the position that was: what had expired then is not
    /// counted among the survivors.
    at: Timestamp,
    /// How many lines the log has beyond. They are not in the report.
    later_lines: u64,
}

impl output::Document for Document<'_> {
    const SCHEMA: &'static str = "enterprise-credentials/audit/v1";
}

/// How many ids a message names.
const KNOWN_MAX: usize = 20;

impl Audit {
    pub(super) fn run(self) -> Result<ExitCode> {
        if let Some(path) = &self.html {
            page::check(path)?;
        }
        let seal = self
            .checkpoint
            .as_ref()
            .map(|note| anyhow::Ok(seal::open(note, &self.keys)?.cosigned(self.witnesses.of(note)?)))
            .transpose()?;
        let mut history = self.history.open()?;
        let mut reading = Reading {
            auditor: match self.revocation {
                Some(revocation) => Auditor::about(revocation),
                None if self.scope.is_of_everything() => Auditor::new(),
                None => Auditor::selecting(self.scope.selection()),
            },
            extent: Extent::new(self.until),
            marked: self.mark.map(MarkCheck::new),
            sealed: seal.as_ref().map(Seal::check),
            drawn: self.html.is_some().then(page::Drawn::default),
            made_from: None,
            later: 0,
        };
        let broken_off = reading.read(&mut history).err();
        let Reading {
            auditor,
            extent,
            marked,
            sealed,
            drawn,
            made_from,
            later,
        } = reading;
        let sealed = seal.zip(sealed.map(LogCheck::finish));
        let sha256 = history.sha256()?;
        let complete = broken_off.is_none();
        if complete {
            extent.check_end(&self.history)?;
        }
        let at = end(auditor.enterprise(), self.until.filter(|_| complete));
        let mut report = auditor.finish_at(at);
        let broken_off = match broken_off {
            // Not a word that could be taken for a verdict.
            Some(error) if report.position == Position::START && !self.json && sealed.is_none() => {
                return Err(error.context("nothing can be audited"));
            }
            broken_off => broken_off,
        };
        if complete && report.position == Position::START {
            bail!(
                "{} holds no event up to `--until`: nothing can be audited",
                self.history
            );
        }
        let not_marked = marked.and_then(|marked| marked.end().err()).map(anyhow::Error::from);
        let as_of = self.until.filter(|_| complete).map(|_| AsOf { at, later_lines: later });
        let unknown = self.narrow(&mut report).err();
        if self.json {
            print_json(&Document {
                sha256: &sha256,
                complete,
                as_of,
                made_from: made_from.as_ref(),
                seal: sealed.as_ref().map(|(seal, checked)| seal.document(checked)),
                not_modelled: blast_radius::not_modelled().collect(),
                chosen_by: (!self.scope.is_of_everything()).then_some(&self.scope),
                report: &report,
            })?;
        } else {
            let mut beside = Vec::from_iter(made_from.as_ref().map(invented));
            beside.extend(sealed.iter().flat_map(|(seal, checked)| seal.facts_of_check(checked)));
            let read = match (complete, as_of) {
                (false, _) => Read::ToABreak,
                (true, None) => Read::ToTheEnd,
                (true, Some(_)) => Read::UpTo(report.position),
            };
            let is_other_than_sealed = sealed.as_ref().is_some_and(|(_, checked)| checked.is_err());
            let other = match (is_other_than_sealed, &not_marked) {
                (true, _) => Some(Other::ThanSealed),
                // Beyond a break, nobody has looked at the lines that were marked.
                (false, Some(_)) => complete.then_some(Other::ThanMarked),
                (false, None) => None,
            };
            let words = format!(
                "{}\n{}",
                subject(&report, &sha256, complete, as_of, beside),
                evidence::in_words(&report, self.asked_for(), read, other)
            );
            print(words)?;
        }
        // Beyond the break the revocation may have been requested: only a whole log shows that it was not.
        let not_shown = (made_from.is_some() && self.html.is_some()).then(|| {
            anyhow!("no page was written: the history was made by `import-inventory`, and its times are invented")
        });
        if let (Some(path), Some(drawn), None, None) = (&self.html, drawn, &unknown, &not_shown) {
            let in_words = |(seal, checked): &(Seal, _)| (Result::is_ok(checked), seal.in_words(checked));
            let not_marked = not_marked.as_ref().map(|error| (false, error.to_string()));
            let seal = not_marked.or_else(|| sealed.as_ref().map(in_words));
            let as_of = as_of.map(|as_of| as_of.in_words(&report));
            drawn.write(path, &report, complete, as_of.as_deref(), &sha256, seal)?;
        }
        let not_sealed = sealed.and_then(|(_, checked)| checked.err()).map(anyhow::Error::from);
        match broken_off.or(not_sealed).or(not_marked).or(unknown).or(not_shown) {
            Some(error) => Err(error),
            None if report.is_clean() => Ok(ExitCode::SUCCESS),
            None => Ok(ExitCode::FAILURE),
        }
    }

    fn asked_for(&self) -> Asked<'_> {
        match self.revocation {
            Some(revocation) => Asked::One(revocation),
            None if self.scope.is_of_everything() => Asked::All,
            None => Asked::Those(&self.scope),
        }
    }

    /// Leaves the revocations asked for; an error where the log holds no such request.
    fn narrow(&self, report: &mut Report) -> Result<()> {
        let known = known(report);
        let up_to = format!("up to position {}", report.position);
        if let Some(asked) = self.revocation {
            report.revocations.retain(|evidence| evidence.progress.id == asked);
            ensure!(
                !report.revocations.is_empty(),
                "revocation `{asked}` was not requested {up_to}; the revocations up to there: {known}"
            );
        }
        if !self.scope.is_of_everything() {
            let selection = self.scope.selection();
            report.revocations.retain(|evidence| selection.has(&evidence.request));
            ensure!(
                !report.revocations.is_empty(),
                "no revocation {up_to} is limited to {}: names are those at the time of the request, and a revocation \
                 without such a limit, which may have taken the same, is not chosen by it; the revocations up to \
                 there: {known}",
                self.scope
            );
        }
        Ok(())
    }
}

/// The ids of the revocations that a report has, the last ones of many.
fn known(report: &Report) -> String {
    let ids = report
        .revocations
        .iter()
        .map(|evidence| evidence.progress.id.to_string());
    let earlier = ids.len().saturating_sub(KNOWN_MAX);
    let shown: Vec<String> = ids.skip(earlier).collect();
    match (shown.is_empty(), earlier) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown.join(", "),
        (false, earlier) => format!(
            "{}, {}",
            counted(earlier as u64, "earlier one", "earlier ones"),
            shown.join(", ")
        ),
    }
}

impl AsOf {
    fn in_words(self, report: &Report) -> String {
        let Self { at, later_lines } = self;
        let place = format!("position {}, at {at}", count(report.position.value()));
        match later_lines {
            0 => format!("{place}; the log has no later line"),
            1 => format!("{place}; 1 later line of the log is NOT IN THIS REPORT"),
            later => format!(
                "{place}; {} later lines of the log are NOT IN THIS REPORT",
                count(later)
            ),
        }
    }
}

/// What has to be said of a made history before anything that it says.
fn invented(made_from: &MadeFrom) -> (&'static str, String) {
    let exported_at = made_from.exported_at;
    let what =
        format!("an inventory that was exported at {exported_at}: ALL ITS TIMES ARE INVENTED, and it is no evidence");
    ("made from", what)
}

fn subject(
    report: &Report,
    sha256: &str,
    complete: bool,
    as_of: Option<AsOf>,
    beside: Vec<(&'static str, String)>,
) -> String {
    let end = report
        .last_at
        .map_or_else(String::new, |at| format!(", the last at {at}"));
    let broken_off = match complete {
        true => String::new(),
        false => format!("; {}", bad("THE REST OF THE LOG CANNOT BE READ")),
    };
    let mut facts = vec![("enterprise", identity(report.slug.as_ref(), report.kind))];
    facts.extend(as_of.map(|as_of| ("as of", as_of.in_words(report))));
    facts.extend([
        ("events", format!("{}{end}{broken_off}", count(report.position.value()))),
        ("sha256", format!("{sha256}, of all bytes of the log")),
    ]);
    facts.extend(beside);
    Facts(&facts).to_string()
}
