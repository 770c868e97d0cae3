//! A log from another host, held against what that host has signed of it.

use crate::common::Directory;
use crate::common::process::run;
use crate::scene::{Scene, ask};

const SLUG: &str = "octo-corp";

#[test]
fn only_the_log_that_was_sealed_is_imported() {
    let scene = Scene::new(&[SLUG]);
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    let log = scene.export(SLUG);
    let size = scene.ends(SLUG).1;
    let connection = scene.0.connection();
    let last = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1";
    let note: String = connection.query_row(last, [], |row| row.get(0)).unwrap();
    std::fs::write(scene.0.file("checkpoint"), &note).unwrap();
    let known = scene.known("key", &format!("{}/{SLUG}", crate::scene::NAME));
    std::fs::write(scene.0.file("vkey"), format!("{known}\n")).unwrap();
    let import = |log: &[u8], checkpoint: &str| {
        let other = Directory::new();
        std::fs::write(scene.0.file("log"), log).unwrap();
        let (store, checkpoint, key, log) = (
            other.store_url(),
            scene.path(checkpoint),
            scene.path("vkey"),
            scene.path("log"),
        );
        let output = run(&[
            "import",
            "--store",
            &store,
            "--checkpoint",
            &checkpoint,
            "--key",
            &key,
            &log,
        ]);
        let is_there = other.file("store.db").exists();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
            is_there,
        )
    };
    assert_eq!(import(&log, "checkpoint"), (Some(0), String::new(), true));

    let text = String::from_utf8(log.clone()).unwrap();
    let cut: String = text.lines().take(20).map(|line| format!("{line}\n")).collect();
    let changed = text.replace("\"lisa\"", "\"lise\"");
    for (wrong, says) in [(cut, format!("had {size}")), (changed, "the root".to_owned())] {
        let (code, error, is_there) = import(wrong.as_bytes(), "checkpoint");
        assert_eq!((code, is_there), (Some(1), false), "nothing is written: {error}");
        assert!(error.contains(&says), "{error}");
    }
    std::fs::write(scene.0.file("false"), note.replace(&format!("\n{size}\n"), "\n20\n")).unwrap();
    let (code, error, is_there) = import(&log, "false");
    assert_eq!((code, is_there), (Some(1), false), "{error}");
    assert!(error.contains("the checkpoint is not genuine"), "{error}");
}
