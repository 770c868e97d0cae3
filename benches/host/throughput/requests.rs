//! The operation over HTTP on a loopback port, for many enterprises, against SQLite committing a row each.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use enterprise_credentials::{Enterprise, EnterpriseSlug};
use enterprise_credentials_host::enterprises::now;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::store::{Batch, Head, IfMissing, SqliteStore, Store, Streams, Urgency};
use tokio::runtime::Runtime;

use crate::client::post_revoke_all;
use crate::directory::Directory;
use crate::founding::{founding, slug, token};
use crate::raw;
use crate::rounds::{Taken, compare, measure};

const ENTERPRISES: u64 = 400;
/// Each has its own connection, and asks enterprise after enterprise.
const CLIENTS: usize = 16;
const REQUESTS: u64 = 2_000;
const CREDENTIALS: u64 = 20;

pub(crate) fn run(runtime: &Runtime, directory: &Directory, rounds: u32) -> Result<()> {
    let title = format!("THE OPERATION, {ENTERPRISES} enterprises, {CLIENTS} clients");
    compare(
        &title,
        "requests",
        rounds,
        [
            ("SQLite: a row and a commit each, one after the other", &mut || {
                commits(directory)
            }),
            ("POST revoke-all, until the last is answered", &mut || {
                operation(runtime, directory, Until::Answered)
            }),
            ("POST revoke-all, until every job is recorded", &mut || {
                operation(runtime, directory, Until::Drained)
            }),
        ],
    )
}

fn commits(directory: &Directory) -> Result<Taken> {
    let slug = EnterpriseSlug::new(&slug(0))?;
    let connection = raw::create(&directory.store()?)?;
    let commit = |rows: std::ops::RangeInclusive<u64>| {
        for position in rows {
            raw::insert(
                &connection,
                &slug,
                &raw::segments(position - 1, [[b'x'; 200].as_slice()])?,
            )?;
        }
        Ok(REQUESTS)
    };
    // The write-ahead log grows to the size at which it is used again: to grow a file takes longer than to write to it.
    commit(1..=REQUESTS)?;
    measure(|| commit(REQUESTS + 1..=2 * REQUESTS))
}

/// When the clock stops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At the last answer, with jobs unfinished.
    Answered,
    /// When no job is left.
    Drained,
}

fn operation(runtime: &Runtime, directory: &Directory, until: Until) -> Result<Taken> {
    let path = directory.store()?;
    let (store, host) = runtime.block_on(async {
        let store = SqliteStore::open(&path, IfMissing::Create).await?;
        for number in 0..ENTERPRISES {
            found(&store, number).await?;
        }
        let host = Host::start(
            store.clone(),
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            HostOptions::default(),
        )
        .await?;
        anyhow::Ok((store, host))
    })?;
    let address = host.address();
    // Every enterprise is asked once before the clock runs, so that all are in memory.
    ask_all(address, ENTERPRISES)?;
    drained(runtime, &store)?;
    let taken = measure(|| {
        let asked = ask_all(address, REQUESTS)?;
        if until == Until::Drained {
            drained(runtime, &store)?;
        }
        Ok(asked)
    });
    runtime.block_on(host.stop());
    runtime.block_on(store.close());
    taken
}

/// Waits until no job is left.
fn drained(runtime: &Runtime, store: &SqliteStore) -> Result<()> {
    while !runtime.block_on(store.unfinished())?.is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn ask_all(address: SocketAddr, requests: u64) -> Result<u64> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..requests)
            .take(CLIENTS)
            .map(|first| scope.spawn(move || ask_in_turn(address, (first..requests).step_by(CLIENTS))))
            .collect();
        for client in clients {
            client.join().expect("a client that does not panic")?;
        }
        Ok(requests)
    })
}

fn ask_in_turn(address: SocketAddr, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    for number in numbers.map(|number| number % ENTERPRISES) {
        let status = post_revoke_all(&mut connection, &slug(number), &token(number, 1), false)?;
        ensure!(status == 202, "a request was not accepted");
    }
    Ok(())
}

/// An enterprise with an owner and some credentials.
async fn found(store: &SqliteStore, number: u64) -> Result<()> {
    let mut enterprise = Enterprise::new();
    let mut events = Vec::new();
    for command in founding(number, CREDENTIALS)? {
        let at = now();
        for recorded in enterprise.record(enterprise.decide(&command, at)?, at, None) {
            enterprise.apply(&recorded)?;
            events.push(recorded);
        }
    }
    let batch = Batch::written(Head::EMPTY.position(), &events)?;
    store
        .append(
            &EnterpriseSlug::new(&slug(number))?,
            &Head::EMPTY,
            batch,
            Urgency::Request,
        )
        .await?;
    Ok(())
}
