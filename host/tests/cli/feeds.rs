//! `export --format`: a feed for security tools, of a log or of a stream.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::store::imported;
use crate::{Run, file, requested, revoked, run, run_on};

fn feed(log: &str, format: &str) -> String {
    run_on(log, &["export", "-", "--format", format]).output()
}

#[test]
fn a_feed_has_a_line_for_each_event_wherever_the_log_is() {
    let log = requested("managed_users", true);
    let (path, url) = (file("feed-same.jsonl", &log), imported("feed-same", &log));
    for format in ["github-audit", "ocsf", "cef"] {
        let piped = feed(&log, format);
        assert_eq!(piped.lines().count(), log.lines().count());
        let of_file = run(&["export", &path, "--format", format]).output();
        let of_store = run(&[
            "export",
            "--store",
            &url,
            "--enterprise",
            "octo-corp",
            "--format",
            format,
        ])
        .output();
        assert_eq!((&of_file, &of_store), (&piped, &piped), "{format}");
    }
}

#[test]
fn a_feed_counts_what_the_plan_and_the_audit_count() {
    let log = revoked("managed_users", true);
    let audit = run_on(&log, &["audit", "-", "--json"]).json();
    let plan = &audit["revocations"][0]["plan"];
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut fingerprints = 0;
    for line in feed(&log, "github-audit").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let own = &event["enterprise_credentials"];
        if own["revocation"] == audit["survivors_of"] {
            *counts.entry(own["type"].as_str().unwrap().to_owned()).or_default() += 1;
            fingerprints += u64::from(event["managed_hashed_token"].is_string());
        }
    }
    let planned = [&plan["authorizations_revoked"], &plan["credentials_destroyed"]].map(|it| it.as_u64().unwrap());
    assert_eq!([counts["AuthorizationRevoked"], counts["CredentialDestroyed"]], planned);
    assert!(planned[0] > 50 && planned[1] > 50, "{planned:?}");
    assert_eq!(fingerprints, planned[0] + planned[1], "each was issued with one");
}

#[test]
fn a_token_has_the_fingerprint_that_it_was_issued_with() {
    let log = revoked("managed_users", true);
    let mut issued: BTreeMap<u64, String> = BTreeMap::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let (Some(credential), Some(fingerprint)) = (event["credential"].as_u64(), event["fingerprint"].as_str()) {
            issued.insert(credential, fingerprint.to_owned());
        }
    }
    let mut compared = 0;
    for line in feed(&log, "github-audit").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Some(credential) = event["managed_token_id"].as_u64() {
            assert_eq!(event["managed_hashed_token"], issued[&credential]);
            compared += 1;
        }
        if event["action"] == "enterprise_credentials.revoke_all_requested" {
            assert_eq!(event["hashed_token"], issued[&2], "the caller's");
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn a_log_that_breaks_off_is_told_up_to_there() {
    let log = requested("managed_users", false);
    let broken: String = log.lines().take(20).map(|line| format!("{line}\n")).collect::<String>() + "{\n";
    let run = run_on(&broken, &["export", "-", "--format", "cef"]);
    assert_eq!((run.code, run.stdout.lines().count()), (1, 20), "{run:?}");
    assert!(run.stderr.contains("line 21"), "{}", run.stderr);
}

#[test]
fn a_file_is_exported_in_a_format_or_not_at_all() {
    let log = file("feed-usage.jsonl", &requested("managed_users", false));
    let wrong = |run: Run, said: &str| {
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    };
    wrong(run(&["export", &log]), "a file already is a log");
    wrong(
        run(&["export", &log, "--format", "leef"]),
        "possible values: github-audit, ocsf, cef",
    );
    wrong(
        run(&["export", &log, "--format", "cef", "--mark", "x"]),
        "cannot be used with",
    );
    wrong(run(&["export"]), "required");
}
