//! Accepting connections: bounded in number, each with a time limit on the heads of its requests, drained at the stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::HttpOptions;

/// The pause after a failed accept, which most often means that the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `stop` turns true or its sender is gone; then accepts nothing more, and lets the
/// requests under way end for as long as `options` say.
pub async fn serve(listener: TcpListener, router: Router, options: HttpOptions, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(options.connections_max));
    let draining = GracefulShutdown::new();
    loop {
        tokio::select! {
            // Also when the sender is gone.
            _ = stop.wait_for(|stop| *stop) => break,
            Some((stream, permit)) = accept(&listener, &connections) => {
                let router = TowerToHyperService::new(router.clone());
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    // What a caller asked in full is done, even if they hang up before the answer.
                    .half_close(true)
                    .header_read_timeout(options.head_timeout)
                    .serve_connection(TokioIo::new(stream), router);
                let connection = draining.watch(connection);
                tokio::spawn(async move {
                    // A client that breaks off, or never ends its request's head, is no concern of the log.
                    let _ = connection.await;
                    drop(permit);
                });
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(options.drain_timeout, draining.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still under way at the stop");
    }
}

async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and whole: nothing is gained by waiting for more of them.
                let _ = stream.set_nodelay(true);
                return Some((stream, permit));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
