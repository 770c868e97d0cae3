//! A disk that fails, is full, or does not answer.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::scene::{Fault, REVOKE, Scene, usual, wait_until};
use crate::{Given, Row};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const LASTS: Duration = Duration::from_secs(2);
/// How long is asked after a fault, so that its recovery shows.
const AFTER: Duration = Duration::from_millis(2_200);

/// One call fails, or all of them for a while, under requests and jobs.
///
/// The obvious form keeps its connection after a failed commit, and never writes again; or its `healthz` looks at reads
/// alone, and says 200 all the while.
pub(crate) fn fails(given: &Given) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kinds, call) in [("w", "write"), ("s", "fsync")] {
        for (errno, error) in [(ENOSPC, "ENOSPC"), (EIO, "EIO")] {
            for count in [1, -1] {
                let fault = Fault {
                    kinds,
                    errno,
                    skip: 0,
                    count,
                    delay_ms: 0,
                };
                let times = if count == 1 { "one" } else { "2 s of" };
                rows.push(fail(given, &format!("{times} {error} at {call}"), fault));
            }
        }
    }
    rows
}

fn fail(given: &Given, name: &str, fault: Fault) -> Row {
    let scene = Scene::new(given, usual(), 4, 600);
    // Small batches: the jobs are at it while the fault is there.
    let serve = scene.serve(&["--batch", "2"]);
    let (load, (begin, end, struck)) = Load::during(&scene, &serve, || {
        std::thread::sleep(Duration::from_millis(500));
        let begin = Instant::now();
        scene.strike(fault);
        wait_until("the fault strikes", Duration::from_secs(10), || scene.struck() > 0);
        if fault.count < 0 {
            std::thread::sleep(LASTS);
        }
        let (end, struck) = scene.lift();
        std::thread::sleep(AFTER);
        (begin, end, struck)
    });
    let recovery = load.recovery(end);
    if fault.count < 0 {
        assert!(load.was_ill(begin, end), "{name}: healthz said 200 all the while");
    }
    assert!(load.count(202) > 0);
    assert_eq!(
        load.count(202) + load.count(503),
        load.posts.len(),
        "{name}: another answer"
    );
    scene.check_told(&load.posts);
    Row {
        fault: format!("{name}, under requests and jobs"),
        happens: format!(
            "{struck} calls failed; {} requests 503, {} 202 and kept; jobs completed",
            load.count(503),
            load.count(202)
        ),
        recovery: Some(recovery),
    }
}

/// Takes all that is left of a file system.
fn fill(directory: &Path) -> std::path::PathBuf {
    let path = directory.join("filler");
    let mut file = std::fs::File::create(&path).unwrap();
    for bytes in [vec![0; 64 * 1024], vec![0; 512]] {
        while file.write_all(&bytes).is_ok() {}
    }
    path
}

/// A file system without room, and then with room again.
pub(crate) fn is_full(given: &Given) -> Vec<Row> {
    let Some(small) = &given.small else { return Vec::new() };
    let scene = Scene::new(given, small, 4, 1_000);
    let serve = scene.serve(&["--batch", "5"]);
    let (load, (begin, end)) = Load::during(&scene, &serve, || {
        std::thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        let filler = fill(small);
        let client = serve.client();
        wait_until("the disk is full", Duration::from_secs(30), || {
            client.health().status == 503
        });
        std::thread::sleep(LASTS);
        std::fs::remove_file(filler).unwrap();
        let end = Instant::now();
        std::thread::sleep(AFTER);
        (begin, end)
    });
    let recovery = load.recovery(end);
    assert!(load.was_ill(begin, end) && load.count(503) > 0);
    scene.check_told(&load.posts);
    vec![Row {
        fault: "a full file system, then room again".to_owned(),
        happens: format!("{} requests 503, {} 202 and kept", load.count(503), load.count(202)),
        recovery: Some(recovery),
    }]
}

/// The sync of a commit fails, and the host is killed. What it wrote is found in the log all the same: a host that took
/// 503 for "not recorded" would record it twice.
pub(crate) fn fails_and_kills(given: &Given) -> Vec<Row> {
    let scene = Scene::new(given, usual(), 1, 50);
    let slug = &scene.slugs[0];
    let mut serve = scene.serve(&[]);
    scene.strike(Fault {
        kinds: "s",
        errno: EIO,
        skip: 0,
        count: -1,
        delay_ms: 0,
    });
    let told = serve.client().revoke_all(slug, &scene.token, REVOKE, Some("incident"));
    assert_eq!(told.status, 503, "{told:?}");
    serve.kill();
    let (end, struck) = scene.lift();
    assert!(struck > 0);

    let serve = scene.serve(&[]);
    let again = serve.client().revoke_all(slug, &scene.token, REVOKE, Some("incident"));
    assert_eq!(again.status, 202, "{again:?}");
    let recovery = again.ended - end;
    // One request for both: the second was told where the first stands, if that was kept.
    scene.check_told(&[again]);
    vec![Row {
        fault: "EIO at the fsync of a commit, then kill -9".to_owned(),
        happens: "503; asked again with its key after the restart: one request is there".to_owned(),
        recovery: Some(recovery),
    }]
}

