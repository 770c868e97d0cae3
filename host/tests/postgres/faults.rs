//! The hosts of `tests/faults`, over a store that fails, waits, loses races and kills them, with PostgreSQL beneath it.

use std::collections::BTreeMap;

use enterprise_credentials_host::store::contract::Memory;
use enterprise_credentials_host::store::{self as stores, AnyStore, IfMissing, Streams};
use tokio::runtime::Handle;

use crate::Given;
use crate::aside::Aside;
use crate::auditor::audit;
use crate::chance::Chance;
use crate::cluster::{Cluster, P};
use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::common::runtime;
use crate::node::DATABASE;
use crate::store::{Fate, Plan};
use crate::wait::Trace;
use crate::workload::{Request, drawn, tokens_are_those_of_the_history};
use crate::world::run;

const SEEDS: u64 = 5;
/// Each so many steps of one history the host dies.
const DIES_EVERY: usize = 9;

/// A run over PostgreSQL is, step by step and byte by byte, what it is in memory.
pub(crate) fn as_in_memory(given: &Given, trace: &Trace) {
    assert!(tokens_are_those_of_the_history());
    let cluster = Cluster::of_one(given);
    let runtime = runtime();
    let mut runs = 0;
    let mut assert_same = |plan: Plan, workload: Vec<Vec<Request>>| {
        runs += 1;
        let stored = Aside {
            inner: open(&cluster, runtime.handle(), runs),
            runtime: runtime.handle().clone(),
        };
        let one = run(stored.clone(), plan.clone(), workload.clone(), |store| store);
        runtime.block_on(stored.inner.close());
        let other = run(Memory::default(), plan.clone(), workload, |store| store);
        assert_eq!(audit(&one), BTreeMap::new(), "{plan:?}: {:#?}", one.record.trace);
        assert_eq!(one.record.trace, other.record.trace, "{plan:?}");
        assert_eq!(one.seen, other.seen, "{plan:?}");
        assert_eq!(one.log, other.log, "{plan:?}");
        one.record.trace.len()
    };
    let steps = assert_same(Plan::Calm, one_revocation());
    let deaths = (0..steps)
        .step_by(DIES_EVERY)
        .flat_map(|step| [(step, Fate::DiesBefore), (step, Fate::DiesAfter)]);
    let deaths = deaths
        .map(|(step, fate)| assert_same(Plan::At(step, fate), one_revocation()))
        .count();
    let late = |seed| Plan::Delays(Chance::new(seed));
    let drawn: usize = (0..SEEDS)
        .map(|seed| assert_same(late(seed), one_revocation()) + assert_same(Plan::anything(seed), drawn(seed)))
        .sum();
    trace.say(format!(
        "{deaths} deaths of a host, and {drawn} steps of {SEEDS} seeds: as in memory"
    ));
}

/// In a schema of its own.
fn open(cluster: &Cluster, runtime: &Handle, number: u32) -> AnyStore {
    cluster.nodes[P].sql_in(DATABASE, &format!("CREATE SCHEMA run_{number}"));
    let url = format!("{}&options=-csearch_path%3Drun_{number}", cluster.url());
    let url = url.parse().unwrap();
    runtime.block_on(stores::open(&url, IfMissing::Create)).unwrap()
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
