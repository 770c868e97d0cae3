//! `reconcile`: what the service's own list says otherwise than the log is found, and nothing else is said.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::store::imported;
use crate::{Run, file, run, run_on, sample};

/// The columns of the provider's inventory, in its order.
const COLUMNS: &str = "credential_id,hashed_token,fingerprint,item_type,credential_type,display_name,owner_id,owner,\
                       owner_type,application_id,application,credential_state,created_at,last_used_at,expires_at,\
                       expiry_status,enterprise_authorized,authorization_count,age_days,past_expiration_policy,\
                       past_expiration_policy_basis,scopes,permissions,repository_selection,organization_id,\
                       organization";

/// The end of every sample: what expires later is alive.
pub(crate) const AT: &str = "2026-03-10";

/// A credential as the service lists it.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    id: String,
    hash: String,
    kind: String,
    owner: u64,
    state: &'static str,
    expires: String,
    organizations: BTreeSet<u64>,
    /// Organizations it was authorized for, and is not any more.
    revoked: BTreeSet<u64>,
}

impl Credential {
    /// A row for each organization, with a name that holds a line feed, a comma and a quote.
    pub(crate) fn rows(&self) -> String {
        let (id, hash, kind, owner, state, expires) =
            (&self.id, &self.hash, &self.kind, self.owner, self.state, &self.expires);
        let (token, key) = match kind.as_str() {
            "ssh_key" => ("", hash.as_str()),
            "fine_grained_pat" => ("", ""),
            _ => (hash.as_str(), ""),
        };
        let id = if kind == "ssh_key" { "" } else { id };
        let count = self.organizations.len();
        let organizations: Vec<String> = self.organizations.iter().map(|id| format!("{id},o{id}")).collect();
        let none = [",".to_owned()];
        let organizations = if count == 0 { &none[..] } else { &organizations };
        let row = |organization: &String| {
            format!(
                "{id},{token},{key},credential,{kind},\"a\n\"\"b\"\", c\",{owner},l{owner},User,,,{state},\
                 2025-01-01T00:00:00Z,,{expires},,true,{count},1,false,,repo;read:org,,,{organization}\r\n"
            )
        };
        organizations.iter().map(row).collect()
    }
}

/// What the service would list if it said what the log says, by the log's ids.
pub(crate) fn listed(log: &str) -> BTreeMap<u64, Credential> {
    let list = run_on(log, &["credentials", "-", "--format", "jsonl", "--until", AT]).output();
    let mut credentials = BTreeMap::new();
    for row in list.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
        let credential = credentials
            .entry(row["id"].as_u64().unwrap())
            .or_insert_with(|| Credential {
                id: row["id"].to_string(),
                hash: text("fingerprint"),
                kind: text("kind"),
                owner: row["owner"].as_u64().unwrap(),
                state: match text("status").as_str() {
                    "alive" => "active",
                    "expired" => "expired",
                    "destroyed" => "revoked",
                    _ => "deleted",
                },
                // The provider drops milliseconds.
                expires: text("expires")
                    .split('.')
                    .next()
                    .filter(|time| !time.is_empty())
                    .map_or(String::new(), |time| format!("{time}Z")),
                organizations: BTreeSet::new(),
                revoked: BTreeSet::new(),
            });
        match (row["organization"].as_u64(), text("authorization").as_str()) {
            (Some(organization), "live") => _ = credential.organizations.insert(organization),
            (Some(organization), "revoked") => _ = credential.revoked.insert(organization),
            _ => {}
        }
    }
    credentials
}

/// With the mark that some programs put before UTF-8.
pub(crate) fn inventory(rows: impl Iterator<Item = String>) -> String {
    format!("\u{feff}{COLUMNS}\r\n{}", rows.collect::<String>())
}

fn reconciled(log: &str, list: &str, name: &str, options: &[&str]) -> Run {
    let path = file(&format!("reconcile-{name}.csv"), list);
    run_on(log, &[&["reconcile", "-", "--inventory", &path], options].concat())
}

fn of_provider(log: &str, list: &str, name: &str) -> Run {
    reconciled(log, list, name, &["--until", AT, "--same-ids", "--json"])
}

