//! `credentials`: the list that a responder is asked for, which says what `plan` and `audit` say in numbers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::store::imported;
use crate::{decided, file, requested, revoked, run, run_on, sample, schemas};

/// Rows as objects: those of the list as JSON lines.
fn rows(log: &str, arguments: &[&str]) -> Vec<Value> {
    let list = run_on(log, &[&["credentials", "-", "--format", "jsonl"], arguments].concat()).output();
    let rows: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rows.iter().for_each(schemas::validate);
    rows
}

fn ids(rows: &[Value]) -> Vec<u64> {
    let mut ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    ids.dedup();
    ids
}

/// How many credentials each value of a column is said of.
fn credentials_by(rows: &[Value], column: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut last = None;
    for row in rows.iter().filter(|row| row[column].is_string()) {
        if last != row["id"].as_u64() {
            *counts.entry(row[column].as_str().unwrap().to_owned()).or_default() += 1;
        }
        last = row["id"].as_u64();
    }
    counts
}

fn pairs_by(rows: &[Value], column: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| row[column].is_string()) {
        *counts.entry(row[column].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_list_counts_what_the_plan_and_the_audit_count() {
    for (kind, destroys) in [("managed_users", true), ("personal_accounts", false)] {
        let log = revoked(kind, destroys);
        let audit = run_on(&log, &["audit", "-", "--json"]).json();
        let plan = &audit["revocations"][0]["plan"];
        let affected = rows(&log, &["--affected"]);
        let taken = pairs_by(&affected, "authorization_outcome");
        assert_eq!(taken["revoked"], plan["authorizations_revoked"].as_u64().unwrap());
        let destroyed = credentials_by(&affected, "credential_outcome");
        assert_eq!(
            destroyed.get("destroyed").copied().unwrap_or_default(),
            plan["credentials_destroyed"].as_u64().unwrap()
        );

        let survivors = rows(&log, &["--survivors"]);
        let mut listed = credentials_by(&survivors, "credential_reason");
        listed.extend(pairs_by(&survivors, "authorization_reason"));
        let mut audited = BTreeMap::new();
        for group in audit["survivors"].as_array().unwrap() {
            *audited.entry(group["reason"].as_str().unwrap().to_owned()).or_default() +=
                group["count"].as_u64().unwrap();
        }
        assert_eq!(listed, audited);
        assert!(audited.values().sum::<u64>() > 10, "{audited:?}");

        let all = rows(&log, &[]);
        let issued = log.lines().filter(|line| line.contains("CredentialIssued")).count();
        assert_eq!(ids(&all).len(), issued);
        assert!(
            all.iter().all(|row| row.get("credential_outcome").is_none()),
            "nobody asked"
        );
    }
}

#[test]
fn a_list_is_the_same_from_a_file_a_pipe_and_a_store() {
    let log = requested("managed_users", true);
    let (path, url) = (file("credentials-same.jsonl", &log), imported("credentials-same", &log));
    for options in [&["--affected"][..], &["--until", "250"], &["--format", "jsonl"]] {
        let of_file = run(&[&["credentials", &path], options].concat()).output();
        let of_pipe = run_on(&log, &[&["credentials", "-"], options].concat()).output();
        let of_store = ["credentials", "--store", &url, "--enterprise", "octo-corp"];
        let of_store = run(&[&of_store[..], options].concat()).output();
        assert_eq!((&of_pipe, &of_store), (&of_file, &of_file), "{options:?}");
        assert!(of_file.lines().count() > 3, "{of_file}");
    }
}

#[test]
fn rows_are_chosen_by_person_and_by_organization() {
    let log = revoked("managed_users", true);
    let all = rows(&log, &[]);
    let of_owner = rows(&log, &["--person", "octo_admin"]);
    assert!(!of_owner.is_empty() && of_owner.iter().all(|row| row["login"] == "octo_admin"));
    let owner = of_owner[0]["owner"].to_string();
    assert_eq!(rows(&log, &["--person", &owner]), of_owner);
    let organization = all.iter().find_map(|row| row["organization"].as_u64()).unwrap();
    let expected: Vec<Value> = all
        .iter()
        .filter(|row| row["organization"] == organization)
        .cloned()
        .collect();
    assert_eq!(rows(&log, &["--organization", &organization.to_string()]), expected);
    let login = log.lines().find(|line| line.contains("OrganizationAdded")).unwrap();
    let login: Value = serde_json::from_str(login).unwrap();
    assert_eq!(login["organization"], organization);
    assert_eq!(
        rows(&log, &["--organization", login["login"].as_str().unwrap()]),
        expected
    );

    for (option, said) in [
        ("--person", "nobody is in the enterprise as `x`"),
        ("--organization", "no organization `x`"),
    ] {
        let refused = run_on(&log, &["credentials", "-", option, "x"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn an_earlier_place_is_listed_as_it_was() {
    let log = revoked("managed_users", true);
    let cut = log
        .lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap();
    let before = rows(&log, &["--until", &cut.to_string()]);
    assert!(before.iter().all(|row| row["status"] != "destruction_pending"));
    let at_cut = rows(&log, &["--until", &(cut + 1).to_string(), "--affected"]);
    let outcomes = credentials_by(&at_cut, "credential_outcome");
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["destruction_pending"]);
    let nothing = run_on(&log, &["credentials", "-", "--until", "0"]).output();
    assert_eq!(nothing.lines().count(), 1, "the names of the columns");
}

#[test]
fn a_revocation_that_was_not_requested_is_named() {
    let log = requested("managed_users", true);
    let id = log.lines().count();
    let unknown = run_on(&log, &["credentials", "-", "--revocation", "7"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    let said = format!("revocation `7` was not requested up to position {id}; the revocations up to there: {id}");
    assert!(unknown.stderr.contains(&said), "{}", unknown.stderr);
    let none = run_on(&sample("managed_users"), &["credentials", "-", "--survivors"]);
    assert!(none.stderr.contains("no revocation was requested"), "{}", none.stderr);
}

#[test]
fn what_is_named_is_what_is_told_about() {
    let log = requested("managed_users", false);
    let first = log.lines().count().to_string();
    let both = decided(
        log,
        r#"{"type":"RevokeAll","caller":{"person":2,"credential":2},"revoke_credentials":true}"#,
    );
    let [of_first, of_last] = [&["--revocation", &first][..], &[]].map(|options| {
        let rows = rows(&both, &[options, &["--affected"]].concat());
        (
            pairs_by(&rows, "authorization_outcome"),
            credentials_by(&rows, "credential_outcome"),
        )
    });
    assert!(of_first.1.is_empty() && !of_first.0.is_empty(), "{of_first:?}");
    assert!(of_last.0.is_empty() && !of_last.1.is_empty(), "{of_last:?}");
}

#[test]
fn for_a_spreadsheet_is_about_csv() {
    let log = sample("managed_users");
    let refused = run_on(&log, &["credentials", "-", "--format", "jsonl", "--for-spreadsheet"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains("no spreadsheet runs JSON"),
        "{}",
        refused.stderr
    );
}

#[test]
fn whoever_has_seen_enough_of_a_list_may_stop() {
    let log = file(
        "credentials-cut.jsonl",
        &run(&["generate", "--members", "500", "--credentials", "20000"]).output(),
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(["credentials", &log])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    drop(output);
    let output = child.wait_with_output().unwrap();
    assert!(first.starts_with("id,kind,"), "{first}");
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn an_id_that_the_log_never_had_is_an_error_as_a_mistyped_login_is() {
    let log = sample("managed_users");
    for (flag, id, said) in [
        (
            "--person",
            "99999",
            "no person with the id 99999 was in the enterprise up to",
        ),
        (
            "--organization",
            "77",
            "no organization with the id 77 was in the enterprise up to",
        ),
    ] {
        let unknown = run_on(&log, &["credentials", "-", flag, id]);
        assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""), "{unknown:?}");
        assert!(unknown.stderr.contains(said), "{}", unknown.stderr);
    }
}
