//! `export`: a stream from the store, byte for byte as it was imported or written.

use std::io::{BufWriter, Stdout, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{self, Page, StoreUrl, Streams, walk};
use enterprise_credentials_seal::Frontier;

use super::output::NotPrinted;

/// Write an enterprise's stream to standard output, the bytes of each line as they were imported or written.
///
/// Only reads the store: works beside `serve` and beside an import, and waits for neither.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The store, as `sqlite:path/to/file.db`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// The enterprise.
    #[arg(long, value_name = "SLUG")]
    enterprise: EnterpriseSlug,
}

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
        let mut output = walk(store, &self.enterprise, &Frontier::EMPTY, &head, output, write).await?;
        output.flush().map_err(NotPrinted::from)?;
        Ok(())
    }
}
