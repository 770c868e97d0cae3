//! `ci/postgres/promote.sh` by itself, with rows in place of streams.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Given;
use crate::cluster::{Cluster, P, QUORUM, S1, S2};
use crate::wait::Trace;

const INSERT: &str = "INSERT INTO acknowledged DEFAULT VALUES RETURNING number";

/// Each standby lags behind in turn: it is stopped while the other acknowledges, and is back before the drill.
pub(crate) fn of_the_most_advanced(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    trace.say("p is the primary, s1 and s2 stream from it");
    create_table(&cluster);
    let mut primary = P;
    for lagging in [S1, P] {
        let (mut acknowledged, other) = (Vec::new(), 3 - primary - lagging);
        cluster.nodes[lagging].stop("-INT");
        for _ in 0..5 {
            acknowledged.push(cluster.nodes[primary].sql(INSERT));
        }
        let [old, late] = [primary, lagging].map(|node| cluster.nodes[node].name);
        trace.say(format!("{late} is down; {old} acknowledged 5 rows"));
        acknowledged.extend(killed_under_load(&cluster, primary));
        trace.say(format!(
            "{old} is killed; it acknowledged {} rows in all",
            acknowledged.len()
        ));
        cluster.nodes[lagging].start();
        let promoted = cluster.promote(trace, &[lagging, other]).unwrap();
        assert_eq!(promoted, other, "the one that lagged behind was promoted");
        cluster.wait_for_followers(promoted, 1);
        assert_kept(&cluster, promoted, &acknowledged);
        assert!(!cluster.nodes[promoted].sql(INSERT).is_empty());
        cluster.rejoin(primary, promoted);
        cluster.wait_for_followers(promoted, 2);
        trace.say(format!(
            "all of it is on {}, and {old} follows it",
            cluster.nodes[promoted].name
        ));
        primary = promoted;
    }
}

pub(crate) fn refused(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    create_table(&cluster);
    let refuse = |cluster: &Cluster, standbys: &[usize], why: &str| {
        let refusal = cluster.promote(trace, standbys).unwrap_err();
        assert!(refusal.contains("REFUSED") && refusal.contains(why), "{refusal}");
        cluster.wait_for_followers(P, 2);
    };
    refuse(&cluster, &[S1], "2 are needed");
    refuse(&cluster, &[P, S1], "p is no standby");
    for wrong in [
        "",
        "s1,s2,p",
        "ANY 2 (p,s1,s2)",
        "ANY 1 (s1,s2)",
        "ANY 1 (*)",
        "ANY 1 (p,x,s2)",
        "FIRST 1 (p,s1,s2)",
    ] {
        cluster.nodes[S1].set("synchronous_standby_names", wrong);
        refuse(&cluster, &[S1, S2], "s1");
    }
    cluster.nodes[S1].set("synchronous_standby_names", QUORUM);
    cluster.nodes[S2].stop("-INT");
    let refusal = cluster.promote(trace, &[S1, S2]).unwrap_err();
    assert!(refusal.contains("s2 cannot be asked"), "{refusal}");
    assert!(!cluster.nodes[P].sql(INSERT).is_empty(), "p still has s1");
}

fn create_table(cluster: &Cluster) {
    cluster.nodes[P].sql("CREATE TABLE acknowledged (number bigserial PRIMARY KEY)");
}

/// Kills the primary while rows are inserted. Gives those that were acknowledged.
fn killed_under_load(cluster: &Cluster, primary: usize) -> Vec<String> {
    let (primary, stop) = (&cluster.nodes[primary], AtomicBool::new(false));
    let insert = || {
        let mut acknowledged = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            acknowledged.extend(primary.try_sql("postgres", INSERT));
        }
        acknowledged
    };
    std::thread::scope(|scope| {
        let clients = [(); 4].map(|()| scope.spawn(insert));
        std::thread::sleep(Duration::from_millis(700));
        primary.kill();
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

fn assert_kept(cluster: &Cluster, primary: usize, acknowledged: &[String]) {
    let kept = cluster.nodes[primary].sql("SELECT number FROM acknowledged");
    let kept: Vec<&str> = kept.lines().collect();
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|row| !kept.contains(&row.as_str()))
        .collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}
