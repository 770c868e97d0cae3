//! The example as a process that can be killed: this test program, run again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use enterprise_credentials_seal::{VerifierKey, WitnessKey};
use ureq::Agent;

use crate::common::runtime;
use crate::example;

/// The arguments of the witness, a line each, where this process is to be one.
const ARGUMENTS: &str = "WITNESS_ARGUMENTS";
pub(crate) const NAME: &str = "witness.example.com/w1";

/// What the processes below run; in the tests' own process there is nothing to do.
#[test]
fn this_program_is_a_witness_where_it_was_started_as_one() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        let arguments: Vec<String> = arguments.lines().map(str::to_owned).collect();
        runtime().block_on(example::run(&arguments)).unwrap();
    }
}

/// A witness at work. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Witness {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) key: WitnessKey,
}

/// The directory of a witness that knows these logs.
pub(crate) fn directory(path: PathBuf, logs: &[VerifierKey]) -> PathBuf {
    fs::create_dir(&path).unwrap();
    let logs: String = logs.iter().map(|key| format!("{key}\n")).collect();
    fs::write(path.join("logs"), logs).unwrap();
    path
}

impl Witness {
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_at(directory, "127.0.0.1:0".parse().unwrap())
    }

    /// At an address of which it was known before.
    pub(crate) fn start_at(directory: &Path, address: SocketAddr) -> Self {
        let mut child = spawn(directory, address);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let key = lines.find_map(|line| line.split_whitespace().next_back()?.parse().ok());
        let listening = lines.find_map(|line| Some(line.strip_prefix("listening on http://")?.parse().unwrap()));
        Self {
            address: listening.unwrap_or_else(|| panic!("it ended: {:?}", child.wait())),
            key: key.unwrap(),
            child,
        }
    }

    /// Where it fails to start, and says why.
    pub(crate) fn fail_to_start(directory: &Path) -> String {
        let output = spawn(directory, "127.0.0.1:0".parse().unwrap())
            .wait_with_output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) -> SocketAddr {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.address
    }

    /// What it says to its operator.
    pub(crate) fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    pub(crate) fn ask(&self, request: impl ToString) -> Answer {
        ask(self.address, request).unwrap()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(directory: &Path, address: SocketAddr) -> Child {
    let arguments = format!("{}\n{address}\n{NAME}", directory.display());
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "process::this_program_is_a_witness_where_it_was_started_as_one",
            "--nocapture",
        ])
        .env(ARGUMENTS, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

/// Adds a checkpoint, as anyone would; an error where the witness dies meanwhile.
pub(crate) fn ask(address: SocketAddr, request: impl ToString) -> Result<Answer, ureq::Error> {
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent();
    let mut response = agent
        .post(format!("http://{address}/add-checkpoint"))
        .send(request.to_string())?;
    let content_type = response.headers().get("content-type");
    Ok(Answer {
        status: response.status().as_u16(),
        content_type: content_type.map(|value| value.to_str().unwrap().to_owned()),
        body: response.body_mut().read_to_string()?,
    })
}
