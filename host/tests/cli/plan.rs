//! `plan` tells before what the job does after, and what it leaves alone.

use serde_json::Value;

use crate::{requested, revoked, run_on, sample};

fn plan(log: &str, options: &[&str]) -> Value {
    let arguments = [&["plan", "-", "--json"], options].concat();
    run_on(log, &arguments).json()
}

fn sum(rows: &Value, field: &str) -> u64 {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row[field].as_u64().unwrap())
        .sum()
}

#[test]
fn the_totals_planned_are_the_totals_recorded() {
    for (kind, revoke_credentials) in [
        ("managed_users", true),
        ("managed_users", false),
        ("personal_accounts", false),
    ] {
        let options: &[&str] = if revoke_credentials {
            &["--revoke-credentials"]
        } else {
            &[]
        };
        let planned = plan(&sample(kind), options)["plan"].clone();
        let after = run_on(&revoked(kind, revoke_credentials), &["replay", "-", "--json"]).json();
        let recorded = &after["revocations"][0];
        assert_eq!(recorded["state"], "completed");
        assert_eq!(recorded["id"], planned["cut"]);
        for total in ["authorizations_revoked", "credentials_destroyed"] {
            assert_eq!(recorded[total], planned[total], "{kind}, {total}");
            assert_eq!(sum(&planned["by_kind"], total), planned[total].as_u64().unwrap());
            assert_eq!(sum(&planned["by_role"], total), planned[total].as_u64().unwrap());
        }
        assert!(planned["authorizations_revoked"].as_u64().unwrap() > 100);
        assert_eq!(
            sum(&planned["by_organization"], "authorizations_revoked"),
            planned["authorizations_revoked"]
        );
    }
}

