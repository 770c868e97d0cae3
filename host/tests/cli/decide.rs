//! `decide` says what the core would answer, and changes nothing.

use enterprise_credentials::log::replay;
use serde_json::Value;

use crate::{file, requested, run, run_on, sample};

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

#[test]
fn a_document_says_what_the_lines_and_the_words_say() {
    let log = file("decide-json.jsonl", &sample("managed_users"));
    let decide = |command: &str, json: &[&str]| {
        let asked = [
            "decide",
            &log,
            "--command",
            command,
            "--at",
            "2026-03-10",
            "--until",
            "150",
        ];
        run(&[&asked[..], json].concat())
    };
    let accepted = r#"{"type":"RevokeAll","caller":{"person":2,"credential":2},"revoke_credentials":true}"#;
    let document = decide(accepted, &["--json"]);
    assert!(
        document
            .stdout
            .starts_with("{\n  \"schema\": \"enterprise-credentials/decision/v1\",\n"),
        "{document:?}"
    );
    let document = document.json();
    let lines = decide(accepted, &[]).output();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["outcome"], "accepted");
    assert_eq!(
        (&document["events"], &document["position"]),
        (&Value::Array(events), &150.into())
    );
    assert_eq!(document["at"], "2026-03-10T00:00:00.000Z");
    assert_eq!(document["commands"][0]["type"], "RevokeAll");
    assert_eq!(document.get("refusal"), None);

    let refused = decide(
        r#"{"type":"RevokeAll","caller":{"person":6,"credential":6}}"#,
        &["--json"],
    );
    assert_eq!((refused.code, refused.stderr.as_str()), (3, ""));
    let refused = refused.json();
    let refusal = &refused["refusal"];
    assert_eq!(
        (&refused["outcome"], &refused["events"]),
        (&"refused".into(), &serde_json::json!([]))
    );
    assert_eq!(
        (&refusal["rule"], &refusal["http_status"], &refusal["command"]),
        (&"owner_or_permission".into(), &403.into(), &0.into())
    );
    for (field, said) in [
        ("message", "person `6` is neither"),
        ("sentence", "owner"),
        ("source", "documented"),
    ] {
        assert!(refusal[field].as_str().unwrap().contains(said), "{refusal}");
    }
    let no_http = decide(r#"{"type":"RemoveMember","member":99999}"#, &["--json"]).json();
    assert_eq!(no_http["refusal"]["http_status"], Value::Null);

    let nothing = decide(
        r#"{"type":"AddMember","member":1,"login":"octo_admin","role":"owner"}"#,
        &["--json"],
    );
    assert_eq!((nothing.code, &nothing.json()["outcome"]), (0, &"nothing_to_do".into()));
    let limited = decide(accepted, &["--json", "--credential-type", "classic-pat"]).json();
    assert_eq!(
        limited["commands"][0]["credential_type"], "classic_pat",
        "as it was decided"
    );
}

