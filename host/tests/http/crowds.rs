//! More connections than the host keeps, and clients that do not read.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpSocket;

use crate::common::history::{History, TOKEN_MEMBER, TOKEN_OWNER};
use crate::common::http::{get, revoke_all, revoke_all_path};
use crate::common::wait_until;
use crate::running::{Running, SLUG};

/// A connection as a client has it.
struct Client(TcpStream);

impl Client {
    /// Connects from this loopback address.
    fn from(running: &Running, source: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        let stream = running.runtime.block_on(socket.connect(running.address));
        let stream = stream.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(stream)
    }

    fn new(running: &Running) -> Self {
        Self::from(running, "127.0.0.1")
    }

    /// Asks `GET /healthz` and reads the answer; the connection stays open. False where the host has closed it.
    fn is_answered(&mut self) -> bool {
        self.asks("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
    }

    fn asks(&mut self, request: &str) -> bool {
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut bytes = [0; 1024];
            if answer.is_empty() && self.0.write_all(request.as_bytes()).is_err() {
                return false;
            }
            let read = self.0.read(&mut bytes);
            let is_reset = |error: &Error| error.kind() == ErrorKind::ConnectionReset;
            if read.as_ref().is_err_and(is_reset) {
                return false;
            }
            match read.unwrap() {
                0 => return false,
                length => answer.extend_from_slice(&bytes[..length]),
            }
        }
        true
    }
}

fn with_room_for(connections: usize) -> Running {
    Running::with_options(&[History::sample(SLUG, "")], |options| {
        options.connections_max = connections;
    })
}

#[test]
fn for_one_more_the_idlest_goes() {
    let running = with_room_for(3);
    let mut clients: Vec<_> = (0..3).map(|_| Client::new(&running)).collect();
    assert!(clients[0].is_answered(), "it is now less idle than the others");
    // A head that is begun and never ended is no sign of life.
    clients[1].0.write_all(b"GET /hea").unwrap();
    let mut newest = Client::new(&running);
    assert!(newest.is_answered());
    let open: Vec<_> = clients.iter_mut().map(Client::is_answered).collect();
    assert_eq!(open, [true, false, true]);
}

#[test]
fn whose_token_was_valid_goes_after_all_others() {
    let running = with_room_for(3);
    let mut member = Client::new(&running);
    let asked = format!(
        "GET /enterprises/{SLUG}/credential-authorizations/revocations/1 HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\n\
         Authorization: Bearer {TOKEN_MEMBER}\r\n\r\n"
    );
    assert!(member.asks(&asked));
    let mut guesser = Client::new(&running);
    assert!(guesser.asks(&asked.replace(TOKEN_MEMBER, "ghp_guessed")));
    for _ in 0..5 {
        assert!(Client::new(&running).is_answered());
    }
    let crowd: Vec<_> = (0..3).map(|_| Client::new(&running)).collect();
    wait_until("the guesser is gone", || !guesser.is_answered());
    assert!(member.is_answered());
    drop(crowd);
}

#[test]
fn an_address_with_many_connections_loses_one_first() {
    let running = with_room_for(3);
    let mut oldest = Client::from(&running, "127.0.0.2");
    let mut crowd: Vec<_> = (0..2).map(|_| Client::new(&running)).collect();
    assert!(crowd[1].is_answered());
    assert!(Client::from(&running, "127.0.0.3").is_answered());
    assert!(oldest.is_answered());
    assert!(!crowd[0].is_answered());
    assert!(crowd[1].is_answered());
}

#[test]
fn a_trusted_proxy_may_have_many_connections() {
    let running = Running::with_options(&[History::sample(SLUG, "")], |options| {
        options.connections_max = 3;
        options.proxies.trusted = vec!["127.0.0.1".parse::<IpAddr>().unwrap().into()];
    });
    let mut oldest = Client::from(&running, "127.0.0.2");
    let mut of_proxy: Vec<_> = (0..2).map(|_| Client::new(&running)).collect();
    assert!(Client::from(&running, "127.0.0.3").is_answered());
    assert!(of_proxy[0].is_answered() && of_proxy[1].is_answered());
    assert!(!oldest.is_answered());
}

#[test]
fn a_request_that_may_be_recorded_never_goes() {
    let running = with_room_for(1);
    running.switches.appends_wait.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| revoke_all(running.address, SLUG, TOKEN_OWNER, "", &[]));
        let is_waiting = || running.switches.appends_waited.load(Ordering::SeqCst) > 0;
        wait_until("the request is being recorded", is_waiting);
        // Whoever comes meanwhile is turned away, even the tenth time.
        for _ in 0..10 {
            assert!(!Client::new(&running).is_answered());
        }
        running.switches.appends_wait.store(false, Ordering::SeqCst);
        assert_eq!(asking.join().unwrap().status, 202);
    });
    assert_eq!(running.requests(), 1);
    assert_eq!(get(running.address, "/healthz", "").status, 200);
}

#[test]
fn a_request_that_waits_for_its_body_goes_and_is_not_done() {
    let running = with_room_for(1);
    let mut waiting = Client::new(&running);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer {TOKEN_OWNER}\r\nContent-Length: \
         2\r\n\r\n{{",
        revoke_all_path(SLUG)
    );
    waiting.0.write_all(head.as_bytes()).unwrap();
    assert!(Client::new(&running).is_answered());
    assert!(!waiting.asks("}"));
    assert_eq!(running.requests(), 0);
}

#[test]
fn a_client_that_reads_no_answers_is_dropped() {
    let running = Running::impatient();
    let mut client = Client::new(&running);
    client.0.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    let requests = "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n".repeat(1000);
    // The buffers between the two take some; then the host reads no more either, and after its patience is gone.
    let ended = loop {
        if let Err(error) = client.0.write_all(requests.as_bytes()) {
            break error.kind();
        }
    };
    let is_closed = matches!(ended, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
    assert!(is_closed, "{ended:?}");
}

#[test]
fn a_connection_that_asks_nothing_more_is_closed() {
    let running = Running::impatient();
    let mut client = Client::new(&running);
    assert!(client.is_answered());
    assert_eq!(client.0.read(&mut [0]).unwrap(), 0);
}
