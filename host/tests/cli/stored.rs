//! Streams in a store: exported with a mark, and audited, planned and replayed where they are.

use std::fs;

use crate::store::{change, imported};
use crate::{Run, file, path, requested, revoked, run, run_on, sample, with_line};

const SLUG: &str = "octo-corp";

/// Puts another byte into the middle of the stream's last segment, which stays lines.
fn alter(url: &str) {
    change(
        url,
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), '\"owner\"', '\"admin\"') AS BLOB)",
    );
}

fn export(url: &str, arguments: &[&str]) -> Run {
    run(&[&["export", "--store", url, "--enterprise", SLUG], arguments].concat())
}

#[test]
fn a_stream_is_audited_planned_and_replayed_where_it_is() {
    let log = requested("managed_users", true);
    let (url, file) = (imported("stored-same", &log), file("stored-same.jsonl", &log));
    let destroy = r#"{"type":"DestroyCredential","credential":7}"#;
    for question in [
        vec!["audit", "--json"],
        vec!["audit"],
        vec!["plan", "--as", "2", "--at", "2026-03-11"],
        vec!["replay", "--json"],
        vec!["replay", "--until", "100"],
        vec!["decide", "--command", destroy, "--at", "2026-03-11"],
    ] {
        let of_file = run(&[&question[..], &[&file]].concat()).output();
        let of_store = run(&[&question[..], &["--store", &url, "--enterprise", SLUG]].concat()).output();
        assert_eq!(of_store, of_file, "{question:?}");
    }
}

#[test]
fn a_command_takes_a_file_or_a_stream_and_not_both_or_half() {
    let log = file("stored-both.jsonl", &sample("managed_users"));
    for command in ["audit", "plan", "replay"] {
        for arguments in [
            vec![command],
            vec![command, &log, "--store", "sqlite:x.db", "--enterprise", SLUG],
            vec![command, "--store", "sqlite:x.db"],
            vec![command, "--enterprise", SLUG],
            vec![command, &log, "--enterprise", SLUG],
        ] {
            let refused = run(&arguments);
            assert_eq!(refused.code, 2, "{arguments:?}: {refused:?}");
        }
    }
}

#[test]
fn an_enterprise_that_the_store_does_not_hold_is_named() {
    let url = imported("stored-unknown", &sample("managed_users"));
    for command in ["audit", "plan", "replay", "export"] {
        let run = run(&[command, "--store", &url, "--enterprise", "other-corp"]);
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (1, "", "error: the store holds no enterprise `other-corp`\n")
        );
    }
}

#[test]
fn no_command_answers_from_an_altered_stream() {
    let url = imported("stored-altered", &revoked("managed_users", true));
    alter(&url);
    for question in [
        vec!["audit"],
        vec!["plan"],
        vec!["replay"],
        vec!["replay", "--until", "3"],
    ] {
        let run = run(&[&question[..], &["--store", &url, "--enterprise", SLUG]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{question:?}");
        assert!(
            run.stderr.contains(&format!("stream `{SLUG}`")),
            "{question:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn a_stream_whose_lines_are_events_and_others_is_altered_all_the_same() {
    let url = imported("stored-plausible", &sample("managed_users"));
    // One that fits: a login is no part of any rule.
    change(
        &url,
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), '\"login\":\"octo_admin\"', \
         '\"login\":\"octo_admim\"') AS BLOB)",
    );
    for command in ["audit", "plan", "replay"] {
        let run = run(&[command, "--store", &url, "--enterprise", SLUG]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{command}");
        assert!(
            run.stderr.contains("is altered: its head commits to the root"),
            "{command}: {}",
            run.stderr
        );
    }
}

#[test]
fn an_export_that_breaks_off_is_taken_by_no_command() {
    let log = sample("managed_users");
    let url = imported("stored-broken-off", &log);
    change(
        &url,
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), '\"octo_admin\"', '\"octo_admim\"') AS BLOB)",
    );
    let mark = path("stored-broken-off.mark");
    let exported = export(&url, &["--mark", mark.to_str().unwrap()]);
    assert_eq!(exported.code, 1);
    assert!(!mark.exists(), "there is nothing to vouch for");
    let last = exported.stdout.lines().last().unwrap();
    assert!(last.starts_with("!! export broke off: stream `octo-corp`"), "{last}");
    assert_eq!(exported.stdout.lines().count(), log.lines().count() + 1);

    let whole = exported.stdout.len();
    let store = format!("sqlite:{}", path("stored-broken-off.db").display());
    for end in [whole, whole - 1, whole - last.len(), whole - last.len() + 1] {
        let cut = exported.stdout.get(..end).unwrap();
        for command in [
            vec!["audit", "-"],
            vec!["replay", "-"],
            vec!["plan", "-"],
            vec!["import", "--store", &store, "-"],
        ] {
            let refused = run_on(cut, &command);
            assert_eq!(refused.code, 1, "{command:?} of {end} of {whole} bytes: {refused:?}");
            let line = format!("line {}", log.lines().count() + 1);
            assert!(refused.stderr.contains(&line), "{command:?}: {}", refused.stderr);
        }
    }
}

