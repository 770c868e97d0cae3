//! `seal origins`: what the logs of a store are called.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{self, Inspect, KeptCheckpoint, StoreUrl, Streams};

use crate::cli::output::print;

/// Print the name of each enterprise's log, one a line.
///
/// A witness has to know these names before it cosigns.
///
/// Example: enterprise-credentials seal origins --store sqlite:octo.db
#[derive(Debug, Args)]
pub(crate) struct Origins {
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
}

impl Origins {
    pub(super) fn run(self) -> Result<ExitCode> {
        let origins = super::super::runtime()?.block_on(async {
            let store = store::open_to_read(&self.store).await?;
            let origins = origins(&store).await;
            store.close().await;
            origins
        })?;
        print(origins)?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn origins(store: &impl Inspect) -> Result<String> {
    let name = store.log_name().await?;
    let name = name.context("nothing of this store was sealed: start `serve` with `--seal-key` once")?;
    let mut origins = String::new();
    let mut after = String::new();
    while let Some(next) = store.next_name(&after).await? {
        after = next;
        let Ok(enterprise) = EnterpriseSlug::new(&after) else {
            continue;
        };
        let last = store.last_checkpoint(&enterprise).await?;
        let log = last.map_or(KeptCheckpoint::FIRST_LOG, |last| last.log);
        origins.push_str(&format!("{}\n", KeptCheckpoint::origin(&name, &enterprise, log)?));
    }
    Ok(origins)
}
