//! A time limit: another process answers, and is ended when it takes too long.
//!
//! A thread cannot be ended from outside, and what takes too long would go on. A process can.
//! It is the same program without a limit.

use std::env::current_exe;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Asks another process, and begins another when that one is gone.
pub(super) struct Bounded {
    wrong: Option<String>,
    time_limit: Duration,
    running: Option<Running>,
    /// No handle beyond this was given out yet: a request gives at most one.
    last_handle: u64,
}

struct Running {
    process: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

/// Why a request has no answer.
enum Lost {
    TimeIsOver,
    Died,
}

impl Bounded {
    pub(super) const fn new(wrong: Option<String>, time_limit: Duration) -> Self {
        Self {
            wrong,
            time_limit,
            running: None,
            last_handle: 0,
        }
    }

    /// The answer to a request, or that there is none.
    pub(super) fn ask(&mut self, request: &str) -> Result<String> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(self.wrong.as_deref(), self.last_handle)?,
        };
        self.last_handle += 1;
        match running.ask(request, self.time_limit) {
            Ok(answer) => {
                self.running = Some(running);
                Ok(answer)
            }
            Err(lost) => {
                if matches!(lost, Lost::TimeIsOver) {
                    running.process.kill()?;
                }
                let ended = running.process.wait()?;
                self.no_answer(request, &lost, &ended.to_string())
            }
        }
    }

    fn no_answer(&self, request: &str, lost: &Lost, ended: &str) -> Result<String> {
        let (kind, message) = match lost {
            Lost::TimeIsOver => (
                "time_limit",
                format!(
                    "no answer within {} ms: every handle is lost, begin anew",
                    self.time_limit.as_millis()
                ),
            ),
            Lost::Died => (
                "died",
                format!("the process that answers ended, {ended}: every handle is lost, begin anew"),
            ),
        };
        let error = Told { kind, message };
        let id = serde_json::from_str::<Asked<'_>>(request)
            .ok()
            .and_then(|asked| asked.id);
        Ok(serde_json::to_string(&NoAnswer { id, error })?)
    }
}

impl Drop for Bounded {
    /// Without requests it ends by itself, but not before it has answered the last.
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}

impl Running {
    /// Its start is not counted: it has answered once.
    fn start(wrong: Option<&str>, last_handle: u64) -> Result<Self> {
        let mut command = Command::new(current_exe().context("cannot find this program")?);
        command.args(["oracle", "--last-handle", &last_handle.to_string()]);
        command.args(wrong.into_iter().flat_map(|name| ["--wrong", name]));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start the process that answers")?;
        let (Some(requests), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(anyhow!("the process that answers has no pipes"));
        };
        let (sender, answers) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            // Where nobody waits for the answer any more, the process is ended.
            lines.map_while(|line| sender.send(line).ok()).for_each(drop);
        });
        let mut running = Self {
            process,
            requests,
            answers,
        };
        let sent = running.send(r#"{"call":"version"}"#);
        let started = sent.is_ok() && running.answers.recv().is_ok();
        if !started {
            let ended = running.process.wait()?;
            return Err(anyhow!("the process that answers did not start: {ended}"));
        }
        Ok(running)
    }

    fn ask(&mut self, request: &str, time_limit: Duration) -> Result<String, Lost> {
        self.send(request).map_err(|_| Lost::Died)?;
        self.answers.recv_timeout(time_limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => Lost::TimeIsOver,
            RecvTimeoutError::Disconnected => Lost::Died,
        })
    }

    fn send(&mut self, request: &str) -> std::io::Result<()> {
        self.requests.write_all(request.as_bytes())?;
        self.requests.write_all(b"\n")?;
        self.requests.flush()
    }
}

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct NoAnswer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: Told,
}

#[derive(Serialize)]
struct Told {
    kind: &'static str,
    message: String,
}
