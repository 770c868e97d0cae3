//! What is said, as the terminal shows it: no line is wider than it, and verdicts have a colour.
//!
//! Away from a terminal nothing is broken or coloured, so that a sentence is found by its words.

use std::fmt::Display;

use console::{Style, Term};
use textwrap::{Options, WordSplitter};

/// How many columns tables have where they are not shown on a terminal.
const COLUMNS: usize = 80;
/// On a narrower terminal lines are broken as if it were this wide: nobody reads what has three letters a line.
const COLUMNS_MIN: usize = 20;

/// How many columns a table may have on standard output.
pub(super) fn columns() -> usize {
    width(&Term::stdout()).unwrap_or(COLUMNS)
}

/// How wide a terminal is; nothing where there is none.
fn width(terminal: &Term) -> Option<usize> {
    let (_, columns) = terminal.size_checked()?;
    Some(usize::from(columns).max(COLUMNS_MIN))
}

/// The words as standard output shows them.
pub(super) fn on_stdout(words: &str) -> String {
    on(&Term::stdout(), words)
}

/// The words as standard error shows them.
pub(super) fn on_stderr(words: &str) -> String {
    on(&Term::stderr(), words)
}

fn on(terminal: &Term, words: &str) -> String {
    width(terminal).map_or_else(|| words.to_owned(), |columns| fit(words, columns))
}

/// Breaks the lines that are wider. What goes on stands below where its sentence began.
fn fit(words: &str, columns: usize) -> String {
    let mut fitted = String::with_capacity(words.len());
    for line in words.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let indent = " ".repeat(begin(line, columns * 2 / 3));
        let options = Options::new(columns)
            .subsequent_indent(&indent)
            .word_splitter(WordSplitter::NoHyphenation);
        fitted.push_str(&textwrap::wrap(line, options).join("\n"));
        fitted.push_str(end);
    }
    fitted
}

/// The column where the sentence of a line begins: behind its indent, or behind the name that stands before it, with
/// two blanks or more between. Nothing begins beyond `column_max`.
fn begin(line: &str, column_max: usize) -> usize {
    let (mut begin, mut blanks) = (0, 0);
    for (column, character) in line.chars().enumerate().take(column_max + 1) {
        match character {
            ' ' => blanks += 1,
            _ if blanks >= 2 => (begin, blanks) = (column, 0),
            _ => blanks = 0,
        }
    }
    begin
}

/// A verdict that all is well. It must say so without its colour.
pub(super) fn good(verdict: impl Display) -> String {
    Style::new().green().apply_to(verdict).to_string()
}

/// A verdict that something is not. It must say so without its colour.
pub(super) fn bad(verdict: impl Display) -> String {
    Style::new().red().apply_to(verdict).to_string()
}

/// The same on standard error.
pub(super) fn bad_on_stderr(verdict: impl Display) -> String {
    Style::new().red().for_stderr().apply_to(verdict).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_stands_below_where_its_sentence_began() {
        let words = "  cut                     position 1,234
  credentials destroyed   0: without revoke_credentials none is

{\"message\":\"of one word\"}
";
        let fitted = "  cut                     position 1,234
  credentials destroyed   0: without
                          revoke_credentials
                          none is

{\"message\":\"of one word\"}
";
        assert_eq!(fit(words, 44), fitted);
        assert_eq!(fit(words, 80), words, "nothing is broken that fits");
        assert_eq!(fit("  no end", 80), "  no end");
    }

    #[test]
    fn no_line_is_wider_whatever_it_holds() {
        let words = format!("  login   {}\n{}\n  x {:>70} y\n", "x".repeat(100), "é".repeat(90), "");
        for columns in [20, 33, 60, 80] {
            let fitted = fit(&words, columns);
            assert!(fitted.lines().all(|line| line.chars().count() <= columns), "{fitted}");
            assert_eq!(fitted.matches('x').count(), 101, "and nothing is lost");
        }
    }
}
