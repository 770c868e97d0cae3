//! `kill -9` of the real process, several times during a job: nothing acknowledged is lost, nothing is recorded twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use common::history::{History, TOKEN_OWNER_OAUTH, completions, events, recorded_item};
use common::http::{get, try_revoke_all};
use common::process::{Serve, export, run_well};
use common::{Directory, runtime, wait_until};
use enterprise_credentials::log::replay;
use enterprise_credentials::{EnterpriseSlug, Event};
use enterprise_credentials_host::store::{SqliteReader, Streams};

const SLUG: &str = "octo-corp";
const CREDENTIALS: u64 = 1_500;
const KILLS: u32 = 6;
/// How many of the kills must have come when part of the job was recorded, and part not, for the test to say anything.
const KILLS_IN_THE_JOB_MIN: u32 = 3;

/// A small generator with a printed seed (Knuth's MMIX constants): enough to spread moments.
struct Moments(u64);

impl Moments {
    fn next(&mut self, ms_max: u64) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % ms_max)
    }
}

/// A request that was answered with 202: the position in its `Location`, and its key.
struct Acknowledged {
    position: u64,
    key: String,
}

fn ask(address: SocketAddr, body: &str, key: String) -> Option<Acknowledged> {
    let headers = [("Idempotency-Key", key.as_str())];
    let answer = try_revoke_all(address, SLUG, TOKEN_OWNER_OAUTH, body, &headers).ok()?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let position = answer.header("location")?.rsplit('/').next()?.parse().ok()?;
    Some(Acknowledged { position, key })
}

#[test]
fn a_job_killed_at_any_moment_goes_on_and_ends_as_planned() {
    let seed = std::env::var("SEED").map_or(20_260_310, |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut moments = Moments(seed);
    let directory = Directory::new();
    let history = History::sample(SLUG, "").with_credentials(CREDENTIALS, "");
    let plan = history.plan(true);
    let file = directory.file("history.jsonl");
    std::fs::write(&file, &history.log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &file.display().to_string()]);
    let start = || Serve::start(&directory.store_url(), &directory.file("serve.log"), &["--batch", "3"]);

    let serve = start();
    let first = ask(serve.address, r#"{"revoke_credentials":true}"#, "incident".into()).unwrap();
    let mut acknowledged = vec![first];
    serve.kill();
    let mut recorded = 0;
    let mut kills_in_the_job = 0;
    for kill in 0..KILLS {
        let before = stored_lines(&directory);
        let serve = start();
        let address = serve.address;
        let asking = std::thread::spawn(move || ask(address, "", format!("incident-{kill}")));
        // Every third dies while it still reads the stream, the others while they write to it.
        wait_until("the job goes on", || {
            kill % 3 == 2 || stored_lines(&directory) >= before + 10
        });
        std::thread::sleep(moments.next(20));
        serve.kill();
        acknowledged.extend(asking.join().unwrap());

        let unfinished = replay(&export(&directory.store_url(), SLUG)).unwrap();
        let first = unfinished
            .pending_revocations()
            .next()
            .and_then(|id| unfinished.progress(id));
        let so_far = first.map_or(0, |progress| progress.authorizations_revoked);
        kills_in_the_job += u32::from(so_far > recorded);
        recorded = so_far;
    }
    println!(
        "{kills_in_the_job} of {KILLS} kills in the job, {} requests acknowledged",
        acknowledged.len()
    );
    assert!(kills_in_the_job >= KILLS_IN_THE_JOB_MIN);

    let serve = start();
    for Acknowledged { position, .. } in &acknowledged {
        let path = format!("/enterprises/{SLUG}/credential-authorizations/revocations/{position}");
        wait_until("completed", || {
            get(serve.address, &path, TOKEN_OWNER_OAUTH).json()["state"] == "completed"
        });
    }
    assert_eq!(serve.terminate(), Some(0));

    let log = export(&directory.store_url(), SLUG);
    let totals = (
        plan.cut.value(),
        plan.authorizations_revoked,
        plan.credentials_destroyed,
    );
    assert_eq!(completions(&log)[0], totals);
    everything_recorded_once(&log);
    for Acknowledged { position, key } in acknowledged {
        assert_requested(&log, position, &key);
    }
}

/// Where the stream ends now, seen from outside.
fn stored_lines(directory: &Directory) -> u64 {
    runtime().block_on(async {
        let store = SqliteReader::open(&directory.file("store.db")).await.unwrap();
        let slug = EnterpriseSlug::new(SLUG).unwrap();
        let head = store.head(&slug).await.unwrap().unwrap_or_default();
        store.close().await;
        head.position().value()
    })
}

fn everything_recorded_once(log: &[u8]) {
    let mut seen = BTreeSet::new();
    let (events, enterprise) = events(log);
    for item in events.iter().filter_map(|recorded| recorded_item(&recorded.event)) {
        assert!(seen.insert(item), "{item:?} is recorded twice");
    }
    assert_eq!(enterprise.pending_revocations().count(), 0);
}

fn assert_requested(log: &[u8], position: u64, key: &str) {
    let (events, _) = events(log);
    let recorded = events
        .iter()
        .find(|recorded| recorded.position.value() == position)
        .unwrap();
    let requested = matches!(
        &recorded.event,
        Event::RevokeAllRequested { idempotency_key: Some(found), .. } if found.as_str() == key
    );
    assert!(
        requested,
        "position {position} was acknowledged as request `{key}`: {recorded:?}"
    );
}
