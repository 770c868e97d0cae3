//! Statements that insert many rows at once, of few lengths: each is prepared once.

use std::sync::LazyLock;

/// How many rows the statements insert. The most that one may bind is 32,766 values.
const LENGTHS: [usize; 4] = [512, 64, 8, 1];

/// The statements for one kind of row.
pub(super) struct Rows(LazyLock<[String; LENGTHS.len()]>);

impl Rows {
    /// `write` gives what [`statements`] makes of them.
    pub(super) const fn new(write: fn() -> [String; LENGTHS.len()]) -> Self {
        Self(LazyLock::new(write))
    }

    /// Cuts `items` into as few pieces as there are statements for, in order.
    pub(super) fn cut<'a, T>(&'static self, mut items: &'a [T]) -> impl Iterator<Item = (&'static str, &'a [T])> {
        std::iter::from_fn(move || {
            let fitting = LENGTHS.iter().zip(self.0.iter());
            let (statement, (piece, rest)) = fitting
                .filter_map(|(length, statement)| Some((statement, items.split_at_checked(*length)?)))
                .next()?;
            items = rest;
            Some((statement.as_str(), piece))
        })
    }
}

/// The statements `insert VALUES row, row, …`.
pub(super) fn statements(insert: &str, row: &str) -> [String; LENGTHS.len()] {
    LENGTHS.map(|length| format!("{insert} VALUES {}", vec![row; length].join(", ")))
}