#[test]
fn a_mark_tells_the_same_log_and_a_later_one_from_a_shorter_one_and_another() {
    let log = requested("managed_users", false);
    let url = imported("stored-mark", &log);
    let mark = path("stored-mark.mark");
    let mark = mark.to_str().unwrap();
    assert_eq!(export(&url, &["--mark", mark]).output(), log);
    let text = fs::read_to_string(mark).unwrap();
    assert!(
        text.starts_with(&format!("size {}\nroot ", log.lines().count())),
        "{text}"
    );

    let later = crate::decided(
        log.clone(),
        &format!(
            r#"{{"type":"ContinueRevocation","revocation":{},"limit":10}}"#,
            log.lines().count()
        ),
    );
    let last = log.lines().count();
    let shorter = log.lines().take(last - 1).map(|line| format!("{line}\n")).collect();
    let other = with_line(&log, 2, |line| line.replace(":2,", ": 2,"));
    let new_store = path("stored-mark-new.db");
    let new_store = format!("sqlite:{}", new_store.display());
    for (log, said) in [
        (&log, None),
        (&later, None),
        (
            &shorter,
            Some(format!(
                "the log is shorter than the mark says: it ends at line {}",
                last - 1
            )),
        ),
        (&other, Some("the log is not the one that was marked".to_owned())),
    ] {
        let audit = run_on(log, &["audit", "-", "--mark", mark]);
        let import = run_on(log, &["import", "--store", &new_store, "--mark", mark, "-"]);
        let Some(said) = said else {
            assert_eq!((audit.code, import.code), (0, 0), "{audit:?} {import:?}");
            fs::remove_file(new_store.strip_prefix("sqlite:").unwrap()).unwrap();
            continue;
        };
        for refused in [audit, import] {
            assert_eq!(refused.code, 1, "{refused:?}");
            assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        }
        assert!(!fs::exists(new_store.strip_prefix("sqlite:").unwrap()).unwrap());
    }
    let stored = run(&["audit", "--store", &url, "--enterprise", SLUG, "--mark", mark]);
    assert_eq!(stored.code, 0, "{stored:?}");
}

#[test]
fn a_file_that_is_no_mark_is_a_wrong_argument() {
    let log = file("stored-no-mark.jsonl", &sample("managed_users"));
    let no_mark = file("stored-no-mark.mark", "size 7\n");
    for (mark, said) in [
        (no_mark.as_str(), "a mark is two lines"),
        ("/nonexistent", "cannot read it"),
    ] {
        let refused = run(&["audit", &log, "--mark", mark]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn a_mark_replaces_a_mark_and_nothing_else() {
    let log = requested("managed_users", false);
    let url = imported("stored-own-mark", &log);
    let store = url.strip_prefix("sqlite:").unwrap();
    let at = file("stored-own-mark.jsonl", &log);
    for target in [at.as_str(), store, "-"] {
        let before = fs::read(target).unwrap_or_default();
        let refused = export(&url, &["--mark", target]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{target}");
        assert!(
            refused.stderr.contains("is there already is no mark") || target == "-",
            "{}",
            refused.stderr
        );
        assert_eq!(fs::read(target).unwrap_or_default(), before, "{target}");
    }
    let mark = file("stored-own-mark.mark", &format!("size 3\nroot {}\n", "0".repeat(64)));
    assert_eq!(export(&url, &["--mark", &mark]).output(), log);
    let size = format!("size {}\n", log.lines().count());
    assert!(fs::read_to_string(&mark).unwrap().starts_with(&size));
}
