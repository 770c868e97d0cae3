//! One server that dies in the midst of appends, and comes back.

use std::time::{Duration, Instant};

use crate::Given;
use crate::cluster::{Cluster, P, url};
use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::common::http::get;
use crate::load::{Load, REVOKE, ask};
use crate::scene::Scene;
use crate::wait::{Trace, wait_until};
use crate::way::{Passes, Way};

const KILLS: u32 = 5;
const SLUGS: [&str; 4] = ["corp-1", "corp-2", "corp-3", "corp-4"];
const LARGE: &str = "large-corp";
const LARGE_CREDENTIALS: u64 = 2_000;

/// `kill -9` of every process of the server, again and again, under requests and a job.
/// Outcomes told are outcomes kept.
pub(crate) fn server_killed(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_one(given);
    let scene = Scene::new(given, cluster.url());
    for slug in SLUGS {
        scene.import(slug, 20, "");
    }
    scene.import(LARGE, LARGE_CREDENTIALS, "");
    let hosts = [scene.serve(&["--batch", "20"]), scene.serve(&["--batch", "20"])];
    let addresses = [hosts[0].address, hosts[1].address];
    let begun = ask(addresses[0], LARGE, TOKEN_OWNER_OAUTH, REVOKE, "the-job");
    assert_eq!(begun.status, 202, "{begun:?}");
    let mut all = Load::default();
    for kill in 0..KILLS {
        let (load, again) = Load::during(&addresses, &SLUGS, || {
            std::thread::sleep(Duration::from_millis(300 + 170 * u64::from(kill)));
            cluster.nodes[P].kill();
            cluster.nodes[P].start();
            let again = Instant::now();
            std::thread::sleep(Duration::from_secs(2));
            again
        });
        let (first, last) = load.outage(again);
        trace.say(format!(
            "killed and back: {} requests got 202, {} 503; 202 again after {:.2} to {:.2} s",
            load.count(202),
            load.count(503),
            first.as_secs_f64(),
            last.as_secs_f64()
        ));
        all.extend(load);
    }
    all.told.push(begun);
    end(&scene, trace, &all);
    for host in hosts {
        assert_eq!(host.terminate(), Some(0));
    }
}

/// Checks all streams, and the store as a whole.
fn end(scene: &Scene, trace: &Trace, all: &Load) {
    let (mut requests, mut events) = (0, 0);
    for slug in SLUGS.into_iter().chain([LARGE]) {
        let recorded = scene.check_told(slug, &all.told);
        requests += recorded.requests.len();
        events += recorded.events;
    }
    scene.verify();
    trace.say(format!(
        "{} of {requests} requests were told 202, each is there once where it was told; {events} events verified",
        all.count(202)
    ));
}

/// The connection ends after COMMIT was sent and before it was answered, and before it was sent.
/// Whoever asks is told what is.
pub(crate) fn connection_cut(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_one(given);
    let way = Way::to(cluster.nodes[P].port);
    let scene = Scene::new(given, cluster.url());
    for slug in SLUGS {
        scene.import(slug, 5, "");
    }
    let host = scene.serve_at(&url(&[way.port]), &[]);
    let mut all = Load::default();
    for (number, slug) in SLUGS.into_iter().enumerate() {
        let passes = if number % 2 == 0 {
            Passes::Questions
        } else {
            Passes::Nothing
        };
        let key = format!("cut-{number}");
        let warm = ask(host.address, slug, TOKEN_OWNER_OAUTH, REVOKE, &format!("warm-{number}"));
        assert_eq!(warm.status, 202, "{warm:?}");
        let first = std::thread::scope(|scope| {
            way.let_pass(passes);
            let asking = scope.spawn(|| ask(host.address, slug, TOKEN_OWNER_OAUTH, REVOKE, &key));
            std::thread::sleep(Duration::from_millis(600));
            way.close_connections();
            way.let_pass(Passes::All);
            asking.join().unwrap()
        });
        let again = ask(host.address, slug, TOKEN_OWNER_OAUTH, REVOKE, &key);
        trace.say(format!(
            "{passes:?} passed, then the connection was cut: {} after {:.2} s; asked again: {}",
            first.status,
            (first.ended - first.began).as_secs_f64(),
            again.status
        ));
        assert!([202, 503].contains(&first.status), "{first:?}");
        assert_eq!(again.status, 202, "{again:?}");
        all.told.extend([warm, first, again]);
    }
    wait_until("the host is well", Duration::from_secs(10), || {
        get(host.address, "/healthz", "").status == 200
    });
    for slug in SLUGS {
        let recorded = scene.check_told(slug, &all.told);
        assert_eq!(recorded.requests.len(), 2, "{slug}: {recorded:?}");
    }
    scene.verify();
}
