//! Many small enterprises, whose owners all call at once.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use enterprise_credentials::Timestamp;
use enterprise_credentials::log::write_line;

use crate::client::post_revoke_all;
use crate::directory::Directory;
use crate::founding::{founded, slug, token};
use crate::program::Program;

pub(crate) const ENTERPRISES: u64 = 400;
pub(crate) const CREDENTIALS: u64 = 20;
/// Each has its own connection, and asks enterprise after enterprise.
const CLIENTS: u64 = 16;
const REQUESTS: u64 = 4_000;

/// Enterprises whose jobs run while others are asked, and how many credentials each has.
const BUSY: u64 = 16;
const BUSY_CREDENTIALS: u64 = 20_000;

pub(crate) fn run(program: &Program, directory: &Directory, note: &mut impl FnMut(&'static str, f64)) -> Result<()> {
    let (store, log) = (directory.store()?, directory.file("small.jsonl"));
    for number in 0..ENTERPRISES {
        std::fs::write(&log, history(number, CREDENTIALS)?)?;
        program.import(&store, &log)?;
    }
    for number in ENTERPRISES..ENTERPRISES + BUSY {
        std::fs::write(&log, history(number, BUSY_CREDENTIALS)?)?;
        program.import(&store, &log)?;
    }
    let server = program.serve(&store)?;
    // Every enterprise is asked once before the clock runs, so that all are in memory.
    ask_all(server.address, ENTERPRISES)?;
    server.wait_for(ENTERPRISES)?;

    let begun_at = Instant::now();
    ask_all(server.address, REQUESTS)?;
    note(
        "revoke-alls answered/s",
        REQUESTS as f64 / begun_at.elapsed().as_secs_f64(),
    );
    server.wait_for(ENTERPRISES + REQUESTS)?;
    note(
        "revoke-alls drained/s",
        REQUESTS as f64 / begun_at.elapsed().as_secs_f64(),
    );

    beside_jobs(server.address, note)?;
    server.wait_for(ENTERPRISES + REQUESTS + BUSY)
}

/// How long a POST takes at the 50th and at the 99th percentile while jobs run.
fn beside_jobs(address: SocketAddr, note: &mut impl FnMut(&'static str, f64)) -> Result<()> {
    let mut connection = connect(address)?;
    for number in ENTERPRISES..ENTERPRISES + BUSY {
        let accepted = post_revoke_all(&mut connection, &slug(number), &token(number, 1), true)?;
        ensure!(accepted == 202, "a request was not accepted");
    }
    let mut took: Vec<Duration> = Vec::new();
    for number in 0..200 {
        let begun_at = Instant::now();
        ask(&mut connection, number % ENTERPRISES)?;
        took.push(begun_at.elapsed());
    }
    took.sort();
    let percentile = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    note("a POST while 16 jobs run, p50, ms", percentile(50).as_secs_f64() * 1e3);
    note("a POST while 16 jobs run, p99, ms", percentile(99).as_secs_f64() * 1e3);
    Ok(())
}

fn ask_all(address: SocketAddr, requests: u64) -> Result<()> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|first| {
                scope.spawn(move || {
                    let mut connection = connect(address)?;
                    let clients = usize::try_from(CLIENTS)?;
                    (first..requests)
                        .step_by(clients)
                        .try_for_each(|number| ask(&mut connection, number % ENTERPRISES))
                })
            })
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().expect("a client that does not panic"))
    })
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

fn ask(connection: &mut TcpStream, number: u64) -> Result<()> {
    let status = post_revoke_all(connection, &slug(number), &token(number, 1), false)?;
    ensure!(status == 202, "a request was not accepted: {status}");
    Ok(())
}

/// An enterprise as a log.
fn history(number: u64, credentials: u64) -> Result<Vec<u8>> {
    let at = Timestamp::parse("2026-01-01T00:00:00.000Z").context("a time")?;
    let mut log = Vec::new();
    for recorded in founded(number, credentials, at)? {
        write_line(&recorded, &mut log);
    }
    Ok(log)
}
