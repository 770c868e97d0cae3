//! Networks that fall apart, and two primaries at once: what a host may say then, and what a wrong set-up has it say.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Given;
use crate::cluster::{Cluster, P, S1, S2, url};
use crate::common::history::{TOKEN_HOLDER, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_OAUTH};
use crate::common::process::{Serve, run};
use crate::load::{DESTROY, REVOKE, Told, ask, progress};
use crate::node::upstream;
use crate::scene::Scene;
use crate::wait::{Trace, wait_until};
use crate::way::{Passes, Way};

const SLUG: &str = "octo-corp";
/// Tokens that the request to destroy everything destroys.
const DESTROYED: [&str; 3] = [TOKEN_OWNER, TOKEN_HOLDER, TOKEN_MEMBER];
const PATIENCE: Duration = Duration::from_secs(90);

/// What a host is asked with a token, and the status that it answers with.
type Question = fn(SocketAddr, &str) -> u16;

const HOW_FAR: Question = |host, token| progress(host, SLUG, token, 1).status;
const REVOKE_ALL: Question = |host, token| ask(host, SLUG, token, REVOKE, "of-the-dead").status;

/// How a host answers tokens that are dead.
fn asked(trace: &Trace, who: &str, host: SocketAddr) -> Vec<u16> {
    answers(trace, who, host, &[HOW_FAR, REVOKE_ALL])
}

fn answers(trace: &Trace, who: &str, host: SocketAddr, questions: &[Question]) -> Vec<u16> {
    let begun = Instant::now();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = DESTROYED
            .iter()
            .flat_map(|token| questions.iter().map(move |question| (question, token)))
            .map(|(question, token)| scope.spawn(move || question(host, token)))
            .collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    trace.say(format!(
        "{who} answers destroyed tokens with {statuses:?}, within {:.2} s",
        begun.elapsed().as_secs_f64()
    ));
    statuses
}

/// Only a token that authenticates gets one of these.
fn honours(status: u16) -> bool {
    matches!(status, 200 | 202 | 403 | 404 | 422)
}

fn assert_alive(host: SocketAddr) {
    for token in DESTROYED {
        assert!(honours(progress(host, SLUG, token, 1).status), "{token} is alive");
    }
}

fn destroy_all(trace: &Trace, who: &str, host: SocketAddr) -> Told {
    let told = ask(host, SLUG, TOKEN_OWNER_OAUTH, DESTROY, "the-end");
    trace.say(format!(
        "{who} is asked to destroy everything: {} at {:?}",
        told.status, told.position
    ));
    told
}

/// The old primary is alive and cut off; the new one has seen tokens die. A host that still reads from the old one, and
/// cannot reach another, must not say yes to them, nor tell what only an authenticated caller is told.
pub(crate) fn brain(given: &Given, trace: &Trace) {
    let split = Split::new(given, trace, &[]);
    for _ in 0..2 {
        let statuses = asked(trace, "the host on the old primary", split.alone.address);
        assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    }
    let statuses = asked(trace, "a host that can reach both", split.torn.address);
    assert!(!statuses.iter().any(|status| honours(*status)), "{statuses:?}");
    wait_until(
        "the host that can reach both has found the new primary",
        PATIENCE,
        || progress(split.torn.address, SLUG, TOKEN_HOLDER, 1).status == 401,
    );
    trace.say("the host that can reach both has found the new primary: 401");
    split.scene.check_told(SLUG, &[split.accepted]);
}

