//! A build of the host, and a server of it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The longest that anything is waited for.
const WAIT_MAX: Duration = Duration::from_secs(900);

pub(crate) struct Program(PathBuf);

impl Program {
    pub(crate) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<()> {
        let done = Command::new(&self.0).args(arguments).stdout(Stdio::null()).status()?;
        ensure!(done.success(), "{arguments:?} failed");
        Ok(())
    }

    /// Runs a command whose output becomes a file.
    pub(crate) fn write(&self, arguments: &[&str], file: &Path) -> Result<()> {
        let output = std::fs::File::create(file)?;
        let done = Command::new(&self.0).args(arguments).stdout(output).status()?;
        ensure!(done.success(), "{arguments:?} failed");
        Ok(())
    }

    /// Imports a log into the store at `path`.
    pub(crate) fn import(&self, path: &Path, log: &Path) -> Result<()> {
        self.run(&["import", "--store", &url(path), &log.display().to_string()])
    }

    /// Serves the store at `path`.
    pub(crate) fn serve(&self, path: &Path) -> Result<Server> {
        let mut child = Command::new(&self.0)
            .args(["serve", "--listen", "127.0.0.1:0", "--store", &url(path)])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut line = String::new();
        BufReader::new(stdout.context("standard output is a pipe")?).read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .context("an address")?
            .parse()?;
        let completed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&completed);
        let log = stderr.context("standard error is a pipe")?;
        std::thread::spawn(move || count(log, &counted));
        Ok(Server {
            child,
            address,
            completed,
        })
    }
}

/// Counts the revocations that a log says are completed.
fn count(log: impl Read, completed: &AtomicU64) {
    for line in BufReader::with_capacity(1 << 20, log).lines().map_while(Result::ok) {
        if line.contains("revocation completed") {
            completed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A server at work.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    completed: Arc<AtomicU64>,
}

impl Server {
    /// Waits until so many revocations are completed.
    pub(crate) fn wait_for(&self, revocations: u64) -> Result<()> {
        let begun_at = Instant::now();
        while self.completed.load(Ordering::Relaxed) < revocations {
            ensure!(begun_at.elapsed() < WAIT_MAX, "the jobs do not end");
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// The most memory that it has taken so far, in MiB.
    pub(crate) fn memory_peak_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.split_whitespace().next()).context("a peak")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