#[test]
fn as_of_an_earlier_place_the_answer_is_that_of_then() {
    let log = requested("managed_users", true);
    let request = log.lines().count();
    let path = file("decide-until.jsonl", &log);
    let command = r#"{"type":"RevokeAll","caller":{"person":2,"credential":2}}"#;
    for (until, code) in [(request - 1, 0), (request, 3)] {
        let until = until.to_string();
        let asked = ["decide", &path, "--command", command, "--until", &until];
        assert_eq!(run(&asked).code, code, "{until}: the token is dead from the request on");
        let why = run(&[&asked[..], &["--explain", "--json"]].concat());
        assert_eq!(
            (why.code, &why.json()["up_to"]),
            (code, &until.parse::<u64>().unwrap().into())
        );
    }
    // The time is where `--until` ends, if none is given.
    let of = |options: &[&str]| run(&[&["decide", &path, "--command", command, "--json"], options].concat()).json();
    let last = serde_json::from_str::<Value>(log.lines().nth(99).unwrap()).unwrap();
    assert_eq!(of(&["--until", "100"])["at"], last["at"]);
    assert_eq!(of(&["--until", "2026-03-09"])["at"], "2026-03-09T00:00:00.000Z");
    let at = of(&["--until", "100", "--at", "2027-01-01"]);
    assert_eq!(
        (&at["position"], &at["at"]),
        (&100.into(), &"2027-01-01T00:00:00.000Z".into())
    );

    for options in [&[][..], &["--explain"]] {
        let beyond = [&["decide", &path, "--command", command, "--until", "999999"], options].concat();
        let beyond = run(&beyond);
        assert!(
            beyond.code == 1 && beyond.stderr.contains("before `--until 999999`"),
            "{beyond:?}"
        );
        let early = [
            &[
                "decide",
                &path,
                "--command",
                command,
                "--until",
                "100",
                "--at",
                "2025-01-01",
            ],
            options,
        ]
        .concat();
        let early = run(&early);
        assert!(
            early.code == 1 && early.stderr.contains("is before the last event"),
            "{early:?}"
        );
    }
    let create = r#"{"type":"CreateEnterprise","slug":"octo-corp","kind":"managed_users"}"#;
    let created = run(&[
        "decide",
        &path,
        "--command",
        create,
        "--until",
        "0",
        "--at",
        "2020-01-01",
    ])
    .output();
    assert!(created.starts_with(r#"{"position":1,"at":"2020-01-01T"#), "{created}");
}

#[test]
fn commands_on_standard_input_are_decided_as_one() {
    let log = sample("managed_users");
    let path = file("decide-stdin.jsonl", &log);
    let decide = |commands: &str, options: &[&str]| {
        run_on(
            commands,
            &[&["decide", &path, "--command", "-", "--at", "2026-03-10"], options].concat(),
        )
    };
    let join = r#"{"type":"AddMember","member":900,"login":"new_octo","role":"member"}"#;
    let issue = r#"{"type":"IssueCredential","credential":90001,"owner":900,"kind":"classic_pat","scopes":["repo"]}"#;
    let destroy = r#"{"type":"DestroyCredential","credential":90001}"#;

    let one = decide("{\n  \"type\": \"DestroyCredential\",\n  \"credential\": 7\n}\n", &[]).output();
    let argument = r#"{"type":"DestroyCredential","credential":7}"#;
    assert_eq!(
        one,
        run(&["decide", &path, "--command", argument, "--at", "2026-03-10"]).output()
    );

    let several = decide(&[join, issue, destroy].join("\n"), &[]).output();
    assert_eq!(
        several.lines().count(),
        3,
        "each sees what those before it do: {several}"
    );
    assert!(replay((log.clone() + &several).as_bytes()).is_ok());

    let refused = decide(&[join, destroy, issue].join("\n"), &[]);
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (3, ""),
        "all or none: {refused:?}"
    );
    assert!(
        refused.stderr.starts_with("refused, command 2 of 3: "),
        "{}",
        refused.stderr
    );
    let document = decide(&[join, destroy, issue].join("\n"), &["--json"]).json();
    assert_eq!(document["refusal"]["command"], 1);
    assert_eq!(document["commands"].as_array().unwrap().len(), 3);

    let nothing = decide(
        r#"{"type":"AddMember","member":1,"login":"octo_admin","role":"owner"}"#,
        &[],
    );
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert!(
        nothing.stderr.contains("the command would change nothing"),
        "{nothing:?}"
    );

    let job = r#"{"type":"ContinueRevocation","revocation":5,"limit":1}"#;
    let in_a_list = decide(&[join, job].join("\n"), &[]);
    assert!(
        in_a_list.code == 2 && in_a_list.stderr.contains("command 2 of the list continues"),
        "{in_a_list:?}"
    );
    let too_many = decide(&format!("{join}\n").repeat(1_001), &[]);
    assert!(
        too_many.code == 2 && too_many.stderr.contains("at most 1000 commands"),
        "{too_many:?}"
    );
}

#[test]
fn standard_input_that_holds_no_command_is_wrong_usage() {
    let path = file("decide-wrong.jsonl", &sample("managed_users"));
    let destroy = r#"{"type":"DestroyCredential","credential":7}"#;
    for (commands, said) in [
        ("", "standard input holds no command"),
        (" \n", "standard input holds no command"),
        (
            &format!("{destroy}\n{{\"type\":\"RevokeEverything\"}}\n"),
            "command 2 of standard input: unknown variant",
        ),
        (&format!("{destroy}\n[]\n"), "command 2 of standard input"),
        ("{", "command 1 of standard input: EOF"),
    ] {
        let wrong = run_on(commands, &["decide", &path, "--command", "-"]);
        assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""), "{commands}");
        assert!(wrong.stderr.contains(said), "{}", wrong.stderr);
    }
    let both = run_on(destroy, &["decide", "-", "--command", "-"]);
    assert!(
        both.code == 2 && both.stderr.contains("cannot both be on standard input"),
        "{both:?}"
    );
    let explained = run_on(
        &format!("{destroy}\n{destroy}"),
        &["decide", &path, "--command", "-", "--explain"],
    );
    assert!(
        explained.code == 2 && explained.stderr.contains("about one command"),
        "{explained:?}"
    );
    let one = run_on(destroy, &["decide", &path, "--command", "-", "--explain"]).output();
    assert!(one.contains("accepted: CredentialDestroyed"), "{one}");
}
