//! `backup` beside a server at work, and `restore` over whatever a server that was killed has left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common::http::revoke_all;
use crate::common::process::Serve;
use crate::store::{change, imported};
use crate::{Run, path, run, run_on, sample};

const SLUG: &str = "octo-corp";

/// A store with many credentials in it, a token of an owner's, and its directory.
fn large(name: &str) -> (String, String, std::path::PathBuf) {
    let tokens = path(&format!("{name}.csv"));
    let _ = fs::remove_file(&tokens);
    let log = run(&[
        "generate",
        "--members",
        "40",
        "--credentials",
        "3000",
        "--seed",
        "7",
        "--tokens",
        tokens.to_str().unwrap(),
    ]);
    let url = imported(name, &log.output());
    let tokens = fs::read_to_string(tokens).unwrap();
    let owner = tokens.lines().find(|line| line.contains(",owner,classic_pat")).unwrap();
    (url, owner.split(',').next().unwrap().to_owned(), path(name))
}

fn backup(url: &str, to: &Path, more: &[&str]) -> Run {
    run(&[&["backup", "--store", url, to.to_str().unwrap()], more].concat())
}

fn restore(url: &str, from: &Path) -> Run {
    run(&["restore", "--store", url, from.to_str().unwrap()])
}

fn export(url: &str) -> String {
    run(&["export", "--store", url, "--enterprise", SLUG]).output()
}

fn is_verified(url: &str) -> bool {
    run(&["verify", "--store", url]).code == 0
}

/// The files of a directory but for the index that SQLite shares among its processes.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-shm") && !name.ends_with("serve.log"))
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_backup_is_the_store_at_one_moment_and_is_told_of() {
    let log = sample("managed_users");
    let url = imported("backup-told", &log);
    let to = path("backup-told").join("copy.db");
    let said = backup(&url, &to, &[]).output();
    let bytes = fs::metadata(&to).unwrap();
    assert_eq!(bytes.permissions().mode() & 0o777, 0o600);
    for shown in [
        "bytes, 1 stream\n",
        &format!("octo-corp  size {}  root ", log.lines().count()),
    ] {
        assert!(said.contains(shown), "{said}");
    }
    let copy = format!("sqlite:{}", to.display());
    assert!(is_verified(&copy));
    assert_eq!(export(&copy), log);
}

#[test]
fn a_backup_replaces_nothing_unless_it_is_told_to_and_never_a_store_in_use() {
    let url = imported("backup-there", &sample("managed_users"));
    let directory = path("backup-there");
    let to = &directory.join("copy.db");
    fs::write(to, "the last good one").unwrap();
    let refused = backup(&url, to, &[]);
    assert_eq!(
        (refused.code, refused.stderr.contains("--force")),
        (1, true),
        "{refused:?}"
    );
    assert_eq!(fs::read(to).unwrap(), b"the last good one");
    backup(&url, to, &["--force"]).output();
    assert!(is_verified(&format!("sqlite:{}", to.display())));

    let store = directory.join("store.db");
    let itself = backup(&url, &store, &["--force"]);
    assert!(itself.stderr.contains("is the store itself"), "{itself:?}");
    fs::write(directory.join("other.db"), "").unwrap();
    fs::write(directory.join("other.db-wal"), "in use").unwrap();
    let in_use = backup(&url, &directory.join("other.db"), &["--force"]);
    assert!(in_use.stderr.contains("may be in use"), "{in_use:?}");
    let nowhere = backup(&url, &directory.join("no/copy.db"), &[]);
    assert_eq!(nowhere.code, 1);
    assert!(
        names(&directory).iter().all(|name| !name.contains(".tmp")),
        "{:?}",
        names(&directory)
    );
}

