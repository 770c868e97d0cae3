//! The contract of the store, on one server and on three; each rule has a database of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use enterprise_credentials_host::store::contract::{Rule, Storage, check};
use enterprise_credentials_host::store::{self, AnyStore, IfMissing, StoreError};

use crate::Given;
use crate::cluster::{Cluster, P};
use crate::common::runtime;
use crate::wait::Trace;

struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

impl Storage for Database {
    type Store = AnyStore;

    async fn open(&self) -> Result<AnyStore, StoreError> {
        let url = self.cluster.url_of(&self.name).parse().unwrap();
        store::open(&url, IfMissing::Create).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.cluster.nodes[P].sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

pub(crate) fn on_one_node(given: &Given, trace: &Trace) {
    hold(Cluster::of_one(given), trace);
}

pub(crate) fn on_three_nodes(given: &Given, trace: &Trace) {
    hold(Cluster::of_three(given), trace);
}

fn hold(cluster: Cluster, trace: &Trace) {
    let (cluster, count) = (Arc::new(cluster), AtomicU32::new(0));
    let report = runtime().block_on(check(async || {
        let name = format!("rule_{}", count.fetch_add(1, Ordering::Relaxed));
        cluster.nodes[P].sql(&format!("CREATE DATABASE {name}"));
        let cluster = Arc::clone(&cluster);
        Ok(Database { cluster, name })
    }));
    trace.say(format!("{report}"));
    assert!(report.is_kept(), "{report}");
    assert_eq!(count.into_inner() as usize, Rule::ALL.len());
}
