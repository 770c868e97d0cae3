//! Which files the program takes for a store: its own, and no others, which it leaves as they are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::Directory;
use common::history::History;
use common::process::{PROGRAM, export, run_well};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::Streams;
use rusqlite::Connection;

const SLUG: &str = "octo-corp";
const PHOTOS: &str = "CREATE TABLE photos (name TEXT); INSERT INTO photos VALUES ('cat')";

fn database(path: &Path, journal: &str, statements: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", journal).unwrap();
    connection.execute_batch(statements).unwrap();
    connection
}

/// Every file of a directory, with its bytes; of the index that SQLite shares among its processes that it is there.
fn files(directory: &Directory) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory.file("")).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            (name.clone(), if name.ends_with("-shm") { Vec::new() } else { bytes })
        })
        .collect()
}

/// The three commands that open a store, each of which must fail: what each of them says. `program` begins each.
fn refusals(directory: &Directory, store: &str, program: &dyn Fn() -> Command) -> [String; 3] {
    let log = directory.file("history.jsonl");
    fs::write(&log, &History::sample(SLUG, "").log).unwrap();
    let log = log.display().to_string();
    let before = files(directory);
    let refusals = [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["import", &log],
        vec!["export", "--enterprise", SLUG],
    ]
    .map(|arguments| {
        let mut command = program();
        let output = command.args(&arguments).args(["--store", store]).output().unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(1), 0),
            "{arguments:?}: {output:?}"
        );
        String::from_utf8(output.stderr).unwrap()
    });
    assert!(
        files(directory) == before,
        "something was written: {:?}",
        files(directory).keys()
    );
    refusals
}

fn refused_by_all(directory: &Directory, expected: &str) {
    let path = directory.file("store.db").display().to_string();
    for error in refusals(directory, &directory.store_url(), &|| Command::new(PROGRAM)) {
        assert_eq!(
            error,
            format!("error: the store cannot be opened: `{path}` {expected}\n")
        );
    }
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    for (statements, journal) in [
        (PHOTOS, "DELETE"),
        (PHOTOS, "WAL"),
        ("PRAGMA user_version = 7", "DELETE"),
        ("PRAGMA application_id = 7", "WAL"),
        (
            "CREATE TABLE _sqlx_migrations (version INTEGER, checksum BLOB, success BOOLEAN); \
             INSERT INTO _sqlx_migrations VALUES (1, x'00', 1)",
            "DELETE",
        ),
        (
            "CREATE TABLE _sqlx_migrations (version INTEGER, checksum BLOB, success BOOLEAN)",
            "WAL",
        ),
    ] {
        let directory = Directory::new();
        let connection = database(&directory.file("store.db"), journal, statements);
        connection.close().unwrap();
        refused_by_all(&directory, "is not a store of this program");
    }
}

