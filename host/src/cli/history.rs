//! A log that is read line by line: nothing of it is kept but the state.

mod extent;
mod kept;
mod made;
mod place;

use std::io::{BufReader, Read};

use anyhow::{Context, Result};
use enterprise_credentials::limits::LINE_BYTES_MAX;
use enterprise_credentials::log::{Decoder, Until};
use enterprise_credentials::{CorruptHistory, Enterprise, RecordedEvent};
use enterprise_credentials_host::read_log_line;
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

pub(super) use extent::Extent;
pub(super) use kept::Kept;
pub(super) use made::Made;
pub(super) use place::HistoryPlace;

/// A log in the middle of being read.
pub(super) struct History {
    name: String,
    reader: BufReader<Source>,
    decoder: Decoder,
    line: Vec<u8>,
}

impl History {
    fn open(place: &HistoryPlace) -> Result<Self> {
        Ok(Self::of(place.to_string(), place.open_bytes()?))
    }

    fn of(name: String, place::Opened { read, bar }: place::Opened) -> Self {
        let source = Source {
            read,
            bar,
            hash: Sha256::new(),
        };
        Self {
            name,
            reader: BufReader::with_capacity(LINE_BYTES_MAX, source),
            decoder: Decoder::new(),
            line: Vec::new(),
        }
    }

    /// The bytes of the line that was read last, without its line feed.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Reads the next line, whatever it says. False at the end.
    pub(super) fn next_line(&mut self) -> Result<bool> {
        let read = read_log_line(&mut self.reader, &mut self.line);
        read.with_context(|| format!("cannot read {}", self.name))
    }

    /// The event in the line that was read last.
    pub(super) fn event(&mut self) -> Result<RecordedEvent> {
        let decoded = self.decoder.decode(&self.line);
        decoded.with_context(|| format!("cannot read {}", self.name))
    }

    /// The next event; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<RecordedEvent>> {
        if !self.next_line()? {
            return Ok(None);
        }
        self.event().map(Some)
    }

    /// Says where an event stands that does not fit the ones before it.
    pub(super) fn blame(&self, corrupt: CorruptHistory) -> anyhow::Error {
        blame(&self.name, corrupt)
    }

    /// Reads what is left, and gives the SHA-256 of the whole, in hexadecimal digits.
    pub(super) fn sha256(mut self) -> Result<String> {
        let name = &self.name;
        std::io::copy(&mut self.reader, &mut std::io::sink()).with_context(|| format!("cannot read {name}"))?;
        let hash = std::mem::take(&mut self.reader.get_mut().hash).finalize();
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn blame(name: &str, corrupt: CorruptHistory) -> anyhow::Error {
    // Line n of a log holds position n.
    let line = corrupt.position;
    anyhow::Error::new(corrupt).context(format!("{name} breaks off at line {line}"))
}

impl HistoryPlace {
    /// Opens the log at its beginning.
    pub(super) fn open(&self) -> Result<History> {
        History::open(self)
    }

    /// The same, where another log shows how far it is read.
    pub(super) fn open_without_bar(&self) -> Result<History> {
        let bar = ProgressBar::hidden();
        Ok(History::of(
            self.to_string(),
            place::Opened {
                bar,
                ..self.open_bytes()?
            },
        ))
    }

    /// The state that the log leads to, at its end or earlier. A log without any event leads nowhere, and one
    /// that ends before the position asked for does not lead there: both are errors.
    pub(super) fn replay(&self, until: Option<Until>) -> Result<Enterprise> {
        let mut enterprise = Enterprise::new();
        self.read_until(until, &mut |recorded| enterprise.apply(recorded))?;
        Ok(enterprise)
    }

    /// Hands each event to `each`, to the end of the log or to an earlier place. A log without any event, and one that
    /// ends before the position asked for, are errors.
    ///
    /// A stream is read to its end, whose head says whether what was read is what was appended.
    pub(super) fn read_until(
        &self,
        until: Option<Until>,
        each: &mut dyn FnMut(&RecordedEvent) -> Result<(), CorruptHistory>,
    ) -> Result<()> {
        let mut history = self.open()?;
        let mut extent = Extent::new(until);
        let blame = |corrupt| blame(&self.to_string(), corrupt);
        extent.read(&mut || history.next(), &mut |recorded| each(recorded).map_err(blame))?;
        if self.is_stream() {
            history.sha256()?;
        }
        extent.check_end(self)
    }

    /// Hands each event, and the bytes of its line, to `each`, and gives the state at the end. A log without any event
    /// leads to a state in which nothing happened.
    pub(super) fn read(&self, each: &mut dyn FnMut(&RecordedEvent, &[u8]) -> Result<()>) -> Result<Enterprise> {
        let mut history = self.open()?;
        let mut enterprise = Enterprise::new();
        while let Some(recorded) = history.next()? {
            enterprise.apply(&recorded).map_err(|corrupt| history.blame(corrupt))?;
            each(&recorded, &history.line)?;
        }
        Ok(enterprise)
    }
}

/// The bytes as they come, counted and hashed on their way.
struct Source {
    read: Box<dyn Read>,
    bar: ProgressBar,
    hash: Sha256,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.read.read(buffer)?;
        self.hash.update(buffer.get(..length).unwrap_or_default());
        self.bar.inc(length as u64);
        Ok(length)
    }
}
