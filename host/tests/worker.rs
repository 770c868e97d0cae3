//! The worker: what it promises beside failing stores, other writers, and other enterprises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::Directory;
use common::history::{History, completions, exported};
use common::lines::{append, lines};
use common::watched::Watched;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::store::{Head, SqliteStore, Store, Urgency};
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use tokio::sync::{Barrier, watch};
use tokio::task::JoinHandle;

/// A worker at work; `stop` ends it.
struct Working {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Working {
    fn new(store: impl Store, batch: u32) -> Self {
        let (enterprises, changes) = Enterprises::new(store, CacheOptions::default());
        let options = WorkerOptions {
            batch: NonZeroU32::new(batch).unwrap(),
            poll: Duration::from_millis(20),
        };
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(enterprises, changes, options);
        Self {
            stop,
            task: tokio::spawn(worker.run(stopped)),
        }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// A history with an unfinished revocation, which destroys members' credentials.
fn unfinished(slug: &str, credentials: u64) -> (History, (u64, u64, u64)) {
    let mut history = History::sample(slug, slug).with_credentials(credentials, slug);
    let plan = history.plan(true);
    history.revoke_all(true);
    (
        history,
        (
            plan.cut.value(),
            plan.authorizations_revoked,
            plan.credentials_destroyed,
        ),
    )
}

async fn until_completed(store: &SqliteStore, history: &History, count: usize) -> Vec<(u64, u64, u64)> {
    let begun_at = Instant::now();
    loop {
        let completions = completions(&exported(store, &history.slug()).await);
        if completions.len() >= count {
            return completions;
        }
        assert!(begun_at.elapsed() < Duration::from_secs(30), "{completions:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_revocations_are_found_at_the_start_and_completed_once() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 40);
    history.import(&store).await;

    let working = Working::new(store.clone(), 7);
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
    tokio::time::sleep(Duration::from_millis(100)).await;
    working.stop().await;
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_revocations_of_one_enterprise_are_completed_in_the_order_of_their_cuts() {
    let directory = Directory::new();
    let store = directory.store().await;
    let mut history = History::sample("octo-corp", "").with_credentials(20, "");
    let authorizations = history.plan(false).authorizations_revoked;
    history.revoke_all(false);
    let first = history.enterprise.position().value();
    let credentials = history.plan(true).credentials_destroyed;
    history.revoke_all(true);
    history.import(&store).await;

    let working = Working::new(store.clone(), 3);
    let completions = until_completed(&store, &history, 2).await;
    working.stop().await;
    assert_eq!(completions, [(first, authorizations, 0), (first + 1, 0, credentials)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_leased_to_another_process_is_left_to_it_and_taken_over_when_it_ends() {
    let directory = Directory::new();
    let store = Watched::new(directory.store().await);
    let (history, expected) = unfinished("octo-corp", 40);
    history.import(&directory.store().await).await;
    let switches = store.switches.clone();
    switches.leased_elsewhere.store(true, Ordering::SeqCst);

    let working = Working::new(store.clone(), 7);
    while switches.leases.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(
        switches.appended.lock().unwrap().is_empty(),
        "nothing is decided without the lease"
    );
    switches.leased_elsewhere.store(false, Ordering::SeqCst);
    assert_eq!(until_completed(&directory.store().await, &history, 1).await, [expected]);
    working.stop().await;
    assert_eq!(
        switches.releases.load(Ordering::SeqCst),
        1,
        "what is done is given back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_accepts_is_found_by_the_poll() {
    let directory = Directory::new();
    let store = directory.store().await;
    let mut history = History::sample("octo-corp", "");
    history.import(&store).await;
    let watched = Watched::new(store.clone());
    let working = Working::new(watched.clone(), 10);
    while watched.switches.polls.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    history.revoke_all(true);
    history.import(&directory.store().await).await;
    until_completed(&store, &history, 1).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stream_is_read_in_which_nothing_is_left_to_do() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 5);
    history.import(&store).await;
    let (completed, _) = unfinished("done-corp", 5);
    completed.import(&store).await;
    let working = Working::new(store.clone(), 10);
    until_completed(&store, &history, 1).await;
    until_completed(&store, &completed, 1).await;
    working.stop().await;
    let (again, _) = unfinished("late-corp", 5);
    again.import(&store).await;
    History::sample("idle-corp", "-idle").import(&store).await;

    let watched = Watched::new(store.clone());
    let working = Working::new(watched.clone(), 10);
    until_completed(&store, &again, 1).await;
    working.stop().await;
    let read = watched.switches.read.lock().unwrap().clone();
    assert!(read.iter().all(|slug| slug.as_str() == "late-corp"), "{read:?}");
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn enterprises_take_turns_batch_by_batch() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (large, _) = unfinished("large-corp", 60);
    let (small, _) = unfinished("small-corp", 10);
    large.import(&store).await;
    small.import(&store).await;

    let watched = Watched::new(store.clone());
    let working = Working::new(watched.clone(), 2);
    until_completed(&store, &large, 1).await;
    until_completed(&store, &small, 1).await;
    working.stop().await;

    let appended = watched.switches.appended.lock().unwrap().clone();
    let of_small = appended
        .iter()
        .filter(|(slug, _)| slug.as_str() == "small-corp")
        .count();
    let first_turns = &appended[..2 * of_small];
    let of_small_first = first_turns
        .iter()
        .filter(|(slug, _)| slug.as_str() == "small-corp")
        .count();
    assert!(of_small_first + 1 >= of_small, "{appended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_store_puts_the_job_off_and_nothing_is_recorded_twice() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 20);
    history.import(&store).await;

    let watched = Watched::new(store.clone());
    watched.switches.appends_to_fail.store(2, Ordering::SeqCst);
    watched.switches.appends_to_conflict.store(8, Ordering::SeqCst);
    let working = Working::new(watched.clone(), 5);
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
    working.stop().await;
    assert_eq!(watched.switches.appends_to_fail.load(Ordering::SeqCst), 0);
    assert_eq!(watched.switches.appends_to_conflict.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_several_processes_share_a_job() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 60);
    history.import(&store).await;

    let working = [
        Working::new(directory.store().await, 3),
        Working::new(directory.store().await, 5),
        Working::new(directory.store().await, 2),
    ];
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
    for working in working {
        working.stop().await;
    }
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_after_the_batch_and_the_next_worker_goes_on() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 200);
    history.import(&store).await;

    let watched = Watched::new(store.clone());
    let working = Working::new(watched.clone(), 1);
    while watched.switches.appended.lock().unwrap().len() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    working.stop().await;
    let stopped = exported(&store, &history.slug()).await;
    assert_eq!(completions(&stopped), [], "it was not stopped in the middle");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(exported(&store, &history.slug()).await.len(), stopped.len());

    let working = Working::new(store.clone(), 50);
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_stream_that_is_being_loaded() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, _) = unfinished("octo-corp", 5);
    history.import(&store).await;

    let watched = Watched::new(store.clone());
    watched.switches.reads_hang.store(true, Ordering::SeqCst);
    let working = Working::new(watched.clone(), 5);
    while watched.switches.loaded.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopped = tokio::time::timeout(Duration::from_secs(30), working.stop()).await;
    assert!(stopped.is_ok(), "the worker waits for the read to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_read_holds_up_no_other() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (broken, _) = unfinished("broken-corp", 5);
    let (sound, expected) = unfinished("sound-corp", 5);
    let mut lines = lines(&broken.log);
    lines[3].bytes = b"{\"position\":4,".to_vec();
    append(&store, &broken.slug(), &Head::EMPTY, &lines).await.unwrap();
    sound.import(&store).await;

    let working = Working::new(store.clone(), 2);
    assert_eq!(until_completed(&store, &sound, 1).await, [expected]);
    working.stop().await;
}

/// Their appends are committed together, with one wait for the disk.
#[tokio::test(flavor = "multi_thread")]
async fn turns_of_several_enterprises_are_under_way_at_once() {
    const AT_ONCE: usize = 8;
    let directory = Directory::new();
    let store = directory.store().await;
    let mut histories = Vec::new();
    for number in 0..AT_ONCE {
        let (history, expected) = unfinished(&format!("corp-{number}"), 10);
        history.import(&store).await;
        histories.push((history, expected));
    }
    let watched = Watched::new(store.clone());
    // All have as many batches: no append ends before one of each enterprise is under way.
    watched.switches.appends_together.set(Barrier::new(AT_ONCE)).unwrap();
    let working = Working::new(watched.clone(), 5);
    for (history, expected) in &histories {
        assert_eq!(until_completed(&store, history, 1).await, [*expected]);
    }
    working.stop().await;
    let urgencies = watched.switches.urgencies.lock().unwrap();
    assert!(
        urgencies.iter().all(|urgency| *urgency == Urgency::Job),
        "{urgencies:?}"
    );
}

/// Whoever is not told whether it was kept reads on before the next decision.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_may_have_been_kept_is_not_recorded_twice() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (history, expected) = unfinished("octo-corp", 20);
    history.import(&store).await;
    let watched = Watched::new(store.clone());
    watched.switches.appends_unknown.store(3, Ordering::SeqCst);
    let working = Working::new(watched.clone(), 5);
    assert_eq!(until_completed(&store, &history, 1).await, [expected]);
    working.stop().await;
    assert_eq!(watched.switches.appends_unknown.load(Ordering::SeqCst), 0);
    common::history::events(&exported(&store, &history.slug()).await);
}
