//! `diff`: where two logs part, and whose standing differs at their ends.

mod sides;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::diff::{Difference, differences};
use enterprise_credentials::{Enterprise, Position, Timestamp};
use serde::{Serialize, Serializer};

use super::history::HistoryPlace;
use super::output::{self, print, print_json_as_it_comes};
use super::wrong_arguments;
use sides::{Sides, read};

/// Compare two logs: the first line that differs, and then by meaning, whose standing differs at their ends.
///
/// A standing is who is there in which role, what is alive, what is authorized, and how far a revocation is. Both logs
/// are asked as of one time, that of the later end, so what expires between their ends is no difference.
///
/// Exits with 0 if the lines are the same, and with 1 if they differ or cannot be read. It keeps both states in memory.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The one log, one event a line; `-` reads standard input.
    #[arg(value_name = "A")]
    a: PathBuf,
    #[command(flatten)]
    b: HistoryPlace,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What a machine gets.
#[derive(Serialize)]
struct Document<'a> {
    /// Whether the logs have the same lines.
    same: bool,
    /// How many lines each has.
    lines: Lines,
    /// The first line that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<&'a FirstDifference>,
    /// Whose standing differs; nothing where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    standings: Option<Standings<'a>>,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl output::Document for Document<'_> {
    const SCHEMA: &'static str = "enterprise-credentials/diff/v1";
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Lines {
    a: u64,
    b: u64,
}

/// Where two logs part.
#[derive(Debug, Serialize)]
struct FirstDifference {
    /// The position of the line.
    position: Position,
    /// The line in each log; nothing where the log has ended. Bytes that are no UTF-8 are shown as U+FFFD.
    a: Option<String>,
    b: Option<String>,
}

/// Whose standing differs, `from` the log A `to` the log B.
#[derive(Clone, Copy, Serialize)]
struct Standings<'a> {
    /// The time that decides what has expired.
    at: Timestamp,
    #[serde(serialize_with = "all")]
    differences: Ends<'a>,
}

/// The states at the ends of both logs.
#[derive(Clone, Copy)]
struct Ends<'a> {
    a: &'a Enterprise,
    b: &'a Enterprise,
    at: Timestamp,
}

impl<'a> Ends<'a> {
    fn differences(self) -> impl Iterator<Item = Difference<'a>> {
        differences(self.a, self.b, self.at)
    }
}

/// Each as it is found: there may be more of them than fit into memory beside the states.
fn all<S: Serializer>(ends: &Ends<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ends.differences())
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode> {
        let both = self.a.as_path() == Path::new("-") && self.b.is_on_standard_input();
        if both {
            wrong_arguments("only one of the logs can be on standard input: give a file for the other");
        }
        let a = HistoryPlace::at(&self.a);
        let Sides {
            lines,
            first_difference,
            a,
            b,
            fault,
        } = read(&a, &self.b)?;
        let same = first_difference.is_none();
        let at = a.last_at().max(b.last_at()).unwrap_or(Timestamp::MIN);
        let ends = Ends { a: &a, b: &b, at };
        let standings = fault.is_none().then_some(Standings { at, differences: ends });
        if self.json {
            let document = Document {
                same,
                lines,
                first_difference: first_difference.as_ref(),
                standings,
                fault: fault.as_ref().map(|fault| format!("{fault:#}")),
            };
            print_json_as_it_comes(&document)?;
        } else {
            print(words::told(lines, first_difference.as_ref(), standings))?;
        }
        match fault {
            Some(fault) => Err(fault),
            None if same => Ok(ExitCode::SUCCESS),
            None => Ok(ExitCode::FAILURE),
        }
    }
}
