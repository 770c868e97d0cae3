//! A host that dies between any two steps of a signature: what may have been given out by then is never contradicted,
//! and the next host signs what is left.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::seal::{Journal, SealOptions, Sealer};
use enterprise_credentials_host::store::contract::{Appending, Memory};
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, KeptCheckpoint, Page, Snapshot, Store, StoreError, Streams, Urgency,
};
use enterprise_credentials_seal::{KeyName, SigningKey};
use tokio::sync::watch;

use crate::common::Directory;
use crate::common::history::{History, exported};
use crate::common::lines::{append, lines};
use crate::scene::{NAME, assert_consistent};

/// A store over which a host stands still for ever before or after its n-th call, as if it had been killed there.
#[derive(Clone)]
struct Halting {
    memory: Memory,
    calls: Arc<AtomicUsize>,
    halts_at: usize,
    /// Whether the next checkpoint that is kept panics instead.
    panics: Arc<AtomicBool>,
}

impl Halting {
    /// Each call has two moments: before it and after it.
    async fn moment(&self) {
        if self.calls.fetch_add(1, Ordering::SeqCst) >= self.halts_at {
            pending::<()>().await;
        }
    }

    async fn within<T>(&self, call: impl Future<Output = T>) -> T {
        self.moment().await;
        let done = call.await;
        self.moment().await;
        done
    }

    fn has_halted(&self) -> bool {
        self.calls.load(Ordering::SeqCst) > self.halts_at
    }
}

impl Streams for Halting {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        self.within(self.memory.head(enterprise)).await
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        self.within(self.memory.read(enterprise, after, limit)).await
    }

    async fn log_name(&self) -> Result<Option<KeyName>, StoreError> {
        self.within(self.memory.log_name()).await
    }

    async fn last_checkpoint(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
        self.within(self.memory.last_checkpoint(enterprise)).await
    }

    async fn checkpoint(
        &self,
        enterprise: &EnterpriseSlug,
        log: u32,
        size: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        self.within(self.memory.checkpoint(enterprise, log, size)).await
    }

    async fn next_sealed(&self, after: &str) -> Result<Option<String>, StoreError> {
        self.memory.next_sealed(after).await
    }
}

impl Store for Halting {
    type Append = Appending;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        self.within(self.memory.append(enterprise, expected, batch, urgency))
            .await
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<Appending, StoreError> {
        self.memory.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.memory.unfinished().await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.memory.newest().await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        self.memory.holders(fingerprint).await
    }

    async fn keep_snapshot(&self, enterprise: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        self.memory.keep_snapshot(enterprise, snapshot).await
    }

    async fn snapshot(&self, enterprise: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        self.memory.snapshot(enterprise).await
    }

    async fn name_logs(&self, name: &KeyName) -> Result<KeyName, StoreError> {
        self.within(self.memory.name_logs(name)).await
    }

    async fn keep_checkpoint(&self, enterprise: &EnterpriseSlug, kept: &KeptCheckpoint) -> Result<(), StoreError> {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "as was asked for");
        self.within(self.memory.keep_checkpoint(enterprise, kept)).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.memory.health().await
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(KeyName::new(NAME).unwrap(), &[7; 32])
}

/// A host works on the stream until it stands still, or has signed all of it. Tells whether it did that.
async fn host(memory: &Memory, halts_at: usize, directory: &Directory, slug: &EnterpriseSlug) -> bool {
    let store = Halting {
        memory: memory.another_process(),
        calls: Arc::default(),
        halts_at,
        panics: Arc::default(),
    };
    let options = SealOptions::new(vec![key()], directory.file("journal"));
    let (stop, stopped) = watch::channel(false);
    let working = {
        let (store, slug) = (store.clone(), slug.clone());
        async move {
            let sealer = Arc::new(Sealer::open(&store, options).await.unwrap());
            let clock = Arc::new(Clock::system(Clock::SKEW_MAX_DEFAULT));
            let (enterprises, _) = Enterprises::with_sealer(store, CacheOptions::default(), clock, Some(sealer));
            let using = async {
                enterprises.fresh(&slug).await.unwrap();
                // The first use has it signed at once; a stop has the rest signed.
                stop.send_replace(true);
            };
            tokio::join!(Arc::clone(&enterprises).seal(stopped), using);
        }
    };
    let working = tokio::spawn(working);
    while !store.has_halted() && !working.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let is_done = working.is_finished();
    working.abort();
    let _ = working.await;
    while Journal::open(&directory.file("journal")).is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    is_done
}

