//! `--person`, `--credential-type` and `--organization`: less than everything, by names.

use serde_json::Value;

use crate::{Run, decided, run_on, sample};

/// A guest and a collaborator of the sample, and its first owner.
const GUEST: &str = "john-mccarthy10_octo";
const FIRST_OWNER: &str = "octo_admin";
const BY_OWNER: &str = r#"{"person":2,"credential":2}"#;

fn plan(log: &str, options: &[&str]) -> Run {
    run_on(log, &[&["plan", "-", "--at", "2026-03-10"], options].concat())
}

fn planned(log: &str, options: &[&str]) -> Value {
    plan(log, &[options, &["--json"]].concat()).json()
}

/// The log with a request behind it, which the flags limit.
fn requested(log: &str, request: &str, flags: &[&str]) -> String {
    let command = ["decide", "-", "--at", "2026-03-10", "--command", request];
    let events = run_on(log, &[&command[..], flags].concat()).output();
    log.to_owned() + &events
}

fn revoke(revoke_credentials: bool) -> String {
    format!(r#"{{"type":"RevokeAll","caller":{BY_OWNER},"revoke_credentials":{revoke_credentials}}}"#)
}

/// The log with the jobs done.
fn worked_off(mut log: String) -> String {
    let is_request = |line: &&str| line.contains("RevocationRequested");
    let ids: Vec<u64> = log.lines().filter(is_request).map(position).collect();
    for id in ids {
        log = decided(
            log,
            &format!(r#"{{"type":"ContinueRevocation","revocation":{id},"limit":100000}}"#),
        );
    }
    log
}

fn position(line: &str) -> u64 {
    let event: Value = serde_json::from_str(line).unwrap();
    event["position"].as_u64().unwrap()
}

/// The combinations of flags, and whether credentials may be destroyed.
const SHAPES: [(&[&str], bool); 7] = [
    (&["--person", GUEST], true),
    (&["--credential-type", "ssh_key"], true),
    (&["--person", GUEST, "--credential-type", "classic-pat"], true),
    (&["--organization", "octo-platform"], false),
    (
        &["--organization", "octo-platform", "--credential-type", "ssh_key"],
        false,
    ),
    (&["--organization", "octo-platform", "--person", GUEST], false),
    (
        &[
            "--organization",
            "octo-platform",
            "--person",
            GUEST,
            "--credential-type",
            "classic_pat",
        ],
        false,
    ),
];

#[test]
fn what_is_planned_is_decided_recorded_and_audited_whatever_it_is_limited_to() {
    let log = sample("managed_users");
    for (flags, destroys) in SHAPES {
        let options: &[&str] = if destroys {
            &["--as", "2", "--revoke-credentials"]
        } else {
            &["--as", "2"]
        };
        let document = planned(&log, &[flags, options].concat());
        assert_eq!(document["answer"]["status"], 202, "{flags:?}: {}", document["answer"]);
        let plan = &document["plan"];
        assert!(plan["authorizations_revoked"].as_u64().unwrap() > 0, "{flags:?}");
        assert_eq!(
            plan["credentials_destroyed"].as_u64().unwrap() > 0,
            destroys,
            "{flags:?}"
        );
        for (flag, field) in [("--person", "person"), ("--organization", "organization")] {
            let of = &document["limited_to"][field];
            assert_eq!(flags.contains(&flag), of["login"].is_string(), "{flags:?}");
            assert_eq!(of["id"], plan[field], "{flags:?}");
        }

        let done = worked_off(requested(&log, &revoke(destroys), flags));
        let audit = run_on(&done, &[&["audit", "-", "--json"], flags].concat());
        assert_eq!(audit.code, 0, "{}", audit.stderr);
        let report = audit.json();
        let [evidence] = report["revocations"].as_array().unwrap().as_slice() else {
            panic!("{flags:?}: {}", report["revocations"]);
        };
        assert!(evidence["survivors"].is_array(), "{flags:?}");
        for total in ["authorizations_revoked", "credentials_destroyed"] {
            assert_eq!(evidence[total], plan[total], "{flags:?}");
        }
        for (flag, field) in [("--person", "person_login"), ("--organization", "organization_login")] {
            assert_eq!(flags.contains(&flag), evidence[field].is_string(), "{flags:?}");
        }
        assert_eq!(report["chosen_by"].as_object().unwrap().len() * 2, flags.len());
    }
}

#[test]
fn a_plan_says_in_words_what_it_is_limited_to_and_why_the_rest_stays_alive() {
    let log = sample("managed_users");
    let of_guest = plan(&log, &["--person", "JOHN-McCarthy10_octo"]).output();
    for said in [
        "limited to               credentials of john-mccarthy10_octo (person 10)\n",
        "of a guest or collaborator: without revoke_credentials no credential is destroyed.",
    ] {
        assert!(of_guest.contains(said), "{of_guest}");
    }
    assert!(
        !of_guest.contains("enterprise owner"),
        "an owner who loses nothing: {of_guest}"
    );
    let of_owner = plan(&log, &["--person", "alan-dijkstra2_octo"]).output();
    assert!(of_owner.contains("an enterprise owner"), "{of_owner}");
    let at_organization = plan(
        &log,
        &["--organization", "OCTO-Platform", "--credential-type", "ssh_key"],
    )
    .output();
    for said in [
        "credentials of the type ssh_key and authorizations for octo-platform (organization 1)",
        "credentials destroyed    0: at an organization none is",
        "of guests and collaborators: at an organization no credential is destroyed.",
        "lose no authorization by this request.",
    ] {
        assert!(at_organization.contains(said), "{at_organization}");
    }
    assert!(!plan(&log, &[]).output().contains("limited to"));
}

#[test]
fn a_request_that_nobody_may_make_says_what_to_ask_for_instead() {
    let log = sample("managed_users");
    for (flags, rule, instead) in [
        (
            &["--person", FIRST_OWNER][..],
            "first_owner_is_no_target",
            "spares nobody",
        ),
        (
            &["--organization", "octo-platform", "--revoke-credentials"],
            "organization_destroys_nothing",
            "Without --organization, the request takes the whole enterprise",
        ),
    ] {
        let words = plan(&log, flags).output();
        assert!(words.contains("WHOEVER ASKS, this request is refused"), "{words}");
        assert!(
            words.contains(&format!("({rule})\n")) && words.contains(instead),
            "{words}"
        );
        let document = planned(&log, &[flags, &["--as", "2"]].concat());
        assert_eq!(document["refused_to_all_by"], rule);
        assert_eq!(document["answer"]["status"], 422);
        let flags: Vec<&str> = flags
            .iter()
            .copied()
            .filter(|flag| *flag != "--revoke-credentials")
            .collect();
        let command = revoke(rule == "organization_destroys_nothing");
        let refused = run_on(&log, &[&["decide", "-", "--command", &command], &flags[..]].concat());
        assert_eq!(refused.code, 3);
        assert!(refused.stderr.contains(rule), "{}", refused.stderr);
    }
    let at_organization = planned(&log, &["--organization", "octo-platform", "--person", FIRST_OWNER]);
    assert_eq!(at_organization["refused_to_all_by"], Value::Null);
}

#[test]
fn a_name_that_means_nobody_or_several_is_an_error_that_says_so() {
    let log = sample("managed_users");
    for (flag, what) in [("--person", "person"), ("--organization", "organization")] {
        let unknown = plan(&log, &[flag, "nobody"]);
        assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
        let said = format!(
            "no {what} in the enterprise has the login `nobody` at position {}",
            log.lines().count()
        );
        assert!(unknown.stderr.contains(&said), "{}", unknown.stderr);
    }
    // As an old log may have it: decide adds no second one.
    let position = log.lines().count() + 1;
    let second = format!(
        r#"{{"position":{position},"at":"2026-03-10T00:00:00.000Z","type":"MemberAdded","member":9000,"login":"{}","role":"member"}}"#,
        GUEST.to_uppercase()
    );
    let ambiguous = plan(&format!("{log}{second}\n"), &["--person", GUEST]);
    assert_eq!(ambiguous.code, 1);
    for said in ["is ambiguous", "person 10 and 9000", "name an id in `decide --command`"] {
        assert!(ambiguous.stderr.contains(said), "{}", ambiguous.stderr);
    }
    for wrong in [&["--person", ""][..], &["--credential-type", "password"]] {
        assert_eq!(plan(&log, wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn flags_limit_a_request_to_revoke_and_no_other_command_and_each_limit_once() {
    let log = sample("managed_users");
    let by_id = format!(r#"{{"type":"Revoke","caller":{BY_OWNER},"person":10}}"#);
    let narrowed = requested(&log, &by_id, &["--credential-type", "ssh_key"]);
    let last = narrowed.lines().last().unwrap();
    assert!(last.contains(r#""person":10,"credential_type":"ssh_key""#), "{last}");
    let add = r#"{"type":"AddMember","member":1,"login":"octo_admin","role":"owner"}"#;
    for (command, said) in [
        (add, "limit a `RevokeAll` or a `Revoke`"),
        (
            by_id.as_str(),
            "the command already has `person`: remove it there, or leave out `--person`",
        ),
    ] {
        let wrong = run_on(&log, &["decide", "-", "--command", command, "--person", GUEST]);
        assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
        assert!(wrong.stderr.contains(said), "{}", wrong.stderr);
        let usage = "Usage: enterprise-credentials decide ";
        assert!(wrong.stderr.contains(usage), "of the command: {}", wrong.stderr);
    }
}

#[test]
fn a_login_that_cannot_stand_in_a_path_is_decided_about() {
    let log = decided(
        sample("managed_users"),
        r#"{"type":"AddMember","member":9000,"login":"..","role":"member"}"#,
    );
    let narrowed = requested(&log, &revoke(true), &["--person", ".."]);
    assert!(narrowed.lines().last().unwrap().contains(r#""person":9000"#));
    let path = crate::file("dots.jsonl", &log);
    let rehearsed = crate::run(&["rehearse", "--history", &path, "--person", ".."]);
    assert_eq!(rehearsed.code, 1);
    assert!(
        rehearsed.stderr.contains("a URL cannot hold it in its path"),
        "{}",
        rehearsed.stderr
    );
}

#[test]
fn an_audit_shows_the_revocations_that_are_chosen_and_says_so_where_it_shows_the_last_of_several() {
    let log = requested(&sample("managed_users"), &revoke(false), &["--person", GUEST]);
    let log = requested(
        &log,
        &revoke(false),
        &["--person", GUEST, "--credential-type", "classic_pat"],
    );
    let log = requested(&log, &revoke(false), &["--credential-type", "ssh_key"]);
    let left = decided(log, r#"{"type":"RemoveMember","member":10}"#);
    let audit = |flags: &[&str]| run_on(&left, &[&["audit", "-"], flags].concat());

    let all = audit(&[]).output();
    assert_eq!(all.matches("ALIVE AFTER").count(), 1);
    assert!(
        all.contains("The last of several, and nothing but what it is limited to."),
        "{all}"
    );
    let of_guest = audit(&["--person", "John-McCarthy10_octo"]).output();
    assert_eq!(
        (
            of_guest.matches("REVOCATION ").count(),
            of_guest.matches("ALIVE AFTER").count()
        ),
        (4, 2)
    );
    assert!(
        of_guest.contains("nothing that this log knows of"),
        "who left has nothing: {of_guest}"
    );
    assert!(!of_guest.contains("The last of several"), "{of_guest}");
    let of_keys = audit(&["--credential-type", "ssh_key"]).output();
    assert_eq!(of_keys.matches("ALIVE AFTER").count(), 1);

    let nobody = audit(&["--person", "nobody"]);
    assert_eq!(nobody.code, 1);
    assert!(nobody.stdout.contains("NO FINDINGS"), "{}", nobody.stdout);
    let said = "is limited to the person `nobody`: names are those at the time of the request";
    assert!(nobody.stderr.contains(said), "{}", nobody.stderr);
    assert_eq!(
        audit(&["--revocation", "7", "--person", GUEST]).code,
        2,
        "one or the other"
    );
}