/// What was found: in one word, and of which credential of the log, or with which id of the list.
fn found(run: &Run) -> Vec<(String, String)> {
    let document = run.json();
    let findings = document["findings"].as_array().unwrap().iter();
    let mut found: Vec<(String, String)> = findings
        .map(|finding| {
            let listed = finding["listed_id"].as_str().unwrap_or_default().to_owned();
            let of = finding["credential"].as_u64().map_or(listed, |id| id.to_string());
            (finding["what"].as_str().unwrap().to_owned(), of)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_list_that_says_what_the_log_says_has_no_findings_in_any_order() {
    for kind in ["managed_users", "personal_accounts"] {
        let log = sample(kind);
        let credentials = listed(&log);
        let list = inventory(credentials.values().map(Credential::rows));
        let in_words = reconciled(&log, &list, "same", &["--until", AT, "--same-ids"]).output();
        assert!(in_words.contains("NO FINDINGS"), "{in_words}");
        let mut rows: Vec<String> = credentials.values().flat_map(rows_of).collect();
        rows.reverse();
        rows.rotate_left(17);
        // The first rows of credentials with several organizations, and then all others.
        let scattered = rows.iter().step_by(2).chain(rows.iter().skip(1).step_by(2)).cloned();
        let run = of_provider(&log, &inventory(scattered), "scattered");
        assert_eq!((run.code, found(&run)), (0, Vec::new()));
        let document = run.json();
        assert_eq!(document["summary"]["found"], 300);
        assert_eq!(document["schema"], "enterprise-credentials/reconciliation/v1");
        assert!(run.stdout.starts_with("{\n  \"schema\": "));
    }
}

#[test]
fn a_stream_in_a_store_is_compared_as_its_log_is() {
    let log = sample("managed_users");
    let list = inventory(listed(&log).values().map(Credential::rows));
    let options = ["--until", AT, "--same-ids"];
    let in_words = reconciled(&log, &list, "stored", &options).output();
    let (url, path) = (imported("reconcile", &log), file("reconcile-store.csv", &list));
    let of_store = [
        "reconcile",
        "--inventory",
        &path,
        "--store",
        &url,
        "--enterprise",
        "octo-corp",
    ];
    assert_eq!(run(&[&of_store[..], &options].concat()).output(), in_words);
}

fn rows_of(credential: &Credential) -> Vec<String> {
    let rows = credential.rows();
    rows.split_inclusive("\r\n").map(str::to_owned).collect()
}

#[test]
fn our_own_list_of_the_same_log_has_no_findings() {
    let log = crate::requested("managed_users", true);
    let list = run_on(&log, &["credentials", "-"]).output();
    let run = reconciled(&log, &list, "own", &[]);
    assert!(run.output().contains("NO FINDINGS"));
    let before = (log.lines().count() - 1).to_string();
    let early = reconciled(&log, &list, "own", &["--until", &before, "--json"]);
    let document = early.json();
    let whats: Vec<&String> = document["summary"]["findings"].as_object().unwrap().keys().collect();
    assert_eq!(
        whats,
        ["alive_in_log_only", "authorized_in_log_only"],
        "before the revocation"
    );
}

/// Takes a credential out of those that nothing was done to yet.
fn take(rest: &mut BTreeMap<u64, Credential>, is_wanted: impl Fn(&Credential) -> bool) -> (u64, Credential) {
    let id = *rest.iter().find(|(_, credential)| is_wanted(credential)).unwrap().0;
    (id, rest.remove(&id).unwrap())
}

#[test]
fn twenty_seeded_differences_are_found_and_nothing_else_is_said() {
    let log = sample("managed_users");
    let mut rest = listed(&log);
    let mut rows = Vec::new();
    let mut expected = Vec::new();
    let mut seeded = |rest: &mut BTreeMap<u64, Credential>,
                      what: &str,
                      is_wanted: &dyn Fn(&Credential) -> bool,
                      change: &dyn Fn(u64, &mut Credential)| {
        let (id, mut credential) = take(rest, is_wanted);
        change(id, &mut credential);
        rows.push(credential.rows());
        expected.push((what.to_owned(), id.to_string()));
    };
    let is_alive = |credential: &Credential| credential.state == "active";
    let of_kind = |kind: &'static str| move |credential: &Credential| is_alive(credential) && credential.kind == kind;
    let with_pair = |credential: &Credential| is_alive(credential) && !credential.organizations.is_empty();
    let same = &mut rest;
    for (state, what) in [("revoked", "alive_in_log_only"), ("deleted", "alive_in_log_only")] {
        seeded(same, what, &of_kind("classic_pat"), &|_, it| it.state = state);
    }
    seeded(same, "alive_in_log_only", &of_kind("fine_grained_pat"), &|_, it| {
        it.state = "expired"
    });
    for state in ["revoked", "revoked", "expired"] {
        let was = |it: &Credential| it.state == state;
        seeded(same, "alive_at_service_only", &was, &|_, it| {
            it.state = "active";
        });
    }
    for kind in ["ssh_key", "classic_pat"] {
        seeded(same, "other_owner", &of_kind(kind), &|_, it| it.owner += 1);
    }
    seeded(same, "other_kind", &of_kind("classic_pat"), &|_, it| {
        it.kind = "oauth_app_user_token".to_owned();
    });
    let expires = |it: &Credential| is_alive(it) && !it.expires.is_empty();
    seeded(same, "other_expiry", &expires, &|_, it| it.expires.clear());
    seeded(same, "other_expiry", &expires, &|_, it| {
        it.expires = "2031-01-01T00:00:00Z".to_owned()
    });
    seeded(same, "authorized_at_service_only", &with_pair, &|_, it| {
        _ = it.organizations.insert(999)
    });
    let was_revoked = |it: &Credential| is_alive(it) && !it.revoked.is_empty();
    seeded(same, "authorized_at_service_only", &was_revoked, &|_, it| {
        it.organizations.extend(it.revoked.clone());
    });
    for _ in 0..2 {
        seeded(same, "authorized_in_log_only", &with_pair, &|_, it| {
            _ = it.organizations.pop_first()
        });
    }
    seeded(same, "mismatched", &of_kind("classic_pat"), &|_, it| {
        it.hash = "other".to_owned()
    });
    seeded(same, "alive_and_not_in_log", &|it| it.state == "revoked", &|_, it| {
        // The log's own is dead, so that it is not missed.
        (it.state, it.id, it.hash) = ("active", "9000".to_owned(), "stranger".to_owned());
        it.kind = "classic_pat".to_owned();
    });
    *expected.last_mut().unwrap() = ("alive_and_not_in_log".to_owned(), "9000".to_owned());

    let (missing, _) = take(same, of_kind("github_app_user_token"));
    expected.push(("not_listed".to_owned(), missing.to_string()));
    // A second list of one that stands far away.
    let (again, twice) = take(same, of_kind("ssh_key"));
    rows.push(twice.rows());
    rows.extend(same.values().map(Credential::rows));
    rows.push(twice.rows());
    expected.push(("listed_again".to_owned(), again.to_string()));
    // The service shows it under the hash of another one, whose own rows are as they should be.
    let hash = same.values().find(|it| it.kind == "classic_pat").unwrap().hash.clone();
    let (mut id, mut other) = (0, twice);
    for row in &mut rows {
        if row.contains(&hash) {
            (id, other) = take(same, of_kind("oauth_app_user_token"));
            break;
        }
    }
    let own = other.rows();
    other.hash = hash;
    *rows.iter_mut().find(|row| **row == own).unwrap() = other.rows();
    expected.push(("mismatched".to_owned(), id.to_string()));

    assert_eq!(expected.len(), 20);
    expected.sort();
    let run = of_provider(&log, &inventory(rows.into_iter()), "twenty");
    assert_eq!((run.code, found(&run)), (1, expected), "{}", run.stdout);
}

#[test]
fn findings_are_told_within_80_columns_ten_of_each_kind() {
    let log = sample("managed_users");
    let list = inventory(listed(&log).values().map(|it| {
        let mut other = it.clone();
        other.owner += 1;
        other.rows()
    }));
    let run = reconciled(&log, &list, "words", &["--until", AT, "--same-ids"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let heading = "\n  OTHER OWNER: 300\n    record 1 at byte ";
    assert!(run.stdout.contains(heading), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("… and 290 more: `--json` has them all\n\n  300 FINDINGS")
    );
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn without_ids_what_has_no_hash_is_named_with_what_to_do() {
    let log = sample("managed_users");
    let list = inventory(listed(&log).values().map(Credential::rows));
    let run = reconciled(&log, &list, "hashes", &["--until", AT]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("NOT IDENTIFIED: "), "{}", run.stdout);
    assert!(run.stdout.contains("with `--same-ids`"), "{}", run.stdout);
}

#[test]
fn other_encodings_and_lists_without_a_time_are_errors() {
    let log = sample("managed_users");
    let list = inventory(listed(&log).values().map(|it| {
        let mut other = it.clone();
        other.hash = format!("hex{}", it.id);
        other.rows()
    }));
    let run = reconciled(&log, &list, "encoded", &["--until", AT]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(
        run.stderr.contains("hashes and fingerprints is in the log"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("`hex"), "{}", run.stderr);

    let run = reconciled(&log, &list, "timeless", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains("does not say when it was exported"),
        "{}",
        run.stderr
    );

    let early = reconciled(&log, &list, "early", &["--until", "2001-01-01"]);
    assert_eq!((early.code, early.stdout.as_str()), (1, ""));
    assert!(early.stderr.contains("begins after `--until`"), "{}", early.stderr);

    let missing = run_on(&log, &["reconcile", "-", "--inventory", "no-such-file.csv"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.stderr.contains("cannot read `no-such-file.csv`"),
        "{}",
        missing.stderr
    );
}

#[test]
fn what_a_list_says_neither_steers_a_terminal_nor_begins_a_line() {
    let log = sample("managed_users");
    let mut rows: Vec<String> = listed(&log).values().map(Credential::rows).collect();
    rows.retain(|row| row.matches("\r\n").count() == 1 && row.contains(",active,"));
    let verdict = "\n\n  NO FINDINGS: log and service say the same of every credential\n";
    let mut changed = rows.iter_mut();
    for (from, to) in [
        (",active,", ",\u{1b}[2J\u{9b}31mNO FINDINGS\u{202e},".to_owned()),
        (",credential,classic_pat,", format!(",credential,\"a{verdict}\",")),
        (
            ",credential,classic_pat,",
            ",\u{1b}[1m,github_app_installation,".to_owned(),
        ),
        (
            ",credential,classic_pat,",
            ",token_issuer_principal,\u{1b}[1m,".to_owned(),
        ),
    ] {
        let row = changed.find(|row| row.contains(from)).unwrap();
        *row = row.replace(from, &to);
    }
    let row = changed.next().unwrap();
    let id = row.find(',').unwrap();
    row.replace_range(..id, &format!("\"1\u{1b}[1m{verdict}\""));
    let list = inventory(rows.into_iter());
    let run = reconciled(&log, &list, "steering", &["--until", AT, "--same-ids"]);
    let path = file("reconcile-steering.csv", &list);
    let options = ["--slug", "a", "--kind", "managed_users", "--exported-at", AT];
    let made = crate::run(&[&["import-inventory", &path][..], &options].concat());
    for said in [&run.stdout, &made.stderr] {
        assert!(said.contains("\\u{1b}[2J\\u{9b}31mNO FINDINGS\\u{202e}"), "{said}");
        assert!(said.contains("a\\n\\n"), "{said}");
        let steers = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
        assert!(!said.contains(steers), "{said:?}");
        assert!(!said.contains("\n  NO FINDINGS"), "{said}");
    }
}

#[test]
fn a_list_may_come_through_a_pipe_and_then_the_log_may_not() {
    let log = sample("managed_users");
    let list = run_on(&log, &["credentials", "-"]).output();
    let path = file("reconcile-piped.jsonl", &log);
    let piped = run_on(&list, &["reconcile", &path, "--inventory", "-"]);
    assert!(piped.output().contains("NO FINDINGS"));
    let both = run_on(&log, &["reconcile", "-", "--inventory", "-"]);
    assert_eq!((both.code, both.stdout.as_str()), (2, ""));
    assert!(both.stderr.contains("cannot both be standard input"), "{}", both.stderr);
}
