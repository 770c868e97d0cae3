//! Hosts over a store that fails, waits, loses races and kills them, in runs that a seed or a number repeats exactly.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod aside;
mod auditor;
mod chance;
#[path = "../common/mod.rs"]
mod common;
mod rival;
mod store;
mod workload;
mod world;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};

use aside::Aside;
use auditor::{Finding, audit};
use chance::Chance;
use common::Directory;
use common::history::TOKEN_OWNER_OAUTH;
use enterprise_credentials_host::store::Streams;
use enterprise_credentials_host::store::contract::{self, Memory};
use store::{Fate, Plan};
use workload::{Request, drawn, tokens_are_those_of_the_history};
use world::{Run, run};
use wrong::{Bug, Wrong};

const SEEDS_FIXED: u64 = 150;
const SEEDS_FRESH: u64 = 20;
/// How many of them over SQLite too, each of whose appends waits for the disk.
const SEEDS_SQLITE: u64 = 12;
/// In how many seeds a wrong store or host has to be found out.
const SEEDS_WRONG: u64 = 60;

fn in_memory(plan: Plan, workload: Vec<Vec<Request>>) -> Run {
    run(Memory::default(), plan, workload, |store| store)
}

/// One client that revokes everything, and asks how far it is.
fn one_revocation() -> Vec<Vec<Request>> {
    let body = r#"{"revoke_credentials":true}"#;
    vec![vec![
        Request::revoke_all(TOKEN_OWNER_OAUTH, body, "incident-1"),
        Request::progress(0, TOKEN_OWNER_OAUTH),
        Request::progress(1, TOKEN_OWNER_OAUTH),
    ]]
}

/// So many seeds that are the same each time, and some that are not.
fn seeds() -> impl Iterator<Item = u64> {
    let fresh = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let fresh = u64::try_from(fresh.as_millis()).unwrap();
    println!("fresh seeds from {fresh}");
    (0..SEEDS_FIXED).chain((0..SEEDS_FRESH).map(move |number| fresh + number))
}

#[test]
fn whatever_the_store_does_every_answer_is_right_and_every_job_is_done_once() {
    assert!(tokens_are_those_of_the_history());
    let (mut fates, mut statuses) = (BTreeMap::<Fate, usize>::new(), BTreeMap::<Option<u16>, usize>::new());
    let (mut steps, mut conflicts) = (0, 0);
    for seed in seeds() {
        let run = in_memory(Plan::anything(seed), drawn(seed));
        assert_eq!(audit(&run), BTreeMap::new(), "seed {seed}: {:#?}", run.record.trace);
        steps += run.record.trace.len();
        conflicts += run.record.conflicts;
        for (fate, count) in run.record.fates {
            *fates.entry(fate).or_default() += count;
        }
        for seen in run.seen {
            *statuses.entry(seen.answer.map(|answer| answer.status)).or_default() += 1;
        }
    }
    println!("{steps} steps, {conflicts} conflicts, {fates:?}, answers {statuses:?}");
    assert_eq!(fates.len(), 9, "a kind of fault never occurred");
    let expected: BTreeSet<_> = [
        None,
        Some(202),
        Some(400),
        Some(401),
        Some(403),
        Some(404),
        Some(422),
        Some(503),
    ]
    .into();
    assert!(statuses.keys().copied().collect::<BTreeSet<_>>().is_superset(&expected));
}

#[test]
fn a_host_that_dies_at_any_step_is_followed_by_one_that_goes_on() {
    let steps = in_memory(Plan::Calm, one_revocation()).record.trace.len();
    for step in 0..steps {
        for fate in [Fate::DiesBefore, Fate::DiesAfter] {
            let run = in_memory(Plan::At(step, fate), one_revocation());
            assert_eq!(
                audit(&run),
                BTreeMap::new(),
                "{fate:?} at step {step}: {:#?}",
                run.record.trace
            );
            assert_eq!(run.record.fates.get(&fate), Some(&1), "{fate:?} at step {step}");
        }
    }
    println!("died at each of {steps} steps, before and after it was done");
}

