//! Loading an enterprise from the store, by its stream and by its snapshot, against reading the rows.

use std::path::Path;

use anyhow::{Context, Result};
use enterprise_credentials::log::replay;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{IfMissing, SqliteStore, Store as _, Streams as _};
use tokio::runtime::Runtime;

use crate::directory::Directory;
use crate::rounds::{compare, measure};
use crate::{History, raw};

pub(crate) fn run(runtime: &Runtime, directory: &Directory, history: &History, rounds: u32) -> Result<()> {
    let path = directory.store()?;
    let store = runtime.block_on(imported(&path, history))?;
    let with_snapshot = runtime.block_on(imported(&directory.file("second-store.db"), history))?;
    runtime.block_on(keep_snapshot(&with_snapshot, history))?;
    let connection = raw::open_reader(&path)?;
    let cold = |store: &SqliteStore| {
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
            ("SQLite: every segment read once", &mut || {
                measure(|| {
                    let mut select =
                        connection.prepare("SELECT lines FROM segments WHERE enterprise = ? ORDER BY last")?;
                    let mut rows = select.query([history.slug.as_str()])?;
                    let (mut bytes, mut segments) = (0, 0);
                    while let Some(row) = rows.next()? {
                        bytes += row.get_ref(0)?.as_blob()?.len() as u64;
                        segments += 1;
                    }
                    anyhow::ensure!(bytes + segments == history.bytes.len() as u64, "other rows");
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

async fn imported(path: &Path, history: &History) -> Result<SqliteStore> {
    let store = SqliteStore::open(path, IfMissing::Create).await?;
    Stream::check(history.bytes.clone())?.import(&store).await?;
    Ok(store)
}

async fn keep_snapshot(store: &SqliteStore, history: &History) -> Result<()> {
    let (enterprises, _changes) = Enterprises::new(store.clone(), CacheOptions::default());
    enterprises.fresh(&history.slug).await?;
    enterprises.keep_snapshots().await;
    let kept = store.snapshot(&history.slug).await?;
    kept.map(drop).context("a snapshot was kept")
}
