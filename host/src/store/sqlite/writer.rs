//! The one writer: a thread that owns the writing connection, and does what the queue holds.

mod checkpoint;
mod group;
mod other;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::checkpoint::Log;
use super::Shared;
use super::connection;
use super::failure::{Failure, is_busy};
use super::queue::Next;
use super::watch::Change;
use crate::store::StoreError;

/// A process that commits without gaps starves all others, which look for the lock now and then. So it is left alone
/// for the one time after the other at most.
const GAP: Duration = Duration::from_millis(2);
const GAP_AFTER: Duration = Duration::from_millis(25);
/// How often the lock is looked for while another process holds it; jitter comes on top.
const LOCK_PAUSE: Duration = Duration::from_millis(1);
const WARN_EVERY: Duration = Duration::from_secs(5);
const IDLE_MAX: Duration = Duration::from_secs(1);

const APPEND: &str = "append to a stream";

pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Nothing after a failure: the next transaction begins with a new one.
    open: Option<Open>,
    /// Since when there has been no gap.
    busy_since: Instant,
    /// Whether something failed since the log was last folded: it may be the log that fills the disk.
    folds_when_opened: bool,
}

/// A connection, and how long its write-ahead log is.
pub(super) struct Open {
    connection: Connection,
    log: Log,
}

/// The file has been changed by others since the transaction began: it is to begin again.
struct Changed;

impl Writer {
    /// A writer that goes on with a connection.
    pub(super) fn new(shared: Arc<Shared>, connection: Connection) -> Self {
        Self {
            shared,
            open: Some(Open::new(connection)),
            busy_since: Instant::now(),
            folds_when_opened: false,
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let idle_since = Instant::now();
            let next = shared.queue.next(IDLE_MAX);
            if idle_since.elapsed() >= GAP {
                self.busy_since = Instant::now();
            }
            shared.status.begins();
            match next {
                Next::Group(appends) => self.group(appends),
                Next::Other(other) => self.other(other),
                Next::Idle => self.checkpoint_when_idle(),
                Next::Closed => break,
            }
            shared.status.ends();
            self.leave_a_gap();
        }
        self.shared.readers.close();
    }

    fn leave_a_gap(&mut self) {
        if self.busy_since.elapsed() >= GAP_AFTER {
            std::thread::sleep(GAP);
            self.busy_since = Instant::now();
        }
    }

    /// Takes the write lock, as soon as nobody else has it. Nothing where what it is for is no longer wanted,
    /// which is asked while it waits.
    fn begin(&mut self, mut is_wanted: impl FnMut(Instant) -> bool) -> Result<Option<()>, Failure> {
        let mut warned = Duration::ZERO;
        loop {
            let connection = self.connection()?;
            match connection
                .prepare_cached("BEGIN IMMEDIATE")
                .and_then(|mut begin| begin.execute([]))
            {
                Ok(_) => {
                    self.shared.status.has_lock();
                    return Ok(is_wanted(Instant::now()).then_some(()));
                }
                Err(error) if is_busy(&error) => {}
                Err(error) => return Err(self.gave_out(Failure::of("begin an append", error))),
            }
            let waited = self.shared.status.waits();
            if waited >= warned + WARN_EVERY {
                warned = waited;
                let seconds = waited.as_secs();
                tracing::warn!(
                    seconds,
                    "appends wait: another process holds the write lock of the store"
                );
            }
            let now = Instant::now();
            for late in self.shared.queue.take_late(now) {
                group::tell_late(late);
            }
            if !is_wanted(now) {
                return Ok(None);
            }
            std::thread::sleep(LOCK_PAUSE + jitter(now));
        }
    }

    /// The connection, opened anew after a failure, to the file that is now at the path, if that is the right one.
    fn connection(&mut self) -> Result<&Connection, Failure> {
        if self.shared.watch.change() != Change::None {
            self.examine()?;
        }
        if self.open.is_none() {
            let connection = connection::writer(self.shared.watch.path());
            let connection = connection.map_err(|error| self.gave_out(Failure::of("open the file", error)))?;
            self.open = Some(Open::new(connection));
            if self.folds_when_opened {
                self.folds_when_opened = false;
                self.fold_log();
            }
        }
        let closed = || Failure::transient("open the file", std::io::Error::other("it was closed again"));
        self.open.as_ref().map(|open| &open.connection).ok_or_else(closed)
    }

    /// Closes every connection, and looks on a new one whether the file still holds what it held. If it does, it is
    /// taken for the right one, whoever wrote to it.
    fn examine(&mut self) -> Result<(), Failure> {
        // The writer's last: where only the log was taken away, SQLite then folds what it holds of it into the file.
        self.shared.readers.close();
        self.open = None;
        match self.shared.examine() {
            Ok(connection) => {
                self.open = Some(Open::new(connection));
                Ok(())
            }
            Err(failure) => {
                self.shared.tell_replaced(&failure);
                Err(failure)
            }
        }
    }

    /// Commits, unless the files are no longer the right ones.
    fn commit(&mut self, action: &'static str) -> Result<Result<(), Failure>, Changed> {
        if self.shared.watch.change() != Change::None {
            self.roll_back();
            return Err(Changed);
        }
        let Some(open) = &self.open else {
            return Err(Changed);
        };
        let committed = open
            .connection
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]));
        Ok(match committed {
            Ok(_) => {
                self.shared.status.succeeded();
                Ok(())
            }
            // SQLite has rolled back by itself, and yet the commit may be found in the log after a crash.
            Err(error) => Err(self.gave_out(Failure::of_commit(action, error))),
        })
    }

    /// Ends a transaction without a commit. A connection that cannot is closed.
    fn roll_back(&mut self) {
        let rolled_back = self.open.as_ref().is_some_and(|open| {
            open.connection.is_autocommit()
                || open
                    .connection
                    .prepare_cached("ROLLBACK")
                    .and_then(|mut it| it.execute([]))
                    .is_ok()
        });
        if !rolled_back {
            self.open = None;
        }
    }

    /// Notes a failure, and gives up the connection that had it.
    fn gave_out(&mut self, failure: Failure) -> Failure {
        self.open = None;
        self.folds_when_opened = true;
        self.shared.status.failed(crate::error_chain(&failure.told()));
        failure
    }
}

impl Open {
    fn new(mut connection: Connection) -> Self {
        let log = Log::of(&mut connection);
        Self { connection, log }
    }
}

/// Up to a millisecond, so that two processes do not look for the lock in step.
fn jitter(now: Instant) -> Duration {
    thread_local! { static BEGUN: Instant = Instant::now(); }
    let nanoseconds = BEGUN.with(|begun| now.duration_since(*begun).subsec_nanos());
    Duration::from_nanos(u64::from(nanoseconds.wrapping_mul(2_654_435_761) % 1_000_000))
}

/// An append, a caller's or an import's, that waited too long for the write lock.
fn late() -> StoreError {
    StoreError::transient(
        APPEND,
        "its turn did not come in time: another process holds the write lock",
    )
}
