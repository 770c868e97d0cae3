//! Mends an altered stream with a log of it. Any log will do whose first lines lead to the stream's head. The head
//! commits to every byte, so only what was appended is written.
//!
//! A log that ends earlier will do too, if the store's own later lines are whole. Then both together lead to the head.

mod lines;

use std::sync::Arc;

use enterprise_credentials::log::LogError;
use enterprise_credentials::{CorruptHistory, EnterpriseSlug, Position};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use self::lines::{Origin, Sources};
use crate::import::Log;
use crate::store::{self, Altered, Ends, Head, Inspect, Mended, Mending, RightLines, StoreError, StoreUrl, Streams};

/// How often a stream is read again that goes on meanwhile.
const ATTEMPTS_MAX: u32 = 8;

/// What to repair.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whose log it must be.
    pub enterprise: Option<EnterpriseSlug>,
    /// How many lines of the log are the stream, where its head is broken or lost.
    pub accept_size: Option<u64>,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// To which stream.
    pub enterprise: EnterpriseSlug,
    /// Where it ends.
    pub head: Head,
    /// What was mended.
    pub mended: Mended,
}

/// Why nothing was repaired. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// There is no line to repair with.
    #[error("the log is empty: there is nothing to repair with")]
    Empty,
    /// The log does not begin with the creation of an enterprise.
    #[error("line 1: a stream begins with `EnterpriseCreated`")]
    NoEnterprise,
    /// It is the log of another enterprise than was asked for.
    #[error("the log is that of `{found}`, not of `{asked}`")]
    OfAnother {
        /// Whose log it should be.
        asked: EnterpriseSlug,
        /// Whose it is.
        found: EnterpriseSlug,
    },
    /// The store has neither a head nor a line of it.
    #[error("the store holds nothing of `{0}`: `import` the log")]
    NoStream(EnterpriseSlug),
    /// The head cannot say what is right.
    #[error(
        "{altered}. So the store cannot say what is right: if you know that the log's first N lines are the whole \
         stream, give `--accept-size N`. In the store its lines end at position {lines}"
    )]
    HeadLost {
        /// In which way.
        altered: Altered,
        /// Where the lines end.
        lines: Position,
    },
    /// The head says what is right.
    #[error("stream `{0}` has its head, which says how many lines it has: leave out `--accept-size`")]
    HeadKnown(EnterpriseSlug),
    /// The log has fewer lines than shall be taken from it.
    #[error("the log ends at line {lines}, before the {size} lines that are to be taken from it")]
    Shorter {
        /// How many it has.
        lines: u64,
        /// How many were asked for.
        size: u64,
    },
    /// The log is another.
    #[error(
        "the log does not lead to the stream's head: between positions {first} and {last} its lines differ from those \
         that were appended"
    )]
    Parts {
        /// Before the first that may differ.
        first: u64,
        /// The last that may differ.
        last: u64,
    },
    /// The log ends before the stream, and what follows in the store is damaged too, or the log is another.
    #[error(
        "the log ends at line {lines}, and together with the store's own later lines it does not lead to the stream's \
         head at position {size}: either those lines are damaged too, or this is another log; take a longer one"
    )]
    TailAltered {
        /// How many lines the log has.
        lines: u64,
        /// How many the stream has.
        size: u64,
    },
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
    Input(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Repairs the stream of the enterprise whose log it is, in one transaction: only what is damaged is written.
///
/// # Errors
/// [`RepairError`]; the store is as it was.
pub async fn repair(url: &StoreUrl, log: impl Log, asked: &Asked) -> Result<Repaired, RepairError> {
    let log = Arc::new(log);
    let enterprise = lines::enterprise(log.as_ref())?;
    if let Some(asked) = asked.enterprise.as_ref().filter(|asked| **asked != enterprise) {
        let (asked, found) = (asked.clone(), enterprise);
        return Err(RepairError::OfAnother { asked, found });
    }
    let store = Arc::new(store::open_to_read(url).await?);
    let mut attempt = 0;
    let repaired = loop {
        attempt += 1;
        match repair_once(url, &store, &log, &enterprise, asked.accept_size).await {
            Err(RepairError::Store(StoreError::Conflict { .. })) if attempt < ATTEMPTS_MAX => {}
            repaired => break repaired,
        }
    };
    store.close().await;
    repaired
}

async fn repair_once(
    url: &StoreUrl,
    store: &Arc<impl Inspect>,
    log: &Arc<impl Log>,
    enterprise: &EnterpriseSlug,
    accept_size: Option<u64>,
) -> Result<Repaired, RepairError> {
    let Ends { head: found, lines } = store.ends(enterprise).await?;
    let (found, size) = match (found, accept_size) {
        (Ok(None), _) => return Err(RepairError::NoStream(enterprise.clone())),
        (Ok(Some(_)), Some(_)) => return Err(RepairError::HeadKnown(enterprise.clone())),
        (Ok(Some(head)), None) => (Some(head.clone()), head.position().value()),
        (Err(altered), None) => return Err(RepairError::HeadLost { altered, lines }),
        (Err(_), Some(size)) => (None, size),
    };
    let sources = Arc::new(Sources {
        log: Arc::clone(log),
        store: Arc::clone(store),
        enterprise: enterprise.clone(),
        runtime: Handle::current(),
        size,
        accepts_store: found.is_some(),
    });
    let reading = Arc::clone(&sources);
    let read = spawn_blocking(move || reading.read_all()).await;
    let (head, of_log) = read.map_err(|error| StoreError::transient("be repaired", error))??;
    if let Some(found) = &found {
        check(found, &head, of_log)?;
    }
    let mending = Mending {
        enterprise: enterprise.clone(),
        found,
        head: head.clone(),
        lines: RightLines {
            size,
            open: Box::new(move || sources.batches(of_log)),
        },
    };
    let mended = store::mend(url, mending).await?;
    Ok(Repaired {
        enterprise: enterprise.clone(),
        head,
        mended,
    })
}

/// Fails unless the lines, of which `of_log` are the log's, lead to the head that was found.
fn check(found: &Head, read: &Head, of_log: Origin) -> Result<(), RepairError> {
    let size = found.position().value();
    if read.position() < found.position() {
        let lines = of_log.lines;
        return Err(RepairError::TailAltered { lines, size });
    }
    if read.frontier() == found.frontier() {
        return Ok(());
    }
    // The tree's subtrees stand side by side, the largest first: the first that differs has a line that does.
    let subtrees = found.frontier().hashes().iter().zip(read.frontier().hashes());
    let (mut before, mut left) = (0, size);
    for (right, wrong) in subtrees {
        let lines = 1 << left.ilog2();
        if right != wrong {
            if before >= of_log.lines {
                break;
            }
            let last = (before + lines).min(of_log.lines);
            return Err(RepairError::Parts {
                first: before + 1,
                last,
            });
        }
        (before, left) = (before + lines, left - lines);
    }
    let lines = of_log.lines;
    Err(RepairError::TailAltered { lines, size })
}
