//! The log on standard error, in one of two forms. The program never waits for it.

mod queue;

use std::io::{IsTerminal, stderr};

use clap::ValueEnum;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use queue::LogQueue;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log while it is kept. What it still holds at its end is written then, if it can be written soon.
#[derive(Debug)]
pub(super) struct Log(LogQueue);

impl LogFormat {
    /// From here on, what the program logs goes to standard error.
    pub(super) fn install(self) -> Log {
        // What the queue says of itself has the same form, and does not go through the queue.
        let about_itself = self.dispatch(stderr);
        let queue = LogQueue::start(move |lost| {
            tracing::dispatcher::with_default(&about_itself, || {
                tracing::warn!(
                    lost,
                    "lines of the log are lost: it was not read in time, or could not be written"
                );
            });
        });
        let writer = queue.clone();
        // It is the first of this process: nothing else installs one.
        let _ = tracing::dispatcher::set_global_default(self.dispatch(move || writer.clone()));
        Log(queue)
    }

    fn dispatch(self, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> Dispatch {
        let log = tracing_subscriber::fmt()
            .with_writer(writer)
            .with_ansi(stderr().is_terminal())
            .with_max_level(LevelFilter::INFO)
            .with_target(false)
            // A line that cannot be written would be complained of there too, by a panic.
            .log_internal_errors(false);
        match self {
            Self::Text => log.into(),
            Self::Json => log.json().flatten_event(true).into(),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.flush();
    }
}
