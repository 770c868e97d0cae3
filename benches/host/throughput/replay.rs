//! Loading an enterprise from the store, by its stream and by its snapshot, against reading the rows.

use anyhow::{Context, Result};
use enterprise_credentials::log::replay;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{AnyStore, IfMissing, Store as _, StoreUrl, Streams as _, open};
use tokio::runtime::Runtime;

use crate::engine::Engine;
use crate::rounds::{compare, measure};
use crate::{History, raw};

pub(crate) fn run(runtime: &Runtime, engine: &Engine, history: &History, rounds: u32) -> Result<()> {
    let (rows, _) = raw::rows(&history.bytes)?;
    let mut raw = engine.raw()?;
    raw.insert(&history.slug, &rows, &[])?;
    let store = runtime.block_on(imported(&engine.another("second")?, history))?;
    let with_snapshot = runtime.block_on(imported(&engine.another("third")?, history))?;
    runtime.block_on(keep_snapshot(&with_snapshot, history))?;
    let cold = |store: &AnyStore| {
        let (enterprises, _changes) = Enterprises::new(store.clone(), CacheOptions::default());
        measure(|| {
            let live = runtime.block_on(enterprises.fresh(&history.slug))?;
            Ok(live.read()?.position().value())
        })
    };
    compare(
        "REPLAY FROM THE STORE",
        "events",
        rounds,
        [
            (&format!("{}: every segment read once", engine.name()), &mut || {
                measure(|| {
                    let bytes = raw.read(&history.slug)?;
                    anyhow::ensure!(bytes == history.bytes.len() as u64, "other rows");
                    Ok(history.events)
                })
            }),
            ("a cold enterprise, made ready to answer", &mut || cold(&store)),
            ("the same, begun with its snapshot", &mut || cold(&with_snapshot)),
            ("the core alone: decode and fold", &mut || {
                measure(|| Ok(replay(&history.bytes)?.position().value()))
            }),
        ],
    )?;
    runtime.block_on(store.close());
    runtime.block_on(with_snapshot.close());
    Ok(())
}

async fn imported(url: &StoreUrl, history: &History) -> Result<AnyStore> {
    let store = open(url, IfMissing::Create).await?;
    Stream::check(history.bytes.clone())?.import(&store).await?;
    Ok(store)
}

async fn keep_snapshot(store: &AnyStore, history: &History) -> Result<()> {
    let (enterprises, _changes) = Enterprises::new(store.clone(), CacheOptions::default());
    enterprises.fresh(&history.slug).await?;
    enterprises.keep_snapshots().await;
    let kept = store.snapshot(&history.slug).await?;
    kept.map(drop).context("a snapshot was kept")
}
