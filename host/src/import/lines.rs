//! The lines of a log, checked one after the other on a thread of their own.

use std::io::BufRead;
use std::sync::Arc;

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Enterprise, EnterpriseSlug, Position, RecordedEvent, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::{ImportError, Log};
use crate::mark::{Mark, MarkCheck};
use crate::read_log_line;
use crate::store::Batch;

/// How many lines are handed over at a time, and how often ahead of their use.
const CHUNK_LINES: usize = 4_096;
const CHUNKS_AHEAD: usize = 2;

/// Reads a log's lines, and folds them.
pub(super) struct Lines<'a> {
    reader: Box<dyn BufRead + 'a>,
    decoder: Decoder,
    enterprise: Enterprise,
    marked: Option<MarkCheck>,
    /// The line that was read last.
    line: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(super) fn open(log: &'a impl Log, mark: Option<Mark>) -> Result<Self, ImportError> {
        Ok(Self {
            reader: log.open()?,
            decoder: Decoder::new(),
            enterprise: Enterprise::new(),
            marked: mark.map(MarkCheck::new),
            line: Vec::new(),
        })
    }

    /// Whose log it is, as far as it was read.
    pub(super) fn slug(&self) -> Option<&EnterpriseSlug> {
        self.enterprise.slug()
    }

    /// The time of the last event that was read.
    pub(super) fn last_at(&self) -> Option<Timestamp> {
        self.enterprise.last_at()
    }

    /// The next line, which fits the ones before.
    pub(super) fn next(&mut self) -> Result<Option<RecordedEvent>, ImportError> {
        if !read_log_line(&mut self.reader, &mut self.line)? {
            self.marked.as_ref().map_or(Ok(()), MarkCheck::end)?;
            return Ok(None);
        }
        let event = self.decoder.decode(&self.line)?;
        self.enterprise
            .apply(&event)
            .map_err(|source| ImportError::Corrupt { source })?;
        if self.slug().is_none() {
            return Err(ImportError::NoEnterprise);
        }
        if let Some(marked) = &mut self.marked {
            marked.push(&self.line);
        }
        Ok(Some(event))
    }

    /// The next lines; none at the end. They stand all before `cut` or all behind it.
    fn chunk(&mut self, cut: Position) -> Result<Batch, ImportError> {
        let mut chunk = Batch::behind(self.enterprise.position());
        while chunk.page().len() < CHUNK_LINES
            && (chunk.end() != cut || chunk.is_empty())
            && let Some(event) = self.next()?
        {
            chunk.push(&event, &self.line)?;
        }
        Ok(chunk)
    }
}

/// Lines on their way from a thread that reads and checks them: it goes on while others are written.
pub(super) struct Chunks {
    chunks: Receiver<Result<Batch, ImportError>>,
    reading: JoinHandle<()>,
}

impl Chunks {
    /// Reads a log, which must be that of `enterprise`. No chunk has lines before `cut` and behind it.
    pub(super) fn read(log: Arc<impl Log>, mark: Option<Mark>, enterprise: EnterpriseSlug, cut: Position) -> Self {
        let (sender, chunks) = channel(CHUNKS_AHEAD);
        let reading = tokio::task::spawn_blocking(move || {
            if let Err(error) = send_all(log.as_ref(), mark, &enterprise, cut, &sender) {
                let _ = sender.blocking_send(Err(error));
            }
        });
        Self { chunks, reading }
    }

    /// The next lines; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>, ImportError> {
        match self.chunks.recv().await {
            Some(Ok(chunk)) if chunk.is_empty() => Ok(None),
            Some(chunk) => chunk.map(Some),
            // Only a panic ends the thread before the end of the log is sent.
            None => Err(ImportError::Lost),
        }
    }

    /// Waits until the log is read no more.
    pub(super) async fn end(self) {
        drop(self.chunks);
        let _ = self.reading.await;
    }
}

/// Sends the lines, and at the end none, until nobody wants more.
fn send_all(
    log: &impl Log,
    mark: Option<Mark>,
    enterprise: &EnterpriseSlug,
    cut: Position,
    sender: &Sender<Result<Batch, ImportError>>,
) -> Result<(), ImportError> {
    let mut lines = Lines::open(log, mark)?;
    loop {
        let chunk = lines.chunk(cut)?;
        if lines.slug().is_some_and(|slug| slug != enterprise) {
            return Err(ImportError::Changed);
        }
        let is_end = chunk.is_empty();
        if sender.blocking_send(Ok(chunk)).is_err() || is_end {
            return Ok(());
        }
    }
}
