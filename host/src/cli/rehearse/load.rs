//! Fills the throw-away store: with a sample while it is made, or with a log while it is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use enterprise_credentials::log::write_line;
use enterprise_credentials::{Enterprise, EnterpriseSlug, Event, Position, RecordedEvent};
use enterprise_credentials_host::enterprises::time_for;
use enterprise_credentials_host::sample::Sample;
use enterprise_credentials_host::store::{Batch, Head, Store, Urgency};
use tokio::sync::mpsc::{Sender, channel};

use super::took;
use crate::cli::history::HistoryPlace;
use crate::cli::progress;
use crate::cli::table::{Facts, count, identity};

/// How many lines are appended at a time. Nobody reads the store meanwhile, so nobody sees half a history.
const CHUNK_LINES: usize = 10_000;
const NO_ENTERPRISE: &str = "line 1: a history begins with `EnterpriseCreated`";

/// Where a history comes from.
pub(super) enum Source {
    Sample(Sample),
    History(HistoryPlace),
}

impl Source {
    pub(super) fn history(path: &Path) -> Self {
        Self::History(HistoryPlace::at(path))
    }

    /// Appends every line, and gives the state at the end. Making or reading goes on while the store writes.
    pub(super) async fn load(self, store: &impl Store) -> Result<Enterprise> {
        let (sender, mut chunks) = channel(2);
        let produced = tokio::task::spawn_blocking(move || self.produce(Chunks::new(sender)));
        let mut stream: Option<(EnterpriseSlug, Head)> = None;
        while let Some((slug, chunk)) = chunks.recv().await {
            let (slug, head) = match stream.take() {
                Some(stream) => stream,
                None => (slug.context(NO_ENTERPRISE)?, Head::EMPTY),
            };
            let head = store.append(&slug, &head, chunk, Urgency::Request).await?;
            stream = Some((slug, head));
        }
        produced.await.context("the history was not read to its end")?
    }

    fn produce(self, mut chunks: Chunks) -> Result<Enterprise> {
        let enterprise = match self {
            Self::Sample(sample) => {
                let bar = progress::counted(sample.credentials.into(), "issuing credentials");
                let enterprise = sample.generate(&mut |recorded| {
                    bar.inc(u64::from(matches!(recorded.event, Event::CredentialIssued { .. })));
                    chunks.write(recorded)
                });
                bar.finish_and_clear();
                enterprise?
            }
            Self::History(file) => file.read(&mut |recorded, line| chunks.push(recorded, line))?,
        };
        chunks.end()?;
        Ok(enterprise)
    }
}

/// Lines on their way to the store.
struct Chunks {
    /// Whose history it is: the first event says so, if it creates an enterprise.
    slug: Option<EnterpriseSlug>,
    chunk: Batch,
    sender: Sender<(Option<EnterpriseSlug>, Batch)>,
}

impl Chunks {
    fn new(sender: Sender<(Option<EnterpriseSlug>, Batch)>) -> Self {
        Self {
            slug: None,
            chunk: Batch::behind(Position::START),
            sender,
        }
    }

    /// Adds an event as it is written.
    fn write(&mut self, recorded: &RecordedEvent) -> Result<()> {
        let mut line = Vec::new();
        write_line(recorded, &mut line);
        line.pop();
        self.push(recorded, &line)
    }

    /// Adds an event as it was read.
    fn push(&mut self, recorded: &RecordedEvent, line: &[u8]) -> Result<()> {
        match &recorded.event {
            Event::EnterpriseCreated { slug, .. } => self.slug = Some(slug.clone()),
            _ => ensure!(self.slug.is_some(), NO_ENTERPRISE),
        }
        self.chunk.push(recorded, line)?;
        if self.chunk.page().len() < CHUNK_LINES {
            Ok(())
        } else {
            self.send()
        }
    }

    fn end(mut self) -> Result<()> {
        ensure!(
            self.slug.is_some(),
            "the history holds no event: there is nothing to rehearse on"
        );
        self.send()
    }

    fn send(&mut self) -> Result<()> {
        let next = Batch::behind(self.chunk.end());
        let chunk = std::mem::replace(&mut self.chunk, next);
        self.sender
            .blocking_send((self.slug.clone(), chunk))
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
