//! T9: the same JSON lines as a state.

use std::ops::Deref;

use ::cqrs_es::EventStore as _;
use ::cqrs_es::persist::PersistedEventStore;
use ::esrs::manager::AggregateManager;
use ::eventually::inmemory::EventStoreBuilder;
use ::eventually::store::{EventStore, Expected};
use ::eventually::{AggregateRoot, AggregateRootBuilder, Repository};
use enterprise_credentials::log;
use enterprise_credentials_benches::history::MixedLog;
use enterprise_credentials_benches::rounds::{Sample, compare, timed};
use enterprise_credentials_benches::rows::{at_least, figure, title};
use futures::executor::block_on;

use crate::counts::Counts;
use crate::{lines, plain, with_cqrs_es, with_esrs, with_eventually};

/// As many as the core's own figures are taken with.
const EVENTS: u64 = 300_000;

pub(crate) fn run() {
    for (fingerprints, what) in [(false, "without fingerprints"), (true, "with fingerprints")] {
        let log = MixedLog::new(EVENTS, fingerprints);
        title(&format!("Replaying {} events as JSON lines, {what}", log.events));
        replay(&log);
    }
}

fn replay(log: &MixedLog) {
    let expected = Counts::from(&log::replay(&log.bytes).expect("a log"));
    println!("      all end with {expected:?}");
    let contestants: [&mut dyn FnMut() -> Sample; 8] = [
        &mut || timed(log.events, || log::replay(&log.bytes).expect("a log")),
        &mut || peer(log, expected, |text| Box::new(lines::replay(text).expect("a log"))),
        &mut || peer(log, expected, cqrs_es_persisted),
        &mut || peer(log, expected, cqrs_es_best),
        &mut || peer(log, expected, |text| esrs(text, with_esrs::by_document)),
        &mut || peer(log, expected, |text| esrs(text, with_esrs::directly)),
        &mut || peer(log, expected, eventually_in_memory),
        &mut || peer(log, expected, |text| eventually(with_eventually::Lines(text))),
    ];
    let [
        core,
        plain,
        persisted,
        cqrs_es_best,
        document,
        esrs_best,
        in_memory,
        eventually_best,
    ] = compare(contestants);
    figure("the core", core, "ns/event");
    figure("plain decider, serde's derive", plain, "ns/event");
    for (what, peer, target) in [
        ("cqrs-es, its PersistedEventStore", persisted, 6.0),
        ("cqrs-es, the best store", cqrs_es_best, 6.0),
        ("esrs, read as by its PostgreSQL store", document, 4.0),
        ("esrs, the best store", esrs_best, 4.0),
        ("eventually, its in-memory store", in_memory, 4.0),
        ("eventually, the best store", eventually_best, 4.0),
    ] {
        figure(what, peer, "ns/event");
        at_least("T9", &format!("replay, × {what}"), peer / core, target);
    }
}

/// Measures a way to replay, and fails if it ends elsewhere.
fn peer<'a, S>(log: &'a MixedLog, expected: Counts, load: impl Fn(&'a str) -> S) -> Sample
where
    S: Deref<Target = plain::Enterprise>,
{
    let text = str::from_utf8(&log.bytes).expect("UTF-8");
    let mut sample = Sample::default();
    let replayed = sample.time(|| load(text));
    sample.add(log.events);
    assert_eq!(Counts::from(&*replayed), expected);
    sample
}

fn cqrs_es_persisted(log: &str) -> Box<plain::Enterprise> {
    let store = PersistedEventStore::new_event_store(with_cqrs_es::Documents(log));
    Box::new(
        block_on(store.load_aggregate(with_cqrs_es::ID))
            .expect("a log")
            .aggregate,
    )
}

fn cqrs_es_best(log: &str) -> Box<plain::Enterprise> {
    let store = with_cqrs_es::Lines(log);
    Box::new(block_on(store.load_aggregate(with_cqrs_es::ID)).expect("a log").0)
}

fn esrs(log: &str, read: with_esrs::Read) -> Box<plain::Enterprise> {
    let manager = AggregateManager::new(with_esrs::Lines { log, read });
    let loaded = block_on(manager.load(with_esrs::ID)).expect("a log");
    Box::new(loaded.expect("events").into_inner())
}

/// Decodes the lines, appends their events at once, and loads the aggregate.
fn eventually_in_memory(log: &str) -> AggregateRoot<with_eventually::Deciding> {
    let events = log.lines().map(|line| lines::parse(line).expect("an event")).collect();
    let mut store = EventStoreBuilder::for_aggregate(&with_eventually::Deciding);
    block_on(store.append(with_eventually::ID, Expected::Exact(0), events)).expect("an empty store");
    eventually(store)
}

fn eventually<S>(store: S) -> AggregateRoot<with_eventually::Deciding>
where
    S: EventStore<SourceId = &'static str, Event = plain::Recorded, Error: 'static>,
{
    let repository = Repository::new(AggregateRootBuilder::from(with_eventually::Deciding), store);
    block_on(repository.get(with_eventually::ID)).expect("a log")
}
