//! `import` against the engine inserting the same lines in one transaction.

use anyhow::Result;
use enterprise_credentials::log::replay;
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{IfMissing, Streams as _, open};
use tokio::runtime::Runtime;

use crate::engine::Engine;
use crate::rounds::{compare, measure};
use crate::{History, raw};

pub(crate) fn run(runtime: &Runtime, engine: &Engine, history: &History, rounds: u32) -> Result<()> {
    let (rows, issued) = raw::rows(&history.bytes)?;
    compare(
        "IMPORT",
        "events",
        rounds,
        [
            (
                &format!("{}: the same lines in one transaction", engine.name()),
                &mut || {
                    let mut raw = engine.raw()?;
                    measure(|| {
                        raw.insert(&history.slug, &rows, &issued)?;
                        Ok(history.events)
                    })
                },
            ),
            ("import", &mut || {
                let store = runtime.block_on(open(&engine.fresh()?, IfMissing::Create))?;
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
