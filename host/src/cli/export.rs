//! `export`: a stream from the store, byte for byte as it was imported or written.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_host::store::{SqliteReader, StoreUrl};

use super::output::NotPrinted;

const PAGE_LINES: u32 = 5_000;

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
            let store = SqliteReader::open(&self.store).await?;
            let exported = self.export(&store).await;
            store.close().await;
            exported
        })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn export(&self, store: &SqliteReader) -> anyhow::Result<()> {
        let mut output = BufWriter::new(std::io::stdout().lock());
        let mut last = Position::START;
        loop {
            let page = store.read(&self.enterprise, last, PAGE_LINES).await?;
            let is_last = page.len() < PAGE_LINES as usize;
            output.write_all(page.bytes()).map_err(NotPrinted::from)?;
            last = page.lines().fold(last, |last, _| last.next());
            if is_last {
                break;
            }
        }
        if last == Position::START {
            bail!("the store holds no enterprise `{}`", self.enterprise);
        }
        output.flush().map_err(NotPrinted::from)?;
        Ok(())
    }
}
