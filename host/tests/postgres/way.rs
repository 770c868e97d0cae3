//! Ways through the network that can be interrupted, in the manners in which networks are.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How it passes what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Passes {
    /// Everything.
    All,
    /// What clients say, and no answers.
    Questions,
    /// Nothing, and nobody is told.
    Nothing,
    /// There is no way any more: connections are closed at once.
    Closed,
}

/// A port through which a server is reached.
pub(crate) struct Way {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    passes: AtomicU8,
    is_gone: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Way {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            passes: AtomicU8::new(Passes::All as u8),
            is_gone: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.is_gone.load(Ordering::SeqCst) {
                    break;
                }
                // A server that does not answer is one that refuses the connection.
                let _ = accepting.connect(client);
            }
        });
        Self { port, shared }
    }

    /// From now on. Connections that there are stay, unless it is closed.
    pub(crate) fn let_pass(&self, passes: Passes) {
        self.shared.passes.store(passes as u8, Ordering::SeqCst);
        if passes == Passes::Closed {
            self.close_connections();
        }
    }

    /// Closes the connections that there are.
    pub(crate) fn close_connections(&self) {
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.let_pass(Passes::Closed);
        self.shared.is_gone.store(true, Ordering::SeqCst);
        // Wakes whoever accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, client: TcpStream) -> std::io::Result<()> {
        if self.passes(Passes::Closed) {
            return Ok(());
        }
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server))?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            self.connections.lock().unwrap().push(stream.try_clone()?);
        }
        self.pump(
            client.try_clone()?,
            server.try_clone()?,
            &[Passes::All, Passes::Questions],
        );
        self.pump(server, client, &[Passes::All]);
        Ok(())
    }

    fn pump(self: &Arc<Self>, mut from: TcpStream, mut to: TcpStream, while_it_passes: &'static [Passes]) {
        let shared = Arc::clone(self);
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                while !while_it_passes.iter().any(|passes| shared.passes(*passes)) && !shared.passes(Passes::Closed) {
                    thread::sleep(LOOK_EVERY);
                }
                if to.write_all(&bytes[..read]).is_err() {
                    break;
                }
            }
            for stream in [from, to] {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }

    fn passes(&self, passes: Passes) -> bool {
        self.passes.load(Ordering::SeqCst) == passes as u8
    }
}
