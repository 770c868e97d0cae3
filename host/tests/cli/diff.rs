//! `diff` tells where two logs part, and whose standing differs at their ends.

use serde_json::Value;

use crate::store::{change, imported};
use crate::{decided, file, path, requested, revoked, run, run_on, sample, with_line};

fn document(a: &str, b: &str) -> Value {
    let run = run(&["diff", a, b, "--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{run:?}");
    run.json()
}

/// The differences of one kind.
fn of<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let differences = document["standings"]["differences"].as_array().unwrap();
    differences.iter().filter(|it| it["of"] == kind).collect()
}

fn count(document: &Value, kind: &str, from: &str, to: &str) -> u64 {
    let status = |standing: &Value| standing["status"].as_str().or(standing.as_str()).map(str::to_owned);
    let is_it = |it: &&&Value| (status(&it["from"]).as_deref(), status(&it["to"]).as_deref()) == (Some(from), Some(to));
    of(document, kind).iter().filter(is_it).count() as u64
}

#[test]
fn the_same_lines_are_the_same_log_wherever_it_is() {
    let log = revoked("managed_users", true);
    let (a, url) = (file("diff-same.jsonl", &log), imported("diff-same", &log));
    let without_feed = file("diff-same-2.jsonl", log.trim_end());
    let lines = format!("  THE SAME: all {} lines\n", "1,310");
    for arguments in [
        vec!["diff", &a, &a],
        vec!["diff", &a, &without_feed],
        vec!["diff", &a, "--store", &url, "--enterprise", "octo-corp"],
    ] {
        assert_eq!(run(&arguments).output(), lines, "{arguments:?}");
        let json = run(&[&arguments[..], &["--json"]].concat()).output();
        let document: Value = serde_json::from_str(&json).unwrap();
        assert!(
            json.starts_with("{\n  \"schema\": \"enterprise-credentials/diff/v1\",\n"),
            "{json}"
        );
        assert_eq!(
            (&document["same"], &document["lines"]["b"]),
            (&true.into(), &1310.into())
        );
        assert_eq!(document["standings"]["differences"], serde_json::json!([]));
    }
    for (piped, arguments) in [(&log, ["diff", "-", &a]), (&log, ["diff", &a, "-"])] {
        assert_eq!(run_on(piped, &arguments).output(), lines);
    }
    let both = run_on(&log, &["diff", "-", "-"]);
    assert!(
        both.code == 2 && both.stderr.contains("only one of the logs"),
        "{both:?}"
    );
    for arguments in [
        vec!["diff", &a],
        vec!["diff"],
        vec!["diff", &a, &a, "--store", &url, "--enterprise", "octo-corp"],
    ] {
        assert_eq!(run(&arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_request_changes_the_standing_of_what_it_takes_and_the_job_of_what_it_records() {
    let (before, requested, revoked) = (
        sample("managed_users"),
        requested("managed_users", true),
        revoked("managed_users", true),
    );
    let audit = run_on(&revoked, &["audit", "-", "--json"]).json();
    let plan = &audit["revocations"][0]["plan"];
    let [pairs, credentials] =
        ["authorizations_revoked", "credentials_destroyed"].map(|total| plan[total].as_u64().unwrap());
    let [a, b, c] = [("a", &before), ("b", &requested), ("c", &revoked)]
        .map(|(name, log)| file(&format!("diff-request-{name}.jsonl"), log));

    let request = document(&a, &b);
    let position = requested.lines().count();
    let first = &request["first_difference"];
    assert_eq!((&first["position"], &first["a"]), (&position.into(), &Value::Null));
    assert_eq!(first["b"], requested.lines().last().unwrap());
    assert_eq!(count(&request, "authorization", "live", "revocation_pending"), pairs);
    assert_eq!(of(&request, "authorization").len() as u64, pairs);
    assert_eq!(of(&request, "credential").len() as u64, credentials);
    assert_eq!(of(&request, "revocation").len(), 1);
    assert_eq!(of(&request, "person").len(), 0);

    let job = document(&b, &c);
    assert_eq!(count(&job, "authorization", "revocation_pending", "revoked"), pairs);
    assert_eq!(
        count(&job, "credential", "destruction_pending", "destroyed"),
        credentials
    );
    let revocation = of(&job, "revocation")[0];
    assert_eq!(
        (&revocation["from"]["state"], &revocation["to"]["state"]),
        (&"queued".into(), &"completed".into())
    );

    let words = run(&["diff", &c, &a]);
    assert_eq!((words.code, words.stderr.as_str()), (1, ""));
    for said in [
        "A begins with all of B, and goes on",
        &format!("THE FIRST LINE THAT DIFFERS, at position {position}"),
        "  B  (has ended)",
        "WHOSE STANDING DIFFERS, from A to B, as of 2026-03-10T00:00:00.000Z",
        &format!("credentials: {credentials}\n    credential 1: destroyed → alive\n"),
        &format!("    and {} more: `--json` has them all\n", credentials - 20),
        &format!("    revocation {position}: completed → unknown\n"),
    ] {
        assert!(words.stdout.contains(said), "{said} is not in:\n{}", words.stdout);
    }
}

#[test]
fn each_kind_of_standing_is_told_with_from_and_to() {
    let before = sample("managed_users");
    let a = file("diff-kinds-a.jsonl", &before);
    let owner = before.lines().find(|line| line.contains("OrganizationOwnerAdded"));
    let mut after = before.clone();
    for command in [
        r#"{"type":"AddMember","member":900,"login":"new_octo","role":"member"}"#,
        r#"{"type":"ChangeMemberRole","member":6,"role":"owner"}"#,
        r#"{"type":"GrantPermission","member":6,"permission":"write_enterprise_credentials"}"#,
        r#"{"type":"AddOrganization","organization":700,"login":"new-org"}"#,
        r#"{"type":"AddOrganizationOwner","organization":700,"member":900}"#,
        r#"{"type":"RemoveMember","member":8}"#,
        r#"{"type":"IssueCredential","credential":90001,"owner":900,"kind":"classic_pat","scopes":["repo"]}"#,
        r#"{"type":"AuthorizeCredential","credential":90001,"organization":700}"#,
    ] {
        after = decided(after, command);
    }
    let b = file("diff-kinds-b.jsonl", &after);
    let words = run(&["diff", &a, &b]).stdout;
    for said in [
        "  organizations: 1\n    organization 700 (new-org): unknown → present\n",
        "    person 900 (new_octo): unknown → member\n",
        "    person 6 (edsger-keller6_octo): billing_manager → owner; write_enterprise_credentials no → yes\n",
        "→ left, last ",
        "    person 900, of organization 700: unknown → owner\n",
        "    credential 90001: unknown → alive\n",
        "    credential 90001, organization 700: unknown → live\n",
        "B begins with all of A, and goes on",
    ] {
        assert!(words.contains(said), "{said} is not in:\n{words}");
    }
    assert!(
        !words.contains("revocations:") && !words.contains("enterprise:"),
        "{words} {owner:?}"
    );

    let renamed = file(
        "diff-kinds-c.jsonl",
        &with_line(&before, 1, |line| line.replace("octo-corp", "octo-ltd")),
    );
    let words = run(&["diff", &a, &renamed]).stdout;
    assert!(words.contains("    the enterprise: octo-corp → octo-ltd\n"), "{words}");
    assert!(words.contains("the same   no line\n"), "{words}");
}

#[test]
fn lines_may_differ_where_no_standing_does() {
    let log = revoked("managed_users", true);
    let a = file("diff-bytes-a.jsonl", &log);
    let b = file(
        "diff-bytes-b.jsonl",
        &with_line(&log, 7, |line| line.replace("\":", "\": ")),
    );
    let words = run(&["diff", &a, &b]);
    assert_eq!(words.code, 1, "it is another log: {words:?}");
    assert!(
        words.stdout.contains("at position 7\n") && words.stdout.contains("nobody's: "),
        "{}",
        words.stdout
    );
    let long = with_line(&log, 7, |line| {
        line.replacen('{', &format!("{{\"x\":\"\u{1b}[2J{}\",", "y".repeat(600)), 1)
    });
    let long = file("diff-bytes-c.jsonl", &long);
    let words = run(&["diff", &a, &long]).stdout;
    assert!(
        !words.contains('\u{1b}') && words.contains(" characters more"),
        "{words}"
    );
}

#[test]
fn a_log_that_breaks_off_has_lines_and_no_standing() {
    let log = revoked("managed_users", true);
    let a = file("diff-broken-a.jsonl", &log);
    let broken = with_line(&log, 100, |_| "{".to_owned());
    let broken = file("diff-broken-b.jsonl", &broken);
    for (arguments, said) in [
        (["diff", &a, &broken], "THE FIRST LINE THAT DIFFERS, at position 100"),
        (
            ["diff", &broken, &broken],
            "THE SAME 1,310 LINES, and not all of them can be read",
        ),
    ] {
        let words = run(&arguments);
        assert_eq!(words.code, 1, "{words:?}");
        assert!(
            words.stdout.contains(said) && !words.stdout.contains("WHOSE"),
            "{words:?}"
        );
        assert!(
            words.stderr.contains("line 100") && words.stderr.contains("diff-broken-b"),
            "{}",
            words.stderr
        );
        let json = run(&[&arguments[..], &["--json"]].concat()).json();
        assert!(json["fault"].as_str().unwrap().contains("line 100"), "{json}");
        assert_eq!(json.get("standings"), None);
    }
    let missing = path("diff-missing.jsonl");
    let missing = run(&["diff", &a, missing.to_str().unwrap()]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""), "{missing:?}");

    let url = imported("diff-altered", &log);
    change(
        &url,
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), '\"octo_admin\"', '\"octo_admim\"') AS BLOB)",
    );
    let altered = run(&["diff", &a, "--store", &url, "--enterprise", "octo-corp"]);
    assert_eq!((altered.code, altered.stdout.as_str()), (1, ""), "{altered:?}");
    assert!(altered.stderr.contains("is altered"), "{}", altered.stderr);
}

