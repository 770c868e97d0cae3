//! Tables for people: names on the left, numbers on the right with their thousands apart.
//!
//! Our own thirty lines: all that is shown is visible ASCII, and a table crate would bring borders, wrapping and a
//! terminal library that nothing here needs.

use std::fmt::{self, Display, Formatter};

use enterprise_credentials::{EnterpriseKind, EnterpriseSlug};

pub(super) use enterprise_credentials_report::count;

/// A table. Its first column is aligned to the left, the others to the right.
pub(super) struct Table<const COLUMNS: usize> {
    head: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
    total: Option<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) const fn new(head: [&'static str; COLUMNS]) -> Self {
        Self {
            head,
            rows: Vec::new(),
            total: None,
        }
    }

    pub(super) fn row(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row);
    }

    /// A last row, below a line of its own.
    pub(super) fn total(&mut self, total: [String; COLUMNS]) {
        self.total = Some(total);
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = self.head.map(str::len);
        for row in self.rows.iter().chain(&self.total) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }
}

impl<const COLUMNS: usize> Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let line = "─".repeat(widths.iter().sum::<usize>() + 3 * (COLUMNS - 1));
        write_row(f, self.head, widths)?;
        writeln!(f, "  {line}")?;
        for row in &self.rows {
            write_row(f, row.each_ref().map(String::as_str), widths)?;
        }
        if let Some(total) = &self.total {
            writeln!(f, "  {line}")?;
            write_row(f, total.each_ref().map(String::as_str), widths)?;
        }
        Ok(())
    }
}

fn write_row<const COLUMNS: usize>(
    f: &mut Formatter<'_>,
    row: [&str; COLUMNS],
    widths: [usize; COLUMNS],
) -> fmt::Result {
    for (column, (cell, width)) in row.into_iter().zip(widths).enumerate() {
        match column {
            0 => write!(f, "  {cell:<width$}")?,
            _ => write!(f, "   {cell:>width$}")?,
        }
    }
    writeln!(f)
}

/// Names and what they are, one below the other.
pub(super) struct Facts<'a>(pub(super) &'a [(&'a str, String)]);

impl Display for Facts<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let width = self
            .0
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or_default();
        self.0
            .iter()
            .try_for_each(|(name, fact)| writeln!(f, "  {name:<width$}   {fact}"))
    }
}

/// What an enterprise is called, and of what kind it is; before its first event it is neither.
pub(super) fn identity(slug: Option<&EnterpriseSlug>, kind: Option<EnterpriseKind>) -> String {
    let identity = slug.zip(kind);
    identity.map_or_else(|| "none yet".to_owned(), |(slug, kind)| format!("{slug}, {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let counts = [0, 7, 999, 1_000, 12_345, 123_456, 1_234_567, u64::MAX].map(count);
        let apart = [
            "0",
            "7",
            "999",
            "1,000",
            "12,345",
            "123,456",
            "1,234,567",
            "18,446,744,073,709,551,615",
        ];
        assert_eq!(counts, apart);
    }

    #[test]
    fn names_are_left_and_numbers_right() {
        let mut table = Table::new(["role", "people"]);
        table.row(["billing_manager".into(), count(7)]);
        table.row(["owner".into(), count(1_234_567)]);
        table.total(["all".into(), count(1_234_574)]);
        let expected = "  role                 people
  ───────────────────────────
  billing_manager           7
  owner             1,234,567
  ───────────────────────────
  all               1,234,574
";
        assert_eq!(table.to_string(), expected);
    }
}
