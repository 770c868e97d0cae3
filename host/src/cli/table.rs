//! Tables for people: names on the left, numbers on the right with their thousands apart.
//!
//! Our own: all that is shown is visible ASCII, and a table crate would bring borders and a layout that nothing here
//! needs.

use std::fmt::{self, Display, Formatter};

use enterprise_credentials::{EnterpriseKind, EnterpriseSlug};

use super::terminal;

pub(super) use enterprise_credentials_report::{count, counted};

/// What stands before a line, and between two columns.
const INDENT: &str = "  ";
const GAP: &str = "   ";

/// A table. Its first column is aligned to the left, the others to the right.
///
/// Where it is too wide, its heads stand on several lines; where that is not enough, each row is a list.
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

    fn lay_out(&self, f: &mut Formatter<'_>, columns_max: usize) -> fmt::Result {
        let longest_word = |head: &str| head.split(' ').map(str::len).max().unwrap_or_default();
        for widths in [self.head.map(str::len), self.head.map(longest_word)] {
            let widths = self.widths(widths);
            if line_width(widths) + INDENT.len() <= columns_max {
                return self.as_columns(f, widths);
            }
        }
        self.as_lists(f)
    }

    /// That of each column, beside heads that are as wide as given.
    fn widths(&self, mut widths: [usize; COLUMNS]) -> [usize; COLUMNS] {
        for row in self.rows.iter().chain(&self.total) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }

    fn as_columns(&self, f: &mut Formatter<'_>, widths: [usize; COLUMNS]) -> fmt::Result {
        let line = "─".repeat(line_width(widths));
        let mut heads = [const { Vec::new() }; COLUMNS];
        for ((lines, head), width) in heads.iter_mut().zip(self.head).zip(widths) {
            *lines = textwrap::wrap(head, width);
        }
        let height = heads.iter().map(Vec::len).max().unwrap_or_default();
        for from_below in (0..height).rev() {
            let part = |lines: &Vec<_>| lines.iter().rev().nth(from_below).map_or("", AsRef::as_ref).to_owned();
            write_row(f, &heads.each_ref().map(part), widths)?;
        }
        writeln!(f, "{INDENT}{line}")?;
        for row in &self.rows {
            write_row(f, row, widths)?;
        }
        if let Some(total) = &self.total {
            writeln!(f, "{INDENT}{line}")?;
            write_row(f, total, widths)?;
        }
        Ok(())
    }

    /// Below the first cell of each row the others, each after its head.
    fn as_lists(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let title = self.head.first().copied().unwrap_or_default();
        let line = "─".repeat(title.len());
        writeln!(f, "{INDENT}{title}\n{INDENT}{line}")?;
        for row in &self.rows {
            self.write_list(f, row)?;
        }
        if let Some(total) = &self.total {
            writeln!(f, "{INDENT}{line}")?;
            self.write_list(f, total)?;
        }
        Ok(())
    }

    fn write_list(&self, f: &mut Formatter<'_>, row: &[String; COLUMNS]) -> fmt::Result {
        let mut cells = self.head.iter().zip(row);
        if let Some((_, name)) = cells.next() {
            writeln!(f, "{INDENT}{name}")?;
        }
        let width = self
            .head
            .iter()
            .skip(1)
            .map(|head| head.len())
            .max()
            .unwrap_or_default();
        for (head, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
            writeln!(f, "{INDENT}{INDENT}{head:<width$}{GAP}{cell}")?;
        }
        Ok(())
    }
}

impl<const COLUMNS: usize> Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.lay_out(f, terminal::columns())
    }
}

fn line_width<const COLUMNS: usize>(widths: [usize; COLUMNS]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * (COLUMNS - 1)
}

fn write_row<const COLUMNS: usize>(
    f: &mut Formatter<'_>,
    row: &[String; COLUMNS],
    widths: [usize; COLUMNS],
) -> fmt::Result {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        match column {
            0 => line += &format!("{INDENT}{cell:<width$}"),
            _ => line += &format!("{GAP}{cell:>width$}"),
        }
    }
    writeln!(f, "{}", line.trim_end())
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
            .try_for_each(|(name, fact)| writeln!(f, "{INDENT}{name:<width$}{GAP}{fact}"))
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

    /// A table, laid out for this width.
    struct Within(Table<3>, usize);

    impl Display for Within {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            self.0.lay_out(f, self.1)
        }
    }

    fn within(columns_max: usize) -> String {
        let mut table = Table::new(["role", "people in it", "id"]);
        table.row(["billing_manager".into(), count(7), String::new()]);
        table.row(["owner".into(), count(1_234_567), "3".into()]);
        table.total(["all".into(), count(1_234_574), String::new()]);
        Within(table, columns_max).to_string()
    }

    #[test]
    fn names_are_left_and_numbers_right() {
        let wide = "  role              people in it   id
  ───────────────────────────────────
  billing_manager              7
  owner                1,234,567    3
  ───────────────────────────────────
  all                  1,234,574
";
        assert_eq!(within(37), wide);
    }

    #[test]
    fn a_table_that_is_too_wide_has_higher_heads_and_then_is_a_list() {
        let narrow = "                    people in
  role                     it   id
  ────────────────────────────────
  billing_manager           7
  owner             1,234,567    3
  ────────────────────────────────
  all               1,234,574
";
        assert_eq!(within(36), narrow);
        assert_eq!(within(34), narrow);
        let list = "  role
  ────
  billing_manager
    people in it   7
  owner
    people in it   1,234,567
    id             3
  ────
  all
    people in it   1,234,574
";
        assert_eq!(within(33), list);
    }
}
