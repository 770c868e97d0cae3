//! The removal of one authorization.

use std::sync::atomic::Ordering;

use enterprise_credentials::{Event, RecordedEvent};
use serde_json::json;

use crate::common::history::{MEMBER, TOKEN_OWNER_OAUTH, events};
use crate::common::http::{Answer, Conversation, get};
use crate::narrower::{BOT, ENTERPRISE, ORG, ORG_APART, ORG_READ, ORGANIZATION, history, rows};
use crate::running::Running;

fn remove(running: &Running, target: &str, token: &str) -> Answer {
    running.send("DELETE", &format!("{ORGANIZATION}/{target}"), token, "", &[])
}

fn removals(running: &Running) -> Vec<RecordedEvent> {
    let (events, _) = events(&running.log());
    let removed = |recorded: &RecordedEvent| matches!(recorded.event, Event::AuthorizationRevoked { .. });
    events.into_iter().filter(removed).collect()
}

#[test]
fn one_is_removed_once_by_its_caller_and_may_be_granted_again() {
    let running = Running::with(&[history()]);
    let answer = remove(&running, "930", ORG);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("content-type"), None);
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("x-accepted-oauth-scopes"), Some("admin:org"));
    assert_eq!(remove(&running, "930", ORG).status, 404, "a second time");
    let removed = removals(&running);
    assert_eq!(removed.len(), 1);
    assert_eq!(
        serde_json::to_value(removed[0].by).unwrap(),
        json!({"person": MEMBER, "credential": 920})
    );
    assert_eq!(
        serde_json::to_value(&removed[0].event).unwrap(),
        json!({"type": "AuthorizationRevoked", "credential": BOT, "organization": 1})
    );
    assert!(!rows(&get(running.address, ORGANIZATION, ORG)).contains(&BOT));

    let (_, enterprise) = events(&running.log());
    let again = format!(r#"{{"type":"AuthorizeCredential","credential":{BOT},"organization":1}}"#);
    let granted = enterprise.decide(&serde_json::from_str(&again).unwrap(), enterprise.last_at().unwrap());
    assert!(granted.is_ok(), "{granted:?}");
}

#[test]
fn what_is_not_there_or_not_ones_own_is_404() {
    let running = Running::with(&[history()]);
    for target in [
        "905",
        "922",
        "999",
        "0",
        "0930",
        "x",
        "revoke-all",
        "%39%33%30x",
        "%FF",
        "9007199254740992",
    ] {
        let answer = remove(&running, target, ORG);
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (404, "Not Found"),
            "{target}"
        );
    }
    for (path, token, status) in [
        ("/orgs/nowhere/credential-authorizations/930", ORG, 404),
        ("/orgs/octo-labs/credential-authorizations/930", ORG, 403),
        ("/orgs/octo-org/credential-authorizations/930", ORG_READ, 403),
        ("/orgs/octo-org/credential-authorizations/930", ORG_APART, 403),
        ("/orgs/octo-org/credential-authorizations/930", TOKEN_OWNER_OAUTH, 403),
        ("/orgs/octo-org/credential-authorizations/930", "ghp_x", 401),
    ] {
        assert_eq!(
            running.send("DELETE", path, token, "", &[]).status,
            status,
            "{path} {token}"
        );
    }
    assert!(removals(&running).is_empty());
    // A name is decoded, and an id in it too.
    let odd = running.send(
        "DELETE",
        "/orgs/OCTO%2Dorg/credential-authorizations/%39%33%30",
        ORG,
        "",
        &[],
    );
    assert_eq!(odd.status, 204);
}

/// What a revocation has taken is recorded early, under it, and told from the job's by its cause.
#[test]
fn what_is_pending_is_recorded_early_and_the_job_records_the_rest() {
    let running = Running::with(&[history()]);
    running.switches.jobs_fail.store(true, Ordering::SeqCst);
    let accepted = running.send(
        "POST",
        &format!("{ENTERPRISE}/lisa/revoke-credential-type"),
        TOKEN_OWNER_OAUTH,
        r#"{"credential_type":"classic_pat"}"#,
        &[],
    );
    assert_eq!(accepted.status, 202);
    let location = accepted.header("location").unwrap();
    assert_eq!(remove(&running, "908", ORG).status, 204);
    assert_eq!(removals(&running).len(), 1, "the job cannot");
    running.switches.jobs_fail.store(false, Ordering::SeqCst);
    running.completed(location, TOKEN_OWNER_OAUTH);
    let removed = removals(&running);
    let of_item: Vec<_> = removed
        .iter()
        .filter(|recorded| match &recorded.event {
            Event::AuthorizationRevoked { credential, .. } => credential.value() == 908,
            _ => false,
        })
        .collect();
    assert_eq!(of_item.len(), 1);
    assert!(of_item[0].by.is_some());
    assert!(removed.len() > 1, "the job recorded the rest");
    for recorded in &removed {
        let Event::AuthorizationRevoked { revocation, .. } = recorded.event else {
            continue;
        };
        let covered = revocation.map(|id| id.to_string());
        assert!(covered.is_some_and(|id| location.ends_with(&format!("/{id}"))));
        assert_eq!(recorded.by.is_some(), recorded.position == of_item[0].position);
    }
}

#[test]
fn a_conflict_is_decided_again_and_a_failed_append_is_503() {
    let running = Running::with(&[history()]);
    running.switches.appends_to_fail.store(1, Ordering::SeqCst);
    assert_eq!(remove(&running, "930", ORG).status, 503);
    assert!(removals(&running).is_empty());
    running.switches.appends_to_conflict.store(3, Ordering::SeqCst);
    assert_eq!(remove(&running, "930", ORG).status, 204);
    assert_eq!(removals(&running).len(), 1);
}

#[test]
fn a_body_is_not_read_and_the_connection_says_that_it_closes() {
    let running = Running::with(&[history()]);
    let mut conversation = Conversation::new(running.address);
    let request = |more: &str| {
        format!(
            "DELETE {ORGANIZATION}/930 HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\nAuthorization: Bearer \
             {ORG}\r\n{more}\r\n"
        )
    };
    // Of a 204 there is no length to read.
    conversation.say(request("").as_bytes());
    let answer = conversation.head();
    assert_eq!((answer.status, answer.header("connection")), (204, None));
    let answer = conversation.ask(request("Content-Length: 9\r\n").as_bytes());
    assert_eq!((answer.status, answer.header("connection")), (404, Some("close")));
    assert!(conversation.is_closed());
}

#[test]
fn a_token_that_was_cut_off_can_ask_nothing_of_the_organization() {
    let running = Running::with(&[history()]);
    assert_eq!(
        running
            .send("POST", &format!("{ORGANIZATION}/lisa/revoke"), ORG, "", &[])
            .status,
        202
    );
    for (method, path) in [
        ("GET", ORGANIZATION.to_string()),
        ("DELETE", format!("{ORGANIZATION}/930")),
        ("POST", format!("{ORGANIZATION}/revoke-all")),
        ("POST", format!("{ORGANIZATION}/hubot/revoke")),
        ("GET", format!("{ORGANIZATION}/revocations/1")),
    ] {
        let answer = running.send(method, &path, ORG, "", &[]);
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(answer.message().contains("SAML enforcement"), "{answer:?}");
    }
    // A removal of one's own authorization is the last one, too.
    let running = Running::with(&[history()]);
    assert_eq!(remove(&running, "920", ORG).status, 204);
    assert_eq!(remove(&running, "921", ORG).status, 403);
}