#[test]
fn the_answer_is_that_of_the_operation() {
    let log = sample("managed_users");
    for (credential, status, what) in [
        ("2", 202, r#""authority":"owner""#),
        ("4", 202, r#""authority":"permission""#),
        (
            "6",
            403,
            "Must be an enterprise owner or have the write_enterprise_credentials permission",
        ),
        ("7", 403, "Resource not accessible by personal access token"),
        ("8", 403, r#""refused_by":"admin_enterprise_scope""#),
        ("9", 401, "Bad credentials"),
    ] {
        let answer = plan(&log, &["--as", credential, "--at", "2026-03-10"])["answer"].clone();
        assert_eq!(answer["status"], status, "{credential}");
        assert!(answer.to_string().contains(what), "{credential}: {answer}");
    }
    let personal = plan(&sample("personal_accounts"), &["--as", "2", "--revoke-credentials"]);
    assert_eq!(
        (&personal["answer"]["status"], &personal["answer"]["refused_by"]),
        (&422.into(), &"managed_users_only".into())
    );
}

#[test]
fn the_callers_own_token_is_not_spared_and_the_answer_warns() {
    let log = sample("managed_users");
    let loss = |options: &[&str]| plan(&log, options)["plan"]["caller"].clone();
    assert_eq!(
        loss(&["--as", "2", "--revoke-credentials"]),
        serde_json::json!({
            "credential": 2,
            "authorizations_revoked": 2,
            "authorizations_pending": 0,
            "fate": "destroyed",
            "warned": true
        })
    );
    assert_eq!(loss(&["--as", "2"])["fate"], "kept");
    assert_eq!(loss(&[]), Value::Null);
}

#[test]
fn a_dead_token_is_said_to_be_dead() {
    let options = ["--as", "2", "--revoke-credentials", "--at", "2026-03-10"];
    let words = |log: &str| run_on(log, &[&["plan", "-"], &options[..]].concat()).output();
    let line = |words: &str| {
        words
            .lines()
            .find(|line| line.contains("the token itself"))
            .unwrap()
            .to_owned()
    };

    let destroyed = revoked("managed_users", true);
    let caller = plan(&destroyed, &options)["plan"]["caller"].clone();
    assert_eq!(caller["fate"], "already_destroyed");
    assert!(line(&words(&destroyed)).ends_with("dead already: it was destroyed before"));
    assert!(words(&destroyed).contains("401 Bad credentials"));

    let pending = requested("managed_users", true);
    let revocation = pending.lines().count();
    let caller = plan(&pending, &options)["plan"]["caller"].clone();
    assert_eq!(
        (
            &caller["fate"],
            &caller["revocation"],
            &caller["authorizations_pending"]
        ),
        (&"destruction_pending".into(), &revocation.into(), &2.into())
    );
    let words = words(&pending);
    assert!(line(&words).ends_with(&format!("dead already: revocation {revocation} is to destroy it")));
    assert!(
        words.contains("0 revoked by this request; 2 pending already"),
        "{words}"
    );
    assert!(
        words.contains("Pending already, and so not counted here"),
        "of the owners: {words}"
    );

    let expiring = sample("managed_users");
    let expires = |line: &&str| line.contains(r#""kind":"classic_pat""#) && line.contains("expires_at");
    let expiring_line: Value = serde_json::from_str(expiring.lines().find(expires).unwrap()).unwrap();
    let credential = expiring_line["credential"].to_string();
    let caller = plan(&expiring, &["--as", &credential, "--at", "2030-01-01"])["plan"]["caller"].clone();
    assert_eq!(
        (&caller["fate"], &caller["expired_at"]),
        (&"kept".into(), &expiring_line["expires_at"])
    );
    let words = run_on(&expiring, &["plan", "-", "--as", &credential, "--at", "2030-01-01"]).output();
    assert!(line(&words).contains("kept; but it expired at 20"), "{words}");
}

#[test]
fn people_are_told_what_is_not_covered_collaborators_first() {
    let log = sample("managed_users");
    let document = plan(&log, &["--revoke-credentials", "--at", "2026-03-10"]);
    let words = run_on(
        &log,
        &["plan", "-", "--as", "2", "--revoke-credentials", "--at", "2026-03-10"],
    )
    .output();
    let not_covered = words.split("NOT COVERED").nth(1).unwrap();
    let mut lines = not_covered.lines().skip(1);
    for (field, what) in [
        ("collaborator_credentials", "NOT locked out"),
        ("member_credentials", "app tokens"),
        ("without_authorization", "no authorization now"),
    ] {
        let (line, count) = (
            lines.next().unwrap(),
            document["plan"]["not_covered"][field].to_string(),
        );
        assert!(line.trim_start().starts_with(&count) && line.contains(what), "{line}");
        assert_ne!(count, "0");
    }
    for access in document["not_modelled"].as_array().unwrap() {
        assert!(not_covered.contains(access.as_str().unwrap()), "{access}");
    }
    assert_eq!(document["not_modelled"].as_array().unwrap().len(), 4);
    assert!(
        words.contains("202 Credential authorization revocation has been queued"),
        "{words}"
    );
}

#[test]
fn what_is_pending_already_belongs_to_the_earlier_request() {
    let before = plan(&sample("managed_users"), &["--revoke-credentials"])["plan"].clone();
    let again = plan(&requested("managed_users", true), &["--revoke-credentials"])["plan"].clone();
    assert_eq!(again["authorizations_revoked"], 0);
    assert_eq!(
        again["already_pending"]["authorizations"],
        before["authorizations_revoked"]
    );
    assert_eq!(again["already_pending"]["credentials"], before["credentials_destroyed"]);
}

#[test]
fn a_plan_can_be_made_as_of_an_earlier_position() {
    let log = requested("managed_users", true);
    let until = (log.lines().count() - 1).to_string();
    let (then, now) = (plan(&log, &["--until", &until]), plan(&sample("managed_users"), &[]));
    assert_eq!(then["plan"]["by_kind"], now["plan"]["by_kind"]);
    assert_eq!(then["position"].to_string(), until);
}

#[test]
fn a_credential_that_was_never_issued_cannot_ask() {
    let unknown = run_on(&sample("managed_users"), &["plan", "-", "--as", "999999"]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.stderr.contains("credential `999999` was not issued"),
        "{}",
        unknown.stderr
    );
    for wrong in ["mona", "0", "-1", "9007199254740992"] {
        // Of a plan, a login may be asked about.
        let asked_by = if wrong == "mona" { "m ona" } else { wrong };
        assert_eq!(run_on("", &["plan", "-", "--as", asked_by]).code, 2, "{asked_by}");
        assert_eq!(run_on("", &["audit", "-", "--revocation", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn on_personal_accounts_destroying_is_refused_whoever_asks() {
    let log = sample("personal_accounts");
    let words = run_on(&log, &["plan", "-", "--revoke-credentials"]).output();
    assert!(words.contains("WHOEVER ASKS, this request is refused"), "{words}");
    assert!(words.contains("(managed_users_only)"), "{words}");
    for caller in [&[][..], &["--as", "2"]] {
        let refused_by = |options: &[&str]| plan(&log, &[options, caller].concat())["refused_to_all_by"].clone();
        assert_eq!(refused_by(&["--revoke-credentials"]), "managed_users_only");
        assert_eq!(refused_by(&[]), Value::Null);
    }
    assert_eq!(
        plan(&sample("managed_users"), &["--revoke-credentials"])["refused_to_all_by"],
        Value::Null
    );
}

#[test]
fn before_the_first_event_there_is_no_enterprise_to_ask() {
    let log = sample("managed_users");
    let words = run_on(&log, &["plan", "-", "--until", "0"]).output();
    assert!(words.lines().next().unwrap().ends_with("   none yet"), "{words}");
    assert_eq!(plan(&log, &["--until", "0"])["refused_to_all_by"], "enterprise_exists");
}

#[test]
fn a_plan_answers_the_question_even_where_the_answer_is_a_refusal() {
    for options in [&["--as", "6"][..], &["--as", "6", "--revoke-credentials"]] {
        let words = run_on(&sample("managed_users"), &[&["plan", "-"], options].concat()).output();
        assert!(words.contains("refused by the rule owner_or_permission"), "{words}");
    }
}

#[test]
fn what_will_survive_and_why_is_told_as_the_audit_tells_it_after() {
    for (kind, options) in [
        ("managed_users", &["--revoke-credentials"][..]),
        ("managed_users", &[]),
        ("personal_accounts", &[]),
    ] {
        let log = sample(kind);
        let at = [options, &["--at", "2026-03-10"]].concat();
        let document = plan(&log, &at);
        let after = requested(kind, !options.is_empty());
        let audited = run_on(&after, &["audit", "-", "--json"]).json();
        assert_eq!(document["survivors"], audited["survivors"], "{kind} {options:?}");
        let not_covered = &document["plan"]["not_covered"];
        let counts = [
            &not_covered["collaborator_credentials"],
            &not_covered["member_credentials"],
        ];
        let alive: u64 = counts.map(|count| count.as_u64().unwrap()).iter().sum();
        assert_eq!(sum(&document["survivors"], "count"), alive);
        assert!(alive > 20, "{alive}");

        let section = |words: String, heading: &str| {
            let told = words.split(heading).nth(1).unwrap().to_owned();
            told.split("\n\n").next().unwrap().trim_end().to_owned()
        };
        let before = section(
            run_on(&log, &[&["plan", "-"], &at[..]].concat()).output(),
            "ALIVE AFTER IT",
        );
        let heading = format!("ALIVE AFTER REVOCATION {}", after.lines().count());
        assert_eq!(before, section(run_on(&after, &["audit", "-"]).output(), &heading));
    }
}

#[test]
fn of_the_callers_token_the_reason_is_told_too() {
    let log = sample("managed_users");
    let fate = |credential: &str, options: &[&str]| {
        let options = [&["--as", credential, "--at", "2026-03-10"], options].concat();
        let words = run_on(&log, &[&["plan", "-"], &options[..]].concat()).output();
        let document = plan(&log, &options);
        let reason = document["caller_survives"].as_str().map(str::to_owned);
        assert_eq!(
            words.contains(&format!("The caller's credential {credential} is one of them: ")),
            reason.is_some(),
            "{words}"
        );
        reason
    };
    let app = log
        .lines()
        .find(|line| line.contains("oauth_app_user_token") && !line.contains("expires_at"));
    let app: Value = serde_json::from_str(app.unwrap()).unwrap();
    let app = app["credential"].to_string();
    assert_eq!(
        fate(&app, &["--revoke-credentials"]).as_deref(),
        Some("kind_is_not_destroyed")
    );
    assert_eq!(fate("2", &[]).as_deref(), Some("destruction_not_requested"));
    assert_eq!(fate("2", &["--revoke-credentials"]), None, "it is destroyed");
    assert_eq!(
        fate("2", &["--person", "octo_admin"]),
        None,
        "the request is not about it"
    );
}

#[test]
fn a_person_may_ask_in_a_web_session_under_any_case_of_their_login() {
    let log = sample("managed_users");
    let login = log.lines().find(|line| line.contains(r#""member":2,"#)).unwrap();
    let login = serde_json::from_str::<Value>(login).unwrap()["login"]
        .as_str()
        .unwrap()
        .to_uppercase();
    let document = plan(&log, &["--as", &login]);
    assert_eq!(
        (&document["answer"]["status"], &document["answer"]["authority"]),
        (&202.into(), &"owner".into())
    );
    assert_eq!(
        (document["plan"].get("caller"), document.get("caller_survives")),
        (None, None)
    );
    let unknown = run_on(&log, &["plan", "-", "--as", "nobody_here"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    assert!(
        unknown.stderr.contains("nobody is in the enterprise as `nobody_here`"),
        "{}",
        unknown.stderr
    );
}
