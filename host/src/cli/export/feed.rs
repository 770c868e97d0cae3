//! A feed: each event in a format of other tools.

use std::io::{BufWriter, Write, stdout};

use anyhow::Result;
use clap::ValueEnum;
use enterprise_credentials::{CredentialId, Enterprise, Event, Fingerprint};
use enterprise_credentials_report::feed::{Feed, Known, about, acted_with};

use super::fingerprints::Fingerprints;
use crate::cli::history::HistoryPlace;
use crate::cli::{is_cut_short, output};

/// A format of other tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The field names of the provider's audit log, as JSON lines.
    GithubAudit,
    /// OCSF 1.8.0, as JSON lines.
    Ocsf,
    /// The Common Event Format.
    Cef,
}

impl From<Format> for Feed {
    fn from(format: Format) -> Self {
        match format {
            Format::GithubAudit => Self::GithubAudit,
            Format::Ocsf => Self::Ocsf,
            Format::Cef => Self::Cef,
        }
    }
}

/// Writes the feed of a log. Whoever has read enough of it may stop.
pub(super) fn write(format: Format, history: &HistoryPlace) -> Result<()> {
    match write_all(format.into(), history) {
        Err(error) if is_cut_short(&error) => Ok(()),
        written => written,
    }
}

fn write_all(feed: Feed, history: &HistoryPlace) -> Result<()> {
    let mut output = BufWriter::new(stdout().lock());
    let mut fingerprints = Fingerprints::new()?;
    let mut enterprise = Enterprise::new();
    let mut lines = history.open()?;
    while let Some(recorded) = lines.next()? {
        enterprise.apply(&recorded).map_err(|corrupt| lines.blame(corrupt))?;
        if let Event::CredentialIssued { fingerprint, .. } = &recorded.event {
            fingerprints.push(fingerprint.as_ref())?;
        }
        let callers = of(&fingerprints, &enterprise, acted_with(&recorded))?;
        let subjects = of(&fingerprints, &enterprise, about(&recorded.event))?;
        let line = feed.line(&Known {
            enterprise: &enterprise,
            recorded: &recorded,
            callers: callers.as_ref(),
            subjects: subjects.as_ref(),
        });
        writeln!(output, "{line}").map_err(output::NotPrinted::from)?;
    }
    output.flush().map_err(output::NotPrinted::from)?;
    Ok(())
}

fn of(
    fingerprints: &Fingerprints,
    enterprise: &Enterprise,
    credential: Option<CredentialId>,
) -> Result<Option<Fingerprint>> {
    let place = credential.and_then(|credential| enterprise.place_of_issue(credential));
    place.map_or(Ok(None), |place| fingerprints.get(place))
}