/// A member returns to an older timeline: it takes part in the quorum of the new primary, and then, made anew from the
/// old one, in that of the old. So each of the two has its quorum: the lie must be seen.
pub(crate) fn older_timeline(given: &Given, trace: &Trace) {
    let split = Split::new(given, trace, &[]);
    let statuses = asked(trace, "the host on the old primary", split.alone.address);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    let follower = S1 + S2 - split.promoted;
    split.cluster.nodes[follower].copy_from(&split.cluster.nodes[P]);
    trace.say(format!(
        "{}, which had acknowledged to {}, is made anew from p and follows it",
        split.cluster.nodes[follower].name, split.cluster.nodes[split.promoted].name
    ));
    wait_until("the lie is seen", PATIENCE, || {
        let statuses = asked(trace, "the host on the old primary", split.alone.address);
        statuses.iter().any(|status| honours(*status))
    });
    trace.say("it honours the dead: what has followed the new primary never follows the old one");
}

/// The same with `--reads unfenced`: the lie must be seen, or the scenario above shows nothing.
pub(crate) fn brain_unfenced(given: &Given, trace: &Trace) {
    let split = Split::new(given, trace, &["--reads", "unfenced"]);
    // An append there would wait for standbys.
    let who = "the unfenced host on the old primary";
    let statuses = answers(trace, who, split.alone.address, &[HOW_FAR]);
    assert!(
        statuses.iter().any(|status| honours(*status)),
        "the lie was not seen: {statuses:?}"
    );
    trace.say("it honours the dead: this is what fenced reads are for");
}

/// An old primary without standbys, and a new one, where everything was destroyed.
struct Split {
    scene: Scene,
    /// It can reach the old primary alone.
    alone: Serve,
    /// It can reach both, and began with the old one.
    torn: Serve,
    accepted: Told,
    promoted: usize,
    cluster: Cluster,
}

impl Split {
    fn new(given: &Given, trace: &Trace, options: &[&str]) -> Self {
        let cluster = Cluster::of_three(given);
        let port = |node: usize| cluster.nodes[node].port;
        Scene::new(given, cluster.url()).import(SLUG, 20, "");
        let scene = Scene::new(given, url(&[port(S1), port(S2)]));
        let alone = scene.serve_at(&url(&[port(P)]), options);
        let torn = scene.serve_at(&url(&[port(P), port(S1), port(S2)]), options);
        for host in [&alone, &torn] {
            assert_alive(host.address);
        }
        trace.say("two hosts serve from p");
        let promoted = cluster.promote(trace, &[S1, S2]).unwrap();
        assert_eq!(cluster.nodes[P].sql("SELECT pg_is_in_recovery()"), "f");
        trace.say(format!(
            "p is alive and thinks that it is the primary; so is {}",
            cluster.nodes[promoted].name
        ));
        let new = scene.serve(options);
        let accepted = destroy_all(trace, "a host on the new primary", new.address);
        assert_eq!(accepted.status, 202, "{accepted:?}");
        for token in DESTROYED {
            assert_eq!(progress(new.address, SLUG, token, 1).status, 401);
        }
        Self {
            scene,
            alone,
            torn,
            accepted,
            promoted,
            cluster,
        }
    }
}

/// {p, s2 | s1}: the side with two goes on, the side with one says nothing, and the drill promotes nobody there.
pub(crate) fn partition(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let (to_standby, to_host) = (Way::to(cluster.nodes[P].port), Way::to(cluster.nodes[P].port));
    cluster.nodes[S1].set("primary_conninfo", &upstream(to_standby.port, "s1"));
    cluster.wait_for_followers(P, 2);
    let scene = Scene::new(given, url(&[cluster.nodes[P].port, cluster.nodes[S2].port]));
    scene.import(SLUG, 20, "");
    let with_two = scene.serve(&[]);
    let with_one = scene.serve_at(&url(&[to_host.port, cluster.nodes[S1].port]), &[]);
    for host in [&with_two, &with_one] {
        assert_alive(host.address);
    }
    for way in [&to_standby, &to_host] {
        way.let_pass(Passes::Nothing);
    }
    trace.say("the network falls apart: p and s2 with a host, s1 with another");
    let refusal = cluster.promote(trace, &[S1]).unwrap_err();
    assert!(refusal.contains("2 are needed"), "{refusal}");
    let accepted = destroy_all(trace, "the host with two members", with_two.address);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let statuses = asked(trace, "the host with one member", with_one.address);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    for way in [&to_standby, &to_host] {
        way.close_connections();
        way.let_pass(Passes::All);
    }
    trace.say("the network is whole again");
    cluster.wait_for_followers(P, 2);
    wait_until("the host that was with one member is back", PATIENCE, || {
        progress(with_one.address, SLUG, TOKEN_HOLDER, 1).status == 401
    });
    trace.say("s1 has caught up, and both hosts say 401");
    scene.check_told(SLUG, &[accepted]);
}

