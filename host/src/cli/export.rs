//! `export`: a stream from the store, byte for byte as it was imported or written.

mod feed;
mod fingerprints;

use std::io::{BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::mark::Mark;
use enterprise_credentials_host::own_file;
use enterprise_credentials_host::store::{self, Page, Streams, walk};
use enterprise_credentials_seal::Frontier;
use indicatif::ProgressBar;

use super::history::HistoryPlace;
use super::output::NotPrinted;
use super::progress;

/// Write an enterprise's stream to standard output, byte for byte.
///
/// It only reads the store. It works beside `serve` and beside an import, and waits for neither. If it breaks off, the
/// last line begins with `!!`, which is no event, and no command takes such a log.
///
/// With `--format` it writes each event as one line in a format of security tools, from a store or from a log. Such a
/// feed is no log, and no command takes it. docs/feeds.md explains the formats.
///
/// Example: enterprise-credentials export --store sqlite:octo.db --enterprise octo-corp > octo.jsonl
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    history: HistoryPlace,
    /// Also write a mark to this file: how many lines were exported, and the root of the tree over them.
    ///
    /// `audit` and `import` take the mark, and refuse a log that is shorter or another. A mark that is in the file
    /// already is replaced; anything else is not.
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    mark: Option<PathBuf>,
    /// Write each event in a format that security tools read.
    #[arg(long, value_enum)]
    format: Option<feed::Format>,
}

/// Begins the line that ends an export which is not whole.
const BROKEN_OFF: &str = "!! export broke off";

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(format) = self.format {
            feed::write(format, &self.history.beside_lines())?;
            return Ok(ExitCode::SUCCESS);
        }
        let Some((url, enterprise)) = self.history.stream() else {
            super::wrong_arguments("a file already is a log: name a `--store` to export from, or a `--format`");
        };
        if let Some(path) = &self.mark {
            own_file::check(path, Mark::FILE).with_context(|| not_written(path))?;
        }
        super::runtime()?.block_on(async {
            let store = store::open_to_read(url).await?;
            let exported = self.export(&store, enterprise).await;
            store.close().await;
            exported
        })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn export(&self, store: &impl Streams, enterprise: &EnterpriseSlug) -> anyhow::Result<()> {
        let Some(head) = store.head(enterprise).await? else {
            bail!("the store holds no enterprise `{enterprise}`");
        };
        let output = Output {
            lines: BufWriter::new(std::io::stdout()),
            bar: progress::beside_lines(progress::counted(head.position().value(), "exporting")),
        };
        let exported = walk(store, enterprise, &Frontier::EMPTY, &head, output, Output::write).await;
        let exported = exported.and_then(|mut output| Ok(output.lines.flush().map_err(NotPrinted::from)?));
        if let Err(error) = &exported {
            // Where the output is a pipe, its reader sees no exit code.
            let reason = error_chain(error.as_ref()).replace('\n', " ");
            let _ = writeln!(std::io::stdout(), "{BROKEN_OFF}: {reason}");
        }
        exported?;
        if let Some(path) = &self.mark {
            Mark::of(&head).write(path).with_context(|| not_written(path))?;
        }
        Ok(())
    }
}

fn not_written(path: &Path) -> String {
    format!("cannot write the mark to `{}`", path.display())
}

/// Lines on their way out, and how many have gone.
struct Output {
    lines: BufWriter<Stdout>,
    bar: ProgressBar,
}

impl Output {
    fn write(&mut self, page: &Page) -> anyhow::Result<()> {
        self.bar.inc(page.len() as u64);
        Ok(self.lines.write_all(page.bytes()).map_err(NotPrinted::from)?)
    }
}
