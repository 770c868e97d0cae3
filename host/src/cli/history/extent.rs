//! How far a log is asked about.

use std::fmt;

use anyhow::{Result, bail, ensure};
use enterprise_credentials::log::Until;
use enterprise_credentials::{Position, RecordedEvent};

/// Up to where a log is asked about, and up to where it was read.
pub(in crate::cli) struct Extent {
    until: Option<Until>,
    end: Position,
    /// Whether an event came that is later than what is asked about.
    is_past: bool,
}

impl Extent {
    pub(in crate::cli) const fn new(until: Option<Until>) -> Self {
        Self {
            until,
            end: Position::START,
            is_past: false,
        }
    }

    /// Whether nothing more is asked about. Lines of a file beyond a position are not even read as events: they may be
    /// broken.
    pub(in crate::cli) fn is_reached(&self) -> bool {
        self.is_past || matches!(self.until, Some(Until::Position(last)) if self.end >= last)
    }

    /// Whether the next event is asked about too. The first that is not is the last one to be read.
    pub(in crate::cli) fn takes(&mut self, recorded: &RecordedEvent) -> bool {
        self.is_past = matches!(self.until, Some(Until::Time(last)) if recorded.at > last);
        if !self.is_past {
            self.end = recorded.position;
        }
        !self.is_past
    }

    /// Hands to `each` what is asked about of the events that `next` gives.
    pub(super) fn read(
        &mut self,
        next: &mut dyn FnMut() -> Result<Option<RecordedEvent>>,
        each: &mut dyn FnMut(&RecordedEvent) -> Result<()>,
    ) -> Result<()> {
        while !self.is_reached()
            && let Some(recorded) = next()?
            && self.takes(&recorded)
        {
            each(&recorded)?;
        }
        Ok(())
    }

    /// Whether the log, which was read so far as it is asked about, goes so far and has an event at all.
    pub(in crate::cli) fn check_end(&self, log: &dyn fmt::Display) -> Result<()> {
        let end = self.end;
        if end == Position::START && !self.is_reached() {
            bail!(
                "{log} holds no event: nothing is known of any enterprise. If an `export` wrote it, its error says why"
            );
        }
        // Position 0 is asked for on purpose: it is before anything. An early time is a mistake.
        ensure!(
            end != Position::START || !self.is_past,
            "{log} begins after `--until`: nothing is known of any enterprise then"
        );
        if let Some(Until::Position(asked)) = self.until {
            ensure!(
                end >= asked,
                "{log} ends at position {end}, before `--until {asked}`: ask for a position up to its \
                 end, or fetch a later log"
            );
        }
        Ok(())
    }
}
