//! `replay` shows the state as of then, and says where a log breaks off.

use crate::{file, requested, run, run_on, sample, with_line};

#[test]
fn a_position_and_its_time_lead_to_the_same_state() {
    let log = sample("managed_users");
    let at = |number: usize| {
        let line: serde_json::Value = serde_json::from_str(log.lines().nth(number - 1).unwrap()).unwrap();
        line["at"].as_str().unwrap().to_owned()
    };
    let number = (100..).find(|number| at(*number) < at(number + 1)).unwrap();
    let by_position = run_on(&log, &["replay", "-", "--json", "--until", &number.to_string()]);
    let by_time = run_on(&log, &["replay", "-", "--json", "--until", &at(number)]);
    assert_eq!(by_position.json()["position"], number);
    assert_eq!(by_position.output(), by_time.output());
}

#[test]
fn a_file_and_standard_input_are_read_alike() {
    let log = sample("personal_accounts");
    let path = file("replay.jsonl", &log);
    assert_eq!(
        run(&["replay", &path]).output(),
        run_on(&log, &["replay", "-"]).output()
    );
}

#[test]
fn the_tables_show_the_whole_state() {
    let log = requested("managed_users", true);
    let document = run_on(&log, &["replay", "-", "--json"]).json();
    let words = run_on(&log, &["replay", "-"]).output();
    let pending: u64 = document["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|by| by["destruction_pending"].as_u64().unwrap())
        .sum();
    assert!(pending > 100);
    for shown in [
        "octo-corp",
        "managed_users",
        "guest_collaborator",
        "github_app_user_token",
        "queued",
        "2026-03-10T00:00:00.000Z",
    ] {
        assert!(words.contains(shown), "{shown} is not in:\n{words}");
    }
    let all: Vec<&str> = words.lines().filter(|line| line.starts_with("  all ")).collect();
    assert!(
        all.iter()
            .any(|line| line.split_whitespace().any(|word| word == pending.to_string())),
        "{all:?}"
    );
}

#[test]
fn alive_is_what_authenticates_as_of_the_end_or_of_the_time_asked_for() {
    let log = sample("managed_users");
    let last = log.lines().count().to_string();
    let mut seen = Vec::new();
    for until in [last.as_str(), "2030-01-01"] {
        let document = run_on(&log, &["replay", "-", "--json", "--until", until]).json();
        let sum = |column: &str| -> u64 {
            let kinds = document["credentials"].as_array().unwrap().iter();
            kinds.map(|by| by[column].as_u64().unwrap()).sum()
        };
        let planned = run_on(&log, &["plan", "-", "--json", "--until", until]).json();
        let survivors = ["collaborator_credentials", "member_credentials"]
            .map(|group| planned["plan"]["not_covered"][group].as_u64().unwrap());
        assert_eq!(sum("alive"), survivors.iter().sum::<u64>(), "{until}");
        let ended = sum("destroyed") + sum("owner_departed");
        assert_eq!(sum("issued"), sum("alive") + sum("expired") + ended, "{until}");
        assert_eq!(document["at"], planned["at"]);
        seen.push(sum("expired"));
    }
    assert!(0 < seen[0] && seen[0] < seen[1], "{seen:?}");
    assert_eq!(
        run_on(&log, &["replay", "-"]).output(),
        run_on(&log, &["replay", "-", "--until", &last]).output(),
        "the clock is not asked"
    );
}

#[test]
fn before_the_first_event_nothing_has_happened() {
    let document = run_on(&sample("managed_users"), &["replay", "-", "--json", "--until", "0"]).json();
    assert_eq!(
        (&document["position"], &document["slug"]),
        (&0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_time_before_the_log_begins_is_an_error() {
    let log = sample("managed_users");
    let command = r#"{"type":"RemoveMember","member":1}"#;
    for asked in [
        &["replay", "-"][..],
        &["plan", "-"],
        &["credentials", "-"],
        &["decide", "-", "--command", command],
        &["decide", "-", "--command", command, "--explain"],
    ] {
        let early = run_on(&log, &[asked, &["--until", "1999-12-31"]].concat());
        assert_eq!((early.code, early.stdout.as_str()), (1, ""), "{asked:?}");
        assert!(early.stderr.contains("begins after `--until`"), "{}", early.stderr);
    }
}

#[test]
fn what_lies_beyond_is_not_judged() {
    let broken = with_line(&sample("managed_users"), 50, |_| "{".to_owned());
    assert_eq!(run_on(&broken, &["replay", "-", "--until", "49"]).code, 0);
    assert_eq!(run_on(&broken, &["replay", "-", "--until", "50"]).code, 1);
}

#[test]
fn a_position_beyond_the_end_is_an_error_that_says_where_the_end_is() {
    let log = sample("managed_users");
    let last = log.lines().count();
    for command in ["replay", "plan"] {
        let until = |position: usize| run_on(&log, &[command, "-", "--until", &position.to_string()]);
        assert_eq!(until(last).code, 0);
        let beyond = until(last + 1);
        assert_eq!((beyond.code, beyond.stdout.as_str()), (1, ""));
        assert!(
            beyond
                .stderr
                .contains(&format!("ends at position {last}, before `--until {}`", last + 1)),
            "{}",
            beyond.stderr
        );
        assert_eq!(run_on(&log, &[command, "-", "--until", "2999-01-01"]).code, 0);
    }
}

#[test]
fn an_error_names_the_file_and_the_line_and_what_to_do() {
    let log = sample("managed_users");
    let said = |log: &str| {
        let run = run_on(log, &["replay", "-"]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        run.stderr
    };
    let cut_short = log.trim_end_matches(['\n', '}']);
    let last = log.lines().count();
    assert_eq!(
        said(cut_short)
            .lines()
            .next()
            .unwrap()
            .split(": ")
            .take(3)
            .collect::<Vec<_>>()[..2],
        ["error", "cannot read standard input"],
    );
    assert!(said(cut_short).contains(&format!("line {last}")), "{}", said(cut_short));
    assert!(said(cut_short).contains("fetch the whole log"), "{}", said(cut_short));
    let gap: String = log
        .lines()
        .filter(|line| !line.contains(r#""position":30,"#))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(
        said(&gap).contains("line 30: position 31 where 30 is due"),
        "{}",
        said(&gap)
    );
    let unknown = with_line(&log, 12, |line| line.replace(r#""type":""#, r#""type":"Very"#));
    assert!(
        said(&unknown).contains("line 12") && said(&unknown).contains("`Very"),
        "{}",
        said(&unknown)
    );
    let twice = with_line(&log, 3, |line| {
        line.replace(r#""organization":2"#, r#""organization":1"#)
    });
    assert!(
        said(&twice).contains("standard input breaks off at line 3: event 3 does not fit"),
        "{}",
        said(&twice)
    );

    let nowhere = run(&["replay", "no/such/file"]);
    assert_eq!(nowhere.code, 1);
    assert!(
        nowhere.stderr.starts_with("error: cannot read `no/such/file`: "),
        "{}",
        nowhere.stderr
    );
    assert_eq!(run(&["replay", "-", "--until", "soon"]).code, 2);
    assert!(run(&["replay", "-"]).stderr.contains("standard input holds no event"));
}
