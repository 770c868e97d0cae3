//! Two logs, read side by side.

use anyhow::Result;
use enterprise_credentials::{Enterprise, Position};

use super::{FirstDifference, Lines};
use crate::cli::history::{History, HistoryPlace};

/// What two logs have come to.
pub(super) struct Sides {
    pub(super) lines: Lines,
    pub(super) first_difference: Option<FirstDifference>,
    /// The states at their ends, or where one of them breaks off.
    pub(super) a: Enterprise,
    pub(super) b: Enterprise,
    /// Why one of them cannot be read to its end. Then its state is none to compare.
    pub(super) fault: Option<anyhow::Error>,
}

/// One log on its way.
struct Side {
    history: History,
    enterprise: Enterprise,
    lines: u64,
    has_line: bool,
    fault: Option<anyhow::Error>,
}

impl Side {
    fn new(history: History) -> Self {
        Self {
            history,
            enterprise: Enterprise::new(),
            lines: 0,
            has_line: true,
            fault: None,
        }
    }

    /// Reads the next line, and folds it unless the log has broken off.
    fn advance(&mut self) -> Result<()> {
        self.has_line = self.has_line && self.history.next_line()?;
        if !self.has_line {
            return Ok(());
        }
        self.lines += 1;
        if self.fault.is_none() {
            self.fault = self.fold().err();
        }
        Ok(())
    }

    fn fold(&mut self) -> Result<()> {
        let recorded = self.history.event()?;
        let applied = self.enterprise.apply(&recorded);
        applied.map_err(|corrupt| self.history.blame(corrupt))
    }

    fn line(&self) -> Option<&[u8]> {
        self.has_line.then(|| self.history.line())
    }
}

/// Reads both to their ends. Lines are compared as bytes, and so beyond a break too. An error where one of them cannot
/// be opened, or is a stream that is not whole.
pub(super) fn read(a: &HistoryPlace, b: &HistoryPlace) -> Result<Sides> {
    let (mut a, mut b) = (Side::new(a.open_without_bar()?), Side::new(b.open()?));
    let mut first_difference = None;
    loop {
        a.advance()?;
        b.advance()?;
        if !a.has_line && !b.has_line {
            break;
        }
        if first_difference.is_none() && a.line() != b.line() {
            let shown = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
            first_difference = Some(FirstDifference {
                position: Position::new(a.lines.max(b.lines))?,
                a: a.line().map(shown),
                b: b.line().map(shown),
            });
        }
    }
    Ok(Sides {
        lines: Lines { a: a.lines, b: b.lines },
        first_difference,
        a: a.enterprise,
        b: b.enterprise,
        fault: a.fault.or(b.fault),
    })
}
