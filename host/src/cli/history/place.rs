//! Where a command's log is: in a file, on standard input, or in a store.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Context, Result, bail};
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::store::{self, Page, StoreUrl, Streams, walk};
use enterprise_credentials_seal::Frontier;
use indicatif::ProgressBar;

use crate::cli::{import, progress};

/// The log that a command reads.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct HistoryPlace {
    /// The log, one event a line; `-` reads standard input.
    #[arg(value_name = "FILE", required_unless_present = "store", conflicts_with = "store")]
    file: Option<PathBuf>,
    /// Read a stream from this store instead of a file: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    ///
    /// This works beside a running `serve`. It fails if the stream is not whole.
    #[arg(long, value_name = "URL", requires = "enterprise")]
    store: Option<StoreUrl>,
    /// The enterprise whose stream to read from the store.
    #[arg(long, value_name = "SLUG", requires = "store", conflicts_with = "file")]
    enterprise: Option<EnterpriseSlug>,
    /// The log's bytes, where they came from what can be read only once.
    #[arg(skip)]
    spooled: Option<Arc<File>>,
}

/// How many pages wait for the reader: enough to go on while it is busy.
const PAGES_AHEAD: usize = 2;

/// A log that is open.
pub(super) struct Opened {
    pub(super) read: Box<dyn Read>,
    /// How much of it is read: of a file in bytes. A stream counts its lines by itself.
    pub(super) bar: ProgressBar,
}

impl HistoryPlace {
    pub(in crate::cli) fn at(file: &Path) -> Self {
        Self {
            file: Some(file.to_owned()),
            store: None,
            enterprise: None,
            spooled: None,
        }
    }

    pub(in crate::cli) const fn of_stream(store: StoreUrl, enterprise: EnterpriseSlug) -> Self {
        Self {
            file: None,
            store: Some(store),
            enterprise: Some(enterprise),
            spooled: None,
        }
    }

    /// The same log, which may be opened more than once: standard input, and what else can be read only once, is copied
    /// to a temporary file first.
    pub(in crate::cli) fn spooled(self) -> Result<Self> {
        let spooled = (!self.is_stream()).then(|| self.open_file()).transpose()?.map(Arc::new);
        Ok(Self { spooled, ..self })
    }

    /// The store and the enterprise, where it is a stream.
    pub(in crate::cli) fn stream(&self) -> Option<(&StoreUrl, &EnterpriseSlug)> {
        self.store.as_ref().zip(self.enterprise.as_ref())
    }

    /// Whether it is what standard input gives.
    pub(in crate::cli) fn is_on_standard_input(&self) -> bool {
        self.file.as_deref() == Some(Path::new("-"))
    }

    /// Whether it is a stream in a store, of which no part is worth anything without the rest:
    /// only at its end it is compared with its head.
    pub(super) const fn is_stream(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn open_bytes(&self) -> Result<Opened> {
        let hidden = |read| Opened {
            read,
            bar: ProgressBar::hidden(),
        };
        if let Some((store, enterprise)) = self.stream() {
            return Ok(hidden(Box::new(StoredLines::open(store, enterprise)?)));
        }
        let path = self.file.as_deref().unwrap_or(Path::new("-"));
        let cannot_read = || format!("cannot read {self}");
        let file = match &self.spooled {
            Some(spooled) => {
                let mut file = spooled.try_clone().with_context(cannot_read)?;
                file.rewind().with_context(cannot_read)?;
                file
            }
            None if path == Path::new("-") => return Ok(hidden(Box::new(io::stdin()))),
            None => File::open(path).with_context(cannot_read)?,
        };
        let bytes = file.metadata().with_context(cannot_read)?.len();
        Ok(Opened {
            read: Box::new(file),
            bar: progress::bytes(bytes),
        })
    }
}

impl HistoryPlace {
    /// The log as a file. What cannot be read twice, a stream's lines too,
    /// is copied to a file that nobody else can read.
    pub(super) fn open_file(&self) -> Result<File> {
        if self.is_stream() {
            return import::spool(&mut self.open_bytes()?.read).with_context(|| format!("cannot read {self}"));
        }
        import::open(self.file.as_deref().unwrap_or(Path::new("-")))
    }
}

impl fmt::Display for HistoryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.store, &self.enterprise) {
            (_, Some(store), Some(enterprise)) => write!(f, "stream `{enterprise}` of `{store}`"),
            (Some(path), ..) if path != Path::new("-") => write!(f, "`{}`", path.display()),
            _ => f.write_str("standard input"),
        }
    }
}

/// A stream's lines, each with its line feed, from a thread that reads them and at the end compares them with the head.
struct StoredLines {
    pages: Receiver<Result<Page>>,
    /// The page being read, and how much of it is.
    page: Page,
    read: usize,
    end: Option<End>,
}

/// How a stream ended, for whoever asks again.
#[derive(Debug, Clone)]
enum End {
    Whole,
    Failed(String),
}

impl StoredLines {
    fn open(url: &StoreUrl, enterprise: &EnterpriseSlug) -> Result<Self> {
        let runtime = crate::cli::runtime()?;
        let (store, head) = runtime.block_on(async {
            let store = store::open_to_read(url).await?;
            match store.head(enterprise).await? {
                Some(head) => Ok((store, head)),
                None => bail!("the store holds no enterprise `{enterprise}`"),
            }
        })?;
        let (sender, pages) = sync_channel(PAGES_AHEAD);
        let enterprise = enterprise.clone();
        std::thread::Builder::new()
            .name("stream".to_owned())
            .spawn(move || {
                let bar = progress::counted(head.position().value(), "reading");
                let sending = Sending { sender, bar };
                let sent = runtime.block_on(async {
                    let begin = Frontier::EMPTY;
                    let sent = walk(&store, &enterprise, &begin, &head, sending.clone(), Sending::send).await;
                    store.close().await;
                    sent
                });
                sending.bar.finish_and_clear();
                // An empty page says that this was all. Nobody may be there to hear it.
                let last = sent.map(|_| Page::default());
                let _ = sending.sender.send(last);
            })
            .context("cannot start a thread")?;
        Ok(Self {
            pages,
            page: Page::default(),
            read: 0,
            end: None,
        })
    }
}

/// Pages on their way to the reader.
#[derive(Clone)]
struct Sending {
    sender: SyncSender<Result<Page>>,
    bar: ProgressBar,
}

impl Sending {
    fn send(&mut self, page: &Page) -> Result<()> {
        self.bar.inc(page.len() as u64);
        // Whoever has stopped reading needs no more.
        self.sender
            .send(Ok(page.clone()))
            .context("the stream is not read to its end")
    }
}

impl StoredLines {
    /// Turns to the next page, or to the end.
    fn turn(&mut self) {
        (self.page, self.read) = (Page::default(), 0);
        match self.pages.recv() {
            Ok(Ok(page)) if page.is_empty() => self.end = Some(End::Whole),
            Ok(Ok(page)) => self.page = page,
            Ok(Err(error)) => self.end = Some(End::Failed(error_chain(error.as_ref()))),
            Err(_) => self.end = Some(End::Failed("reading it ended unexpectedly".to_owned())),
        }
    }
}

impl Read for StoredLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.page.bytes().len() {
            match &self.end {
                None => self.turn(),
                Some(End::Whole) => return Ok(0),
                Some(End::Failed(error)) => return Err(io::Error::other(error.clone())),
            }
        }
        let mut rest = self.page.bytes().get(self.read..).unwrap_or_default();
        let length = rest.read(buffer)?;
        self.read += length;
        Ok(length)
    }
}
