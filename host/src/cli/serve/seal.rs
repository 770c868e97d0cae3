//! The seal on the command line: which keys sign, and where the journal is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use enterprise_credentials_host::seal::{SealOptions, Sealer, read_key};
use enterprise_credentials_host::store::Store;

/// The options about the seal.
#[derive(Debug, Args)]
pub(super) struct SealArgs {
    /// Sign every enterprise's log with this key, as `seal key` makes it. Given twice, both sign, while one takes the place of the
    /// other; their names are the same.
    #[arg(long = "seal-key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The directory of the journal, where it is written what was signed last: by it a store that was set back is found out, so it
    /// should be on another disk than the store, and in no backup of it. Left out, it is `FILE.journal` beside the first key.
    #[arg(long = "seal-state", value_name = "DIR", requires = "keys")]
    state: Option<PathBuf>,
    /// Begin an empty journal though streams of the store were sealed: for a further host of the store, or after the journal was
    /// lost. Never for a copy of a store that goes on elsewhere.
    #[arg(long = "seal-join", requires = "keys")]
    join: bool,
}

impl SealArgs {
    /// What signs the streams of a store, if keys are given.
    pub(super) async fn open(&self, store: &impl Store) -> Result<Option<Arc<Sealer>>> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        let keys = self.keys.iter().map(|file| read_key(file)).collect::<Result<_, _>>()?;
        let state = journal_of(&self.keys, self.state.as_deref());
        let mut options = SealOptions::new(keys, state);
        options.join = self.join;
        let sealer = Sealer::open(store, options).await.context("cannot seal the streams")?;
        Ok(Some(Arc::new(sealer)))
    }
}

/// The directory of the journal: the one that is named, or else beside the first key.
pub(in crate::cli) fn journal_of(keys: &[PathBuf], state: Option<&Path>) -> PathBuf {
    let beside = || {
        let mut name = keys.first().map(|key| key.as_os_str().to_owned()).unwrap_or_default();
        name.push(".journal");
        PathBuf::from(name)
    };
    state.map_or_else(beside, Path::to_owned)
}
