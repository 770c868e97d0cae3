//! Loading an enterprise from the store against reading the rows.

use anyhow::Result;
use enterprise_credentials::log::replay;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{IfMissing, SqliteStore};
use tokio::runtime::Runtime;

use crate::directory::{Directory, url};
use crate::rounds::{compare, measure};
use crate::{History, raw};

pub(crate) fn run(runtime: &Runtime, directory: &Directory, history: &History, rounds: u32) -> Result<()> {
    let path = directory.store()?;
    let store = runtime.block_on(SqliteStore::open(&url(&path), IfMissing::Create))?;
    runtime.block_on(Stream::check(history.bytes.clone())?.import(&store))?;
    let connection = raw::open(&path)?;
    compare(
        "REPLAY FROM THE STORE",
        "events",
        rounds,
        [
            ("SQLite: every row read once", &mut || {
                measure(|| {
                    let mut select =
                        connection.prepare("SELECT line FROM events WHERE enterprise = ? ORDER BY position")?;
                    let mut rows = select.query([history.slug.as_str()])?;
                    let mut bytes = 0;
                    while let Some(row) = rows.next()? {
                        bytes += row.get_ref(0)?.as_blob()?.len() as u64;
                    }
                    anyhow::ensure!(bytes + history.events == history.bytes.len() as u64, "other rows");
                    Ok(history.events)
                })
            }),
            ("a cold enterprise, made ready to answer", &mut || {
                let (enterprises, _changes) = Enterprises::new(store.clone(), CacheOptions::default());
                measure(|| {
                    let live = runtime.block_on(enterprises.fresh(&history.slug))?;
                    Ok(live.read()?.position().value())
                })
            }),
            ("the core alone: decode and fold", &mut || {
                measure(|| Ok(replay(&history.bytes)?.position().value()))
            }),
        ],
    )?;
    runtime.block_on(store.close());
    Ok(())
}
