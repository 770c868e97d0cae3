//! Enterprises in a store, hosts over it, and what must be true of the streams in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use enterprise_credentials::log::read;
use enterprise_credentials::{Enterprise, Event, RecordedEvent};

use crate::Given;
use crate::common::history::{History, recorded_item};
use crate::common::process::{Serve, export, run, run_well};
use crate::load::Told;
use crate::wait::wait_until;

/// Enterprises that differ by their slugs alone: their people and tokens are those of [`History::sample`].
pub(crate) struct Scene {
    pub(crate) url: String,
    directory: PathBuf,
    files: AtomicU32,
}

/// What a stream holds of what clients asked for.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// Position and key of each request.
    pub(crate) requests: Vec<(u64, Option<String>)>,
    pub(crate) events: usize,
}

impl Scene {
    pub(crate) fn new(given: &Given, url: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hosts-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = given.scratch.join(name);
        std::fs::create_dir_all(&directory).unwrap();
        Self {
            url,
            directory,
            files: AtomicU32::new(0),
        }
    }

    /// Imports an enterprise with so many credentials besides those of the sample.
    /// `salt` keeps its tokens from those of others.
    pub(crate) fn import(&self, slug: &str, credentials: u64, salt: &str) {
        let history = History::sample(slug, salt).with_credentials(credentials, salt);
        run_well(&["import", "--store", &self.url, &self.written(&history)]);
    }

    /// A file with a history.
    pub(crate) fn written(&self, history: &History) -> String {
        let file = self.file("jsonl");
        std::fs::write(&file, &history.log).unwrap();
        file.display().to_string()
    }

    fn file(&self, kind: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        self.directory.join(format!("{number}.{kind}"))
    }

    /// A file or a directory by its name.
    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// A host over the store.
    pub(crate) fn serve(&self, options: &[&str]) -> Serve {
        self.serve_at(&self.url, options)
    }

    /// A host that reaches the store by another URL.
    pub(crate) fn serve_at(&self, url: &str, options: &[&str]) -> Serve {
        Serve::start(url, &self.file("log"), options)
    }

    pub(crate) fn export(&self, slug: &str) -> Vec<u8> {
        export(&self.url, slug)
    }

    /// `verify` finds every line, head and row of the look-up right.
    pub(crate) fn verify(&self) {
        let output = run(&["verify", "--store", &self.url]);
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The stream, once no revocation is unfinished.
    fn drained(&self, slug: &str) -> (Vec<RecordedEvent>, Enterprise) {
        let mut drained = None;
        wait_until(&format!("{slug} has no job"), Duration::from_secs(90), || {
            let log = self.export(slug);
            let events: Vec<RecordedEvent> = read(&log).map(Result::unwrap).collect();
            let mut enterprise = Enterprise::new();
            enterprise.apply_all(&events).unwrap();
            let is_drained = enterprise.pending_revocations().next().is_none();
            drained = Some((events, enterprise));
            is_drained
        });
        drained.unwrap()
    }

    /// Waits until no job is left, and fails where an item or a completion is recorded twice.
    pub(crate) fn check_told_once(&self, slug: &str) {
        recorded_once(slug, &self.drained(slug).0);
    }

    /// Waits until no job is left, and fails unless outcomes told are outcomes kept: each 202 is one request in the
    /// stream, at the position that was told and with the key that was asked with; no key is there twice; no request is
    /// there that nobody asked for; each item is recorded once, and each revocation completed once.
    pub(crate) fn check_told(&self, slug: &str, told: &[Told]) -> Recorded {
        let (events, _) = self.drained(slug);
        let recorded = recorded_once(slug, &events);
        let of_slug = || told.iter().filter(|told| told.slug == slug);
        let asked: BTreeSet<&str> = of_slug().map(|told| told.key.as_str()).collect();
        let by_key: BTreeMap<&str, u64> = recorded
            .requests
            .iter()
            .filter_map(|(position, key)| Some((key.as_deref()?, *position)))
            .collect();
        assert_eq!(
            by_key.len(),
            recorded.requests.len(),
            "{slug}: a request is repeated or has no key"
        );
        for key in by_key.keys() {
            assert!(asked.contains(key), "{slug}: nobody asked with key {key}");
        }
        for accepted in of_slug().filter(|told| told.status == 202) {
            assert_eq!(
                by_key.get(accepted.key.as_str()).copied(),
                accepted.position,
                "{slug}: told otherwise than kept: {accepted:?}"
            );
        }
        recorded
    }
}

/// Fails where an item or a completion is recorded twice.
fn recorded_once(slug: &str, events: &[RecordedEvent]) -> Recorded {
    let (mut seen, mut recorded) = (BTreeSet::new(), Recorded::default());
    recorded.events = events.len();
    for RecordedEvent { position, event, .. } in events {
        if let Event::RevokeAllRequested { idempotency_key, .. } = event {
            let key = idempotency_key.as_ref().map(|key| key.as_str().to_owned());
            recorded.requests.push((position.value(), key));
        }
        if let Some(item) = recorded_item(event) {
            assert!(seen.insert(item), "{slug}: {item:?} is recorded twice");
        }
    }
    let completed = seen.iter().filter(|(what, ..)| *what == "completed").count();
    assert_eq!(
        completed,
        recorded.requests.len(),
        "{slug}: not every revocation is completed"
    );
    recorded
}
