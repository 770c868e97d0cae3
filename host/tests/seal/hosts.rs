//! Several hosts of one store, each with a journal of its own: what one has signed, the others hold it to.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, EnterpriseError, Enterprises};
use enterprise_credentials_host::seal::{Journal, RestartOptions, SealError, SealOptions, Sealer, restart};
use enterprise_credentials_host::store::contract::Memory;
use enterprise_credentials_host::store::{Head, KeptCheckpoint, Store, StoreError, Streams};
use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, Note, SigningKey};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::common::Directory;
use crate::common::history::History;
use crate::common::lines::{Line, append, lines};
use crate::scene::NAME;

const FAR: Duration = Duration::from_secs(3_600);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(KeyName::new(NAME).unwrap(), &[seed; 32])
}

/// A host that signs, and that nobody asks for anything.
struct Host {
    enterprises: Arc<Enterprises<Memory>>,
    stop: watch::Sender<bool>,
    sealing: JoinHandle<()>,
}

impl Host {
    async fn start(
        memory: &Memory,
        directory: &Directory,
        journal: &str,
        keys: Vec<SigningKey>,
        every: Duration,
    ) -> Self {
        let mut options = SealOptions::new(keys, directory.file(journal));
        (options.join, options.every) = (true, every);
        let store = memory.another_process();
        let sealer = Arc::new(Sealer::open(&store, options).await.unwrap());
        let clock = Arc::new(Clock::system(Clock::SKEW_MAX_DEFAULT));
        let (enterprises, _) = Enterprises::with_sealer(store, CacheOptions::default(), clock, Some(sealer));
        let (stop, stopped) = watch::channel(false);
        let sealing = tokio::spawn(Arc::clone(&enterprises).seal(stopped));
        Self {
            enterprises,
            stop,
            sealing,
        }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.sealing.await.unwrap();
    }
}

