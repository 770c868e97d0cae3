//! `backup`: a copy of a store, beside whoever uses it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use enterprise_credentials_host::store::{self, Copied, IfThere, StoreUrl};

use super::output::print;
use super::table::count;

/// Copy a store to a file, as it is at one moment.
///
/// It works beside a running `serve`. The copy is examined. Either it is whole and on the disk, or it is not there at
/// all. A damaged store is not copied, and the earlier copy stays. Only the owner can read the file.
///
/// Example: enterprise-credentials backup --store sqlite:octo.db octo.backup.db
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The store: `sqlite:path/to/file.db`. For PostgreSQL, use its own `pg_basebackup`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    /// The file to copy to.
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let if_there = if self.force { IfThere::Replace } else { IfThere::Fail };
        let copied = super::runtime()?.block_on(store::backup(&self.store, &self.file, if_there))?;
        print(format!("backed up to `{}`: {}", self.file.display(), in_words(&copied)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How large it is, and where each stream ends.
pub(super) fn in_words(copied: &Copied) -> String {
    let mut words = format!("{} bytes, {} streams\n", count(copied.bytes), copied.heads.len());
    for (enterprise, head) in &copied.heads {
        words.push_str(&format!(
            "  {enterprise}  size {}  root {}\n",
            head.position(),
            head.root()
        ));
    }
    words
}
