//! The oracle over HTTP, until a signal says stop.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::{Context, Result};
use enterprise_credentials::oracle::Oracle;
use enterprise_credentials_host::http::{self, HttpOptions, oracle_router};
use tokio::sync::watch;

use crate::cli::runtime;
use crate::cli::serve::{STOP_MAX, print_address};
use crate::cli::signal::stop_signal;

/// Answers at `address`.
pub(super) fn run(oracle: Oracle, address: SocketAddr) -> Result<ExitCode> {
    let runtime = runtime()?;
    let served = runtime.block_on(serve(oracle, address));
    // A call that takes long must not hold up the stop.
    runtime.shutdown_timeout(STOP_MAX);
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(oracle: Oracle, address: SocketAddr) -> Result<()> {
    // Before anything is served: a signal that comes early must not kill.
    let stopped = stop_signal()?;
    let listening = http::listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = listening.with_context(|| format!("cannot listen on `{address}`"))?;
    print_address("http", address);
    // A test suite sends tokens that do not authenticate as fast as it can.
    let options = HttpOptions {
        failures_max: NonZeroU32::MAX,
        ..HttpOptions::default()
    };
    let (stop, stopping) = watch::channel(false);
    tokio::join!(http::serve(listener, oracle_router(oracle), options, stopping), async {
        stopped.await;
        stop.send_replace(true);
    });
    Ok(())
}