/// What the drill refuses: one standby alone is promoted, which was not the one that had the commit. What was
/// acknowledged is lost, and the dead live again: this must be seen.
pub(crate) fn one_standby_promoted(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let scene = Scene::new(given, cluster.url());
    scene.import(SLUG, 20, "");
    let before = scene.serve(&[]);
    cluster.nodes[S1].cut_off();
    let accepted = destroy_all(trace, "the host, while s2 alone follows p,", before.address);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    for lost in [P, S2] {
        cluster.nodes[lost].kill();
    }
    let refusal = cluster.promote(trace, &[S1]).unwrap_err();
    assert!(refusal.contains("2 are needed"), "{refusal}");
    cluster.promote_blindly(S1);
    trace.say("p and s2 are gone; the drill refuses s1, and it is promoted all the same");
    cluster.rejoin(P, S1);
    cluster.wait_for_followers(S1, 1);
    trace.say("p follows s1, so that there is a quorum");
    let after = scene.serve(&[]);
    let statuses = asked(trace, "a new host", after.address);
    assert!(
        statuses.iter().any(|status| honours(*status)),
        "the lie was not seen: {statuses:?}"
    );
    let statuses = asked(trace, "the host that had seen them die", before.address);
    assert!(!statuses.iter().any(|status| honours(*status)), "{statuses:?}");
    trace.say("what was acknowledged is lost: one standby alone is never promoted");
}

/// What the drill refuses too: the promoted one has an empty list, and acknowledges what no other member has, while the
/// other side still has its quorum. Two primaries, each with all that it asks for: this must be seen.
pub(crate) fn empty_list(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let way = Way::to(cluster.nodes[P].port);
    let scene = Scene::new(given, url(&[cluster.nodes[P].port]));
    scene.import(SLUG, 20, "");
    let there = url(&[cluster.nodes[S1].port]);
    let old = scene.serve(&[]);
    let moved = scene.serve_at(&url(&[way.port, cluster.nodes[S1].port]), &[]);
    for host in [&old, &moved] {
        assert_alive(host.address);
    }
    cluster.nodes[S1].set("synchronous_standby_names", "");
    let refusal = cluster.promote(trace, &[S1, S2]).unwrap_err();
    assert!(refusal.contains("s1 has synchronous_standby_names = ''"), "{refusal}");
    cluster.nodes[S1].cut_off();
    cluster.promote_blindly(S1);
    trace.say("s1, whose list is empty, is promoted all the same; p and s2 go on");

    way.let_pass(Passes::Closed);
    let statuses = asked(trace, "a host that came from p to s1", moved.address);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    let refused = run(&[
        "serve",
        "--store",
        &there,
        "--reads",
        "fenced",
        "--listen",
        "127.0.0.1:0",
    ]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("a fence would prove nothing"),
        "{said}"
    );
    trace.say("a host that is to read fenced does not start on s1");

    let new = scene.serve_at(&there, &[]);
    let accepted = destroy_all(trace, "a host on s1 that takes what it gets", new.address);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let statuses = asked(trace, "the host on p, whose reads are fenced by s2,", old.address);
    let is_seen = statuses.iter().any(|status| honours(*status));
    assert!(is_seen, "the lie was not seen: {statuses:?}");
    trace.say("it honours the dead: a list is never empty");
}
