//! Checkpoints: what the write-ahead log holds goes into the file, and the log begins again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::Writer;

/// From how many pages on the log is folded into the file. A page has 4 KiB.
const PAGES: i32 = 10_000;
/// After a checkpoint that could not fold all, for a reader was still at it: how many pages more until the next.
const PAGES_MORE: i32 = 1_000;
/// From how many on readers are waited for, so that the log can begin anew: 64 MiB.
const PAGES_RESTART: i32 = 16 * 1024;
const RESTART_BUDGET: Duration = Duration::from_millis(100);
/// What a log takes that a person should look at.
const BYTES_ALARMING: u64 = 1 << 30;

/// How long the write-ahead log of a connection is.
pub(super) struct Log {
    /// As its last commit found.
    pages: Arc<AtomicI32>,
    /// From how many on there is a checkpoint.
    due: i32,
}

impl Log {
    pub(super) fn of(connection: &mut Connection) -> Self {
        let pages = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&pages);
        // Without it there is a checkpoint when the store is closed, and a warning before.
        let hooked = connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        }));
        if let Err(error) = hooked {
            tracing::warn!(%error, "the write-ahead log is not watched");
        }
        Self { pages, due: PAGES }
    }
}

impl Writer {
    /// Makes a checkpoint if one is due.
    pub(super) fn checkpoint(&mut self) {
        let is_due = |log: &Log| log.pages.load(Ordering::Relaxed) >= log.due;
        if self.open.as_ref().is_some_and(|open| is_due(&open.log)) {
            self.fold(CheckpointMode::PASSIVE);
        }
    }

    /// Makes a checkpoint while there is nothing else to do.
    pub(super) fn checkpoint_when_idle(&mut self) {
        let has_pages = |log: &Log| log.pages.load(Ordering::Relaxed) > 0;
        if self.open.as_ref().is_some_and(|open| has_pages(&open.log)) {
            self.fold(CheckpointMode::PASSIVE);
        }
    }

    /// Folds the log as far as that goes.
    pub(super) fn fold_log(&mut self) {
        self.fold(CheckpointMode::PASSIVE);
    }

    /// Folds the log of an import, and gives back the disk that it takes.
    pub(super) fn truncate_log(&mut self) {
        self.fold(CheckpointMode::TRUNCATE);
    }

    fn fold(&mut self, mode: CheckpointMode) {
        let Some(open) = &mut self.open else { return };
        self.shared.watch.expect_content();
        let mut folded = fold(&open.connection, mode);
        if let Ok((pages, _)) = folded
            && pages > PAGES_RESTART
            && matches!(mode, CheckpointMode::PASSIVE)
        {
            folded = fold(&open.connection, CheckpointMode::RESTART);
        }
        self.shared.watch.note_content();
        match folded {
            Ok((pages, folded)) if folded >= pages => {
                open.log.pages.store(0, Ordering::Relaxed);
                open.log.due = PAGES;
            }
            Ok((pages, _)) => open.log.due = pages.max(PAGES) + PAGES_MORE,
            Err(error) => {
                open.log.due += PAGES_MORE;
                tracing::warn!(%error, "a checkpoint failed: the write-ahead log grows");
            }
        }
        let bytes = self.shared.watch.log_bytes();
        if bytes > BYTES_ALARMING {
            tracing::error!(
                bytes,
                "the write-ahead log is large: a reader has kept the store open for long, or the disk fails"
            );
        }
    }
}

/// How many pages the log has, and how many of them are in the file now.
fn fold(connection: &Connection, mode: CheckpointMode) -> rusqlite::Result<(i32, i32)> {
    if !matches!(mode, CheckpointMode::PASSIVE) {
        connection.busy_timeout(RESTART_BUDGET)?;
    }
    let folded = connection.wal_checkpoint_v2(None::<&str>, mode);
    connection.busy_timeout(Duration::ZERO)?;
    match folded {
        // Somebody reads what it would overwrite: nothing failed.
        Err(error) if super::is_busy(&error) => connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE),
        folded => folded,
    }
}
