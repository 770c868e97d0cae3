//! `explain` and `decide --explain` say why, from a file, standard input or a store, for people and for machines.

use crate::store::{change, imported};
use crate::{file, requested, revoked, run, run_on, sample};

/// The rules about the owner's token, as told of the last event of `log`.
fn owners_token(log: &str) -> String {
    let issued = log
        .lines()
        .position(|line| line.contains(r#""type":"CredentialIssued","credential":2,"#))
        .unwrap()
        + 1;
    format!(
        "
  holds    credential_known
           since EnterpriseCreated@1, MemberAdded@7, CredentialIssued@{issued}
  holds    credential_of_caller
           since CredentialIssued@{issued}
  holds    credential_owner_present
           up to {} no MemberRemoved (person 2)
",
        end(log) - 1
    )
}

fn end(log: &str) -> usize {
    log.lines().count()
}

#[test]
fn a_request_is_explained_by_its_rules_and_the_events_that_they_rest_on() {
    let log = requested("managed_users", true);
    let end = end(&log);
    let words = run_on(&log, &["explain", "-", "--position", &end.to_string()]).output();
    assert!(words.starts_with(&format!("WHY EVENT {end} WAS RECORDED\n")), "{words}");
    let by_owner = format!(
        "\n  holds    owner_or_permission\n           since MemberAdded@7\n           up to {} no MemberRoleChanged \
         (person 2)\n",
        end - 1
    );
    for told in [
        "  answer    accepted: RevokeAllRequested\n",
        &owners_token(&log),
        &by_owner,
        "\n   7  MemberAdded: login alan-dijkstra2_octo, member 2, role owner\n",
    ] {
        assert!(words.contains(told), "{told}\nis not in\n{words}");
    }
    assert!(words.lines().all(|line| line.chars().count() <= 80), "{words}");
}

#[test]
fn what_is_absent_is_absent_since_the_last_of_its_kind() {
    // The request at the end takes no token, so the owner's still authenticates.
    let log = requested("managed_users", false);
    let end = end(&log);
    let log = file("explain-absent.jsonl", &log);
    let command = r#"{"type":"RevokeAll","caller":{"person":2,"credential":2}}"#;
    let decide = ["decide", &log, "--command", command, "--explain"];
    let words = run(&decide).output();
    let told = format!(
        "  holds    credential_not_destruction_pending
           up to {end} no RevocationRequested (person 2),
                        RevocationRequested (type classic_pat)
           after {end} and up to {end} no RevokeAllRequested
"
    );
    let never = format!("  up to {end} no RevokeAllRequested");
    assert!(words.contains(&told) && !words.contains(&never), "{words}");
    let receipt = run(&[&decide[..], &["--json"]].concat()).json();
    let rules = receipt["rules"].as_array().unwrap();
    let after = |rule: &str| {
        let ground = rules.iter().find(|ground| ground["rule"] == rule);
        ground.unwrap()["absent"][0].get("after").cloned()
    };
    assert_eq!(after("credential_not_destruction_pending"), Some(end.into()));
    assert_eq!(after("credential_not_destroyed"), None, "it never was");
}

#[test]
fn a_completion_tells_how_many_items_and_a_machine_gets_each() {
    let log = file("explain-completed.jsonl", &revoked("managed_users", true));
    let position = std::fs::read_to_string(&log).unwrap().lines().count().to_string();
    let words = run(&["explain", &log, "--position", &position]).output();
    let items = words
        .lines()
        .find(|line| line.contains(" AuthorizationRevoked, from @"));
    let items = items.unwrap().split_whitespace().find_map(|word| word.parse().ok());
    assert!(words.contains(" more: `--json` has them all"), "{words}");

    let receipt = run(&["explain", &log, "--position", &position, "--json"]).json();
    assert_eq!(receipt["schema"], "enterprise-credentials/receipt/v1");
    assert_eq!(receipt["recorded"]["type"], "RevocationCompleted");
    let events = receipt["events"].as_array().unwrap();
    let named = events.iter().filter(|event| event["type"] == "AuthorizationRevoked");
    assert_eq!(Some(named.count()), items);
}

#[test]
fn a_refusal_is_explained_up_to_the_rule_that_refuses() {
    let log = file("explain-refused.jsonl", &sample("managed_users"));
    // The billing manager, with a token that has the scope.
    let command = r#"{"type":"RevokeAll","caller":{"person":6,"credential":6}}"#;
    let refused = run(&["decide", &log, "--command", command, "--explain"]);
    assert_eq!((refused.code, refused.stderr.as_str()), (3, ""));
    let words = refused.stdout;
    let last = words.split("REFUSES").nth(1).unwrap();
    assert!(last.starts_with("  owner_or_permission\n           since "), "{words}");
    assert!(last.contains(" PermissionGranted (person 6)\n"), "{words}");
    assert!(!last.contains("holds"), "{words}");

    let json = run(&["decide", &log, "--command", command, "--explain", "--json"]);
    assert_eq!(json.code, 3);
    let receipt = json.json();
    assert_eq!(receipt["answer"]["refused"]["rule"], "owner_or_permission");
    let rules = receipt["rules"].as_array().unwrap();
    assert_eq!(rules.last().unwrap()["verdict"], "refuses");
    assert!(receipt.get("recorded").is_none());

    let command = r#"{"type":"RevokeAll","caller":{"person":2,"credential":2}}"#;
    let accepted = run(&["decide", &log, "--command", command, "--explain"]).output();
    assert!(
        accepted.contains("accepted: RevokeAllRequested") && !accepted.contains("REFUSES"),
        "{accepted}"
    );
}

#[test]
fn a_file_a_pipe_and_a_store_give_the_same_receipt() {
    let log = requested("managed_users", false);
    let (url, path) = (imported("explain-same", &log), file("explain-same.jsonl", &log));
    let store = ["--store", &url, "--enterprise", "octo-corp"];
    let end = end(&log).to_string();
    let of_file = run(&["explain", &path, "--position", &end, "--json"]).output();
    let of_pipe = run_on(&log, &["explain", "-", "--position", &end, "--json"]).output();
    let of_store = run(&[&["explain", "--position", &end, "--json"], &store[..]].concat()).output();
    assert_eq!((&of_pipe, &of_store), (&of_file, &of_file));

    let decide = [
        "decide",
        "--explain",
        "--command",
        r#"{"type":"RemoveMember","member":99}"#,
    ];
    assert_eq!(run(&[&decide[..], &store[..]].concat()).code, 3);
    change(
        &url,
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), 'alan', 'olan') AS BLOB)",
    );
    for question in [&["explain", "--position", "3"], &decide[..]] {
        let altered = run(&[question, &store[..]].concat());
        assert_eq!((altered.code, altered.stdout.as_str()), (1, ""));
        assert!(altered.stderr.contains("is altered"), "{altered:?}");
    }
}

