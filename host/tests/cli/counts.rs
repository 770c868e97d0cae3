//! On one history every report gives the same counts: the plan before, the list, the audit, its page and the feeds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{file, path, run, run_on, sample};

/// An owner in a web session: no token that a revocation could take.
const CALLER: &str = r#"{"person":2}"#;

/// Authorizations revoked, and credentials destroyed.
type Taken = (u64, u64);
/// How many survivors there are for each reason.
type Survivors = BTreeMap<String, u64>;

/// A request, and what was planned of it.
struct Request {
    id: u64,
    planned: Value,
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn taken(of: &Value) -> Taken {
    (
        number(&of["authorizations_revoked"]),
        number(&of["credentials_destroyed"]),
    )
}

fn grouped(groups: &Value) -> Survivors {
    let mut survivors = Survivors::new();
    for group in groups.as_array().unwrap() {
        *survivors
            .entry(group["reason"].as_str().unwrap().to_owned())
            .or_default() += number(&group["count"]);
    }
    survivors
}

/// A log with events behind it.
fn decided(log: &mut String, command: &str, flags: &[&str]) {
    let decide = ["decide", "-", "--at", "2026-03-10", "--command", command];
    let events = run_on(log, &[&decide[..], flags].concat()).output();
    log.push_str(&events);
}

/// A history with four narrower revocations and one of everything, each with its job done, and with what came later.
fn history(kind: &str, destroys: bool) -> (String, Vec<Request>) {
    let mut log = sample(kind);
    let login = |of: &str| {
        let joined = log
            .lines()
            .find(|line| line.contains("MemberAdded") && line.contains(of));
        let joined: Value = serde_json::from_str(joined.unwrap()).unwrap();
        joined["login"].as_str().unwrap().to_owned()
    };
    let (person, owner) = (login(r#"_collaborator""#), login(r#""member":2,"#));
    let narrower: [&[&str]; 5] = [
        &["--person", &person],
        &["--credential-type", "ssh_key"],
        &["--organization", "octo-platform"],
        &[
            "--person",
            &owner,
            "--credential-type",
            "classic_pat",
            "--organization",
            "octo-payments",
        ],
        &[],
    ];
    let mut requests = Vec::new();
    for flags in narrower {
        let destroys = destroys && !flags.contains(&"--organization");
        let option: &[&str] = if destroys { &["--revoke-credentials"] } else { &[] };
        let plan = ["plan", "-", "--json", "--at", "2026-03-10"];
        let planned = run_on(&log, &[&plan[..], flags, option].concat()).json();
        let request = format!(r#"{{"type":"RevokeAll","caller":{CALLER},"revoke_credentials":{destroys}}}"#);
        decided(&mut log, &request, flags);
        let id = log.lines().count() as u64;
        assert_eq!(number(&planned["plan"]["cut"]), id);
        requests.push(Request { id, planned });
        let job = format!(r#"{{"type":"ContinueRevocation","revocation":{id},"limit":100000}}"#);
        decided(&mut log, &job, &[]);
        let again = format!(
            r#"{{"type":"IssueCredential","credential":{},"owner":2,"kind":"ssh_key"}}"#,
            90_000 + id
        );
        decided(&mut log, &again, &[]);
        let authorize = format!(
            r#"{{"type":"AuthorizeCredential","credential":{},"organization":1}}"#,
            90_000 + id
        );
        decided(&mut log, &authorize, &[]);
    }
    (log, requests)
}

/// What the list of a revocation says, row by row.
fn listed(log: &str, id: u64) -> (Taken, Survivors) {
    let options = ["--revocation", &id.to_string(), "--format", "jsonl"];
    let list = run(&[&["credentials", log], &options[..]].concat()).output();
    let (mut taken, mut survivors, mut seen) = ((0, 0), Survivors::new(), BTreeSet::new());
    let mut survive = |reason: &Value| {
        *reason
            .as_str()
            .map_or(&mut 0, |reason| survivors.entry(reason.to_owned()).or_default()) += 1;
    };
    for row in list.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()) {
        taken.0 += u64::from(row["authorization_outcome"] == "revoked");
        survive(&row["authorization_reason"]);
        if seen.insert(number(&row["id"])) {
            taken.1 += u64::from(row["credential_outcome"] == "destroyed");
            survive(&row["credential_reason"]);
        }
    }
    (taken, survivors)
}

/// How many lines of a feed tell of an item of a revocation.
fn fed(feed: &str, format: &str, id: u64) -> Taken {
    let count = |event: &str| {
        let is_it = |line: &&str| match format {
            "cef" => line.contains(&format!(" act={event} ")) && line.contains(&format!(" cn2={id} ")),
            _ => {
                let line: Value = serde_json::from_str(line).unwrap();
                let own = if format == "ocsf" {
                    &line["unmapped"]
                } else {
                    &line["enterprise_credentials"]
                };
                own["type"] == event && own["revocation"] == id
            }
        };
        feed.lines().filter(is_it).count() as u64
    };
    (count("AuthorizationRevoked"), count("CredentialDestroyed"))
}

/// The numbers that stand large on a page: authorizations, credentials, and those that still authenticate.
fn shown(log: &str, id: u64) -> Vec<u64> {
    let page = path(&format!("counts-{id}.html"));
    let html = ["--revocation", &id.to_string(), "--html", page.to_str().unwrap()];
    run(&[&["audit", log], &html[..]].concat()).output();
    let page = std::fs::read_to_string(page).unwrap();
    let tiles = page
        .split(r#"<ul class="tiles">"#)
        .nth(1)
        .unwrap()
        .split("</ul>")
        .next()
        .unwrap();
    let strong = tiles.split("<strong>").skip(1);
    let numbers = strong.map(|tile| tile.split('<').next().unwrap().replace(',', ""));
    numbers.map(|number| number.parse().unwrap()).collect()
}

fn is_of_credential(reason: &str) -> bool {
    !matches!(reason, "authorized_after_the_cut" | "authorized_again")
}

fn of_credentials(survivors: &Survivors) -> u64 {
    let of_credentials = survivors.iter().filter(|(reason, _)| is_of_credential(reason));
    of_credentials.map(|(_, count)| count).sum()
}

#[test]
fn the_plan_the_list_the_audit_the_page_and_the_feeds_count_alike() {
    for (kind, destroys) in [("managed_users", true), ("personal_accounts", false)] {
        let (text, requests) = history(kind, destroys);
        let log = file(&format!("counts-{kind}.jsonl"), &text);
        let feeds = ["github-audit", "ocsf", "cef"].map(|format| {
            let feed = run(&["export", &log, "--format", format]).output();
            assert_eq!(feed.lines().count(), text.lines().count(), "{format}");
            (format, feed)
        });
        let (mut all, mut reasons) = ((0, 0), BTreeSet::new());
        for Request { id, planned } in &requests {
            let what = format!("{kind}, revocation {id}");
            let plan = &planned["plan"];
            let expected = taken(plan);
            all = (all.0 + expected.0, all.1 + expected.1);

            // What was planned is what is alive right after the request, and what is recorded in the end.
            let then = run(&["audit", &log, "--json", "--until", &id.to_string()]).json();
            assert_eq!(then["survivors"], planned["survivors"], "{what}");
            let audit = run(&["audit", &log, "--json", "--revocation", &id.to_string()]).json();
            let evidence = &audit["revocations"][0];
            assert_eq!(
                (taken(evidence), taken(&evidence["plan"])),
                (expected, expected),
                "{what}"
            );
            assert_eq!(evidence["plan"]["by_kind"], plan["by_kind"], "{what}");
            assert_eq!(evidence["state"], "completed", "{what}");

            let (listed_taken, listed_survivors) = listed(&log, *id);
            let audited = grouped(&audit["survivors"]);
            assert_eq!((listed_taken, &listed_survivors), (expected, &audited), "{what}");
            assert_eq!(
                shown(&log, *id),
                [expected.0, expected.1, of_credentials(&audited)],
                "{what}"
            );
            for (format, feed) in &feeds {
                assert_eq!(fed(feed, format, *id), expected, "{what}, {format}");
            }
            reasons.extend(audited.into_keys());
        }
        assert!(
            requests.len() == 5 && all.0 > 100 && (all.1 > 50) == destroys,
            "{kind}: {all:?}"
        );
        for reason in [
            "issued_after_the_cut",
            "authorized_after_the_cut",
            "destruction_not_requested",
        ] {
            assert!(
                reasons.contains(reason),
                "{kind}: nothing survived because {reason}: {reasons:?}"
            );
        }
    }
}