/// A read that takes five seconds. The obvious form reads on the runtime's threads, and nothing else gets on meanwhile.
pub(crate) fn hangs(given: &Given) -> Vec<Row> {
    const HANGS: Duration = Duration::from_secs(5);
    let scene = Scene::new(given, usual(), 2, 2_000);
    let serve = scene.serve(&[]);
    let client = serve.client();
    assert_eq!(client.health().status, 200);
    scene.strike(Fault {
        kinds: "r",
        errno: 0,
        skip: 0,
        count: 1,
        delay_ms: 5_000,
    });
    let begin = Instant::now();
    let (noticed, slowest, asked) = std::thread::scope(|scope| {
        let hanging = serve.client();
        let hanging = scope.spawn(|| {
            let hanging = hanging;
            hanging.progress(&scene.slugs[0], &scene.token, 1)
        });
        wait_until("the read hangs", Duration::from_secs(5), || scene.struck() > 0);
        let mut slowest = Duration::ZERO;
        let noticed = loop {
            let told = client.health();
            slowest = slowest.max(told.ended - told.began);
            if told.status == 503 {
                break told.ended - begin;
            }
            assert!(begin.elapsed() < HANGS, "healthz said 200 all the while");
            std::thread::sleep(Duration::from_millis(50));
        };
        (noticed, slowest, hanging.join().unwrap())
    });
    assert!(slowest < Duration::from_secs(2), "healthz took {slowest:?}");
    assert_ne!(asked.status, 0, "{asked:?}");
    let (end, _) = scene.lift();
    wait_until("healthz is 200", Duration::from_secs(5), || {
        client.health().status == 200
    });
    let recovery = end.elapsed();

    // Another one: the stop waits for it, and for nothing else. Every enterprise of the scene knows the token, so the
    // first request has loaded them all: only a new process reads again.
    assert_eq!(serve.terminate().0, Some(0));
    let serve = scene.serve(&[]);
    assert_eq!(serve.client().health().status, 200);
    scene.strike(Fault {
        kinds: "r",
        errno: 0,
        skip: 0,
        count: 1,
        delay_ms: 5_000,
    });
    let hanging = serve.client();
    let (slug, token) = (scene.slugs[1].clone(), scene.token.clone());
    let asking = std::thread::spawn(move || hanging.progress(&slug, &token, 1));
    wait_until("the read hangs", Duration::from_secs(5), || scene.struck() > 0);
    let (code, took) = serve.terminate();
    assert_eq!(code, Some(0));
    assert!(took < HANGS + Duration::from_secs(1), "SIGTERM took {took:?}");
    asking.join().unwrap();
    vec![Row {
        fault: "a read that takes 5 s".to_owned(),
        happens: format!(
            "healthz 503 after {:.1} s, each answer within {:.2} s; SIGTERM ends in {:.1} s",
            noticed.as_secs_f64(),
            slowest.as_secs_f64(),
            took.as_secs_f64()
        ),
        recovery: Some(recovery),
    }]
}

/// An import that finds no room. The obvious form says that nothing was written, and leaves an empty store.
pub(crate) fn import_on_full(given: &Given) -> Vec<Row> {
    let Some(small) = &given.small else { return Vec::new() };
    let mut scene = Scene::new(given, small, 0, 50);
    let log = scene.generate(20_000, 1);
    let file = scene.log_of(&log, "octo-corp");
    let store = scene.store();
    let filler = fill(small);
    let url = scene.url();
    let import = || {
        scene.run(
            ["import", "--store", &url]
                .map(AsRef::as_ref)
                .into_iter()
                .chain([file.as_os_str()]),
        )
    };
    let output = import();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let left = std::fs::read_dir(store.parent().unwrap()).unwrap().count();
    assert_eq!(left, 0, "the import left something: {said}");
    std::fs::remove_file(filler).unwrap();
    let output = import();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    vec![Row {
        fault: "an import on a full file system".to_owned(),
        happens: "exit 1, says so, leaves no file; with room it succeeds".to_owned(),
        recovery: None,
    }]
}
