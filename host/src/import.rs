//! Imports a log into the store. The whole log is checked before anything is written, and then read again while it is
//! written. So memory holds the state to which it leads, and a few thousand of its lines.

mod lines;
mod made;

use std::io::{self, BufRead, BufReader, Cursor, Seek};
use std::sync::Arc;

use enterprise_credentials::log::LogError;
use enterprise_credentials::{CorruptHistory, EnterpriseSlug, Position, Timestamp};
use enterprise_credentials_seal::Frontier;

use crate::mark::{Mark, NotMarked};
use crate::store::{Alteration, Altered, Append, Batch, Head, Store, StoreError, check_end};

use lines::{Chunks, Lines};
pub use made::is_made;

/// How often the rest is compared again after somebody else appended to the stream.
const ATTEMPTS_MAX: u32 = 8;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Into which stream.
    pub enterprise: EnterpriseSlug,
    /// How many lines the store held already, byte for byte.
    pub skipped: u64,
    /// How many lines it holds now that it did not hold before.
    pub appended: u64,
}

/// Why an import did not happen. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no line to import.
    #[error("the log is empty: there is nothing to import")]
    Empty,
    /// The log does not begin with the creation of an enterprise.
    #[error("line 1: a stream begins with `EnterpriseCreated`")]
    NoEnterprise,
    /// A line is no event.
    #[error(transparent)]
    Unreadable(#[from] LogError),
    /// An event does not fit the ones before it.
    #[error("line {position}: {source}", position = .source.position)]
    Corrupt {
        /// Where, and why.
        source: CorruptHistory,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Input(#[from] io::Error),
    /// The log is that of another enterprise when it is read again.
    #[error("the log was changed while it was imported: it creates another enterprise now")]
    Changed,
    /// It is not the log that was marked, nor begins with it.
    #[error(transparent)]
    NotMarked(#[from] NotMarked),
    /// Reading the log ended in a panic.
    #[error("the log was not read to its end")]
    Lost,
    /// The store holds something else there.
    #[error(
        "line {position}: stream `{enterprise}` in the store has another line at this position: the log is not that \
         stream, or its bytes were changed"
    )]
    Differs {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// The first position that differs.
        position: Position,
    },
    /// The store failed, or holds one of the fingerprints already.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A log that can be read from its first byte again and again.
pub trait Log: Send + Sync + 'static {
    /// Begins with the first byte. What was opened before is read no more.
    ///
    /// # Errors
    /// Those of the file.
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>>;
}

impl Log for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(Cursor::new(self)))
    }
}

impl Log for std::fs::File {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        let mut file = self;
        file.rewind()?;
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
    }
}

const BUFFER_BYTES: usize = 256 * 1024;

/// A whole stream, decoded and folded: its first event creates the enterprise, and every other fits.
#[derive(Debug)]
pub struct Stream<L> {
    log: Arc<L>,
    mark: Option<Mark>,
    enterprise: EnterpriseSlug,
    last_at: Option<Timestamp>,
}

impl<L: Log> Stream<L> {
    /// Checks a log from its first line to its last.
    ///
    /// # Errors
    /// [`ImportError`], with the line, for the first that is no event or does not fit.
    pub fn check(log: L) -> Result<Self, ImportError> {
        Self::check_with(log, None)
    }

    /// The same for a log that is to be the marked one, or to begin with it.
    ///
    /// # Errors
    /// [`ImportError::NotMarked`], and as above.
    pub fn check_marked(log: L, mark: Mark) -> Result<Self, ImportError> {
        Self::check_with(log, Some(mark))
    }

    fn check_with(log: L, mark: Option<Mark>) -> Result<Self, ImportError> {
        let (enterprise, last_at) = {
            let mut lines = Lines::open(&log, mark)?;
            while lines.next()?.is_some() {}
            (lines.slug().ok_or(ImportError::Empty)?.clone(), lines.last_at())
        };
        Ok(Self {
            log: Arc::new(log),
            mark,
            enterprise,
            last_at,
        })
    }

    /// The time of the log's last event. Where that is ahead of the clock, one of the two is wrong, and the stream's
    /// time stands still until the clock has come as far.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// Skips what the store holds byte for byte, appends the rest, refuses a difference.
    ///
    /// The rest is one append, so one transaction: a reader, or a worker, never sees the beginning of a history without
    /// its end, in which a token that dies later is alive and a revocation that is completed later is unfinished. Every
    /// line is checked again as it is appended: what was changed since the first check is not taken on trust.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was imported.
    pub async fn import<S: Store>(&self, store: &S) -> Result<Imported, ImportError> {
        for _ in 1..ATTEMPTS_MAX {
            match self.attempt(store).await {
                Err(ImportError::Store(StoreError::Conflict { .. })) => {}
                done => return done,
            }
        }
        self.attempt(store).await
    }

    async fn attempt<S: Store>(&self, store: &S) -> Result<Imported, ImportError> {
        let head = store.head(&self.enterprise).await?.unwrap_or_default();
        let mut chunks = Chunks::read(
            Arc::clone(&self.log),
            self.mark,
            self.enterprise.clone(),
            head.position(),
        );
        let done = self.append_rest(store, &head, &mut chunks).await;
        // Another attempt reads the same file.
        chunks.end().await;
        done
    }

    async fn append_rest<S: Store>(
        &self,
        store: &S,
        head: &Head,
        chunks: &mut Chunks,
    ) -> Result<Imported, ImportError> {
        let mut skipped = Frontier::EMPTY;
        let mut append = None;
        let mut appended = 0;
        while let Some(chunk) = chunks.next().await? {
            if chunk.end() <= head.position() {
                self.compare(store, &chunk).await?;
                chunk.extend(&mut skipped).map_err(|_| ImportError::Changed)?;
                continue;
            }
            appended += chunk.page().len() as u64;
            let append = match &mut append {
                Some(append) => append,
                none => {
                    check_end(&self.enterprise, &skipped, head)?;
                    none.insert(store.begin(&self.enterprise, head).await?)
                }
            };
            append.push(chunk).await?;
        }
        match append {
            Some(append) => drop(append.commit().await?),
            None if skipped.size() == 0 => return Err(ImportError::Empty),
            None if skipped.size() == head.position().value() => check_end(&self.enterprise, &skipped, head)?,
            // The stream went on after the log was exported.
            None => {}
        }
        Ok(Imported {
            enterprise: self.enterprise.clone(),
            skipped: skipped.size(),
            appended,
        })
    }

    /// Fails unless the store holds these very lines.
    async fn compare<S: Store>(&self, store: &S, chunk: &Batch) -> Result<(), ImportError> {
        let mut lines = chunk.page().lines();
        let mut position = chunk.expected();
        while position < chunk.end() {
            let left = usize::try_from(chunk.end().value() - position.value()).unwrap_or(usize::MAX);
            let page = store.read(&self.enterprise, position, left).await?;
            if page.is_empty() {
                let (enterprise, alteration) = (self.enterprise.clone(), Alteration::Missing { position });
                return Err(StoreError::Altered(Altered { enterprise, alteration }).into());
            }
            for stored in page.lines() {
                position = position.next();
                if lines.next() != Some(stored) {
                    let enterprise = self.enterprise.clone();
                    return Err(ImportError::Differs { enterprise, position });
                }
            }
        }
        Ok(())
    }
}
