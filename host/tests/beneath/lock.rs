//! Another process that holds the write lock, and others that want it too.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::scene::{RECOVERY_MAX, REVOKE, Scene, usual, wait_until};
use crate::{Given, Row};

/// The small samples share their tokens, of which the look-up tells in the first enterprises alone.
const SMALL: &str = "a-small-corp";
/// Who is starved waits for many seconds; how long it really takes is printed.
const STARVED: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(30);

/// The lock is held for 35 seconds. Requests that arrive one after the other wait for 30 seconds each, from their
/// arrival on: in the obvious form the second begins to wait when the first has failed.
pub(crate) fn held(given: &Given) -> Vec<Row> {
    const HELD: Duration = Duration::from_secs(35);
    let scene = Scene::new(given, usual(), 6, 50);
    let serve = scene.serve(&[]);
    let client = serve.client();
    let holder = Connection::open(scene.store()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begin = Instant::now();
    let (waited, before, after) = std::thread::scope(|scope| {
        let waiting = scene.slugs.iter().enumerate().map(|(number, slug)| {
            let (client, token) = (serve.client(), &scene.token);
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(200) * u32::try_from(number).unwrap());
                client.revoke_all(slug, token, REVOKE, None)
            })
        });
        let waiting: Vec<_> = waiting.collect();
        let at = |second: u64| {
            std::thread::sleep(Duration::from_secs(second).saturating_sub(begin.elapsed()));
            client.health()
        };
        let before = [at(3), at(20)];
        let after = at(32);
        let waited: Vec<_> = waiting.into_iter().map(|asked| asked.join().unwrap()).collect();
        (waited, before, after)
    });
    for told in &before {
        assert!(told.status == 200 && told.body.contains("degraded"), "{told:?}");
    }
    assert_eq!(after.status, 503, "{after:?}");
    let waits: Vec<Duration> = waited.iter().map(|told| told.ended - told.began).collect();
    for (told, wait) in waited.iter().zip(&waits) {
        assert_eq!(told.status, 503, "{told:?}");
        assert!(
            *wait >= PATIENCE - Duration::from_secs(1) && *wait <= PATIENCE + Duration::from_secs(2),
            "{waits:?}"
        );
    }
    std::thread::sleep(HELD.saturating_sub(begin.elapsed()));
    let warned = serve.logged("WARN", "write lock");
    assert!((5..=7).contains(&warned), "warned {warned} times");
    holder.execute_batch("ROLLBACK").unwrap();
    let end = Instant::now();
    let told = client.revoke_all(&scene.slugs[0], &scene.token, REVOKE, None);
    assert_eq!(told.status, 202, "{told:?}");
    wait_until("healthz is 200 and well", RECOVERY_MAX, || {
        let health = client.health();
        health.status == 200 && !health.body.contains("degraded")
    });
    let recovery = end.elapsed();
    scene.check_told(&[told]);
    let longest = waits.iter().max().unwrap().as_secs_f64();
    vec![Row {
        fault: "another process holds the write lock for 35 s".to_owned(),
        happens: format!(
            "6 requests 503, each within {longest:.1} s of its arrival; healthz 200 `degraded`, 503 after 30 s; \
             {warned} WARN"
        ),
        recovery: Some(recovery),
    }]
}

/// A second `serve` and imports beside a worker that commits all the time.
/// Without gaps the others wait for half a minute.
pub(crate) fn shared(given: &Given) -> Vec<Row> {
    let mut scene = Scene::new(given, usual(), 16, 5_000);
    let of_many = scene.token.clone();
    let log = scene.generate(50, 2);
    let token = std::mem::replace(&mut scene.token, of_many);
    scene.import(&log, SMALL);
    let first = scene.serve(&["--batch", "1"]);
    let client = first.client();
    let requests: Vec<_> = scene
        .slugs
        .iter()
        .map(|slug| client.revoke_all(slug, &scene.token, REVOKE, None))
        .collect();
    assert!(requests.iter().all(|told| told.status == 202));
    let second = scene.serve(&["--batch", "1"]);
    let busy = AtomicBool::new(true);
    let (posts, imports) = std::thread::scope(|scope| {
        let (scene, busy, log, token) = (&scene, &busy, &log, &token);
        let posting = scope.spawn(move || {
            let client = second.client();
            let mut told = Vec::new();
            while busy.load(Ordering::Relaxed) {
                told.push(client.revoke_all(SMALL, token, REVOKE, None));
            }
            told
        });
        let importing = scope.spawn(move || {
            let mut took = Vec::new();
            for number in 0.. {
                if !busy.load(Ordering::Relaxed) {
                    break;
                }
                let file = scene.log_of(log, &format!("late-corp-{number}"));
                let begun_at = Instant::now();
                scene.run_well(
                    ["import", "--store", &scene.url()]
                        .map(AsRef::as_ref)
                        .into_iter()
                        .chain([file.as_os_str()]),
                );
                took.push(begun_at.elapsed());
            }
            took
        });
        std::thread::sleep(Duration::from_secs(3));
        let still: usize = requests
            .iter()
            .zip(&scene.slugs)
            .filter(|(told, slug)| {
                let progress = client.progress(slug, &scene.token, told.position.unwrap());
                !progress.body.contains(r#""completed""#)
            })
            .count();
        busy.store(false, Ordering::Relaxed);
        assert!(still > 8, "only {still} of 16 jobs were still at it");
        (posting.join().unwrap(), importing.join().unwrap())
    });
    let slowest = posts.iter().map(|told| told.ended - told.began).max().unwrap();
    let longest = imports.iter().max().unwrap();
    assert!(posts.iter().all(|told| told.status == 202), "{posts:?}");
    assert!(slowest < STARVED, "a request to the second took {slowest:?}");
    assert!(*longest < STARVED, "an import took {longest:?}");
    vec![Row {
        fault: "a second `serve` and imports beside 16 jobs".to_owned(),
        happens: format!(
            "{} requests to the second within {:.2} s each, {} imports within {:.2} s each",
            posts.len(),
            slowest.as_secs_f64(),
            imports.len(),
            longest.as_secs_f64()
        ),
        recovery: None,
    }]
}
