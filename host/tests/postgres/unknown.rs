//! Commits whose outcome nobody knows: the wait for a standby ends without one.

use std::time::Duration;

use crate::Given;
use crate::cluster::{Cluster, P, S1, S2};
use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::load::{Load, REVOKE, ask};
use crate::node::Node;
use crate::scene::Scene;
use crate::wait::{Trace, wait_until};

const SLUG: &str = "octo-corp";
/// Backends that wait for a standby to have their commit.
const WAITING: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'";

/// A wait is cancelled: PostgreSQL says `WARNING` and reports success, and no standby has the commit.
///
/// That of a fenced read; that of an append, after which the standbys come back; that of an append, after which the
/// primary is lost, and the commit with it. A fenced host shows first that its server is the primary, so that appends
/// wait in unfenced ones alone.
pub(crate) fn commit_wait_cancelled(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let scene = Scene::new(given, cluster.url());
    scene.import(SLUG, 20, "");
    let (fenced, unfenced) = (scene.serve(&[]), scene.serve(&["--reads", "unfenced"]));
    let mut all = Load::default();
    for host in [&fenced, &unfenced] {
        let warm = ask(
            host.address,
            SLUG,
            TOKEN_OWNER_OAUTH,
            REVOKE,
            &format!("warm-{}", host.address),
        );
        assert_eq!(warm.status, 202, "{warm:?}");
        all.told.push(warm);
    }
    for (key, host, is_lost) in [
        ("read", &fenced, false),
        ("kept", &unfenced, false),
        ("lost", &unfenced, true),
    ] {
        for standby in [S1, S2] {
            cluster.nodes[standby].cut_off();
        }
        trace.say(format!("{key}: no standby takes from p"));
        let told = std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(host.address, SLUG, TOKEN_OWNER_OAUTH, REVOKE, key));
            let cancelled = cancel_waits(&cluster.nodes[P], || asking.is_finished());
            trace.say(format!("{key}: {cancelled} waits were cancelled"));
            assert!(cancelled > 0);
            if is_lost {
                cluster.nodes[P].kill();
                let promoted = cluster.promote(trace, &[S1, S2]).unwrap();
                trace.say(format!(
                    "{key}: p is lost, and {} is the primary",
                    cluster.nodes[promoted].name
                ));
            } else {
                cluster.follow_again(P, &[S1, S2]);
                trace.say(format!("{key}: s1 and s2 follow p again"));
            }
            asking.join().unwrap()
        });
        let took = (told.ended - told.began).as_secs_f64();
        trace.say(format!(
            "{key}: the request was answered with {} after {took:.2} s",
            told.status
        ));
        assert!([202, 503].contains(&told.status), "{told:?}");
        all.told.push(told);
        wait_until("the same request is accepted", Duration::from_secs(60), || {
            let told = ask(host.address, SLUG, TOKEN_OWNER_OAUTH, REVOKE, key);
            let is_accepted = told.status == 202;
            all.told.push(told);
            is_accepted
        });
    }
    let recorded = scene.check_told(SLUG, &all.told);
    trace.say(format!("kept: {:?}", recorded.requests));
    assert_eq!(recorded.requests.len(), 5);
    scene.verify();
}

/// Cancels whatever waits for a standby, several times, for what is tried again waits again.
fn cancel_waits(node: &Node, mut is_over: impl FnMut() -> bool) -> u32 {
    let mut cancelled = 0;
    for _ in 0..4 {
        wait_until("a commit waits for a standby", Duration::from_secs(60), || {
            is_over() || node.sql(&format!("SELECT count(*) > 0 {WAITING}")) == "t"
        });
        let more = node.sql(&format!("SELECT count(pg_cancel_backend(pid)) {WAITING}"));
        cancelled += more.parse::<u32>().unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    cancelled
}
