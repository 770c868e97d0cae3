//! A comparison in words, within 80 columns.

use std::collections::BTreeMap;
use std::fmt::Write;

use enterprise_credentials::{Enterprise, Timestamp};
use enterprise_credentials_report::reconciliation::{Finding, Summary};

use crate::cli::output::visible;
use crate::cli::table::{Facts, count, counted, identity};

/// How many findings of each kind are shown to a person; JSON has them all.
const EXAMPLES_MAX: usize = 10;
/// How wide a line may be.
const COLUMNS: usize = 80;

/// The first findings of each kind.
#[derive(Default)]
pub(super) struct Examples(BTreeMap<&'static str, Vec<Finding>>);

impl Examples {
    pub(super) fn push(&mut self, finding: Finding) {
        let of_kind = self.0.entry(finding.what).or_default();
        if of_kind.len() < EXAMPLES_MAX {
            of_kind.push(finding);
        }
    }
}

pub(super) fn in_words(
    enterprise: &Enterprise,
    at: Timestamp,
    summary: &Summary,
    examples: &Examples,
    same_ids: bool,
) -> String {
    let mut words = facts(enterprise, at, summary);
    for (what, findings) in &examples.0 {
        let total = summary.findings.get(what).copied().unwrap_or_default();
        let _ = write!(
            words,
            "\n  {}: {}\n",
            what.replace('_', " ").to_uppercase(),
            count(total)
        );
        for finding in findings {
            words.push_str(&filled(&visible(&line(finding))));
        }
        let more = total.saturating_sub(findings.len() as u64);
        if more > 0 {
            let _ = writeln!(words, "    … and {} more: `--json` has them all", count(more));
        }
    }
    if summary.findings.contains_key("not_identified") && !same_ids {
        words.push_str(
            "\n  What has no hash can be found by its id alone: with `--same-ids`, if the ids\n  \
             of the list are those of the log. The provider lists no hash of fine-grained\n  \
             personal access tokens.\n",
        );
    }
    words.push_str(&verdict(summary));
    words
}

fn facts(enterprise: &Enterprise, at: Timestamp, summary: &Summary) -> String {
    let position = format!("position {}", count(enterprise.position().value()));
    let mut facts = vec![
        ("enterprise", identity(enterprise.slug(), enterprise.kind())),
        ("compared as of", format!("{at}, {position}")),
        (
            "the list",
            format!(
                "{} in {}",
                counted(summary.listed, "credential", "credentials"),
                counted(summary.rows, "row", "rows")
            ),
        ),
        ("found in the log", count(summary.found)),
    ];
    if summary.dead_and_not_in_log > 0 {
        let dead = count(summary.dead_and_not_in_log);
        facts.push((
            "not in the log",
            format!("{dead}, all dead at the service too: no difference"),
        ));
    }
    for (kind, listed) in &summary.not_modelled {
        facts.push((
            "not modelled",
            format!("{} of the kind {}: not compared", count(*listed), visible(kind)),
        ));
    }
    Facts(&facts).to_string()
}

fn line(finding: &Finding) -> String {
    let mut subject = Vec::new();
    if let Some(place) = finding.place {
        subject.push(format!("record {} at byte {}", place.record, place.byte));
    }
    match (finding.credential, &finding.listed_type, &finding.listed_id) {
        (Some(credential), ..) => subject.push(format!("credential {credential}")),
        (None, Some(listed_type), Some(id)) => subject.push(format!("{listed_type} {id}")),
        (None, Some(name), None) | (None, None, Some(name)) => subject.push(name.clone()),
        (None, None, None) => {}
    }
    format!("{}: {}", subject.join(", "), finding.message)
}

/// Fills lines with the words of a text, indented; a word that is longer than a line has one to itself.
fn filled(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("   ");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > COLUMNS && !line.trim_end().is_empty() {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("     ");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

fn verdict(summary: &Summary) -> String {
    match summary.findings.values().sum::<u64>() {
        0 => "\n  NO FINDINGS: log and service say the same of every credential\n".to_owned(),
        1 => "\n  1 FINDING: log and list do not say the same\n".to_owned(),
        findings => format!("\n  {} FINDINGS: log and list do not say the same\n", count(findings)),
    }
}