async fn given(memory: &Memory, directory: &Directory, slug: &EnterpriseSlug) -> BTreeSet<String> {
    let journal = Journal::open_to_read(&directory.file("journal"));
    let kept = memory.last_checkpoint(slug).await.unwrap();
    let journaled = journal.last(slug).unwrap();
    // Else a store that is set back now would take with it what was given out of it.
    let size = |kept: &Option<KeptCheckpoint>| kept.as_ref().map_or(0, KeptCheckpoint::size);
    assert!(
        size(&journaled) >= size(&kept),
        "the journal has it before the store: {journaled:?} {kept:?}"
    );
    let all = [kept, journaled];
    all.into_iter().flatten().map(|kept| kept.note.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_dies_between_any_two_steps_contradicts_nothing() {
    let history = History::sample("octo-corp", "");
    let slug = history.slug();
    let all = lines(&history.log);
    let known = [key()
        .named(KeyName::new(&format!("{NAME}/octo-corp")).unwrap())
        .verifier_key()];
    let mut moments = 0;
    loop {
        let directory = Directory::new();
        let memory = Memory::default();
        let mut notes = BTreeSet::new();
        let mut head = Head::EMPTY;
        let mut is_done = true;
        // One host signs a first part of the stream, the second dies over the next, and a third finds what it left.
        for (part, halts_at) in [
            (&all[..5], usize::MAX),
            (&all[5..11], moments),
            (&all[11..], usize::MAX),
        ] {
            head = append(&memory, &slug, &head, part).await.unwrap();
            is_done &= host(&memory, halts_at, &directory, &slug).await;
            notes.extend(given(&memory, &directory, &slug).await);
            // What a death between the writing of a file and its renaming leaves.
            std::fs::write(directory.file("journal").join("octo-corp.0123456789abcdef.tmp"), "half").unwrap();
        }
        let last = memory.last_checkpoint(&slug).await.unwrap().unwrap();
        assert_eq!(last.size(), all.len() as u64, "moment {moments}");
        let count = assert_consistent(&notes, &exported(&memory, &slug).await, &known);
        assert!(count >= 2, "moment {moments}: {count}");
        moments += 1;
        if is_done {
            break;
        }
    }
    println!("{moments} moments");
    assert!(moments > 12, "the steps were taken one by one: {moments}");
}

#[tokio::test]
async fn a_signature_that_ends_in_a_panic_is_tried_again() {
    let history = History::sample("octo-corp", "");
    let slug = history.slug();
    let (directory, memory) = (Directory::new(), Memory::default());
    let all = lines(&history.log);
    append(&memory, &slug, &Head::EMPTY, &all).await.unwrap();
    let store = Halting {
        memory: memory.another_process(),
        calls: Arc::default(),
        halts_at: usize::MAX,
        panics: Arc::new(AtomicBool::new(true)),
    };
    let options = SealOptions::new(vec![key()], directory.file("journal"));
    let sealer = Arc::new(Sealer::open(&store, options).await.unwrap());
    let clock = Arc::new(Clock::system(Clock::SKEW_MAX_DEFAULT));
    let panics = Arc::clone(&store.panics);
    let (enterprises, _) = Enterprises::with_sealer(store, CacheOptions::default(), clock, Some(sealer));
    let (stop, stopped) = watch::channel(false);
    let sealing = tokio::spawn(Arc::clone(&enterprises).seal(stopped));
    enterprises.fresh(&slug).await.unwrap();
    let mut last = None;
    for _ in 0..1_000 {
        last = memory.last_checkpoint(&slug).await.unwrap();
        if last.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!panics.load(Ordering::SeqCst));
    assert_eq!(last.map(|last| last.size()), Some(all.len() as u64));
    stop.send_replace(true);
    sealing.await.unwrap();
}
