//! Accepts connections. If there are too many, it closes the one that has been idle for the longest. The heads of
//! requests and the reading of answers have time limits. At the stop, connections are drained.

pub(super) mod connection;
mod own_answers;
mod registry;
mod socket;
mod unread;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval};

use super::HttpOptions;
use super::clients::Clients;
use own_answers::WithOwnAnswers;
use registry::{Place, Registry};
use socket::Socket;
use unread::WithWriteTimeout;

/// The pause after a failed accept, which most often means that the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often the log says how many connections were given up.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// How many connections the operating system completes before they are accepted.
/// One that finds no room there tries again after a second.
const BACKLOG: u32 = 4096;

/// Listens on `address` (port 0: one that is free).
///
/// # Errors
/// Where the address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart need not wait for the last process's connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` on `listener` until `stop` turns true or its sender is gone; then accepts nothing more, and lets the
/// requests under way end for as long as `options` say.
pub async fn serve(listener: TcpListener, router: Router, options: HttpOptions, mut stop: watch::Receiver<bool>) {
    let registry = Arc::new(Registry::new(options.connections_max, Clients::new(&options)));
    let options = Arc::new(options);
    let (stopping, draining) = (stop.clone(), GracefulShutdown::new());
    let mut reports = interval(REPORT_INTERVAL);
    reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // Also when the sender is gone.
            _ = stop.wait_for(|stop| *stop) => break,
            _ = reports.tick() => registry.report(),
            (stream, peer) = accept(&listener, &registry) => {
                if let Some(place) = registry.place(peer.ip()) {
                    let (router, options) = (router.clone(), Arc::clone(&options));
                    tokio::spawn(serve_one(stream, place, router, options, draining.watcher(), stopping.clone()));
                }
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
    registry.report_last();
}

async fn accept(listener: &TcpListener, registry: &Registry) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                registry.shed();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection to its end, until its place is given to another, or until the stop if it asks nothing.
async fn serve_one(
    stream: TcpStream,
    place: Place,
    router: Router,
    options: Arc<HttpOptions>,
    draining: Watcher,
    stop: watch::Receiver<bool>,
) {
    let (stream, connection) = (Socket::new(stream), Arc::clone(&place.connection));
    connection.is_on(&stream);
    tokio::select! {
        () = converse(stream, &place, router, options, draining, stop) => {}
        () = connection.dismissed() => {}
    }
}

/// Over TLS, after a handshake that may take as long as the head of a request.
#[cfg(feature = "tls")]
async fn converse(
    stream: Socket,
    place: &Place,
    router: Router,
    options: Arc<HttpOptions>,
    draining: Watcher,
    mut stop: watch::Receiver<bool>,
) {
    let Some(tls) = options.tls.clone() else {
        return converse_over(stream, place, router, options, draining).await;
    };
    let secured = tokio::select! {
        secured = tokio::time::timeout(options.head_timeout, tls.accept(stream)) => secured,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    // A client that shakes hands with nobody is no concern of the log.
    if let Ok(Ok(stream)) = secured {
        converse_over(stream, place, router, options, draining).await;
    }
}

#[cfg(not(feature = "tls"))]
async fn converse(
    stream: Socket,
    place: &Place,
    router: Router,
    options: Arc<HttpOptions>,
    draining: Watcher,
    _: watch::Receiver<bool>,
) {
    converse_over(stream, place, router, options, draining).await;
}

async fn converse_over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    place: &Place,
    router: Router,
    options: Arc<HttpOptions>,
    draining: Watcher,
) {
    let connection = Arc::clone(&place.connection);
    let stream = WithWriteTimeout::new(stream, Arc::clone(&connection), options.write_timeout);
    let stream = WithOwnAnswers::new(stream, Arc::clone(&connection));
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&connection));
        connection.begin();
        let answer = router.call(request);
        async {
            // Whoever sends many requests at once waits for those who send one.
            yield_now().await;
            let answer = answer.await;
            connection.end();
            answer
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        // What a caller asked in full is done, even if they hang up before the answer.
        .half_close(true)
        .header_read_timeout(options.head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off, or never ends its request's head, is no concern of the log.
    if is_unread(draining.watch(served).await) {
        place.registry.count_unread();
    }
}

/// Whether a connection ended because its client did not take what was written.
fn is_unread(ended: Result<(), hyper::Error>) -> bool {
    let error = ended.err();
    let cause = error
        .as_ref()
        .and_then(|error| error.source()?.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}
