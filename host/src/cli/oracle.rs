//! `oracle`: the core as JSON, for test suites in any language.

mod bounded;
mod lines;
mod service;
mod wrong;

use std::io::{Write, stdin, stdout};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::oracle::Oracle;

use super::output::{NotPrinted, print};
use super::serve::address;
use bounded::Bounded;
use lines::next_request;

/// What answers a request.
type Speaker = Box<dyn FnMut(&str) -> Result<String>>;

/// Answer requests in JSON, one a line, for test suites in any language. docs/oracle.md has them all.
///
/// Reads standard input to its end. Each answer is one line on standard output, written out at once. With `--listen` it
/// answers over HTTP instead.
#[derive(Debug, Args)]
pub(crate) struct OracleArgs {
    /// Speak for a core that is wrong on purpose, to see whether your suite notices.
    ///
    /// Only a program that was built with the feature `wrong` has wrong cores.
    #[arg(long, value_name = "NAME", value_parser = wrong::named)]
    wrong: Option<wrong::Name>,
    /// List the wrong cores, one a line, as JSON: what is wrong with each, and which law it breaks.
    #[arg(long, conflicts_with_all = ["wrong", "time_limit", "listen"])]
    list_wrong: bool,
    /// Answer over HTTP, at an IP address and a port, until SIGTERM or SIGINT. Port 0 takes a free one.
    ///
    /// The address is printed as `listening on http://ADDRESS`. `POST /oracle` takes one request as its body. Whoever
    /// reaches the address may ask, so listen on a loopback address.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Answer within so many milliseconds, or with an error. What was kept is lost then.
    ///
    /// Only for requests on standard input: over HTTP your client sets its own limit.
    #[arg(long, value_name = "MS", conflicts_with = "listen")]
    time_limit: Option<NonZeroU64>,
    /// The last handle that was given out before: for the process that a time limit needs.
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    last_handle: u64,
}

impl OracleArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        if self.list_wrong {
            print(wrong::list()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(address) = self.listen {
            return service::run(self.oracle(), address);
        }
        let mut speaker = self.speaker();
        let mut requests = stdin().lock();
        while let Some(request) = next_request(&mut requests)? {
            let mut line = speaker(&request)?;
            line.push('\n');
            let mut output = stdout().lock();
            let printed = output.write_all(line.as_bytes()).and_then(|()| output.flush());
            printed.map_err(NotPrinted::from)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn speaker(self) -> Speaker {
        if let Some(time_limit) = self.time_limit {
            let time_limit = Duration::from_millis(time_limit.get());
            let mut bounded = Bounded::new(self.wrong.map(|name| name.to_string()), time_limit);
            return Box::new(move |request| bounded.ask(request));
        }
        let mut oracle = self.oracle();
        Box::new(move |request| Ok(oracle.call(request)))
    }

    fn oracle(self) -> Oracle {
        match self.wrong {
            Some(name) => wrong::oracle(name, self.last_handle),
            None => Oracle::after(self.last_handle),
        }
    }
}
