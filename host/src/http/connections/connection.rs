//! One connection. Its own task, the handlers of its requests and the registry share it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::socket::Socket;

use crate::http::address::AddressBlock;
use crate::http::clients::Clients;

/// How often a client that has sent more than is read yet is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A connection, and what is known of it when there are too many and one has to go.
#[derive(Debug)]
pub(in crate::http) struct Connection {
    pub(in crate::http) peer: IpAddr,
    pub(in crate::http) clients: Arc<Clients>,
    /// With whom it shares its address; nothing for a proxy's, which are of many clients.
    pub(super) block: Option<AddressBlock>,
    state: Mutex<State>,
    dismissed: Notify,
    socket: OnceLock<Weak<TcpStream>>,
}

#[derive(Debug)]
struct State {
    /// When it was accepted, or its last request answered. Bytes of a request that never ends are no sign of life.
    idle_since: Instant,
    under_way: bool,
    authenticated: bool,
    recording: bool,
    dismissed: bool,
}

/// How much speaks for a connection; the least goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It waits, or makes others wait.
    Idle,
    /// It asks something, and nothing is known of its token yet.
    UnderWay,
    /// Its token was valid.
    Authenticated,
    /// It asks something, and its token was valid.
    AuthenticatedUnderWay,
}

impl Connection {
    pub(super) fn new(peer: IpAddr, clients: Arc<Clients>) -> Self {
        Self {
            peer,
            block: (!clients.is_proxy(peer)).then(|| AddressBlock::of(peer)),
            clients,
            state: Mutex::new(State {
                idle_since: Instant::now(),
                under_way: false,
                authenticated: false,
                recording: false,
                dismissed: false,
            }),
            dismissed: Notify::new(),
            socket: OnceLock::new(),
        }
    }

    /// It is served on this socket.
    pub(super) fn is_on(&self, socket: &Socket) {
        self.socket.get_or_init(|| socket.downgrade());
    }

    /// Waits until the client has closed its side, be it that it has gone, or that it asks nothing more.
    pub(in crate::http) async fn closed_by_client(&self) {
        let socket = || self.socket.get().and_then(Weak::upgrade);
        while let Some(socket) = socket() {
            match socket.ready(Interest::READABLE).await {
                Ok(ready) if !ready.is_read_closed() => {}
                _ => return,
            }
            drop(socket);
            // It has sent more than is read yet.
            sleep(LOOK_AGAIN).await;
        }
    }

    /// A request is read, up to its body.
    pub(super) fn begin(&self) {
        self.state().under_way = true;
    }

    /// The request is answered.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.under_way = false;
        state.recording = false;
        state.idle_since = Instant::now();
    }

    /// A token of this connection was valid.
    pub(in crate::http) fn authenticated(&self) {
        self.state().authenticated = true;
    }

    /// From here to its end the request is not broken off, as something may be recorded. False where it is too late for
    /// that: nobody is there any more who could be answered.
    pub(in crate::http) fn begin_recording(&self) -> bool {
        let mut state = self.state();
        state.recording = !state.dismissed;
        state.recording
    }

    pub(super) fn is_recording(&self) -> bool {
        self.state().recording
    }

    /// Its standing, and since when it is idle; nothing where it may not go.
    pub(super) fn standing(&self) -> Option<(Standing, Instant)> {
        let state = self.state();
        let standing = match (state.authenticated, state.under_way) {
            (false, false) => Standing::Idle,
            (false, true) => Standing::UnderWay,
            (true, false) => Standing::Authenticated,
            (true, true) => Standing::AuthenticatedUnderWay,
        };
        (!state.recording).then_some((standing, state.idle_since))
    }

    /// Ends the connection, unless something may be recorded on its behalf.
    pub(super) fn dismiss(&self) -> bool {
        let mut state = self.state();
        if !state.recording {
            state.dismissed = true;
            self.dismissed.notify_one();
        }
        state.dismissed
    }

    /// Waits until the connection is to end.
    pub(super) async fn dismissed(&self) {
        self.dismissed.notified().await;
    }

    /// Nothing that holds the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
