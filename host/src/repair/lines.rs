//! The lines to repair with: those of the log, and if it ends too early, the store's own later lines.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Enterprise, EnterpriseSlug, Event, Position};
use tokio::runtime::Handle;

use super::RepairError;
use crate::import::Log;
use crate::read_log_line;
use crate::store::{Batch, Batches, Head, Inspect, StoreError};

const BATCH_LINES: usize = 4_096;
const REPAIR: &str = "be repaired";

/// Whose log it is.
pub(super) fn enterprise(log: &impl Log) -> Result<EnterpriseSlug, RepairError> {
    let mut line = Vec::new();
    if !read_log_line(&mut log.open()?, &mut line)? {
        return Err(RepairError::Empty);
    }
    match Decoder::new().decode(&line)?.event {
        Event::EnterpriseCreated { slug, .. } => Ok(slug),
        _ => Err(RepairError::NoEnterprise),
    }
}

/// How many lines came from the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) lines: u64,
}

/// Where the lines come from.
pub(super) struct Sources<L, S> {
    pub(super) log: Arc<L>,
    pub(super) store: Arc<S>,
    pub(super) enterprise: EnterpriseSlug,
    pub(super) runtime: Handle,
    /// How many lines there are to be.
    pub(super) size: u64,
    /// Whether the store's lines may follow the log's: a head has to say that they are right.
    pub(super) accepts_store: bool,
}

impl<L: Log, S: Inspect> Sources<L, S> {
    /// Reads all lines, and gives the head that they lead to, and how many of them are the log's. Without a head to
    /// compare it with, every event has to fit the ones before it.
    pub(super) fn read_all(&self) -> Result<(Head, Origin), RepairError> {
        let mut reading = Reading::begin(self.log.open()?, self.size);
        let mut folded = (!self.accepts_store).then(Enterprise::new);
        let mut head = Head::EMPTY;
        loop {
            let batch = reading.next(self, folded.as_mut())?;
            if batch.is_empty() {
                break;
            }
            let mut frontier = head.frontier().clone();
            batch
                .extend(&mut frontier)
                .map_err(|error| StoreError::permanent(REPAIR, error))?;
            head = head.behind(&batch, frontier);
        }
        let (lines, size) = (reading.of_log, self.size);
        if !self.accepts_store && head.position().value() < size {
            return Err(RepairError::Shorter { lines, size });
        }
        Ok((head, Origin { lines }))
    }
}

impl<L: Log, S: Inspect> Sources<L, S> {
    /// The lines once more, with as many of the log's.
    pub(super) fn batches(self: &Arc<Self>, of_log: Origin) -> Result<Batches<'static>, StoreError> {
        let (lines, read) = sync_channel(1);
        let sources = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("repair".to_owned())
            .spawn(move || {
                let sent = sources.send(of_log, &lines);
                if let Err(error) = sent {
                    let _ = lines.send(Err(error));
                }
            })
            .map_err(|error| StoreError::transient(REPAIR, error))?;
        Ok(Box::new(Sent {
            read: Some(read),
            thread: Some(thread),
        }))
    }

    fn send(&self, of_log: Origin, lines: &SyncSender<Result<Batch, StoreError>>) -> Result<(), StoreError> {
        let changed = |error: RepairError| match error {
            RepairError::Store(error) => error,
            error => StoreError::permanent(REPAIR, error),
        };
        let log = self.log.open().map_err(|error| changed(error.into()))?;
        let mut reading = Reading::begin(log, self.size);
        loop {
            let batch = reading.next(self, None).map_err(changed)?;
            if batch.is_empty() {
                break;
            }
            if reading.of_log > of_log.lines {
                return Err(StoreError::permanent(REPAIR, "the log was changed while it was read"));
            }
            // Whoever does not want more has had enough.
            if lines.send(Ok(batch)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Batches from the thread that reads them. Of a file only one can be read at a time:
/// whoever drops this may open the next.
struct Sent {
    read: Option<Receiver<Result<Batch, StoreError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Iterator for Sent {
    type Item = Result<Batch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read.as_ref()?.recv().ok()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.read = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// In the middle of it.
struct Reading<'a> {
    log: Option<Box<dyn BufRead + 'a>>,
    decoder: Decoder,
    position: Position,
    size: u64,
    of_log: u64,
    line: Vec<u8>,
}

impl<'a> Reading<'a> {
    fn begin(log: Box<dyn BufRead + 'a>, size: u64) -> Self {
        Self {
            log: Some(log),
            decoder: Decoder::new(),
            position: Position::START,
            size,
            of_log: 0,
            line: Vec::new(),
        }
    }

    /// The next lines; none at the end.
    fn next<L, S: Inspect>(
        &mut self,
        sources: &Sources<L, S>,
        mut folded: Option<&mut Enterprise>,
    ) -> Result<Batch, RepairError> {
        let mut batch = Batch::behind(self.position);
        let left = usize::try_from(self.size - self.position.value()).unwrap_or(usize::MAX);
        while batch.page().len() < left.min(BATCH_LINES)
            && let Some(log) = &mut self.log
        {
            if !read_log_line(log, &mut self.line)? {
                self.log = None;
                break;
            }
            let event = self.decoder.decode(&self.line)?;
            if let Some(folded) = &mut folded {
                folded.apply(&event).map_err(|source| RepairError::Corrupt { source })?;
            }
            batch.push(&event, &self.line)?;
            self.of_log += 1;
        }
        if batch.is_empty() && left > 0 && sources.accepts_store {
            self.read_on(sources, &mut batch, left)?;
        }
        self.position = batch.end();
        Ok(batch)
    }

    /// Takes lines from the store. Where it has none to give, these are all.
    fn read_on<L, S: Inspect>(
        &mut self,
        sources: &Sources<L, S>,
        batch: &mut Batch,
        left: usize,
    ) -> Result<(), RepairError> {
        let reading = sources
            .store
            .read(&sources.enterprise, self.position, left.min(BATCH_LINES));
        let page = match sources.runtime.block_on(reading) {
            Ok(page) => page,
            Err(StoreError::Altered(_) | StoreError::Permanent { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for line in page.lines() {
            let Ok(event) = self.decoder.decode(line) else { break };
            batch.push(&event, line)?;
        }
        Ok(())
    }
}
