//! A stream from its bytes into the store, checked whole before anything is written.

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{CorruptHistory, Enterprise, EnterpriseSlug, Position};

use crate::store::{Line, Store, StoreError};

/// How many lines of the store are compared at a time.
const PAGE_LINES: u32 = 5_000;
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
    /// The store holds something else there.
    #[error(
        "line {position}: the store has another line at this position of stream `{enterprise}`: \
         the log is not that stream, or its bytes were changed"
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

/// A whole stream, decoded and folded: its first event creates the enterprise, and every other fits.
#[derive(Debug, Clone)]
pub struct Stream {
    enterprise: EnterpriseSlug,
    lines: Vec<Line>,
}

impl Stream {
    /// Checks a log from its first line to its last.
    ///
    /// # Errors
    /// [`ImportError`], with the line, for the first that is no event or does not fit.
    pub fn read(log: &[u8]) -> Result<Self, ImportError> {
        let mut decoder = Decoder::new();
        let mut enterprise = Enterprise::new();
        let mut lines = Vec::new();
        for bytes in log.split_inclusive(|byte| *byte == b'\n') {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            let event = decoder.decode(bytes)?;
            enterprise
                .apply(&event)
                .map_err(|source| ImportError::Corrupt { source })?;
            if enterprise.slug().is_none() {
                return Err(ImportError::NoEnterprise);
            }
            let bytes = bytes.to_vec();
            lines.push(Line { event, bytes });
        }
        let enterprise = enterprise.slug().cloned().ok_or(ImportError::Empty)?;
        Ok(Self { enterprise, lines })
    }

    /// Skips what the store holds byte for byte, appends the rest, refuses a difference.
    ///
    /// The rest is one append, so one transaction: a reader, or a worker, never sees the beginning of a history without
    /// its end, in which a token that dies later is alive and a revocation that is completed later is unfinished.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was imported.
    pub async fn import<S: Store>(&self, store: &S) -> Result<Imported, ImportError> {
        for _ in 1..ATTEMPTS_MAX {
            match append_rest(store, &self.enterprise, &self.lines).await {
                Err(ImportError::Store(StoreError::Conflict { .. })) => {}
                done => return done,
            }
        }
        append_rest(store, &self.enterprise, &self.lines).await
    }
}

async fn append_rest<S: Store>(
    store: &S,
    enterprise: &EnterpriseSlug,
    mut lines: &[Line],
) -> Result<Imported, ImportError> {
    let mut held = Position::START;
    while !lines.is_empty() {
        let page = store.read(enterprise, held, PAGE_LINES).await?;
        let is_last = page.len() < PAGE_LINES as usize;
        for bytes in page {
            // A stream that went on after the log was exported holds more than the log.
            let Some((line, rest)) = lines.split_first() else { break };
            if line.bytes != bytes {
                return Err(ImportError::Differs {
                    enterprise: enterprise.clone(),
                    position: line.event.position,
                });
            }
            held = line.event.position;
            lines = rest;
        }
        if is_last {
            break;
        }
    }
    if !lines.is_empty() {
        store.append(enterprise, held, lines).await?;
    }
    Ok(Imported {
        enterprise: enterprise.clone(),
        skipped: held.value(),
        appended: lines.len() as u64,
    })
}
