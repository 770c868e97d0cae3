//! A running host: the HTTP API and the worker over one store.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::enterprises::{CacheOptions, Enterprises};
use crate::error_chain;
use crate::http::{self, HttpOptions};
use crate::seal::Sealer;
use crate::store::Store;
#[cfg(feature = "witness")]
use crate::witness::WitnessOptions;
use crate::worker::{Worker, WorkerOptions};

/// How a host runs.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// What its worker does.
    pub worker: WorkerOptions,
    /// What its API allows.
    pub http: HttpOptions,
    /// How much it holds in memory.
    pub cache: CacheOptions,
    /// How far the clock may leap.
    pub clock: ClockOptions,
    /// What signs its streams; nothing for a host that does not.
    pub sealer: Option<Arc<Sealer>>,
    /// Who cosigns its checkpoints, if it signs.
    #[cfg(feature = "witness")]
    pub witnesses: Option<WitnessOptions>,
}

/// When a clock is suspect.
#[derive(Debug, Clone, Copy)]
pub struct ClockOptions {
    /// How far it may leap forward.
    pub skew_max: Duration,
}

impl Default for ClockOptions {
    fn default() -> Self {
        Self {
            skew_max: Clock::SKEW_MAX_DEFAULT,
        }
    }
}

/// A host at work. Dropped without [`Host::stop`] it stops too, but nobody waits for it.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    clock: Arc<Clock>,
    stop: watch::Sender<bool>,
    api: JoinHandle<()>,
    worker: JoinHandle<()>,
    /// Has the seal end once nothing is appended any more.
    stop_seal: watch::Sender<bool>,
    /// Nothing where nothing is signed.
    seal: Option<JoinHandle<()>>,
    /// Nothing where there is no witness.
    #[cfg(feature = "witness")]
    witness: Option<JoinHandle<()>>,
    /// Lets `keeper` begin.
    ended: oneshot::Sender<()>,
    /// Keeps snapshots when the others have ended.
    keeper: JoinHandle<()>,
}

/// A part of the host ended by itself, which only a panic can bring about.
#[derive(Debug, thiserror::Error)]
#[error("the {part} ended unexpectedly")]
pub struct Ended {
    part: &'static str,
}

impl Host {
    /// Listens on `address` (port 0: one that is free), resumes unfinished revocations, and serves.
    /// Time is the machine's.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn start<S: Store>(store: S, address: SocketAddr, options: HostOptions) -> io::Result<Self> {
        let clock = Arc::new(Clock::system(options.clock.skew_max));
        Self::start_with_clock(store, address, options, clock).await
    }

    /// The same, with a clock of one's own.
    ///
    /// # Errors
    /// As above.
    pub async fn start_with_clock<S: Store>(
        store: S,
        address: SocketAddr,
        options: HostOptions,
        clock: Arc<Clock>,
    ) -> io::Result<Self> {
        let listener = http::listen(address)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        warn_of_the_future(&store, &clock).await;
        tokio::spawn(Arc::clone(&clock).watch(stopped.clone()));
        if options.sealer.is_none() {
            tracing::info!("streams are not sealed: there is no key to sign with");
        }
        let sealer = options.sealer;
        let (enterprises, changes) = Enterprises::with_sealer(store, options.cache, Arc::clone(&clock), sealer);
        let router = http::router(enterprises.clone(), options.http.clone());
        let worker = Worker::new(enterprises.clone(), changes, options.worker);
        let (stop_seal, seal_stopped) = watch::channel(false);
        let is_sealed = enterprises.sealer().is_some();
        let seal = is_sealed.then(|| tokio::spawn(Arc::clone(&enterprises).seal(seal_stopped)));
        #[cfg(feature = "witness")]
        let witness = options
            .witnesses
            .filter(|_| is_sealed)
            .map(|witnesses| tokio::spawn(Arc::clone(&enterprises).witness(witnesses, stopped.clone())));
        let (ended, all_ended) = oneshot::channel();
        let keeper = async move {
            // Without a word the host was dropped, and nobody waits.
            if all_ended.await.is_ok() {
                enterprises.keep_snapshots().await;
            }
        };
        Ok(Self {
            address,
            clock,
            stop,
            worker: tokio::spawn(worker.run(stopped.clone())),
            api: tokio::spawn(http::serve(listener, router, options.http, stopped)),
            stop_seal,
            seal,
            #[cfg(feature = "witness")]
            witness,
            ended,
            keeper: tokio::spawn(keeper),
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tells it the time.
    pub fn clock(&self) -> Arc<Clock> {
        Arc::clone(&self.clock)
    }

    /// Waits for what does not come while all is well: the end of a part.
    pub async fn ended(&mut self) -> Ended {
        #[cfg(feature = "witness")]
        let witness = end_of(&mut self.witness);
        #[cfg(not(feature = "witness"))]
        let witness = std::future::pending::<()>();
        let part = tokio::select! {
            _ = &mut self.api => "HTTP API",
            _ = &mut self.worker => "worker",
            () = end_of(&mut self.seal) => "seal",
            () = witness => "task of the witnesses",
        };
        Ended { part }
    }

    /// Takes no more requests, lets those under way and the worker's batch end, signs what is not signed yet, keeps
    /// snapshots of what is in memory, and returns when all that is done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = tokio::join!(self.api, self.worker);
        self.stop_seal.send_replace(true);
        if let Some(seal) = self.seal {
            let _ = seal.await;
        }
        let _ = self.ended.send(());
        let _ = self.keeper.await;
    }
}

/// Waits for the end of a part, which need not be there.
async fn end_of(part: &mut Option<JoinHandle<()>>) {
    match part {
        Some(part) => drop(part.await),
        None => std::future::pending().await,
    }
}

/// Tells of a stream that is ahead of the clock: its time stands still until the clock has come as far.
/// One of the two is wrong.
async fn warn_of_the_future(store: &impl Store, clock: &Clock) {
    let newest = match store.newest().await {
        Ok(newest) => newest,
        Err(error) => return tracing::warn!(error = error_chain(&error), "cannot look for events of the future"),
    };
    if let (Some((enterprise, at)), Ok(now)) = (newest, clock.now())
        && at > now
    {
        tracing::warn!(%enterprise, %at, %now, "the newest event of a stream is ahead of the clock");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{SealOptions, random_key};
    use crate::store::contract::Memory;

    /// Else it would serve for ever, and sign nothing.
    #[tokio::test]
    async fn a_host_whose_seal_has_ended_has_ended() {
        let state = std::env::temp_dir().join(format!("enterprise-credentials-ended-{}", std::process::id()));
        let store = Memory::default();
        let key = random_key("credentials.example.com".parse().unwrap()).unwrap();
        let sealer = Sealer::open(&store, SealOptions::new(vec![key], state.clone()))
            .await
            .unwrap();
        let options = HostOptions {
            sealer: Some(Arc::new(sealer)),
            ..HostOptions::default()
        };
        let mut host = Host::start(store, ([127, 0, 0, 1], 0).into(), options).await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(50), host.ended()).await;
        assert!(early.is_err(), "all is well: {early:?}");
        host.seal.as_ref().unwrap().abort();
        assert_eq!(host.ended().await.part, "seal");
        std::fs::remove_dir_all(state).unwrap();
    }
}
