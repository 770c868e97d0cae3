//! The store's files deleted, moved or overwritten under a running host.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::http::Told;
use crate::scene::{RECOVERY_MAX, REVOKE, Scene, usual, wait_until};
use crate::{Given, Row};

/// What somebody does to the files, and how it is undone.
struct Deed {
    name: &'static str,
    /// Whether the log was folded into the file before.
    is_folded: bool,
    act: fn(&Files),
    undo: fn(&Files),
}

/// The store's files, kept by other names too; an older copy, and another store.
struct Files {
    store: PathBuf,
    older: PathBuf,
    other: PathBuf,
}

impl Files {
    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.store.clone().into_os_string();
        path.push(suffix);
        PathBuf::from(path)
    }

    fn kept(&self, suffix: &str) -> PathBuf {
        self.beside(&format!("{suffix}.kept"))
    }

    fn remove_log(&self) {
        for suffix in ["-wal", "-shm"] {
            std::fs::remove_file(self.beside(suffix)).unwrap();
        }
    }

    /// Puts the very files back.
    fn put_back(&self, suffixes: &[&str]) {
        for suffix in suffixes {
            let _ = std::fs::remove_file(self.beside(suffix));
            std::fs::hard_link(self.kept(suffix), self.beside(suffix)).unwrap();
        }
    }
}

const ALL: [&str; 3] = ["", "-wal", "-shm"];

const DEEDS: [Deed; 7] = [
    Deed {
        name: "the database deleted",
        is_folded: true,
        act: |files| std::fs::remove_file(&files.store).unwrap(),
        undo: |files| files.put_back(&[""]),
    },
    Deed {
        name: "all three files moved away",
        is_folded: true,
        act: |files| {
            for suffix in ALL {
                std::fs::rename(files.beside(suffix), files.beside(&format!("{suffix}.moved"))).unwrap();
            }
        },
        undo: |files| files.put_back(&ALL),
    },
    Deed {
        name: "`-wal` and `-shm` deleted, which held commits",
        is_folded: false,
        act: Files::remove_log,
        undo: |files| files.put_back(&["-wal", "-shm"]),
    },
    Deed {
        name: "`-wal` and `-shm` deleted after a checkpoint",
        is_folded: true,
        act: Files::remove_log,
        undo: |_| {},
    },
    Deed {
        name: "another store moved there, beside the old `-wal`",
        is_folded: true,
        act: |files| std::fs::rename(&files.other, &files.store).unwrap(),
        undo: |files| files.put_back(&ALL),
    },
    Deed {
        name: "another store, with longer streams of the same names, in its place",
        is_folded: true,
        act: |files| {
            std::fs::rename(&files.other, &files.store).unwrap();
            files.remove_log();
        },
        undo: |files| files.put_back(&ALL),
    },
    Deed {
        name: "an older copy written over it",
        is_folded: true,
        act: |files| copy(&files.older, &files.store),
        undo: |files| copy(&files.kept(".bytes"), &files.store),
    },
];

/// In the obvious form the open files are read and written on, and a 202 is told of what nobody will find.
pub(crate) fn replaced(given: &Given) -> Vec<Row> {
    DEEDS.iter().map(|deed| replace(given, deed)).collect()
}

fn replace(given: &Given, deed: &Deed) -> Row {
    let scene = Scene::new(given, usual(), 2, 50);
    let other = Scene::new(given, usual(), 2, 60);
    let slug = &scene.slugs[0];
    let files = Files {
        store: scene.store(),
        older: scene.file("older.db"),
        other: other.store(),
    };
    std::fs::copy(&files.store, &files.older).unwrap();
    let serve = scene.serve(&[]);
    let client = serve.client();
    let ask_of = |slug: &str| client.revoke_all(slug, &scene.token, REVOKE, None);
    let ask = || ask_of(slug);
    let mut told = vec![ask()];
    assert_eq!(told[0].status, 202, "{told:?}");
    if deed.is_folded {
        // The job ends, and an idle writer makes a checkpoint.
        std::thread::sleep(Duration::from_secs(3));
    }
    for suffix in ALL {
        std::fs::hard_link(files.beside(suffix), files.kept(suffix)).unwrap();
    }
    std::fs::copy(&files.store, files.kept(".bytes")).unwrap();
    (deed.act)(&files);
    // The second enterprise has not been asked before.
    let in_turn = scene.slugs.iter().cycle().take(20);
    let during: Vec<Told> = in_turn
        .map(|slug| {
            std::thread::sleep(Duration::from_millis(50));
            ask_of(slug)
        })
        .collect();
    let health = client.health();
    let errors = serve.logged("ERROR", "nothing is answered from");
    (deed.undo)(&files);
    let end = Instant::now();
    wait_until(
        &format!("{}: requests are accepted", deed.name),
        2 * RECOVERY_MAX,
        || {
            told.push(ask());
            told.last().unwrap().status == 202
        },
    );
    wait_until("healthz is 200", RECOVERY_MAX, || client.health().status == 200);
    let recovery = end.elapsed();

    let refused = during.iter().filter(|told| told.status == 503).count();
    println!(
        "{}: {refused} of {} refused, healthz {}, {errors} ERROR",
        deed.name,
        during.len(),
        health.status
    );
    told.extend(during.iter().cloned());
    assert_eq!(
        refused + during.iter().filter(|told| told.status == 202).count(),
        during.len()
    );
    scene.check_told(&told);
    assert_eq!(serve.terminate().0, Some(0));
    let happens = if refused > 0 {
        assert_eq!(refused, during.len(), "{}: some requests were accepted", deed.name);
        assert!(errors > 0, "{}", deed.name);
        // Where the old log lies over another file, each stream is found altered by itself.
        let is_degraded = health.status == 200 && health.body.contains("degraded");
        assert!(health.status == 503 || is_degraded, "{}: {health:?}", deed.name);
        let well = if is_degraded { "200 `degraded`" } else { "503" };
        format!("each request 503, healthz {well}, {errors} ERROR")
    } else {
        "nothing was lost with it: it goes on, and every 202 is kept".to_owned()
    };
    Row {
        fault: format!("{} under a running `serve`", deed.name),
        happens,
        recovery: Some(recovery),
    }
}

/// Over the bytes of a file that stays the same file.
fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}
