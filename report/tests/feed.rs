//! Feeds: one event, one line, always the same bytes, and no key that is not in the dated list of its format.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use enterprise_credentials::{Enterprise, Event, Fingerprint, RecordedEvent, log};
use enterprise_credentials_report::feed::{Feed, Known, about, acted_with};
use serde_json::Value;

const FEEDS: [(Feed, &str); 3] = [
    (Feed::GithubAudit, "github-audit"),
    (Feed::Ocsf, "ocsf"),
    (Feed::Cef, "cef"),
];

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A history with every type of event.
fn history() -> Vec<RecordedEvent> {
    let bytes = std::fs::read(in_package("tests/golden/history.jsonl")).unwrap();
    log::read(&bytes).map(Result::unwrap).collect()
}

fn lines(feed: Feed) -> Vec<String> {
    let mut enterprise = Enterprise::new();
    let mut fingerprints: BTreeMap<_, Fingerprint> = BTreeMap::new();
    let lines = history().into_iter().map(|recorded| {
        enterprise.apply(&recorded).unwrap();
        if let Event::CredentialIssued {
            credential,
            fingerprint: Some(fingerprint),
            ..
        } = &recorded.event
        {
            fingerprints.insert(*credential, fingerprint.clone());
        }
        let of = |credential: Option<_>| fingerprints.get(&credential?);
        feed.line(&Known {
            enterprise: &enterprise,
            recorded: &recorded,
            callers: of(acted_with(&recorded)),
            subjects: of(about(&recorded.event)),
        })
    });
    lines.collect()
}

#[test]
fn each_format_gives_the_bytes_that_it_gave_before() {
    for (feed, name) in FEEDS {
        let found: String = lines(feed).iter().map(|line| format!("{line}\n")).collect();
        let path = in_package(&format!("tests/golden/{name}.txt"));
        if std::env::var_os("GOLDEN").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            found,
            "GOLDEN=1 writes {}",
            path.display()
        );
    }
}

#[test]
fn one_event_is_one_line() {
    let history = history();
    let types: BTreeSet<&str> = history.iter().map(|recorded| recorded.event.name()).collect();
    assert_eq!(types.len(), Event::NAMES.len(), "every type of event is in the history");
    for (feed, name) in FEEDS {
        let lines = lines(feed);
        assert_eq!(lines.len(), history.len(), "{name}");
        assert!(lines.iter().all(|line| !line.contains('\n')), "{name}");
    }
}

/// The keys of an object, with dots between the levels; what is ours is one key.
fn keys(value: &Value, above: &str, keys_found: &mut BTreeSet<String>) {
    let Some(object) = value
        .as_object()
        .filter(|_| !["enterprise_credentials", "unmapped"].contains(&above))
    else {
        keys_found.insert(above.to_owned());
        return;
    };
    for (key, value) in object {
        let path = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        keys(value, &path, keys_found);
    }
}

/// The keys of a CEF extension: of each word before an equals sign that is not escaped.
fn cef_keys(line: &str, keys_found: &mut BTreeSet<String>) {
    let extension = line.splitn(8, '|').nth(7).unwrap();
    let unescaped = extension.replace(r"\\", "").replace(r"\=", "");
    for before in unescaped.split('=').rev().skip(1) {
        keys_found.insert(before.rsplit(' ').next().unwrap().to_owned());
    }
}

#[test]
fn every_key_is_in_the_dated_list_and_every_key_of_the_list_is_used() {
    for (feed, name) in FEEDS {
        let list = std::fs::read_to_string(in_package(&format!("fields/{name}.txt"))).unwrap();
        let listed: BTreeSet<String> = list
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(str::to_owned)
            .collect();
        let mut used = BTreeSet::new();
        for line in lines(feed) {
            match serde_json::from_str(&line) {
                Ok(value) => keys(&value, "", &mut used),
                Err(_) => cef_keys(&line, &mut used),
            }
        }
        assert_eq!(used, listed, "fields/{name}.txt");
        assert!(list.starts_with("# ") && list.contains("2026"), "the list has a date");
    }
}

#[test]
fn what_the_format_itself_means_stays_escaped() {
    let line = lines(Feed::Cef)
        .into_iter()
        .find(|line| line.contains("equals"))
        .unwrap();
    assert!(line.contains(r"cs2=pipe|and\=equals\\ "), "{line}");
    assert_eq!(line.splitn(8, '|').count(), 8, "{line}");
}

#[test]
fn whoever_gets_a_line_twice_can_tell() {
    let ids: BTreeSet<String> = lines(Feed::GithubAudit)
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["_document_id"].to_string())
        .collect();
    assert_eq!(ids.len(), history().len());
    assert!(ids.contains("\"octo-corp:11\""), "{ids:?}");
}

#[test]
fn the_provider_knows_its_own_actions_and_the_others_are_marked() {
    let actions: BTreeSet<String> = lines(Feed::GithubAudit)
        .iter()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["action"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let documented: Vec<&str> = actions
        .iter()
        .map(String::as_str)
        .filter(|it| !it.starts_with("enterprise_credentials."))
        .collect();
    assert_eq!(
        documented,
        [
            "oauth_access.destroy",
            "org_credential_authorization.deauthorize",
            "org_credential_authorization.revoke",
            "personal_access_token.access_revoked",
            "personal_access_token.destroy",
        ]
    );
    for ours in [
        "enterprise_credentials.revoke_all_requested",
        "enterprise_credentials.ssh_key_destroyed",
    ] {
        assert!(actions.contains(ours), "{actions:?}");
    }
}
