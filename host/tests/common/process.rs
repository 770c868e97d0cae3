//! The real program, in processes of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use super::wait_until;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_enterprise-credentials");

/// A `serve` process. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Serve {
    child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Serve {
    /// Starts it on a free port, unless the options name an address, and waits until it listens.
    /// Its log goes to the file `log`.
    pub(crate) fn start(store_url: &str, log: &Path, options: &[&str]) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        Self::start_with(store_url, log, stderr.into(), options, &[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_in(store_url: &str, log: &Path, options: &[&str], variables: &[(&str, &Path)]) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        Self::start_with(store_url, log, stderr.into(), options, variables)
    }

    /// The same, with its log into a pipe that nobody reads until [`Serve::stderr`] is taken.
    pub(crate) fn start_unread(store_url: &str, options: &[&str]) -> Self {
        Self::start_with(store_url, Path::new("/dev/null"), Stdio::piped(), options, &[])
    }

    fn start_with(store_url: &str, log: &Path, stderr: Stdio, options: &[&str], variables: &[(&str, &Path)]) -> Self {
        let has_address = options.contains(&"--listen");
        let listen: &[_] = if has_address { &[] } else { &["--listen", "127.0.0.1:0"] };
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--store", store_url])
            .args(listen)
            .args(options)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("listening on http");
        let address = address.and_then(|address| address.trim_start_matches('s').strip_prefix("://"));
        let address = address.unwrap_or_else(|| panic!("{line:?}: {}", std::fs::read_to_string(log).unwrap()));
        Self {
            child,
            address: address.parse().unwrap(),
            log: log.to_path_buf(),
        }
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The pipe into which its log goes.
    pub(crate) fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    /// Sends it a signal, as `-HUP`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.signal("-TERM");
        let mut ended = None;
        wait_until("the process has ended", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap().code()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs another command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// Runs another command, which must succeed, and gives what it printed.
pub(crate) fn run_well(arguments: &[&str]) -> Vec<u8> {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

pub(crate) fn export(store_url: &str, slug: &str) -> Vec<u8> {
    run_well(&["export", "--store", store_url, "--enterprise", slug])
}