async fn wait_until_journaled(directory: &Directory, journal: &str, slug: &EnterpriseSlug, size: usize) {
    for _ in 0..1_000 {
        let last = Journal::open_to_read(&directory.file(journal)).last(slug);
        if last.is_ok_and(|last| last.is_some_and(|last| last.size() == size as u64)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("`{journal}` does not get to hold {size} lines");
}

fn sample() -> (EnterpriseSlug, Vec<Line>) {
    let history = History::sample("octo-corp", "");
    (history.slug(), lines(&history.log))
}

/// A store of which one host has signed the first lines.
async fn sealed(directory: &Directory, size: usize) -> (Memory, EnterpriseSlug, Vec<Line>, Head) {
    let (slug, lines) = sample();
    let memory = Memory::default();
    let head = append(&memory, &slug, &Head::EMPTY, &lines[..size]).await.unwrap();
    let first = Host::start(&memory, directory, "first", vec![key(7)], FAR).await;
    first.enterprises.fresh(&slug).await.unwrap();
    wait_until_journaled(directory, "first", &slug, size).await;
    first.stop().await;
    (memory, slug, lines, head)
}

#[tokio::test]
async fn a_host_that_is_never_asked_holds_what_others_have_signed() {
    let directory = Directory::new();
    let (memory, slug, lines, head) = sealed(&directory, 7).await;
    let standby = Host::start(&memory, &directory, "second", vec![key(7)], Duration::from_millis(50)).await;
    wait_until_journaled(&directory, "second", &slug, 7).await;
    append(&memory, &slug, &head, &lines[7..12]).await.unwrap();
    let first = Host::start(&memory, &directory, "first", vec![key(7)], FAR).await;
    first.enterprises.fresh(&slug).await.unwrap();
    wait_until_journaled(&directory, "second", &slug, 12).await;
    first.stop().await;
    standby.stop().await;
}

/// Whoever can write to the store can write such a row.
#[tokio::test]
async fn a_row_that_none_of_the_keys_has_signed_is_no_other_log() {
    let directory = Directory::new();
    let (memory, slug, _, _) = sealed(&directory, 7).await;
    let journal = Journal::open_to_read(&directory.file("first"));
    let before = journal.last(&slug).unwrap();
    let origin = KeptCheckpoint::origin(&KeyName::new(NAME).unwrap(), &slug, 2).unwrap();
    let frontier = Frontier::EMPTY;
    let note = Checkpoint::of(origin, &frontier).sign(&[key(8)]);
    let row = KeptCheckpoint { log: 2, frontier, note };
    memory.keep_checkpoint(&slug, &row).await.unwrap();
    let host = Host::start(&memory, &directory, "first", vec![key(7)], FAR).await;
    host.enterprises.fresh(&slug).await.unwrap();
    let sealer = host.enterprises.sealer().unwrap();
    for _ in 0..1_000 {
        if sealer.unsealed() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sealer.unsealed(), 1, "it is told");
    assert_eq!(journal.last(&slug).unwrap(), before);
    let restarted = restart(
        &memory,
        &slug,
        &[key(7)],
        &directory.file("first"),
        RestartOptions::default(),
    )
    .await;
    assert!(
        matches!(restarted, Err(SealError::Strange { log: 2, size: 0 })),
        "{restarted:?}"
    );
    host.stop().await;
}

#[tokio::test]
async fn a_seal_is_not_begun_anew_without_its_journal_nor_behind_the_last_number() {
    let directory = Directory::new();
    let (memory, slug, _, _) = sealed(&directory, 7).await;
    let contradicted = RestartOptions {
        contradicted: true,
        ..RestartOptions::default()
    };
    let lost = RestartOptions {
        journal_lost: true,
        ..contradicted
    };
    let nowhere = directory.file("nowhere");
    let keys = [key(7)];
    let none = restart(&memory, &slug, &keys, &nowhere, contradicted).await;
    assert!(matches!(none, Err(SealError::NoJournal(_))), "{none:?}");
    let second = restart(&memory, &slug, &keys, &nowhere, lost).await.unwrap();
    assert_eq!(second.as_str(), format!("{NAME}/{slug}/2"));
    let (log, frontier) = (u32::MAX, Frontier::EMPTY);
    let note = Checkpoint::of(second, &frontier).sign(&keys);
    let row = KeptCheckpoint { log, frontier, note };
    memory.keep_checkpoint(&slug, &row).await.unwrap();
    let none = restart(&memory, &slug, &keys, &nowhere, lost).await;
    assert!(matches!(none, Err(SealError::NoFurtherLog(u32::MAX))), "{none:?}");
}

/// An auditor who has the old key, or a witness's, would else be left with nothing.
#[tokio::test]
async fn a_key_that_signs_later_takes_no_signature_away() {
    let directory = Directory::new();
    let (memory, slug, _, _) = sealed(&directory, 7).await;
    let mut kept = memory.last_checkpoint(&slug).await.unwrap().unwrap();
    let witness = SigningKey::from_seed(KeyName::new("witness.example.com").unwrap(), &[9; 32]);
    let cosigned = Note::sign(kept.note.text(), &[witness]).unwrap();
    assert!(kept.note.add(cosigned.signatures()[0].clone()));
    memory.keep_checkpoint(&slug, &kept).await.unwrap();
    let host = Host::start(&memory, &directory, "first", vec![key(8)], FAR).await;
    let mut signed = kept.clone();
    for _ in 0..1_000 {
        signed = memory.last_checkpoint(&slug).await.unwrap().unwrap();
        if signed != kept {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    host.stop().await;
    assert_eq!(signed.note.signatures().len(), 3, "{}", signed.note);
    for signature in kept.note.signatures() {
        assert!(signed.note.signatures().contains(signature), "{}", signed.note);
    }
    let origin = KeptCheckpoint::origin(&KeyName::new(NAME).unwrap(), &slug, 1).unwrap();
    let known = [key(8).named(origin).verifier_key()];
    Checkpoint::open(&signed.note, &known).unwrap();
    let journaled = Journal::open_to_read(&directory.file("first")).last(&slug).unwrap();
    let journaled = journaled.unwrap().note;
    assert_eq!(journaled.signatures().len(), 2, "{journaled}");
}

#[tokio::test]
async fn a_broken_journal_is_told_and_the_stream_is_compared_once_it_is_whole() {
    let directory = Directory::new();
    let (_, slug, lines, _) = sealed(&directory, 7).await;
    let file = directory.file("first").join(slug.as_str());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, "broken").unwrap();
    // The store was set back meanwhile.
    let memory = Memory::default();
    append(&memory, &slug, &Head::EMPTY, &lines[..3]).await.unwrap();
    let host = Host::start(&memory, &directory, "first", vec![key(7)], FAR).await;
    host.enterprises.fresh(&slug).await.unwrap();
    let sealer = host.enterprises.sealer().unwrap();
    assert_eq!(sealer.unsealed(), 1, "it is told");
    assert_eq!(memory.last_checkpoint(&slug).await.unwrap(), None);
    std::fs::write(&file, whole).unwrap();
    let mut found = Ok(());
    for _ in 0..1_000 {
        found = host.enterprises.fresh(&slug).await.map(|_| ());
        if found.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let found = found.unwrap_err();
    assert!(
        matches!(found, EnterpriseError::Store(StoreError::Altered(_))),
        "{found:?}"
    );
    host.stop().await;
}
