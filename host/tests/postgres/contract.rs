//! The contract of the store, on one server and on three; each rule has a schema of its own.

use enterprise_credentials_host::store::contract::{Rule, Storage, check};
use enterprise_credentials_host::store::{self, AnyStore, IfMissing, StoreError};

use crate::Given;
use crate::cluster::{Cluster, P};
use crate::common::runtime;
use crate::node::DATABASE;
use crate::wait::Trace;

/// A schema of a database: the store is in the first one of the search path.
struct Schema {
    url: String,
}

impl Storage for Schema {
    type Store = AnyStore;

    async fn open(&self) -> Result<AnyStore, StoreError> {
        store::open(&self.url.parse().unwrap(), IfMissing::Create).await
    }
}

pub(crate) fn on_one_node(given: &Given, trace: &Trace) {
    hold(Cluster::of_one(given), trace);
}

pub(crate) fn on_three_nodes(given: &Given, trace: &Trace) {
    hold(Cluster::of_three(given), trace);
}

fn hold(cluster: Cluster, trace: &Trace) {
    let mut count = 0;
    let report = runtime().block_on(check(async || {
        count += 1;
        cluster.nodes[P].sql_in(DATABASE, &format!("CREATE SCHEMA rule_{count}"));
        let url = format!("{}&options=-csearch_path%3Drule_{count}", cluster.url());
        Ok(Schema { url })
    }));
    trace.say(format!("{report}"));
    assert!(report.is_kept(), "{report}");
    assert_eq!(count, Rule::ALL.len());
}
