//! `export`: a stream from the store, byte for byte as it was imported or written.

use std::io::{BufWriter, Stdout, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::mark::Mark;
use enterprise_credentials_host::store::{self, Page, StoreUrl, Streams, walk};
use enterprise_credentials_seal::Frontier;

use super::output::NotPrinted;

/// Write an enterprise's stream to standard output, the bytes of each line as they were imported or written.
///
/// Only reads the store: works beside `serve` and beside an import, and waits for neither. An export that breaks off says so in
/// its last line, which begins with `!!` and is no event: no command takes such a log.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The store, as `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// The enterprise.
    #[arg(long, value_name = "SLUG")]
    enterprise: EnterpriseSlug,
    /// Write to this file how many lines were exported and the root of the tree over them. `audit` and `import` take it, and
    /// refuse a log that is shorter or another.
    #[arg(long, value_name = "FILE")]
    mark: Option<PathBuf>,
}

/// Begins the line that ends an export which is not whole.
const BROKEN_OFF: &str = "!! export broke off";

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        super::runtime()?.block_on(async {
            let store = store::open_to_read(&self.store).await?;
            let exported = self.export(&store).await;
            store.close().await;
            exported
        })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn export(&self, store: &impl Streams) -> anyhow::Result<()> {
        let Some(head) = store.head(&self.enterprise).await? else {
            bail!("the store holds no enterprise `{}`", self.enterprise);
        };
        let output = BufWriter::new(std::io::stdout());
        let write = |output: &mut BufWriter<Stdout>, page: &Page| -> anyhow::Result<()> {
            Ok(output.write_all(page.bytes()).map_err(NotPrinted::from)?)
        };
        let exported = walk(store, &self.enterprise, &Frontier::EMPTY, &head, output, write).await;
        let exported = exported.and_then(|mut output| Ok(output.flush().map_err(NotPrinted::from)?));
        if let Err(error) = &exported {
            // Where the output is a pipe, its reader sees no exit code.
            let reason = error_chain(error.as_ref()).replace('\n', " ");
            let _ = writeln!(std::io::stdout(), "{BROKEN_OFF}: {reason}");
        }
        exported?;
        if let Some(path) = &self.mark {
            let written = Mark::of(&head).write(path);
            written.with_context(|| format!("cannot write the mark to `{}`", path.display()))?;
        }
        Ok(())
    }
}
