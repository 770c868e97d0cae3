//! A log as it is read for an audit, and everybody who looks at its lines on the way.

use anyhow::Result;
use enterprise_credentials::Position;
use enterprise_credentials::audit::Auditor;
use enterprise_credentials_host::mark::MarkCheck;
use enterprise_credentials_report::made::MadeFrom;
use enterprise_credentials_seal::LogCheck;

use super::page::Drawn;
use crate::cli::history::{Extent, History};

/// The audit is of the events up to its extent. A seal and a mark are over bytes, and are held against the whole log.
pub(super) struct Reading {
    pub(super) auditor: Auditor,
    pub(super) extent: Extent,
    pub(super) marked: Option<MarkCheck>,
    pub(super) sealed: Option<LogCheck>,
    pub(super) drawn: Option<Drawn>,
    /// What the first line says of what the history was made from.
    pub(super) made_from: Option<MadeFrom>,
    /// How many lines the log has beyond the extent.
    pub(super) later: u64,
}

impl Reading {
    /// Reads the log to its end, or to where it breaks off. A seal is held against the lines beyond a break too:
    /// whether the log was sealed so, or broken since, is what one wants to know then.
    pub(super) fn read(&mut self, history: &mut History) -> Result<()> {
        let mut broken_off = Ok(());
        loop {
            match history.next_line() {
                Ok(true) => {}
                Ok(false) => return broken_off,
                Err(error) => return broken_off.and(Err(error)),
            }
            if let Some(sealed) = &mut self.sealed {
                sealed.push_line(history.line());
            }
            if broken_off.is_ok() {
                broken_off = self.read_line(history);
            }
            if broken_off.is_err() && self.sealed.is_none() {
                return broken_off;
            }
        }
    }

    fn read_line(&mut self, history: &mut History) -> Result<()> {
        if self.extent.is_reached() {
            self.pass_over(history);
            return Ok(());
        }
        let recorded = history.event()?;
        if !self.extent.takes(&recorded) {
            self.pass_over(history);
            return Ok(());
        }
        let observed = self.auditor.observe(&recorded);
        observed.map_err(|corrupt| history.blame(corrupt))?;
        if recorded.position == Position::START.next() {
            self.made_from = MadeFrom::of_line(history.line());
        }
        if let Some(marked) = &mut self.marked {
            marked.push(history.line());
        }
        if let Some(drawn) = &mut self.drawn {
            drawn.observe(&recorded, history.line())?;
        }
        Ok(())
    }

    /// Takes a line beyond the extent, whatever it says.
    fn pass_over(&mut self, history: &History) {
        self.later += 1;
        if let Some(marked) = &mut self.marked {
            marked.push(history.line());
        }
    }
}
