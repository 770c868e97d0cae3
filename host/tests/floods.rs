//! Crowds of clients that want nothing, all from the address of one that does: how long that one waits at worst.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use common::history::{History, TOKEN_MEMBER, TOKEN_OWNER};
use common::http::{get, revoke_all};
use common::process::{Serve, run_well};
use common::{Directory, runtime, wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

const SLUG: &str = "octo-corp";
/// How long each crowd is there.
const ATTACK: Duration = Duration::from_secs(3);
/// What a client in its right mind waits for. On an idle machine the answers take milliseconds; this one may be busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// What each client of a crowd does with its connection, until the host or an error ends it.
#[derive(Debug, Clone, Copy)]
enum Crowd {
    Idle,
    KeepsAlive,
    Slow,
    NeverReads,
}

impl Crowd {
    async fn visit(self, address: SocketAddr) -> io::Result<()> {
        let socket = TcpSocket::new_v4()?;
        if let Self::NeverReads = self {
            socket.set_recv_buffer_size(1024)?;
        }
        let mut stream = socket.connect(address).await?;
        match self {
            Self::Idle => end_of(&mut stream).await,
            Self::KeepsAlive => loop {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").await?;
                let _ = timeout(Duration::from_secs(1), end_of(&mut stream)).await;
            },
            Self::Slow => {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nX: ").await?;
                loop {
                    stream.write_all(b"x").await?;
                    sleep(Duration::from_millis(500)).await;
                }
            }
            Self::NeverReads => {
                let requests = "GET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n".repeat(100);
                stream.write_all(requests.as_bytes()).await?;
                sleep(Duration::from_secs(60)).await;
                Ok(())
            }
        }
    }
}

/// Reads until the host ends the connection.
async fn end_of(stream: &mut TcpStream) -> io::Result<()> {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await? > 0 {}
    Ok(())
}

/// A host, and a crowd around it whose clients come back as often as they are thrown out. The worst time that a client
/// with a token waited for an answer, among those that came meanwhile.
fn worst_answer_among(crowd: Crowd, clients: usize) -> Duration {
    // One crowd at a time.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).unwrap();
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &[]);

    let runtime = runtime();
    let address = serve.address;
    for _ in 0..clients {
        runtime.spawn(async move {
            loop {
                let _ = crowd.visit(address).await;
                sleep(Duration::from_millis(500)).await;
            }
        });
    }
    let progress = format!("/enterprises/{SLUG}/credential-authorizations/revocations/1");
    let (begun_at, mut worst, mut asked) = (Instant::now(), Duration::ZERO, 0);
    while begun_at.elapsed() < ATTACK {
        let asked_at = Instant::now();
        assert_eq!(get(address, &progress, TOKEN_MEMBER).status, 403);
        worst = worst.max(asked_at.elapsed());
        asked += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    let asked_at = Instant::now();
    assert_eq!(revoke_all(address, SLUG, TOKEN_OWNER, "", &[]).status, 202);
    worst = worst.max(asked_at.elapsed());
    runtime.shutdown_background();
    wait_until("the log tells of it", || serve.log().contains("too many connections"));
    let warnings = serve.log().matches("too many connections").count();
    println!("{crowd:?} × {clients}: {asked} asked, {worst:?} at worst, {warnings} warnings");
    assert!(warnings <= 2 + usize::try_from(begun_at.elapsed().as_secs()).unwrap());
    assert_eq!(serve.terminate(), Some(0));
    worst
}

#[test]
fn two_thousand_that_say_nothing() {
    assert!(worst_answer_among(Crowd::Idle, 2000) < PATIENCE);
}

#[test]
fn twelve_hundred_that_stay_after_their_answer() {
    assert!(worst_answer_among(Crowd::KeepsAlive, 1200) < PATIENCE);
}

#[test]
fn as_many_as_there_is_room_that_send_a_byte_now_and_then() {
    assert!(worst_answer_among(Crowd::Slow, 1024) < PATIENCE);
}

#[test]
fn as_many_as_there_is_room_that_never_read() {
    assert!(worst_answer_among(Crowd::NeverReads, 1024) < PATIENCE);
}