#[test]
fn lines_that_differ_only_by_a_carriage_return_are_told_as_such() {
    let log = sample("managed_users");
    let a = file("diff-feeds.jsonl", &log);
    let b = file("diff-feeds-2.jsonl", &log.replace('\n', "\r\n"));
    let words = run(&["diff", &a, &b]);
    assert_eq!(words.code, 1, "another log, with another seal: {words:?}");
    let so = "so         the line differs only in its end: a carriage return";
    assert!(words.stdout.contains(so), "{}", words.stdout);
}

#[test]
fn what_others_wrote_does_nothing_to_a_terminal() {
    let log = sample("managed_users");
    let steering = log.replacen("\"octo-corp\"", "\"\u{1b}[31mNO FINDINGS\u{202e}\"", 1);
    let (a, b) = (file("steering-a.jsonl", &log), file("steering-b.jsonl", &steering));
    let told = run(&["diff", &a, &b]);
    let refused = run(&["decide", &a, "--command", "{\"type\":\"\\u001b[31mRevokeAll\"}"]);
    assert!(!told.stderr.contains('\u{1b}'), "{told:?}");
    for words in [told.stdout, refused.stderr] {
        assert!(!words.contains(['\u{1b}', '\u{202e}']), "{words:?}");
        assert!(words.contains("[31m"), "{words:?}");
    }
}
