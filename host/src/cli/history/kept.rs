//! A log that can be read again and again.

use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom};

use anyhow::{Context, Result};
use enterprise_credentials::log::Until;
use enterprise_credentials::{CorruptHistory, RecordedEvent};
use indicatif::ProgressBar;

use super::place::{HistoryPlace, Opened};
use super::{Extent, History, blame};

/// A log in a file: its own, or where it can be read only once a temporary one.
pub(in crate::cli) struct Kept {
    name: String,
    file: File,
}

impl HistoryPlace {
    /// Makes sure that the log can be read again. A stream is read to its end, and so it is compared with its head.
    pub(in crate::cli) fn kept(&self) -> Result<Kept> {
        Ok(Kept {
            name: self.to_string(),
            file: self.open_file()?,
        })
    }
}

impl Kept {
    /// Its events, from the first on. One reading at a time.
    pub(in crate::cli) fn events(&self) -> Result<impl Iterator<Item = Result<RecordedEvent>> + use<>> {
        let cannot_read = || format!("cannot read {self}");
        let mut file = self.file.try_clone().with_context(cannot_read)?;
        file.seek(SeekFrom::Start(0)).with_context(cannot_read)?;
        let opened = Opened {
            read: Box::new(file),
            bar: ProgressBar::hidden(),
        };
        let mut history = History::of(self.name.clone(), opened);
        Ok(std::iter::from_fn(move || history.next().transpose()))
    }

    /// Hands each event to `each`, to the end of the log, which may have none, or to an earlier place. A log that ends
    /// before the position asked for is an error.
    pub(in crate::cli) fn read_until(
        &self,
        until: Option<Until>,
        each: &mut dyn FnMut(&RecordedEvent) -> Result<(), CorruptHistory>,
    ) -> Result<()> {
        let mut events = self.events()?;
        let mut extent = Extent::new(until);
        let blame = |corrupt| self.blame(corrupt);
        extent.read(&mut || events.next().transpose(), &mut |recorded| {
            each(recorded).map_err(blame)
        })?;
        match until {
            Some(_) => extent.check_end(self),
            None => Ok(()),
        }
    }

    /// Says where an event stands that does not fit the ones before it.
    pub(in crate::cli) fn blame(&self, corrupt: CorruptHistory) -> anyhow::Error {
        blame(&self.name, corrupt)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
