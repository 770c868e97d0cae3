//! What the writer's thread and its callers share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::leaf_hash;
use rusqlite::Connection;

use super::failure::Failure;
use super::queue::Queue;
use super::readers::Readers;
use super::status::Status;
use super::watch::Watch;
use super::{connection, file, heads, segments};
use crate::store::entry::CheckedHolders;
use crate::store::{Head, StoreError};

/// How many lines are read at a time to see whether a stream is the one that was known.
const LINES_AT_ONCE: usize = 16 * 1024;
const EXAMINE: &str = "go on with the file that is at its path now";
/// How long opening a connection waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often streams without a head are looked for.
const LOOK_FOR_LOST_EVERY: Duration = Duration::from_secs(60);
/// How often it is said that the files were replaced.
const TELL_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) watch: Watch,
    pub(super) queue: Queue,
    pub(super) readers: Arc<Readers>,
    pub(super) status: Status,
    pub(super) known: KnownHeads,
    pub(super) checked: CheckedHolders,
    /// How long an append waits for its turn.
    pub(super) patience: Duration,
    told_replaced: Mutex<Option<Instant>>,
    looked_for_lost: Mutex<Option<Instant>>,
}

impl Shared {
    pub(super) fn new(path: &Path, patience: Duration) -> Self {
        let watch = Watch::new(path);
        Self {
            readers: Arc::new(Readers::new(watch.path())),
            watch,
            queue: Queue::default(),
            status: Status::new(patience),
            known: KnownHeads::default(),
            checked: CheckedHolders::default(),
            patience,
            told_replaced: Mutex::default(),
            looked_for_lost: Mutex::default(),
        }
    }

    /// Looks whether the file at the path holds every stream at least as far as it is known here, and takes it for the
    /// right one then: gives the connection that found it so. No other may be open:
    /// what one has in its cache would lie.
    pub(super) fn examine(&self) -> Result<Connection, Failure> {
        let cannot_read = |error| Failure::of(EXAMINE, error);
        let replaced = || Failure::transient(EXAMINE, self.watch.replaced());
        // What is not a store must not be given a write-ahead log.
        let content = connection::reader(self.watch.path(), BUSY_TIMEOUT).and_then(|reader| file::content(&reader));
        if !content.map_err(cannot_read)?.is_current() {
            return Err(replaced());
        }
        let connection = connection::writer(self.watch.path()).map_err(cannot_read)?;
        // Reading, it waits for nobody, and nobody takes the files beside it away.
        connection.execute_batch("BEGIN").map_err(cannot_read)?;
        self.compare(&connection)?;
        self.watch.note();
        connection.execute_batch("ROLLBACK").map_err(cannot_read)?;
        Ok(connection)
    }

    /// The same beside a transaction that is under way, whose connection cannot be closed: another process's checkpoint
    /// may have written to the file meanwhile.
    pub(super) fn examine_beside(&self) -> Result<(), Failure> {
        let content = self.watch.content();
        self.readers.close();
        let connection = connection::reader(self.watch.path(), BUSY_TIMEOUT);
        self.compare(&connection.map_err(|error| Failure::of(EXAMINE, error))?)?;
        self.watch.accept(content);
        Ok(())
    }

    /// Looks whether every stream is the one that is known here, or what it has grown to since.
    fn compare(&self, connection: &Connection) -> Result<(), Failure> {
        let replaced = || Failure::transient(EXAMINE, self.watch.replaced());
        for (enterprise, known) in self.known.all() {
            let head = match heads::read(connection, &enterprise) {
                Ok(head) => head.unwrap_or_default(),
                // Of this one stream its readers will tell.
                Err(StoreError::Altered(_)) => continue,
                Err(_) => return Err(replaced()),
            };
            match follows(connection, &enterprise, &known, &head) {
                Ok(true) => self.known.note(&enterprise, &head),
                // Of lines that are missing behind what is known, its readers will tell.
                Err(StoreError::Altered(_)) => {}
                _ => return Err(replaced()),
            }
        }
        Ok(())
    }

    /// Whether it is time to look for streams without a head, which takes longer than to read the heads: at first,
    /// and each minute.
    pub(super) fn looks_for_lost(&self) -> bool {
        let mut looked = self.looked_for_lost.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOK_FOR_LOST_EVERY);
        if is_due {
            *looked = Some(Instant::now());
        }
        is_due
    }

    /// Says, now and then, that the files are not those that were opened.
    pub(super) fn tell_replaced(&self, failure: &Failure) {
        let mut told = self.told_replaced.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            *told = Some(Instant::now());
            let (path, error) = (self.watch.path().display(), crate::error_chain(&failure.told()));
            tracing::error!(%path, error, "the store's files were replaced: nothing is answered from them");
        }
    }
}

/// Whether a stream that ends with `head` is the one that ended with `known`, or what it has grown to since: the lines
/// between say so. Another store's stream of the same name may be the longer one.
fn follows(
    connection: &Connection,
    enterprise: &EnterpriseSlug,
    known: &Head,
    head: &Head,
) -> Result<bool, StoreError> {
    let mut frontier = known.frontier().clone();
    while frontier.size() < head.position().value() {
        let after = Position::new(frontier.size()).unwrap_or_default();
        let left = usize::try_from(head.position().value() - frontier.size()).unwrap_or(usize::MAX);
        let page = segments::read(connection, enterprise, after, left.min(LINES_AT_ONCE))?;
        let full = frontier.extend(page.lines().map(leaf_hash)).is_err();
        if page.is_empty() || full {
            return Ok(false);
        }
    }
    Ok(frontier == *head.frontier())
}

/// Where the streams ended when this process last looked. What ends before that has been set back.
#[derive(Debug, Default)]
pub(super) struct KnownHeads(Mutex<HashMap<EnterpriseSlug, Head>>);

/// Of how many streams the heads are known. Beyond that they are learnt anew.
const KNOWN_MAX: usize = 64 * 1024;

impl KnownHeads {
    pub(super) fn note(&self, enterprise: &EnterpriseSlug, head: &Head) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(enterprise) {
            Some(known) if known.position() > head.position() => {}
            Some(known) => known.clone_from(head),
            None => {
                if known.len() >= KNOWN_MAX {
                    known.clear();
                }
                known.insert(enterprise.clone(), head.clone());
            }
        }
    }

    fn all(&self) -> Vec<(EnterpriseSlug, Head)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(slug, head)| (slug.clone(), head.clone())).collect()
    }
}
