//! The operation over HTTP on a loopback port, for many enterprises, against the engine committing a line each.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::enterprises::now;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::store::{
    AnyStore, Batch, Head, IfMissing, Store as _, StoreOptions, Streams as _, Urgency, open_with,
};
use tokio::runtime::Runtime;

use crate::client::post_revoke_all;
use crate::engine::Engine;
use crate::founding::{founded, slug, token};
use crate::raw::CLIENTS;
use crate::rounds::{Taken, compare, measure};

const ENTERPRISES: u64 = 400;
const REQUESTS: u64 = 2_000;
const CREDENTIALS: u64 = 20;

pub(crate) fn run(runtime: &Runtime, engine: &Engine, rounds: u32) -> Result<()> {
    for (how, reads) in engine.reads() {
        let options = StoreOptions {
            reads: *reads,
            ..StoreOptions::default()
        };
        compare(
            &format!("THE OPERATION, {ENTERPRISES} enterprises, {CLIENTS} clients{how}"),
            "requests",
            rounds,
            [
                (&format!("{}: a line and a commit each", engine.name()), &mut || {
                    let mut raw = engine.raw()?;
                    // A log grows to the size at which it is used again:
                    // to grow a file takes longer than to write to it.
                    raw.append_singly(REQUESTS)?;
                    measure(|| raw.append_singly(REQUESTS))
                }),
                ("POST revoke-all, until the last is answered", &mut || {
                    operation(runtime, engine, options, Until::Answered)
                }),
                ("POST revoke-all, until every job is recorded", &mut || {
                    operation(runtime, engine, options, Until::Drained)
                }),
            ],
        )?;
    }
    Ok(())
}

/// When the clock stops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At the last answer, with jobs unfinished.
    Answered,
    /// When no job is left.
    Drained,
}

fn operation(runtime: &Runtime, engine: &Engine, options: StoreOptions, until: Until) -> Result<Taken> {
    let url = engine.fresh()?;
    let (store, host) = runtime.block_on(async {
        let store = open_with(&url, IfMissing::Create, options).await?;
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
fn drained(runtime: &Runtime, store: &AnyStore) -> Result<()> {
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

/// Each client has its own connection, and asks enterprise after enterprise.
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
async fn found(store: &AnyStore, number: u64) -> Result<()> {
    let events = founded(number, CREDENTIALS, now())?;
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
