//! Hosts that seal, while primaries are lost under load:
//! what was given out on one primary is never contradicted on the next.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::{Journal, read_key};
use enterprise_credentials_seal::{Checkpoint, KeyName, LogCheck, Note};

use crate::Given;
use crate::cluster::{Cluster, P};
use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::common::http::get;
use crate::common::process::{Serve, run_well};
use crate::load::Load;
use crate::scene::Scene;
use crate::wait::{Trace, wait_until};

const ROUNDS: u32 = 3;
const SLUGS: [&str; 2] = ["corp-1", "corp-2"];
const NAME: &str = "credentials.example.com";

/// What hosts gave out, and what their journals hold, is of the streams as they are in the end.
pub(crate) fn failovers(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let scene = Scene::new(given, cluster.url());
    for slug in SLUGS {
        scene.import(slug, 20, "");
    }
    let key = scene.path("key");
    run_well(&["seal", "key", &key, "--log", NAME]);
    let journals = ["journal-1", "journal-2"].map(|name| scene.path(name));
    let start = |journal: &String| {
        let seal = [
            "--seal-key",
            &key,
            "--seal-state",
            journal,
            "--seal-join",
            "--batch",
            "3",
        ];
        scene.serve(&seal)
    };
    let hosts = [start(&journals[0]), start(&journals[1])];
    let addresses = [hosts[0].address, hosts[1].address];
    for host in &hosts {
        assert!(
            !host.log().contains("may lose what it has acknowledged"),
            "{}",
            host.log()
        );
    }
    let given_out = Mutex::new(BTreeSet::new());
    let mut primary = P;
    for round in 0..ROUNDS {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    for slug in SLUGS {
                        given_out
                            .lock()
                            .unwrap()
                            .extend(hosts.iter().filter_map(|host| checkpoint(host, slug)));
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let (load, ()) = Load::during(&addresses, &SLUGS, || {
                std::thread::sleep(Duration::from_millis(500));
                cluster.nodes[primary].kill();
                trace.say(format!("round {round}: {} is killed", cluster.nodes[primary].name));
                let standbys: Vec<usize> = (0..3).filter(|node| *node != primary).collect();
                let old = std::mem::replace(&mut primary, cluster.promote(trace, &standbys).unwrap());
                std::thread::sleep(Duration::from_secs(2));
                cluster.rejoin(old, primary);
                cluster.wait_for_followers(primary, 2);
            });
            trace.say(format!("{} requests got 202", load.count(202)));
            stop.store(true, Ordering::Relaxed);
        });
    }
    for slug in SLUGS {
        scene.check_told_once(slug);
        let lines = scene.export(slug).iter().filter(|byte| **byte == b'\n').count() as u64;
        wait_until("all of it is sealed", Duration::from_secs(90), || {
            let note = hosts.iter().find_map(|host| checkpoint(host, slug));
            note.is_some_and(|note| opened(&note, &key).size == lines)
        });
    }
    for host in hosts {
        assert_eq!(host.terminate(), Some(0));
    }
    let mut notes = given_out.into_inner().unwrap();
    for journal in &journals {
        let journal = Journal::open_to_read(Path::new(journal));
        let last = SLUGS.map(|slug| journal.last(&EnterpriseSlug::new(slug).unwrap()).unwrap());
        notes.extend(last.into_iter().flatten().map(|last| last.note.to_string()));
    }
    for slug in SLUGS {
        let log = scene.export(slug);
        for note in notes
            .iter()
            .filter(|note| note.starts_with(&format!("{NAME}/{slug}\n")))
        {
            let Checkpoint { size, root, .. } = opened(note, &key);
            let mut check = LogCheck::new(size, root);
            log.split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .for_each(|line| check.push_line(line));
            check.finish().unwrap_or_else(|error| panic!("{error}: {note}"));
        }
    }
    println!("{} checkpoints over {ROUNDS} failovers, none contradicted", notes.len());
    assert!(notes.len() > 10, "{}", notes.len());
}

/// One server without standbys keeps what it acknowledges as long as its disk: whoever seals is told.
pub(crate) fn one_node(given: &Given, _: &Trace) {
    let cluster = Cluster::of_one(given);
    let scene = Scene::new(given, cluster.url());
    scene.import(SLUGS[0], 20, "");
    let key = scene.path("key");
    run_well(&["seal", "key", &key, "--log", NAME]);
    let host = scene.serve(&["--seal-key", &key]);
    assert!(
        host.log().contains("may lose what it has acknowledged"),
        "{}",
        host.log()
    );
    wait_until("it is sealed at its first use", Duration::from_secs(30), || {
        checkpoint(&host, SLUGS[0]).is_some()
    });
    assert_eq!(host.terminate(), Some(0));
}

fn checkpoint(host: &Serve, slug: &str) -> Option<String> {
    let path = format!("/enterprises/{slug}/credential-authorizations/checkpoint");
    let answer = get(host.address, &path, TOKEN_OWNER_OAUTH);
    (answer.status == 200).then_some(answer.body)
}

fn opened(note: &str, key: &str) -> Checkpoint {
    let note = Note::parse(note.as_bytes()).unwrap();
    let origin = note.text().lines().next().unwrap();
    let key = read_key(Path::new(key)).unwrap().named(KeyName::new(origin).unwrap());
    Checkpoint::open(&note, &[key.verifier_key()]).unwrap()
}
