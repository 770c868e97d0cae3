//! `import` against SQLite inserting the same lines in one transaction.

use anyhow::Result;
use enterprise_credentials::log::replay;
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{IfMissing, SqliteStore, Streams};
use tokio::runtime::Runtime;

use crate::directory::Directory;
use crate::rounds::{compare, measure};
use crate::{History, raw};

pub(crate) fn run(runtime: &Runtime, directory: &Directory, history: &History, rounds: u32) -> Result<()> {
    let (rows, issued) = raw::rows(&history.bytes)?;
    compare(
        "IMPORT",
        "events",
        rounds,
        [
            ("SQLite: the same lines in one transaction", &mut || {
                let mut connection = raw::create(&directory.store()?)?;
                measure(|| {
                    let transaction = connection.transaction()?;
                    raw::insert(&transaction, &history.slug, &rows)?;
                    raw::insert_issued(&transaction, &history.slug, &issued)?;
                    transaction.commit()?;
                    Ok(history.events)
                })
            }),
            ("import", &mut || {
                let path = directory.store()?;
                let store = runtime.block_on(SqliteStore::open(&path, IfMissing::Create))?;
                let taken = measure(|| {
                    let imported = runtime.block_on(Stream::check(history.bytes.clone())?.import(&store))?;
                    Ok(imported.appended)
                });
                runtime.block_on(store.close());
                taken
            }),
            ("the core alone: decode and fold", &mut || {
                measure(|| Ok(replay(&history.bytes)?.position().value()))
            }),
        ],
    )
}
