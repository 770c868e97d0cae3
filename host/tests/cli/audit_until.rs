//! `audit --until` reports as it stood then, and claims nothing of what is later.

use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, SigningKey};
use serde_json::Value;

use crate::store::{change, imported};
use crate::{file, path, revoked, run, run_on, with_line};

/// The first lines of a log.
fn first(log: &str, lines: usize) -> String {
    log.lines().take(lines).map(|line| format!("{line}\n")).collect()
}

/// The position of the request in a log.
fn request(log: &str) -> usize {
    log.lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap()
        + 1
}

/// What a document of an audit says of the events.
fn report(mut document: Value) -> Value {
    let members = document.as_object_mut().unwrap();
    members.remove("sha256");
    members.remove("as_of");
    document
}

#[test]
fn a_report_as_of_a_position_is_that_of_the_log_that_ended_there() {
    let log = revoked("managed_users", true);
    let (request, all) = (request(&log), log.lines().count());
    for position in [1, 50, request - 1, request, request + 7, all - 1, all] {
        let until = run_on(&log, &["audit", "-", "--json", "--until", &position.to_string()]);
        let of_then = run_on(&first(&log, position), &["audit", "-", "--json"]);
        assert_eq!((until.code, of_then.code), (0, 0), "{position}");
        assert_eq!(report(until.json()), report(of_then.json()), "{position}");
        assert_eq!(until.json()["as_of"]["later_lines"], all - position);
        assert_eq!(until.json()["as_of"]["at"], until.json()["last_at"]);
    }
}

#[test]
fn the_first_lines_say_as_of_when_and_the_last_ones_claim_no_more() {
    let log = revoked("managed_users", true);
    let (request, all) = (request(&log), log.lines().count());
    let words = run_on(&log, &["audit", "-", "--until", &request.to_string()]).output();
    let as_of = words.lines().nth(1).unwrap();
    let later = format!("{} later lines of the log are NOT IN THIS REPORT", all - request);
    assert!(as_of.trim_start().starts_with("as of"), "{words}");
    assert!(
        as_of.contains(&format!("position {request}, at 2026-03-10T00:00:00.000Z; {later}")),
        "{words}"
    );
    assert!(
        words.contains(&format!("NO FINDINGS up to position {request}:")),
        "{words}"
    );
    assert!(words.contains("THE JOB IS NOT DONE"), "as it stood then: {words}");

    let one = run_on(&log, &["audit", "-", "--until", &(all - 1).to_string()]).output();
    assert!(one.contains("1 later line of the log is NOT"), "{one}");
    let none = run_on(&log, &["audit", "-", "--until", &all.to_string()]).output();
    assert!(none.contains("the log has no later line"), "{none}");
    assert!(!run_on(&log, &["audit", "-"]).output().contains("as of"));
}

