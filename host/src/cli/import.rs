//! `import`: a stream from a file into the store.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use enterprise_credentials_host::import::{Imported, Stream};
use enterprise_credentials_host::store::{IfMissing, SqliteStore};

/// Import a log of recorded events.
///
/// Creates the store where it is missing. Into a stream that exists it skips what is identical, appends the rest, and
/// refuses a difference. The whole log is checked first; all of it is imported or nothing.
///
/// Works beside `serve`. But while a long import commits, tens of seconds for a million credentials, other writers to the
/// same file wait, and those that have waited for half a minute fail: a request to revoke is answered with 503 then.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The store, as `sqlite:path/to/file.db`.
    #[arg(long, value_name = "URL")]
    store: String,
    /// The log, one event a line; `-` reads standard input.
    file: PathBuf,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let cannot_import = || format!("cannot import `{}`, nothing was written", self.file.display());
        let stream = Stream::read(&read(&self.file)?).with_context(cannot_import)?;
        let imported = super::runtime()?.block_on(async {
            let store = SqliteStore::open(&self.store, IfMissing::Create).await?;
            let imported = stream.import(&store).await;
            store.close().await;
            imported.with_context(cannot_import)
        })?;
        let Imported {
            enterprise,
            skipped,
            appended,
        } = imported;
        writeln!(
            std::io::stdout(),
            "imported {appended} events into `{enterprise}`, {skipped} were there already"
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut log = Vec::new();
    if file == Path::new("-") {
        std::io::stdin()
            .read_to_end(&mut log)
            .context("cannot read standard input")?;
    } else {
        File::open(file)
            .and_then(|mut open| open.read_to_end(&mut log))
            .with_context(|| format!("cannot read `{}`", file.display()))?;
    }
    Ok(log)
}
