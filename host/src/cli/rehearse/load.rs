//! A history into the throw-away store: a sample as it is made, or a log as it is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use enterprise_credentials::{Enterprise, EnterpriseSlug, Event, Position};
use enterprise_credentials_host::enterprises::time_for;
use enterprise_credentials_host::sample::Sample;
use enterprise_credentials_host::store::{Line, SqliteStore, Store};
use tokio::sync::mpsc::{Sender, channel};

use super::took;
use crate::cli::history::HistoryFile;
use crate::cli::progress;
use crate::cli::table::{Facts, count, identity};

/// How many lines are appended at a time. Nobody reads the store meanwhile, so nobody sees half a history.
const CHUNK_LINES: usize = 10_000;

/// Where a history comes from.
pub(super) enum Source {
    Sample(Sample),
    History(HistoryFile),
}

impl Source {
    pub(super) fn history(path: &Path) -> Self {
        Self::History(HistoryFile::at(path))
    }

    /// Appends every line, and gives the state at the end. Making or reading goes on while the store writes.
    pub(super) async fn load(self, store: &SqliteStore) -> Result<Enterprise> {
        let (sender, mut chunks) = channel(2);
        let produced = tokio::task::spawn_blocking(move || self.produce(Chunks::new(sender)));
        let mut stream: Option<(EnterpriseSlug, Position)> = None;
        while let Some(chunk) = chunks.recv().await {
            let (slug, last) = match stream.take() {
                Some(stream) => stream,
                None => (slug(&chunk)?, Position::START),
            };
            store.append(&slug, last, &chunk).await?;
            let last = chunk.last().map_or(last, |line| line.event.position);
            stream = Some((slug, last));
        }
        produced.await.context("the history was not read to its end")?
    }

    fn produce(self, mut chunks: Chunks) -> Result<Enterprise> {
        let enterprise = match self {
            Self::Sample(sample) => {
                let bar = progress::counted(sample.credentials.into(), "issuing credentials");
                let enterprise = sample.generate(&mut |recorded| {
                    bar.inc(u64::from(matches!(recorded.event, Event::CredentialIssued { .. })));
                    chunks.push(Line::written(recorded.clone()))
                });
                bar.finish_and_clear();
                enterprise?
            }
            Self::History(file) => file.read(&mut |recorded, bytes| {
                let (event, bytes) = (recorded.clone(), bytes.to_vec());
                chunks.push(Line { event, bytes })
            })?,
        };
        chunks.end()?;
        Ok(enterprise)
    }
}

fn slug(chunk: &[Line]) -> Result<EnterpriseSlug> {
    match chunk.first().map(|line| &line.event.event) {
        Some(Event::EnterpriseCreated { slug, .. }) => Ok(slug.clone()),
        Some(_) => bail!("line 1: a history begins with `EnterpriseCreated`"),
        None => bail!("the history holds no event: there is nothing to rehearse on"),
    }
}

/// Lines on their way to the store.
struct Chunks {
    chunk: Vec<Line>,
    sender: Sender<Vec<Line>>,
}

impl Chunks {
    const fn new(sender: Sender<Vec<Line>>) -> Self {
        let chunk = Vec::new();
        Self { chunk, sender }
    }

    fn push(&mut self, line: Line) -> Result<()> {
        self.chunk.push(line);
        if self.chunk.len() < CHUNK_LINES {
            Ok(())
        } else {
            self.send()
        }
    }

    /// The last chunk goes even when it is empty, so that an empty history is noticed.
    fn end(mut self) -> Result<()> {
        self.send()
    }

    fn send(&mut self) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.sender
            .blocking_send(chunk)
            .context("the store stopped taking lines")
    }
}

/// What was loaded.
pub(super) fn in_words(enterprise: &Enterprise, history: Option<&PathBuf>, after: Duration) -> String {
    let summary = enterprise.summary(time_for(enterprise));
    let origin = history.map_or_else(
        || "a sample, made for this rehearsal".to_owned(),
        |path| format!("a copy of `{}`", path.display()),
    );
    let facts = [
        ("enterprise", identity(summary.slug.as_ref(), summary.kind)),
        (
            "history",
            format!(
                "{origin}: {} events, stored in {}",
                count(summary.position.value()),
                took(after)
            ),
        ),
        ("people", count(summary.people.iter().map(|by| by.people).sum())),
        ("organizations", count(summary.organizations)),
        (
            "credentials",
            format!(
                "{} issued, {} alive, {} expired",
                count(summary.credentials.iter().map(|by| by.issued).sum()),
                count(summary.credentials.iter().map(|by| by.alive).sum()),
                count(summary.credentials.iter().map(|by| by.expired).sum())
            ),
        ),
    ];
    Facts(&facts).to_string()
}
