//! `restore`: a backup in place of a store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use enterprise_credentials_host::store::{self, StoreUrl};

use super::backup;
use super::output::print;

/// Put a copy of a backup in place of a store.
///
/// What the store has recorded since the backup is lost. The command says what that is.
///
/// No process may have the store open, so stop `serve` first. The backup is examined, and kept. At every moment either
/// the old store or the new one is there, whole, even after a crash.
///
/// Example: enterprise-credentials restore --store sqlite:octo.db octo.backup.db
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The store: `sqlite:path/to/file.db`. It need not exist. PostgreSQL restores its own backups.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// The backup.
    file: PathBuf,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let restored = super::runtime()?.block_on(store::restore(&self.store, &self.file))?;
        let from = self.file.display();
        let mut words = format!(
            "restored `{}` from `{from}`: {}",
            self.store,
            backup::in_words(&restored.copied)
        );
        if !restored.lost.is_empty() {
            words.push_str("LOST\n");
        }
        for lost in &restored.lost {
            words.push_str(&format!("  {lost}\n"));
        }
        print(words)?;
        Ok(ExitCode::SUCCESS)
    }
}