#[test]
fn a_database_that_another_program_has_open_is_refused_and_left_as_it_is() {
    let directory = Directory::new();
    let other = database(&directory.file("store.db"), "WAL", PHOTOS);
    assert!(directory.file("store.db-wal").exists());
    refused_by_all(&directory, "is not a store of this program");
    other.close().unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let directory = Directory::new();
    for bytes in ["short", "not a database, but quite long enough to be looked at as one"] {
        fs::write(directory.file("store.db"), bytes).unwrap();
        refused_by_all(&directory, "is not a store of this program, nor any SQLite database");
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    const MIGRATED: &str = "INSERT INTO _sqlx_migrations SELECT 1000, description, installed_on, success, checksum, \
                            execution_time FROM _sqlx_migrations WHERE version = 1";
    let newer = "was written by a newer version of this program: use that version";
    let directory = Directory::new();
    import(&directory, "store.db");
    let writer = database(&directory.file("store.db"), "WAL", MIGRATED);
    refused_by_all(&directory, newer);
    writer.close().unwrap();
    assert!(!directory.file("store.db-wal").exists());
    refused_by_all(&directory, newer);
}

#[tokio::test]
async fn a_store_is_known_by_its_write_ahead_log_too() {
    const PAGE_BYTES: u64 = 4096;
    let directory = Directory::new();
    // While somebody reads the database as it was without a table, no checkpoint puts one into the file.
    let reader = database(&directory.file("store.db"), "WAL", "");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
        .unwrap();
    let store = directory.store().await;
    let log = History::sample(SLUG, "").log;
    Stream::check(log.clone()).unwrap().import(&store).await.unwrap();
    assert_eq!(
        directory.file("store.db").metadata().unwrap().len(),
        PAGE_BYTES,
        "no table is in the file yet"
    );
    assert_eq!(export(&directory.store_url(), SLUG), log);
    import(&directory, "store.db");
    store.close().await;
}

#[test]
fn what_was_never_written_to_becomes_a_store_by_import_alone() {
    let directory = Directory::new();
    fs::write(directory.file("store.db"), "").unwrap();
    for command in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["export", "--enterprise", SLUG],
    ] {
        let output = common::process::run(&[command.as_slice(), &["--store", &directory.store_url()]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("is empty: create the store with `import`"), "{error}");
        assert_eq!(files(&directory), BTreeMap::from([("store.db".to_owned(), Vec::new())]));
    }
    import(&directory, "store.db");
    assert_eq!(export(&directory.store_url(), SLUG), History::sample(SLUG, "").log);
}

#[test]
fn processes_that_create_a_store_at_once_all_find_it() {
    const PROCESSES: usize = 4;
    for round in 0..5 {
        let directory = Directory::new();
        let logs: Vec<_> = (0..PROCESSES)
            .map(|number| {
                let log = directory.file(&format!("{number}.jsonl"));
                let salt = format!("-{number}");
                fs::write(&log, History::sample(&format!("corp{salt}"), &salt).log).unwrap();
                log
            })
            .collect();
        let importing: Vec<_> = logs
            .iter()
            .map(|log| {
                let mut import = Command::new(PROGRAM);
                import
                    .args(["import", "--store", &directory.store_url()])
                    .arg(log)
                    .stdout(Stdio::null());
                import.spawn().unwrap()
            })
            .collect();
        for mut import in importing {
            assert!(import.wait().unwrap().success(), "round {round}");
        }
        for (number, log) in logs.iter().enumerate() {
            let exported = export(&directory.store_url(), &format!("corp-{number}"));
            assert_eq!(exported, fs::read(log).unwrap());
        }
    }
}

#[test]
fn what_is_no_file_is_refused_in_words() {
    let directory = Directory::new();
    fs::create_dir(directory.file("data")).unwrap();
    fs::write(directory.file("file"), "").unwrap();
    for (path, expected) in [
        ("data", "is a directory: name a file in it"),
        ("missing/store.db", "missing` does not exist: create it first"),
        ("file/store.db", "cannot be looked at: Not a directory"),
    ] {
        let store = format!("sqlite:{}", directory.file(path).display());
        for error in refusals(&directory, &store, &|| Command::new(PROGRAM)) {
            assert!(error.contains(expected), "{error}");
        }
    }
}

#[test]
fn what_may_not_be_written_to_is_refused_in_words() {
    const NOBODY: u32 = 65_534;
    // The one user who may write everywhere must become another, who need not be allowed to enter this checkout.
    let is_root = fs::metadata(Directory::new().file("")).unwrap().uid() == 0;
    let directory = if is_root {
        Directory::open_to_all()
    } else {
        Directory::new()
    };
    fs::create_dir(directory.file("bin")).unwrap();
    let copy = directory.file("bin/program");
    if is_root {
        // By a process of its own: one that another test starts meanwhile would inherit the file open, and so busy.
        let copied = Command::new("cp").arg(PROGRAM).arg(&copy).status();
        assert!(copied.unwrap().success());
    }
    let as_anyone = || {
        if !is_root {
            return Command::new(PROGRAM);
        }
        let mut command = Command::new(&copy);
        command.uid(NOBODY).gid(NOBODY);
        command
    };
    fs::create_dir(directory.file("data")).unwrap();
    let permit = |name: &str, mode| fs::set_permissions(directory.file(name), Permissions::from_mode(mode)).unwrap();
    import(&directory, "data/store.db");
    for (directory_mode, file_mode) in [(0o555, 0o666), (0o777, 0o000)] {
        permit("data/store.db", file_mode);
        permit("data", directory_mode);
        let store = format!("sqlite:{}", directory.file("data/store.db").display());
        for error in refusals(&directory, &store, &as_anyone) {
            assert!(error.contains("this user cannot read and write `"), "{error}");
            assert!(error.contains("data/store.db` and its directory"), "{error}");
        }
    }
    permit("data/store.db", 0o444);
    let store = format!("sqlite:{}", directory.file("data/store.db").display());
    let mut serve = as_anyone();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--store", &store]);
    let output = serve.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("this user cannot read and write `"), "{error}");
}

fn import(directory: &Directory, store: &str) {
    let log = directory.file("history.jsonl");
    fs::write(&log, &History::sample(SLUG, "").log).unwrap();
    let store = format!("sqlite:{}", directory.file(store).display());
    run_well(&["import", "--store", &store, &log.display().to_string()]);
}

#[tokio::test]
async fn a_new_store_is_its_owners_alone_and_so_are_the_files_beside_it() {
    let directory = Directory::new();
    let store = directory.store().await;
    History::sample(SLUG, "").import(&store).await;
    for file in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = fs::metadata(directory.file(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    store.close().await;
}

#[test]
fn what_sqlite_would_take_for_a_uri_of_its_own_is_no_store() {
    let directory = Directory::new();
    let photos = directory.file("photos.db");
    drop(database(&photos, "DELETE", PHOTOS));
    let before = files(&directory);
    let url = format!("sqlite:file:{}", photos.display());
    let refused = Command::new(PROGRAM)
        .args(["serve", "--listen", "127.0.0.1:0", "--store", &url])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(files(&directory), before);
}
