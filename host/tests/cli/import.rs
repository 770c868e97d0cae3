//! An import that fails has written nothing: where it created the store, there is none.

use std::fs;
use std::process::Command;

use crate::store::imported;
use crate::{file, path, run, run_on, sample};

/// What is in a directory.
fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// A log in which one fingerprint stands for two credentials, which only a store notices.
fn duplicate() -> String {
    let log = sample("managed_users");
    let fingerprint = |line: &str| {
        line.split("\"fingerprint\":\"")
            .nth(1)
            .map(|rest| rest.get(..44).unwrap().to_owned())
    };
    let mut fingerprints = log.lines().filter_map(fingerprint);
    let (first, second) = (fingerprints.next().unwrap(), fingerprints.next().unwrap());
    log.replace(&second, &first)
}

#[test]
fn a_log_that_the_store_refuses_leaves_no_store_where_there_was_none() {
    let directory = path("import-refused");
    fs::create_dir_all(&directory).unwrap();
    let url = format!("sqlite:{}/store.db", directory.display());
    let refused = run_on(&duplicate(), &["import", "--store", &url, "-"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("nothing was written") && refused.stderr.contains("fingerprint"),
        "{refused:?}"
    );
    assert_eq!(names(&directory), Vec::<String>::new());
}

#[test]
fn a_log_of_the_future_is_imported_with_a_warning() {
    let log = sample("managed_users");
    let url = |name: &str| format!("sqlite:{}", path(name).display());
    let import = |log: &str, name: &str| run_on(log, &["import", "--store", &url(name), "-"]);
    let present = import(&log, "import-present.db");
    assert_eq!((present.code, present.stderr.as_str()), (0, ""));
    let line = format!(
        r#"{{"position":{},"at":"2999-01-01T00:00:00.000Z","type":"OrganizationAdded","organization":999,"login":"of-the-future"}}"#,
        log.lines().count() + 1
    );
    let future = import(&format!("{log}{line}\n"), "import-future.db");
    assert_eq!(future.code, 0, "{future:?}");
    assert!(future.stderr.contains("2999-01-01T00:00:00.000Z"), "{future:?}");
}

#[test]
fn a_store_that_was_there_stays() {
    let log = sample("managed_users");
    let url = imported("import-stays", &log.replace("octo-corp", "other-corp"));
    assert_eq!(run_on(&duplicate(), &["import", "--store", &url, "-"]).code, 1);
    run(&["verify", "--store", &url]).output();

    let empty = path("import-empty.db");
    fs::write(&empty, "").unwrap();
    let url = format!("sqlite:{}", empty.display());
    assert_eq!(run_on(&duplicate(), &["import", "--store", &url, "-"]).code, 1);
    assert!(empty.exists(), "it was there before");
}

/// With a limit on the length of files, as where the disk is full: at the tables, at the lines, at the last of them.
#[test]
fn a_disk_that_takes_no_more_leaves_no_store_where_there_was_none() {
    let log = run(&["generate", "--members", "40", "--credentials", "3000"]).output();
    let log = file("import-full.jsonl", &log);
    for blocks in [0, 8, 100, 1_000] {
        let directory = path(&format!("import-full-{blocks}"));
        fs::create_dir_all(&directory).unwrap();
        let store = format!("sqlite:{}/store.db", directory.display());
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let import = [
            env!("CARGO_BIN_EXE_enterprise-credentials"),
            "import",
            "--store",
            &store,
            &log,
        ];
        let output = Command::new("sh")
            .args(["-c", &script, "sh"])
            .args(import)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{blocks}: {output:?}");
        assert_eq!(names(&directory), Vec::<String>::new(), "{blocks}: {output:?}");
    }
}
