//! One line at a time, by many at once; and where a stream ends, asked before each answer.

use anyhow::{Context, Result};
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::enterprises::now;
use enterprise_credentials_host::store::{
    AnyStore, Batch, Head, IfMissing, Store as _, StoreOptions, Streams as _, Urgency, open_with,
};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::founding::{founded, slug};
use crate::raw::{CLIENTS, LOOKED_AT};
use crate::rounds::{compare, measure};

const APPENDS: u64 = 4_000;
const LOOKS: u64 = 16_000;
/// As many credentials make an enterprise of as many events as each client appends.
const CREDENTIALS: u64 = 124;

pub(crate) fn run(runtime: &Runtime, engine: &Engine, rounds: u32) -> Result<()> {
    for (how, reads) in engine.reads() {
        let options = StoreOptions {
            reads: *reads,
            ..StoreOptions::default()
        };
        let name = engine.name();
        compare(
            &format!("SMALL APPENDS, {CLIENTS} at once{how}"),
            "appends",
            rounds,
            [
                (&format!("{name}: a line and a commit each"), &mut || {
                    let mut raw = engine.raw()?;
                    raw.append_singly(APPENDS / 4)?;
                    measure(|| raw.append_singly(APPENDS))
                }),
                ("the store", &mut || {
                    let url = engine.fresh()?;
                    let store = runtime.block_on(open_with(&url, IfMissing::Create, options))?;
                    let streams = (0..CLIENTS as u64).map(streams).collect::<Result<Vec<_>>>()?;
                    let taken = measure(|| runtime.block_on(append_all(&store, streams)));
                    runtime.block_on(store.close());
                    taken
                }),
            ],
        )?;
        compare(
            &format!("WHERE A STREAM ENDS, asked by {CLIENTS} at once{how}"),
            "heads",
            rounds,
            [
                (&format!("{name}: a look at the row each"), &mut || {
                    let mut raw = engine.raw()?;
                    raw.append_singly(CLIENTS as u64)?;
                    measure(|| raw.look(LOOKS))
                }),
                ("the store", &mut || {
                    let url = engine.fresh()?;
                    let store = runtime.block_on(open_with(&url, IfMissing::Create, options))?;
                    runtime.block_on(append_all(&store, vec![streams(0)?]))?;
                    let taken = measure(|| runtime.block_on(look(&store)));
                    runtime.block_on(store.close());
                    taken
                }),
            ],
        )?;
    }
    Ok(())
}

/// A stream, a batch for each of its events.
type Stream = (EnterpriseSlug, Vec<Batch>);

fn streams(number: u64) -> Result<Stream> {
    let batches = founded(number, CREDENTIALS, now())?;
    let batches = batches.iter().map(|event| {
        let before = event.position.value() - 1;
        Ok(Batch::written(before.try_into()?, [event])?)
    });
    Ok((EnterpriseSlug::new(&slug(number))?, batches.collect::<Result<_>>()?))
}

async fn append_all(store: &AnyStore, streams: Vec<Stream>) -> Result<u64> {
    let mut clients = JoinSet::new();
    for (slug, batches) in streams {
        let store = store.clone();
        clients.spawn(async move {
            let (mut head, appends) = (Head::EMPTY, batches.len() as u64);
            for batch in batches {
                head = store.append(&slug, &head, batch, Urgency::Request).await?;
            }
            anyhow::Ok(appends)
        });
    }
    let mut appends = 0;
    while let Some(client) = clients.join_next().await {
        appends += client??;
    }
    Ok(appends)
}

async fn look(store: &AnyStore) -> Result<u64> {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = store.clone();
        clients.spawn(async move {
            let slug = EnterpriseSlug::new(LOOKED_AT)?;
            for _ in 0..LOOKS / CLIENTS as u64 {
                store.head(&slug).await?.context("the stream is there")?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(LOOKS)
}