#[test]
fn two_workers_on_one_store_do_the_work_once() {
    let (mut conflicts, mut shared) = (0, 0);
    for seed in 0..60 {
        let run = in_memory(Plan::Delays(Chance::new(seed)), one_revocation());
        assert_eq!(audit(&run), BTreeMap::new(), "seed {seed}: {:#?}", run.record.trace);
        conflicts += run.record.conflicts;
        let wrote = |host| {
            run.record
                .appends
                .iter()
                .any(|append| append.host == host && append.answer == Some(true))
        };
        shared += usize::from(wrote(0) && wrote(1));
    }
    println!("{conflicts} conflicts, the work was shared in {shared} of 60 runs");
    assert!(conflicts > 0 && shared > 0);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..10 {
        let [one, two] = [(); 2].map(|()| in_memory(Plan::anything(seed), drawn(seed)));
        assert_eq!(one.record.trace, two.record.trace, "seed {seed}");
        assert_eq!(one.seen, two.seen, "seed {seed}");
        assert_eq!(one.log, two.log, "seed {seed}");
    }
}

/// Over SQLite everything is as in memory, call by call: what was shown there holds here.
#[test]
fn over_sqlite_a_run_is_what_it_is_in_memory() {
    let runtime = common::runtime();
    let over_sqlite = |plan: Plan, workload| {
        let directory = Directory::new();
        let store = Aside {
            inner: runtime.block_on(directory.store()),
            runtime: runtime.handle().clone(),
        };
        let one = run(store.clone(), plan.clone(), workload, |store| store);
        runtime.block_on(store.inner.close());
        one
    };
    let assert_same = |plan: Plan, workload: Vec<Vec<Request>>| {
        let one = over_sqlite(plan.clone(), workload.clone());
        assert_eq!(audit(&one), BTreeMap::new(), "{plan:?}: {:#?}", one.record.trace);
        let other = in_memory(plan.clone(), workload);
        assert_eq!(one.record.trace, other.record.trace, "{plan:?}");
        assert_eq!(one.seen, other.seen, "{plan:?}");
        assert_eq!(one.log, other.log, "{plan:?}");
        one.record.trace.len()
    };
    let steps = assert_same(Plan::Calm, one_revocation());
    for step in 0..steps {
        let fate = if step.is_multiple_of(2) {
            Fate::DiesBefore
        } else {
            Fate::DiesAfter
        };
        assert_same(Plan::At(step, fate), one_revocation());
    }
    let drawn: usize = (0..SEEDS_SQLITE)
        .map(|seed| assert_same(Plan::anything(seed), drawn(seed)))
        .sum();
    println!("died at each of {steps} steps; {drawn} steps of {SEEDS_SQLITE} seeds");
}

/// The first seed in whose run the auditor finds what is expected.
fn first_found(expected: Finding, one: impl Fn(Plan, Vec<Vec<Request>>) -> Run) -> Option<u64> {
    (0..SEEDS_WRONG).find(|seed| audit(&one(Plan::anything(*seed), drawn(*seed))).contains_key(&expected))
}

#[test]
fn every_wrong_store_is_found_out() {
    for (bug, expected) in [
        (contract::Bug::AppendsAnywhere, Finding::Unreadable),
        (contract::Bug::ChecksTooEarly, Finding::Unreadable),
        (contract::Bug::LooksUpAnything, Finding::AnsweredOtherwise),
    ] {
        let found = first_found(expected, |plan, workload| {
            run(Memory::with(bug), plan, workload, |store| store)
        });
        println!("{bug:?}: {expected:?}, seed {found:?}");
        assert!(found.is_some(), "{bug:?} is not found out by {expected:?}");
    }
    for (bug, expected) in [
        (Bug::KeepsHalf, Finding::HalfKept),
        (Bug::SaysKept, Finding::AcknowledgedNotKept),
        (Bug::ShowsThePast, Finding::DeadTokenHonoured),
        (Bug::ConflictsOften, Finding::Unbounded),
    ] {
        let found = first_found(expected, |plan, workload| {
            run(Wrong::new(Memory::default(), bug), plan, workload, |store| store)
        });
        println!("{bug:?}: {expected:?}, seed {found:?}");
        assert!(found.is_some(), "{bug:?} is not found out by {expected:?}");
    }
}

#[test]
fn every_wrong_host_is_found_out() {
    for (bug, expected) in [
        (Bug::NeverFresh, Finding::DeadTokenHonoured),
        (Bug::TakesFailureForSuccess, Finding::AcceptedNotRecorded),
        (Bug::AnswersFirst, Finding::AcceptedNotRecorded),
        (Bug::DecidesOnce, Finding::RecordedTwice),
        (Bug::AppendsAgain, Finding::KeyRecordedTwice),
        (Bug::GivesUp, Finding::NotCompleted),
    ] {
        let found = first_found(expected, |plan, workload| {
            run(Memory::default(), plan, workload, move |store| Wrong::new(store, bug))
        });
        println!("{bug:?}: {expected:?}, seed {found:?}");
        assert!(found.is_some(), "{bug:?} is not found out by {expected:?}");
    }
}
