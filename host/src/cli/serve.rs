//! `serve`: the HTTP API and the worker, until a signal says stop.

mod clients;
mod seal;
#[cfg(feature = "tls")]
mod tls;
mod witness;

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::http::HttpOptions;
use enterprise_credentials_host::store::{self, IfMissing, Reads, Store, StoreOptions, StoreUrl, Streams};
use enterprise_credentials_host::worker::WorkerOptions;

use super::log::LogFormat;
use super::signal::{Hangups, stop_signal};
use clients::Clients;
use seal::SealArgs;
pub(super) use seal::journal_of;

/// Serve the HTTP API, and work on revocations in the background.
///
/// At the start it goes on with the revocations that are unfinished.
///
/// SIGTERM or SIGINT stops it. It first ends the requests under way and the running batch, and keeps snapshots for the
/// next start. SIGHUP accepts a clock that is suspect, and reads the certificate and the file of auditors again.
///
/// Example: enterprise-credentials serve --store sqlite:octo.db --listen 127.0.0.1:8080
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen: an IP address and a port. Port 0 takes a free one.
    ///
    /// The address is printed as `listening on http://ADDRESS`. Without TLS, listen on a loopback address behind a
    /// proxy, because whoever can read the network can read the tokens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`. It must exist; `import` creates it.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// How to read the ends of streams from PostgreSQL.
    ///
    /// `fenced` asks a quorum of the servers, so that an old primary is not believed after a failover. `unfenced` asks
    /// one server. Without this option, reads are fenced if the server waits for standbys. SQLite needs no fence.
    #[arg(long, value_name = "HOW", value_enum)]
    reads: Option<ReadsArg>,
    /// How many credentials the worker takes in one batch.
    #[arg(long, value_name = "CREDENTIALS", default_value_t = WorkerOptions::BATCH_DEFAULT, value_parser = batch)]
    batch: NonZeroU32,
    /// About how much memory the states of enterprises may take between requests, in MiB.
    ///
    /// A million credentials take some 100 MiB as this is counted. A state that is being asked may take more.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,
    /// By how many seconds the clock may leap forward.
    ///
    /// After a longer leap the clock is suspect. Then every answer that depends on the clock is 503, until you set the
    /// clock right, or accept it by SIGHUP or by a restart.
    #[arg(long, value_name = "SECONDS", default_value_t = Clock::SKEW_MAX_DEFAULT.as_secs())]
    clock_skew_max: u64,
    #[command(flatten)]
    clients: Clients,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    witness: witness::WitnessArgs,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: tls::TlsArgs,
    /// How to write the log on standard error.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReadsArg {
    /// By a quorum.
    Fenced,
    /// By whichever server thinks that it is the primary.
    Unfenced,
}

impl From<ReadsArg> for Reads {
    fn from(reads: ReadsArg) -> Self {
        match reads {
            ReadsArg::Fenced => Self::Fenced,
            ReadsArg::Unfenced => Self::Unfenced,
        }
    }
}

/// How long the stop waits for a disk that does not answer.
pub(super) const STOP_MAX: Duration = Duration::from_secs(2);

/// A name may stand for several addresses, of which one would have to be picked.
pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "write an IP address and a port, as in `127.0.0.1:8080` or `[::1]:8080`")
}

fn batch(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("a batch takes from 1 to {} credentials", u32::MAX))
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let _log = self.log_format.install();
        let runtime = super::runtime()?;
        let served = runtime.block_on(self.serve());
        // A read that does not end must not hold up the stop.
        runtime.shutdown_timeout(STOP_MAX);
        served.map(|()| ExitCode::SUCCESS)
    }

    async fn serve(self) -> anyhow::Result<()> {
        // Before anything is served: a signal that comes early must not kill.
        let stopped = stop_signal()?;

        let options = StoreOptions {
            reads: self.reads.map(Reads::from),
            ..StoreOptions::default()
        };
        let store = store::open_with(&self.store, IfMissing::Fail, options).await?;
        let served = self.serve_from(&store, stopped).await;
        if tokio::time::timeout(STOP_MAX, store.close()).await.is_err() {
            tracing::warn!("the store was still at work at the stop");
        }
        served?;
        tracing::info!("stopped");
        Ok(())
    }

    async fn serve_from(
        &self,
        store: &(impl Store + Clone),
        stopped: impl Future<Output = &'static str>,
    ) -> anyhow::Result<()> {
        let mut hangups = Hangups::new()?;
        let mut options = HostOptions::default();
        options.worker.batch = self.batch;
        options.cache.bytes_max = u64::from(self.memory) << 20;
        options.clock.skew_max = Duration::from_secs(self.clock_skew_max);
        self.clients.apply_to(&mut options.http)?;
        let scheme = self.secure(&mut options.http)?;
        options.sealer = self.seal.open(store).await?;
        options.witnesses = self.witness.options();
        options.http.auditors = self.seal.auditors()?;
        let mut host = Host::start(store.clone(), self.listen, options)
            .await
            .with_context(|| format!("cannot listen on `{}`", self.listen))?;
        let address = host.address();
        tracing::info!(%address, store = %self.store, "listening");
        if scheme == "http" && !address.ip().to_canonical().is_loopback() {
            tracing::warn!("listening beyond this machine without TLS: whoever can read the network can read tokens");
        }
        print_address(scheme, address);

        let clock = host.clock();
        let hung_up = async {
            loop {
                hangups.next().await;
                clock.accept();
            }
        };
        tokio::select! {
            ended = host.ended() => return Err(ended.into()),
            signal = stopped => tracing::info!(signal, "stopping"),
            () = hung_up => {}
        }
        host.stop().await;
        Ok(())
    }
}

impl Serve {
    /// Serves HTTPS if that is asked for. The scheme of its addresses.
    #[cfg(feature = "tls")]
    fn secure(&self, options: &mut HttpOptions) -> anyhow::Result<&'static str> {
        options.tls = self.tls.load()?;
        Ok(if options.tls.is_some() { "https" } else { "http" })
    }

    #[cfg(not(feature = "tls"))]
    fn secure(&self, _: &mut HttpOptions) -> anyhow::Result<&'static str> {
        Ok("http")
    }
}

/// Prints it from a thread of its own: who asked for a fixed port need not read it.
pub(super) fn print_address(scheme: &'static str, address: SocketAddr) {
    std::thread::spawn(move || {
        if let Err(error) = writeln!(std::io::stdout(), "listening on {scheme}://{address}") {
            tracing::warn!(%error, "cannot write the address to standard output");
        }
    });
}