#[test]
fn an_event_that_decide_would_not_record_is_explained_as_such() {
    let log = requested("managed_users", false).replace(r#""authority":"owner""#, r#""authority":"permission""#);
    let words = run_on(&log, &["explain", "-", "--position", &end(&log).to_string()]).output();
    assert!(words.contains("WHICH IS NOT"), "{words}");
}

#[test]
fn where_there_is_no_event_the_command_says_what_to_do() {
    let log = sample("managed_users");
    let path = file("explain-none.jsonl", &log);
    let end = log.lines().count();
    let explained = |position: &str| run(&["explain", &path, "--position", position]);
    for (position, says) in [
        ("0", "no event has position 0: positions begin at 1".to_owned()),
        (
            "999999",
            format!("the history ends at position {end}; ask for one up to its end"),
        ),
    ] {
        let run = explained(position);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(
            run.stderr.contains(&says) && run.stderr.contains("explain-none"),
            "{run:?}"
        );
    }
    assert_eq!(explained("first").code, 2);
    let unreadable = run_on("no event\n", &["explain", "-", "--position", "1"]);
    assert_eq!((unreadable.code, unreadable.stdout.as_str()), (1, ""));
    assert!(
        unreadable.stderr.contains("cannot read standard input: line 1"),
        "{unreadable:?}"
    );
    let twice = log.lines().take(2).chain(log.lines().nth(2)).chain(log.lines().nth(2));
    let twice: String = twice.map(|line| line.to_owned() + "\n").collect();
    let corrupt = run_on(&twice, &["explain", "-", "--position", "9"]);
    assert!(corrupt.code == 1 && corrupt.stderr.contains("line 4"), "{corrupt:?}");
}
