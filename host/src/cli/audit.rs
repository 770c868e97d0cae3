//! `audit`: the evidence that a log holds, and whether it keeps the rules.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use enterprise_credentials::audit::{Auditor, Report};
use enterprise_credentials::{Position, RevocationId};
use enterprise_credentials_host::mark::{Mark, MarkCheck};
use serde::Serialize;

use super::history::{History, HistoryPlace};
use super::id::id;
use super::output::{print, print_json};
use super::table::{Facts, count, identity};
use super::{blast_radius, evidence, mark};

/// Show who revoked what, by what authority, and what is still alive; check every event against the rules.
///
/// Exits with 1 if an event breaks a rule, or if the log cannot be read to its end: then the report covers what could be
/// read.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    history: HistoryPlace,
    /// Show only this revocation. Its id is the position of its request.
    #[arg(long, value_name = "ID", value_parser = id::<RevocationId>)]
    revocation: Option<RevocationId>,
    /// Refuse a log that is shorter than the one of which `export --mark` wrote this file, or another.
    #[arg(long, value_name = "FILE", value_parser = mark::mark)]
    mark: Option<Mark>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What a machine gets.
#[derive(Serialize)]
struct Document<'a> {
    /// Of all the bytes that were read.
    sha256: &'a str,
    /// Whether the log was read to its end.
    complete: bool,
    /// Kinds of access that no log holds.
    not_modelled: Vec<&'static str>,
    #[serde(flatten)]
    report: &'a Report,
}

impl Audit {
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut history = self.history.open()?;
        let mut auditor = self.revocation.map_or_else(Auditor::new, Auditor::about);
        let mut marked = self.mark.map(MarkCheck::new);
        let broken_off = observe(&mut history, &mut auditor, marked.as_mut()).err();
        let sha256 = history.sha256()?;
        let mut report = auditor.finish();
        if broken_off.is_none() && report.position == Position::START {
            bail!("{} holds no event: nothing can be audited", self.history);
        }
        let unknown = self.narrow(&mut report).err();
        let complete = broken_off.is_none();
        if self.json {
            print_json(&Document {
                sha256: &sha256,
                complete,
                not_modelled: blast_radius::not_modelled().collect(),
                report: &report,
            })?;
        } else {
            let words = format!(
                "{}\n{}",
                subject(&report, &sha256, complete),
                evidence::in_words(&report, self.revocation, complete)
            );
            print(words)?;
        }
        // Beyond the break the revocation may have been requested: only a whole log shows that it was not.
        let not_marked = marked.and_then(|marked| marked.end().err()).map(anyhow::Error::from);
        match broken_off.or(not_marked).or(unknown) {
            Some(error) => Err(error),
            None if report.is_clean() => Ok(ExitCode::SUCCESS),
            None => Ok(ExitCode::FAILURE),
        }
    }

    /// Leaves the revocation asked for; an error where the log holds no such request.
    fn narrow(&self, report: &mut Report) -> Result<()> {
        let Some(asked) = self.revocation else {
            return Ok(());
        };
        let known: Vec<String> = report
            .revocations
            .iter()
            .map(|evidence| evidence.progress.id.to_string())
            .collect();
        report.revocations.retain(|evidence| evidence.progress.id == asked);
        if report.revocations.is_empty() {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            bail!(
                "revocation `{asked}` was not requested up to position {}; the revocations up to there: {known}",
                report.position
            );
        }
        Ok(())
    }
}

fn observe(history: &mut History, auditor: &mut Auditor, mut marked: Option<&mut MarkCheck>) -> Result<()> {
    while let Some(recorded) = history.next()? {
        auditor.observe(&recorded).map_err(|corrupt| history.blame(corrupt))?;
        if let Some(marked) = &mut marked {
            marked.push(history.line());
        }
    }
    Ok(())
}

fn subject(report: &Report, sha256: &str, complete: bool) -> String {
    let end = report
        .last_at
        .map_or_else(String::new, |at| format!(", the last at {at}"));
    let broken_off = if complete {
        ""
    } else {
        "; THE REST OF THE LOG CANNOT BE READ"
    };
    let facts = [
        ("enterprise", identity(report.slug.as_ref(), report.kind)),
        ("events", format!("{}{end}{broken_off}", count(report.position.value()))),
        ("sha256", format!("{sha256}, of all bytes of the log")),
    ];
    Facts(&facts).to_string()
}
