//! A bounded queue of lines, and the thread that writes them. Whoever logs waits for nobody. If standard error is a
//! pipe that nobody reads, lines that do not fit are counted and left out.

use std::io::{self, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How many lines wait at most: some seconds of a busy host's log, in about a megabyte.
const LINES_MAX: usize = 4096;
/// How long the end of the log waits for a reader.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the end of the log looks for room in a full queue.
const FLUSH_POLL: Duration = Duration::from_millis(10);

/// Takes whole lines, one a write.
#[derive(Debug, Clone)]
pub(super) struct LogQueue {
    entries: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// All before it was written.
    Flush(SyncSender<()>),
}

impl LogQueue {
    /// Starts the thread. It calls `tell` with the number of lines lost since the last call,
    /// after the first line that could be written again.
    pub(super) fn start(tell: impl Fn(u64) + Send + 'static) -> Self {
        let (entries, waiting) = sync_channel(LINES_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        thread::spawn(move || write_out(&waiting, &counter, tell));
        Self { entries, lost }
    }

    /// Waits until all that was logged so far is written, but for a moment only.
    pub(super) fn flush(&self) {
        let give_up_at = Instant::now() + FLUSH_TIMEOUT;
        let (done, written) = sync_channel(1);
        while self.entries.try_send(Entry::Flush(done.clone())).is_err() {
            if Instant::now() >= give_up_at {
                return;
            }
            thread::sleep(FLUSH_POLL);
        }
        let _ = written.recv_timeout(give_up_at.saturating_duration_since(Instant::now()));
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.entries.try_send(Entry::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_out(waiting: &Receiver<Entry>, lost: &AtomicU64, tell: impl Fn(u64)) {
    while let Ok(entry) = waiting.recv() {
        match entry {
            Entry::Flush(done) => {
                let _ = done.send(());
            }
            Entry::Line(line) if stderr().write_all(&line).is_err() => {
                lost.fetch_add(1, Ordering::Relaxed);
            }
            Entry::Line(_) => match lost.swap(0, Ordering::Relaxed) {
                0 => {}
                lost => tell(lost),
            },
        }
    }
}
