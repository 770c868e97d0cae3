//! The seal on the command line: which keys sign, and where the journal is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::http::Auditors;
use enterprise_credentials_host::seal::{SealOptions, Sealer, read_key};
use enterprise_credentials_host::store::Store;

use crate::cli::signal::Hangups;

/// The options about the seal.
#[derive(Debug, Args)]
pub(super) struct SealArgs {
    /// Sign every enterprise's log with this key, as `seal key` makes it.
    ///
    /// To change keys, give the old and the new one for a while. Then both sign. Their names must be the same.
    #[arg(long = "seal-key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The directory of the journal, which says what was signed last.
    ///
    /// The journal shows if a store was set back to an earlier state. So put it on another disk than the store, and in
    /// no backup of the store. Default: `FILE.journal` beside the first key.
    #[arg(long = "seal-state", value_name = "DIR", requires = "keys")]
    state: Option<PathBuf>,
    /// Begin an empty journal, although streams of the store were sealed.
    ///
    /// Use it for a further host of the same store, or after the journal was lost. Never use it for a copy of a store
    /// that goes on elsewhere.
    #[arg(long = "seal-join", requires = "keys")]
    join: bool,
    /// Also sign streams that `import-inventory` made and `import --force` took.
    ///
    /// Their times are invented.
    #[arg(long = "seal-made", requires = "keys")]
    made: bool,
    /// Also give checkpoints and proofs to the auditors in this file, as `seal auditor` writes it.
    ///
    /// SIGHUP reads the file again.
    #[arg(long = "auditor-token-file", value_name = "FILE")]
    auditors: Option<PathBuf>,
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
        options.made = self.made;
        let sealer = Sealer::open(store, options).await.context("cannot seal the streams")?;
        Ok(Some(Arc::new(sealer)))
    }
}

impl SealArgs {
    /// Reads the file of auditors, if there is one, and again at each SIGHUP.
    pub(super) fn auditors(&self) -> Result<Option<Arc<Auditors>>> {
        let Some(file) = &self.auditors else { return Ok(None) };
        let auditors = Arc::new(Auditors::load(file)?);
        let (again, mut hangups) = (Arc::clone(&auditors), Hangups::new()?);
        tokio::spawn(async move {
            loop {
                hangups.next().await;
                match again.reload() {
                    Ok(()) => tracing::info!("read the auditors again"),
                    Err(error) => {
                        let error = error_chain(&error);
                        tracing::error!(error, "cannot read the auditors again: those before stay known");
                    }
                }
            }
        });
        Ok(Some(auditors))
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
