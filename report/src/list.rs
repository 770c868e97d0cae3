//! The list of credentials: a row for each credential and authorization, as CSV or as one JSON object a line.

mod cell;

use std::io::{self, Write};

use enterprise_credentials::audit::SurvivalReason;
use enterprise_credentials::outcomes::{Outcome, Taken};
use serde::ser::{SerializeMap, Serializer};

use cell::Cell;

/// The columns of every list, in their order.
pub const COLUMNS: [&str; 11] = [
    "id",
    "kind",
    "owner",
    "login",
    "role",
    "organization",
    "fingerprint",
    "issued",
    "expires",
    "status",
    "authorization",
];

/// The columns behind them in a list about a revocation.
pub const REVOCATION_COLUMNS: [&str; 5] = [
    "role_at_cut",
    "credential_outcome",
    "credential_reason",
    "authorization_outcome",
    "authorization_reason",
];

/// The name and the version of the shape of a row as a JSON object, which each row begins with.
pub const SCHEMA: &str = "enterprise-credentials/credentials/v1";

/// How a list is written.
///
/// Exhaustive: it is made by callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV as RFC 4180 has it, with a first line of column names; lines end with a line feed alone.
    Csv {
        /// Whether an apostrophe goes before what a spreadsheet would take for a formula.
        /// Such a list is no longer exact.
        for_spreadsheet: bool,
    },
    /// One JSON object a line: [`SCHEMA`], and the columns that are not empty.
    JsonLines,
}

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How it is written.
    pub format: Format,
    /// Whether it is about a revocation, and has [`REVOCATION_COLUMNS`].
    pub about_revocation: bool,
}

/// Writes a list row by row.
#[derive(Debug)]
pub struct List<W: Write> {
    shape: Shape,
    writer: Writer<W>,
}

#[derive(Debug)]
enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

impl<W: Write> List<W> {
    /// Begins a list.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn new(shape: Shape, output: W) -> io::Result<Self> {
        let writer = match shape.format {
            Format::Csv { .. } => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(columns(shape)).map_err(as_io)?;
                Writer::Csv(Box::new(writer))
            }
            Format::JsonLines => Writer::JsonLines(output),
        };
        Ok(Self { shape, writer })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, outcome: &Outcome<'_>) -> io::Result<()> {
        let cells = cells(self.shape, outcome);
        match &mut self.writer {
            Writer::Csv(writer) => {
                let for_spreadsheet = self.shape.format == Format::Csv { for_spreadsheet: true };
                for (_, cell) in cells {
                    let field = cell.in_csv(for_spreadsheet);
                    writer.write_field(field.as_ref()).map_err(as_io)?;
                }
                writer.write_record(None::<&[u8]>).map_err(as_io)?;
            }
            Writer::JsonLines(output) => {
                let mut json = serde_json::Serializer::new(&mut *output);
                let mut object = json.serialize_map(None)?;
                object.serialize_entry("schema", SCHEMA)?;
                for (column, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
                    object.serialize_entry(column, &cell)?;
                }
                object.end()?;
                output.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Ends the list.
    ///
    /// # Errors
    /// Those of the output: of what had not been written yet.
    pub fn finish(self) -> io::Result<()> {
        match self.writer {
            Writer::Csv(mut writer) => writer.flush(),
            Writer::JsonLines(mut output) => output.flush(),
        }
    }
}

fn columns(shape: Shape) -> impl Iterator<Item = &'static str> {
    let of_revocation = shape.about_revocation.then_some(REVOCATION_COLUMNS);
    COLUMNS.into_iter().chain(of_revocation.into_iter().flatten())
}

/// A row, cell by cell under its column.
fn cells<'a>(shape: Shape, outcome: &Outcome<'a>) -> impl Iterator<Item = (&'static str, Cell<'a>)> {
    let held = outcome.authorization;
    let of_credential = outcome.of_revocation;
    let of_authorization = held.map(|held| held.of_revocation).unwrap_or_default();
    let reason = |reason: Option<SurvivalReason>| Cell::word(reason.map(SurvivalReason::as_str));
    let row = [
        Cell::Number(outcome.credential.value()),
        Cell::Text(outcome.kind.as_str()),
        Cell::Number(outcome.owner.value()),
        Cell::Text(outcome.login.as_str()),
        Cell::Text(outcome.role.as_str()),
        held.map_or(Cell::Empty, |held| Cell::Number(held.organization.value())),
        Cell::word(outcome.fingerprint.map(|fingerprint| fingerprint.as_str())),
        Cell::Time(outcome.issued_at),
        outcome.expires_at.map_or(Cell::Empty, Cell::Time),
        Cell::Text(outcome.status.as_str()),
        Cell::word(held.map(|held| held.status.as_str())),
    ];
    let of_revocation = [
        Cell::word(outcome.role_at_cut.map(|role| role.as_str())),
        Cell::word(of_credential.taken.map(|taken| match taken {
            Taken::Recorded => "destroyed",
            Taken::Pending => "destruction_pending",
        })),
        reason(of_credential.reason),
        Cell::word(of_authorization.taken.map(|taken| match taken {
            Taken::Recorded => "revoked",
            Taken::Pending => "revocation_pending",
        })),
        reason(of_authorization.reason),
    ];
    columns(shape).zip(row.into_iter().chain(of_revocation))
}

/// The output's own error, so that whoever closed it early is known by its kind.
fn as_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
