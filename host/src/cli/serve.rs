//! `serve`: the HTTP API and the worker, until a signal says stop.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::store::{IfMissing, SqliteStore};
use enterprise_credentials_host::worker::WorkerOptions;
use tracing::level_filters::LevelFilter;

use super::signal::stop_signal;

/// Serve the HTTP API, and work on revocations in the background.
///
/// Resumes unfinished revocations at the start. SIGTERM or SIGINT stops it: requests under way and the running batch are
/// ended first, and snapshots kept for the next start.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one. The address taken is printed as `listening on http://ADDRESS`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The store, as `sqlite:path/to/file.db`. It must exist: `import` creates it.
    #[arg(long, value_name = "URL")]
    store: String,
    /// How many credentials the worker takes in one batch.
    #[arg(long, value_name = "CREDENTIALS", default_value_t = WorkerOptions::BATCH_DEFAULT)]
    batch: NonZeroU32,
    /// About how much memory the states of enterprises may take between requests; one being asked may take more. A
    /// million credentials take some 100 MiB as this is counted.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    memory: u32,
    /// How the log on stderr is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.log_format.install();
        super::runtime()?.block_on(self.serve())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn serve(self) -> anyhow::Result<()> {
        // Before anything is served: a signal that comes early must not kill.
        let stopped = stop_signal()?;

        let store = SqliteStore::open(&self.store, IfMissing::Fail).await?;
        let mut options = HostOptions::default();
        options.worker.batch = self.batch;
        options.cache.bytes_max = u64::from(self.memory) << 20;
        let mut host = Host::start(store.clone(), self.listen, options)
            .await
            .with_context(|| format!("cannot listen on `{}`", self.listen))?;
        let address = host.address();
        tracing::info!(%address, store = self.store, "listening");
        writeln!(std::io::stdout(), "listening on http://{address}")?;

        tokio::select! {
            ended = host.ended() => return Err(ended.into()),
            signal = stopped => tracing::info!(signal, "stopping"),
        }
        host.stop().await;
        store.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

impl LogFormat {
    fn install(self) {
        let log = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_max_level(LevelFilter::INFO)
            .with_target(false);
        match self {
            Self::Text => log.init(),
            Self::Json => log.json().flatten_event(true).init(),
        }
    }
}
