//! The connections that read. Some are for the small reads of a request, which are done where they are asked for. Some
//! are for all other reads, on threads that may block.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::Handle;

use super::connection;
use super::failure::failed;
use crate::store::StoreError;

/// How many small reads are done at once where they are asked for. A runtime needs that many threads more than
/// processors, so that a disk that does not answer holds up nothing else.
pub const INLINE_READS_MAX: usize = 2;
const ASIDE: usize = 4;
/// How long a read may take before the runtime is looked after.
const HOLDS_UP: Duration = Duration::from_millis(50);
/// How long a read waits where another process is recovering the file; a small read does not wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    inline: [Slot; INLINE_READS_MAX],
    aside: [Slot; ASIDE],
}

/// A connection, once there was something to read.
#[derive(Debug, Default)]
struct Slot {
    connection: Mutex<Option<Connection>>,
    /// Since when it has been reading.
    reading: Mutex<Option<Instant>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            inline: Default::default(),
            aside: Default::default(),
        }
    }

    /// Reads here and now. Nothing where it would have to wait.
    pub(super) fn inline<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let (slot, connection) = free(&self.inline)?;
        Some(slot.read(connection, || connection::reader(&self.path, Duration::ZERO), read))
    }

    /// Reads on a thread that may block.
    pub(super) fn aside<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let [first, ..] = &self.aside;
        let (slot, connection) = free(&self.aside).unwrap_or_else(|| (first, lock(&first.connection)));
        slot.read(connection, || connection::reader(&self.path, BUSY_TIMEOUT), read)
    }

    /// Closes every connection, once what it reads is read: what it has in its cache is not to be trusted any more.
    pub(super) fn close(&self) {
        for slot in self.inline.iter().chain(&self.aside) {
            *lock(&slot.connection) = None;
        }
    }

    /// For how long the longest read under way has taken.
    pub(super) fn reading(&self) -> Option<Duration> {
        let slots = self.inline.iter().chain(&self.aside);
        slots
            .filter_map(|slot| Some(lock(&slot.reading).as_ref()?.elapsed()))
            .max()
    }
}

impl Slot {
    fn read<T>(
        &self,
        mut connection: MutexGuard<'_, Option<Connection>>,
        open: impl FnOnce() -> rusqlite::Result<Connection>,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        *lock(&self.reading) = Some(Instant::now());
        let opened = match connection.take() {
            Some(connection) => Ok(connection),
            None => open().map_err(failed("open the file for reading")),
        };
        let done = opened.and_then(|opened| {
            let done = read(&opened);
            // What failed may be over for another connection.
            if !matches!(done, Err(StoreError::Transient { .. } | StoreError::Permanent { .. })) {
                *connection = Some(opened);
            }
            done
        });
        *lock(&self.reading) = None;
        done
    }
}

/// Has the runtime look after its timers and sockets again where a read holds up the thread that did: a thread that
/// waits for a disk may be the one that waited for all others. Ends with the store.
pub(super) fn look_after(readers: &Weak<Readers>, runtime: &Handle) {
    while let Some(readers) = readers.upgrade() {
        if readers.reading().is_some_and(|reading| reading > HOLDS_UP) {
            runtime.spawn(async {});
        }
        drop(readers);
        std::thread::sleep(HOLDS_UP);
    }
}

fn free(slots: &[Slot]) -> Option<(&Slot, MutexGuard<'_, Option<Connection>>)> {
    slots.iter().find_map(|slot| match slot.connection.try_lock() {
        Ok(connection) => Some((slot, connection)),
        Err(std::sync::TryLockError::Poisoned(poisoned)) => Some((slot, poisoned.into_inner())),
        Err(std::sync::TryLockError::WouldBlock) => None,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
