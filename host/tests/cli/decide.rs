//! `decide` says what the core would answer, and changes nothing.

use enterprise_credentials::log::replay;

use crate::{file, run, run_on, sample};

#[test]
fn events_come_as_the_lines_that_they_would_be() {
    let log = sample("managed_users");
    let path = file("decide.jsonl", &log);
    let command =
        r#"{"type":"RevokeAll","caller":{"person":2,"credential":2},"revoke_credentials":true,"idempotency_key":"k"}"#;
    let events = run(&[
        "decide",
        &path,
        "--command",
        command,
        "--at",
        "2026-03-10T09:00:00.125Z",
    ])
    .output();
    let position = log.lines().count() + 1;
    assert_eq!(
        events,
        format!(
            "{{\"position\":{position},\"at\":\"2026-03-10T09:00:00.125Z\",\"type\":\"RevokeAllRequested\",\
             \"requested_by\":{{\"person\":2,\"credential\":2}},\"authority\":\"owner\",\"revoke_credentials\":true,\
             \"idempotency_key\":\"k\"}}\n"
        )
    );
    assert_eq!(
        replay((log.clone() + &events).as_bytes())
            .unwrap()
            .pending_revocations()
            .count(),
        1
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), log, "the log is as it was");
}

#[test]
fn a_refusal_names_its_rule_and_exits_with_3() {
    let log = sample("managed_users");
    // The billing manager, with a token that has the scope.
    let command = r#"{"type":"RevokeAll","caller":{"person":6,"credential":6}}"#;
    let refused = run_on(&log, &["decide", "-", "--command", command]);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    let said = refused.stderr;
    assert!(
        said.starts_with("refused: person `6` is neither an enterprise owner nor"),
        "{said}"
    );
    assert!(said.contains("owner_or_permission") && said.contains("403"), "{said}");

    let no_http = run_on(
        &log,
        &["decide", "-", "--command", r#"{"type":"RemoveMember","member":99999}"#],
    );
    assert_eq!(no_http.code, 3);
    assert!(
        no_http.stderr.contains("member_known") && no_http.stderr.contains("none"),
        "{}",
        no_http.stderr
    );
}

#[test]
fn the_answers_of_the_founders_are_those_of_the_rules() {
    let log = sample("managed_users");
    for (person, rule) in [
        (1, None),
        (2, None),
        (3, None),
        (4, None),
        (5, None),
        (6, Some("owner_or_permission")),
        (7, Some("fine_grained_pat_cannot_call")),
        (8, Some("admin_enterprise_scope")),
        (9, Some("ssh_key_is_no_api_credential")),
        (10, Some("admin_enterprise_scope")),
        (11, Some("ssh_key_is_no_api_credential")),
    ] {
        let command = format!(r#"{{"type":"RevokeAll","caller":{{"person":{person},"credential":{person}}}}}"#);
        let run = run_on(&log, &["decide", "-", "--command", &command]);
        assert_eq!(run.code, if rule.is_some() { 3 } else { 0 }, "{person}: {run:?}");
        assert!(rule.is_none_or(|rule| run.stderr.contains(rule)), "{person}: {run:?}");
    }
}

#[test]
fn nothing_to_do_is_no_refusal() {
    let command = r#"{"type":"AddMember","member":1,"login":"octo_admin","role":"owner"}"#;
    let nothing = run_on(&sample("managed_users"), &["decide", "-", "--command", command]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert!(nothing.stderr.contains("nothing to do"), "{}", nothing.stderr);
}

#[test]
fn the_first_command_of_all_is_decided_on_an_empty_log() {
    let command = r#"{"type":"CreateEnterprise","slug":"octo-corp","kind":"managed_users"}"#;
    let created = run(&["decide", "-", "--command", command, "--at", "2026-03-10"]).output();
    assert!(created.starts_with(r#"{"position":1,"at":"2026-03-10T00:00:00.000Z","type":"EnterpriseCreated""#));
}

#[test]
fn a_command_that_is_none_is_wrong_usage_and_the_past_cannot_be_asked() {
    let log = sample("managed_users");
    for command in [
        "",
        "{",
        r#"{"type":"RevokeEverything"}"#,
        r#"{"type":"DestroyCredential","credential":1,"force":true}"#,
    ] {
        assert_eq!(
            run_on(&log, &["decide", "-", "--command", command]).code,
            2,
            "{command}"
        );
    }
    let destroy = r#"{"type":"DestroyCredential","credential":1}"#;
    let early = run_on(&log, &["decide", "-", "--command", destroy, "--at", "2025-12-24"]);
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("is before the last event"), "{}", early.stderr);
}