#[test]
fn what_a_later_line_breaks_is_no_finding_of_then() {
    let log = revoked("managed_users", true);
    let request = request(&log);
    // The billing manager, who may not.
    let forged = with_line(&log, request, |line| {
        line.replace(r#"{"person":2,"credential":2}"#, r#"{"person":6,"credential":6}"#)
    });
    for (until, code) in [(request - 1, 0), (request, 1)] {
        assert_eq!(
            run_on(&forged, &["audit", "-", "--until", &until.to_string()]).code,
            code,
            "{until}"
        );
    }
    let broken = with_line(&log, request, |_| "{".to_owned());
    for (until, code) in [(request - 1, 0), (request, 1)] {
        let run = run_on(&broken, &["audit", "-", "--until", &until.to_string()]);
        assert_eq!(
            (run.code, run.stdout.contains("THE REST OF THE LOG")),
            (code, code == 1),
            "{run:?}"
        );
    }
    let asked = [
        "audit",
        "-",
        "--until",
        &(request - 1).to_string(),
        "--revocation",
        &request.to_string(),
    ];
    let not_yet = run_on(&log, &asked);
    assert_eq!(not_yet.code, 1);
    assert!(
        not_yet
            .stderr
            .contains(&format!("was not requested up to position {}", request - 1)),
        "{}",
        not_yet.stderr
    );
}

#[test]
fn as_of_a_time_what_had_expired_then_is_no_survivor_as_in_the_list() {
    let log = revoked("managed_users", false);
    let counts = |until: &str| {
        let document = run_on(&log, &["audit", "-", "--json", "--until", until]).json();
        assert_eq!(document["as_of"]["at"], format!("{until}T00:00:00.000Z"));
        let groups = document["survivors"].as_array().unwrap().clone();
        let of_credentials = groups.iter().filter(|group| {
            let reason = group["reason"].as_str().unwrap();
            !matches!(reason, "authorized_after_the_cut" | "authorized_again")
        });
        of_credentials
            .map(|group| group["count"].as_u64().unwrap())
            .sum::<u64>()
    };
    let listed = |until: &str| {
        let options = ["credentials", "-", "--survivors", "--format", "jsonl", "--until", until];
        let list = run_on(&log, &options).output();
        let rows = list.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
        let alive = rows.filter(|row| row.get("credential_reason").is_some());
        alive
            .map(|row| row["id"].as_u64().unwrap())
            .collect::<std::collections::BTreeSet<_>>()
            .len() as u64
    };
    let (soon, late) = (counts("2026-03-11"), counts("2036-03-11"));
    assert!(late < soon, "some expire in between: {late} of {soon}");
    assert_eq!((soon, late), (listed("2026-03-11"), listed("2036-03-11")));
}

#[test]
fn beyond_the_end_and_before_the_beginning_there_is_nothing_to_report() {
    let log = revoked("managed_users", true);
    let all = log.lines().count();
    for (until, said) in [
        (
            (all + 1).to_string().as_str(),
            format!("ends at position {all}, before `--until {}`", all + 1),
        ),
        ("0", "holds no event up to `--until`".to_owned()),
        ("1999-12-31", "begins after `--until`".to_owned()),
    ] {
        let run = run_on(&log, &["audit", "-", "--until", until]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{until}");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
    assert_eq!(run_on(&log, &["audit", "-", "--until", "yesterday"]).code, 2);
    assert!(
        run(&["audit", "-", "--until", "1999-12-31"])
            .stderr
            .contains("holds no event")
    );
}

#[test]
fn a_stream_is_reported_as_a_file_is_and_not_at_all_where_a_later_line_is_altered() {
    let log = revoked("managed_users", true);
    let (url, file) = (imported("audit-until", &log), file("audit-until.jsonl", &log));
    let stream = ["--store", &url, "--enterprise", "octo-corp"];
    for until in ["100", "2026-03-09"] {
        let of_file = run(&["audit", &file, "--until", until]).output();
        assert_eq!(
            run(&[&["audit", "--until", until], &stream[..]].concat()).output(),
            of_file
        );
    }
    change(
        &url,
        "UPDATE segments SET lines = \
         CAST(replace(CAST(lines AS TEXT), 'RevocationCompleted', 'RevocationCompletef') AS BLOB)",
    );
    let altered = run(&[&["audit", "--until", "100"], &stream[..]].concat());
    assert_eq!((altered.code, altered.stdout.as_str()), (1, ""), "{altered:?}");
    assert!(altered.stderr.contains("altered"), "{}", altered.stderr);
}

#[test]
fn a_checkpoint_and_a_mark_are_held_against_the_whole_log() {
    let log = revoked("managed_users", true);
    let all = log.lines().count();
    let origin = KeyName::new("credentials.example.com/octo-corp").unwrap();
    let secret = SigningKey::from_seed(origin.clone(), &[7; 32]);
    let mut frontier = Frontier::EMPTY;
    log.lines()
        .for_each(|line| frontier.push_line(line.as_bytes()).unwrap());
    let root = frontier.root();
    let checkpoint = file(
        "until.checkpoint",
        &Checkpoint::of(origin, &frontier)
            .sign(std::slice::from_ref(&secret))
            .to_string(),
    );
    let key = file("until.vkey", &format!("{}\n", secret.verifier_key()));
    let mark = file("until.mark", &format!("size {all}\nroot {root}\n"));
    // A later line that means the same, in other bytes.
    let other = with_line(&log, all, |line| line.replace("\":", "\": "));
    for (held, name, verdict) in [
        (
            vec!["--checkpoint", checkpoint.as_str(), "--key", &key],
            "checkpoint",
            "NOT THE LOG THAT WAS SEALED, though",
        ),
        (vec!["--mark", &mark], "mark", "NOT THE LOG THAT WAS MARKED, though"),
    ] {
        let audit = |log: &str| run_on(log, &[&["audit", "-", "--until", "100"], &held[..]].concat());
        let same = audit(&log);
        assert_eq!(same.code, 0, "{name}: {same:?}");
        for (log, said) in [
            (other.as_str(), "the log is not the one that was"),
            (&first(&log, 100), ""),
        ] {
            let refused = audit(log);
            assert_eq!(refused.code, 1, "{name}: {refused:?}");
            assert!(refused.stderr.contains(said), "{name}: {}", refused.stderr);
            assert!(!refused.stdout.contains("NO FINDINGS"), "{name}: {}", refused.stdout);
            let last = refused.stdout.lines().last().unwrap();
            assert!(last.trim_start().starts_with(verdict), "{name}: {last}");
        }
    }
    let sealed = run_on(
        &log,
        &[
            "audit",
            "-",
            "--until",
            "100",
            "--checkpoint",
            &checkpoint,
            "--key",
            &key,
        ],
    )
    .output();
    assert!(sealed.contains("that is the whole log"), "{sealed}");
}

#[test]
fn the_page_says_so_too() {
    let log = revoked("managed_users", true);
    let page = path("audit-until.html");
    let words = run_on(
        &log,
        &["audit", "-", "--until", "100", "--html", page.to_str().unwrap()],
    )
    .output();
    let as_of = words
        .lines()
        .nth(1)
        .unwrap()
        .split_once("as of")
        .unwrap()
        .1
        .trim()
        .to_owned();
    let html = std::fs::read_to_string(&page).unwrap();
    let header = html.split("</header>").next().unwrap();
    assert!(
        header.contains(&format!("As of {as_of}.")) && header.contains("No findings up to then"),
        "{header}"
    );
    assert!(
        !html.contains("RevokeAll") && html.contains("No revocation was requested"),
        "{html}"
    );
}