#[test]
fn a_damaged_store_is_not_copied_over_the_last_good_copy() {
    let url = imported("backup-damaged", &sample("managed_users"));
    let to = path("backup-damaged").join("copy.db");
    backup(&url, &to, &[]).output();
    let good = fs::read(&to).unwrap();
    change(&url, "UPDATE heads SET running = running + 1");
    let refused = backup(&url, &to, &["--force"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("its head is broken"), "{refused:?}");
    assert!(fs::read(&to).unwrap() == good);
}

#[test]
fn beside_a_server_at_work_copies_are_whole_and_verify_finds_nothing() {
    let (url, token, directory) = large("backup-serve");
    let serve = Serve::start(&url, &directory.join("serve.log"), &["--batch", "5"]);
    assert_eq!(revoke_all(serve.address, SLUG, &token, "", &[]).status, 202);
    let mut sizes = Vec::new();
    for number in 0..6 {
        let to = directory.join(format!("copy-{number}.db"));
        backup(&url, &to, &[]).output();
        let verified = run(&["verify", "--store", &url]);
        assert_eq!(verified.code, 0, "{verified:?}");
        let copy = format!("sqlite:{}", to.display());
        assert!(is_verified(&copy));
        let lines = export(&copy);
        assert!(
            export(&url).starts_with(&lines),
            "a copy is a beginning of what comes later"
        );
        sizes.push(lines.lines().count());
    }
    assert!(sizes.is_sorted(), "{sizes:?}");
    let refused = restore(&url, &directory.join("copy-0.db"));
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("is in use: stop every process that has it open"),
        "{refused:?}"
    );
    assert_eq!(serve.terminate(), Some(0));
}

/// A server is killed at different moments of its job, and with it most of what it wrote is in the log beside the file.
/// What is restored over it holds what the backup held, and goes on from there.
#[test]
fn over_a_store_whose_server_was_killed_nothing_of_its_log_is_left() {
    let (url, token, directory) = large("restore-killed");
    let from = directory.join("copy.db");
    backup(&url, &from, &[]).output();
    let log = export(&url);
    let mut left = 0;
    for moment in 0..12 {
        let serve = Serve::start(&url, &directory.join("serve.log"), &["--batch", "5"]);
        assert_eq!(revoke_all(serve.address, SLUG, &token, "", &[]).status, 202);
        std::thread::sleep(std::time::Duration::from_millis(moment * 15));
        serve.kill();
        let wal = directory.join("store.db-wal");
        left += u32::from(wal.metadata().is_ok_and(|wal| wal.len() > 0));
        if moment % 3 == 1 {
            // As where somebody tidied up: the log alone is left.
            fs::remove_file(directory.join("store.db-shm")).unwrap();
        }
        let restored = restore(&url, &from).output();
        assert!(restored.contains("LOST\n  `octo-corp` ends at position "), "{restored}");
        assert!(!directory.join("store.db-wal").exists(), "moment {moment}");
        assert!(is_verified(&url), "moment {moment}");
        assert!(export(&url) == log, "moment {moment}");
        assert_eq!(names(&directory).iter().filter(|name| name.contains(".tmp")).count(), 0);
    }
    assert!(left >= 10, "a log was left {left} times");

    // The file itself is gone, and its log left.
    let serve = Serve::start(&url, &directory.join("serve.log"), &["--batch", "5"]);
    assert_eq!(revoke_all(serve.address, SLUG, &token, "", &[]).status, 202);
    serve.kill();
    fs::remove_file(directory.join("store.db")).unwrap();
    restore(&url, &from).output();
    assert!(is_verified(&url) && export(&url) == log);

    let serve = Serve::start(&url, &directory.join("serve.log"), &[]);
    assert_eq!(revoke_all(serve.address, SLUG, &token, "", &[]).status, 202);
    assert_eq!(serve.terminate(), Some(0));
    assert!(export(&url).len() > log.len());
}

