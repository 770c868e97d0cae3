//! `import`: a stream from a file into the store.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use enterprise_credentials::Timestamp;
use enterprise_credentials_host::enterprises::now;
use enterprise_credentials_host::import::{ImportError, Imported, Log, Stream, is_made};
use enterprise_credentials_host::mark::Mark;
use enterprise_credentials_host::read_log_line;
use enterprise_credentials_host::store::{self, IfMissing, Store, StoreError, StoreUrl, Streams};
use enterprise_credentials_seal::Note;
use indicatif::ProgressBar;

use super::directory::Directory;
use super::output::{print, tell};
use super::table::{count, counted};
use super::{hints, mark, progress, seal};

/// Import a log into a store.
///
/// The whole log is checked first. Then all of it is imported, or nothing. If the store is missing, it is created. If
/// the stream exists already, lines that are the same are skipped, the rest is appended, and a difference is refused.
///
/// It works beside `serve`. But while a long import writes, others who write to the same SQLite file wait. After half a
/// minute they fail, and a request to revoke gets 503. Input that cannot be read twice is first copied to a temporary
/// file.
///
/// Example: enterprise-credentials import --store sqlite:octo.db octo.jsonl
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// Refuse a log that does not have this mark, as `export --mark` wrote it.
    ///
    /// A longer log is accepted if it begins with the marked one.
    #[arg(long, value_name = "FILE", value_parser = mark::mark)]
    mark: Option<Mark>,
    /// Refuse a log that does not have this checkpoint.
    ///
    /// A longer log is accepted if it begins with the sealed one. All of it is imported.
    #[arg(long, value_name = "FILE", requires = "keys", conflicts_with = "mark", value_parser = seal::note)]
    checkpoint: Option<Note>,
    /// The verifier key of the log, from the host that signed the checkpoint. The file may hold several, one a line.
    #[arg(long = "key", value_name = "FILE", requires = "checkpoint", value_parser = seal::keys)]
    keys: Vec<seal::Keys>,
    /// Import it even if `import-inventory` made it: its times are invented, and it is no evidence of anything.
    #[arg(long)]
    force: bool,
    /// The log, one event a line; `-` reads standard input.
    file: PathBuf,
}

/// How much of a log is read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let cannot_import = || format!("cannot import `{}`, nothing was written", self.file.display());
        let file = open(&self.file)?;
        if !self.force {
            let first = first_line(&file).with_context(cannot_import)?;
            ensure!(
                !is_made(&first),
                "{}: `import-inventory` made it, and its times are invented; give `--force` to import it all the same",
                cannot_import()
            );
        }
        let log = Watched::new(file)?;
        let sealed = self.checkpoint.as_ref().map(|note| seal::open(note, &self.keys));
        let sealed = sealed.transpose().with_context(cannot_import)?;
        let checked = match self.mark.or(sealed.map(|seal| seal.mark())) {
            Some(mark) => Stream::check_marked(log, mark),
            None => Stream::check(log),
        };
        let stream = checked.with_context(cannot_import)?;
        warn_of_the_future(stream.last_at());
        let imported = super::runtime()?.block_on(async {
            let store = store::open(&self.store, IfMissing::Create).await?;
            let imported = stream.import(&store).await;
            match &imported {
                Ok(_) => store.close().await,
                Err(_) => store.abandon().await,
            }
            imported.map_err(|error| match error {
                ImportError::Store(error @ StoreError::Unknown { .. }) => {
                    let again = format!(
                        "cannot import `{}`; import it again, which skips what was kept",
                        self.file.display()
                    );
                    anyhow::Error::new(error).context(again)
                }
                error => anyhow::Error::new(error).context(cannot_import()),
            })
        })?;
        drop(stream);
        let Imported {
            enterprise,
            skipped,
            appended,
        } = imported;
        let were = if skipped == 1 { "was" } else { "were" };
        let events = counted(appended, "event", "events");
        let done = format!(
            "imported {events} into `{enterprise}`, {} {were} there already",
            count(skipped)
        );
        print(format!("{done}\n")).context(done)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Says that the log is ahead of the clock. It is imported all the same: the clock may be wrong.
fn warn_of_the_future(last_at: Option<Timestamp>) {
    let now = now();
    if let Some(last_at) = last_at.filter(|last_at| *last_at > now) {
        tell(&format!(
            "warning: the log's last event is of {last_at}, and this machine's clock shows {now}: until the clock gets \
             there, the stream's time stands still, and tokens that expire earlier are dead"
        ));
    }
}

/// The first line of a log, which is then read from its beginning again.
fn first_line(mut log: &File) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    read_log_line(&mut BufReader::new(log), &mut line)?;
    log.rewind()?;
    Ok(line)
}

/// The log as a file that can be read twice. What cannot, a pipe for one, is copied to a file that nobody else can
/// read, and whose name is gone before it has a byte. What is no log is refused, with what it is.
pub(super) fn open(path: &Path) -> anyhow::Result<File> {
    let is_stdin = path == Path::new("-");
    let cannot_read = || match is_stdin {
        true => "cannot read standard input".to_owned(),
        false => format!("cannot read `{}`", path.display()),
    };
    if is_stdin {
        let mut input = hints::check_stream(std::io::stdin()).with_context(cannot_read)?;
        return spool(&mut input).with_context(cannot_read);
    }
    let file = File::open(path).with_context(cannot_read)?;
    let metadata = file.metadata().with_context(cannot_read)?;
    if metadata.is_file() || metadata.is_dir() {
        hints::check_file(&file).with_context(cannot_read)?;
        return Ok(file);
    }
    let mut input = hints::check_stream(file).with_context(cannot_read)?;
    spool(&mut input).with_context(cannot_read)
}

/// A log in a file, with a bar that shows how much of it is read; each time anew.
pub(super) struct Watched {
    file: File,
    bar: ProgressBar,
}

impl Watched {
    pub(super) fn new(file: File) -> anyhow::Result<Self> {
        let bar = progress::bytes(file.metadata()?.len(), "reading");
        Ok(Self { file, bar })
    }
}

impl Log for Watched {
    fn open(&self) -> std::io::Result<Box<dyn BufRead + '_>> {
        let mut file = &self.file;
        file.rewind()?;
        self.bar.reset();
        Ok(Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            self.bar.wrap_read(file),
        )))
    }
}

/// Copies what is read to a file that nobody else can read, and whose name is gone before it has a byte.
pub(super) fn spool(source: &mut dyn std::io::Read) -> anyhow::Result<File> {
    let mut file = temporary_file("import")?;
    std::io::copy(source, &mut file)?;
    Ok(file)
}

/// A file that nobody else can read, and whose name is gone before it has a byte.
pub(super) fn temporary_file(purpose: &str) -> anyhow::Result<File> {
    let directory = Directory::new(purpose)?;
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(directory.file("temporary"))
        .context("cannot create a temporary file")?;
    directory.remove()?;
    Ok(file)
}