#[test]
fn a_restore_names_what_is_lost_and_nothing_else() {
    let log = sample("managed_users");
    let url = imported("restore-lost", &log);
    let from = path("restore-lost").join("copy.db");
    backup(&url, &from, &[]).output();
    let same = restore(&url, &from).output();
    assert!(!same.contains("LOST"), "{same}");

    let others = log.replace("octo-corp", "other-corp");
    assert_eq!(run_on(&others, &["import", "--store", &url, "-"]).code, 0);
    change(
        &url,
        "UPDATE heads SET running = running + 1 WHERE enterprise = 'octo-corp'",
    );
    let said = restore(&url, &from).output();
    let lines = log.lines().count();
    for lost in [
        format!("`other-corp` ends at position 0, and ended at {lines}: {lines} events are lost"),
        format!("`octo-corp` ends at position {lines}; where it ended before nobody can tell"),
    ] {
        assert!(said.contains(&lost), "{said}");
    }
    assert!(is_verified(&url));
    let new = format!("sqlite:{}", path("restore-lost").join("new.db").display());
    restore(&new, &from).output();
    assert!(is_verified(&new));
}

#[test]
fn what_is_no_well_store_is_not_restored_and_what_is_none_not_replaced() {
    let url = imported("restore-refused", &sample("managed_users"));
    let directory = path("restore-refused");
    let from = directory.join("copy.db");
    backup(&url, &from, &[]).output();
    let whole = fs::read(&from).unwrap();
    let before = export(&url);

    let mut damaged = whole.clone();
    damaged[whole.len() / 2 / 4096 * 4096..][..4096].fill(0x5a);
    let half = whole[..whole.len() / 2].to_vec();
    for (number, bytes) in [b"no database".repeat(100), damaged, half, Vec::new()]
        .iter()
        .enumerate()
    {
        let wrong = directory.join(format!("wrong-{number}.db"));
        fs::write(&wrong, bytes).unwrap();
        let refused = restore(&url, &wrong);
        assert_eq!(refused.code, 1, "{number}: {refused:?}");
    }
    let headless = directory.join("headless.db");
    fs::write(&headless, &whole).unwrap();
    change(&format!("sqlite:{}", headless.display()), "DELETE FROM heads");
    assert!(restore(&url, &headless).stderr.contains("it has lines, and no head"));
    assert!(
        restore(&url, &directory.join("store.db"))
            .stderr
            .contains("is that store itself")
    );
    assert!(
        restore(&url, &directory.join("missing.db"))
            .stderr
            .contains("does not exist")
    );
    assert_eq!(export(&url), before);

    for (name, bytes) in [("text.db", b"a letter, no store".repeat(40)), ("photos.db", Vec::new())] {
        let target = directory.join(name);
        fs::write(&target, &bytes).unwrap();
        let other = format!("sqlite:{}", target.display());
        if bytes.is_empty() {
            change(&other, "CREATE TABLE photos (name TEXT)");
        }
        let bytes = fs::read(&target).unwrap();
        let refused = restore(&other, &from);
        assert_eq!(refused.code, 1, "{name}: {refused:?}");
        assert!(fs::read(&target).unwrap() == bytes, "{name}");
    }
    assert!(
        names(&directory).iter().all(|name| !name.contains(".tmp")),
        "{:?}",
        names(&directory)
    );
}

#[test]
fn a_database_is_no_file_to_be_copied_and_its_password_is_not_shown() {
    const URL: &str = "postgres://me:hidden@127.0.0.1:1/db?sslmode=disable";
    let elsewhere = if cfg!(feature = "postgres") {
        "the store cannot connect to its primary"
    } else {
        "--features postgres"
    };
    let file = path("of_a_database.db");
    for (done, expected) in [
        (backup(URL, &file, &[]), "pg_basebackup"),
        (restore(URL, &file), "base backup"),
        (run(&["verify", "--store", URL]), elsewhere),
    ] {
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.stderr.contains(expected), "{done:?}");
        assert!(!done.stderr.contains("hidden"), "{done:?}");
    }
}
