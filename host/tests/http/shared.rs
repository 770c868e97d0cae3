//! Tokens that several enterprises know: destroyed in one is dead in all,
//! and what cannot be read might have destroyed it.

use enterprise_credentials_host::store::Streams;

use crate::common::history::{History, OWNER, TOKEN_OWNER, TOKEN_OWNER_OAUTH};
use crate::common::http::{Conversation, get, revoke_all, revoke_all_path};
use crate::common::lines::{append, lines};
use crate::common::wait_until;
use crate::running::{Running, SLUG};

const OTHER: &str = "other-corp";
const DESTROY: &str = r#"{"revoke_credentials":true}"#;

fn managed(slug: &str) -> History {
    History::sample_of(slug, "managed_users", "")
}

fn personal(slug: &str) -> History {
    History::sample_of(slug, "personal_accounts", "")
}

/// The statuses of the operation for both enterprises and for one that is none, and of the progress in both.
fn statuses(running: &Running, token: &str) -> [u16; 5] {
    let post = |slug| revoke_all(running.address, slug, token, "", &[]).status;
    let path = |slug| format!("/enterprises/{slug}/credential-authorizations/revocations/424242");
    let ask = |slug| get(running.address, &path(slug), token).status;
    [post("absent"), post(SLUG), post(OTHER), ask(SLUG), ask(OTHER)]
}

#[test]
fn what_a_revocation_destroys_in_one_is_dead_in_all_from_its_acceptance_on() {
    for other in [managed(OTHER), personal(OTHER)] {
        let running = Running::with(&[managed(SLUG), other]);
        assert_eq!(statuses(&running, TOKEN_OWNER), [404, 202, 202, 404, 404]);
        assert_eq!(revoke_all(running.address, SLUG, TOKEN_OWNER, DESTROY, &[]).status, 202);
        assert_eq!(statuses(&running, TOKEN_OWNER), [401; 5]);
        let app = statuses(&running, TOKEN_OWNER_OAUTH);
        assert_eq!(app, [404, 202, 202, 404, 404], "app tokens are not destroyed");
    }
}

#[test]
fn a_single_destruction_in_one_is_death_in_all() {
    for (mut first, second) in [
        (managed(SLUG), personal(OTHER)),
        (personal(SLUG), managed(OTHER)),
        (personal(SLUG), personal(OTHER)),
        (managed(OTHER), personal(SLUG)),
    ] {
        first.ask(r#"{"type":"DestroyCredential","credential":901}"#);
        let running = Running::with(&[first, second]);
        assert_eq!(statuses(&running, TOKEN_OWNER), [401; 5]);
    }
}

/// Who leaves one enterprise, or lets a token expire there, has not lost it.
#[test]
fn what_is_not_destroyed_in_one_lives_on_in_the_other() {
    let mut departed = personal(OTHER);
    departed.ask(&format!(r#"{{"type":"RemoveMember","member":{OWNER}}}"#));
    let mut revoked = personal(OTHER);
    revoked.revoke_all(false);
    let mut expired = History::new(OTHER, "personal_accounts");
    expired.ask(&format!(
        r#"{{"type":"AddMember","member":{OWNER},"login":"mona","role":"owner"}}"#
    ));
    let expiry = r#","expires_at":"2026-03-11T00:00:00.000Z""#;
    expired.issue(1, OWNER, "classic_pat", r#"["admin:enterprise"]"#, TOKEN_OWNER, expiry);
    for (other, expected) in [
        (departed, [404, 202, 401, 404, 401]),
        (revoked, [404, 202, 202, 404, 404]),
        (expired, [404, 202, 401, 404, 401]),
    ] {
        let running = Running::with(&[personal(SLUG), other]);
        assert_eq!(statuses(&running, TOKEN_OWNER), expected);
    }
}

#[test]
fn while_one_of_them_cannot_be_read_the_token_is_honoured_nowhere() {
    let running = Running::with(&[personal(SLUG), personal(OTHER), History::sample("third-corp", "-third")]);
    let created_again = History::new(OTHER, "personal_accounts");
    let (mut events, slug) = (lines(&created_again.log), created_again.slug());
    let head = running.runtime.block_on(running.store.head(&slug)).unwrap().unwrap();
    let next = head.position().next();
    events[0].event.position = next;
    let text = String::from_utf8(events[0].bytes.clone()).unwrap();
    events[0].bytes = text
        .replace(":1,", &format!(":{next},"))
        .replace("T09", "T10")
        .into_bytes();
    running
        .runtime
        .block_on(append(&running.store, &slug, &head, &events))
        .unwrap();
    assert_eq!(statuses(&running, TOKEN_OWNER), [503; 5]);
    let alone = revoke_all(running.address, "third-corp", &format!("{TOKEN_OWNER}-third"), "", &[]);
    assert_eq!(alone.status, 202, "a token that the unreadable one does not know");
}

#[test]
fn a_token_that_dies_elsewhere_while_the_body_arrives_records_nothing() {
    let running = Running::with(&[personal(SLUG), managed(OTHER)]);
    running.switches.read.lock().unwrap().clear();
    let mut conversation = Conversation::new(running.address);
    let (path, body) = (revoke_all_path(SLUG), r#"{"revoke_credentials":false}"#);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\nAuthorization: Bearer \
         {TOKEN_OWNER}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    conversation.say(head.as_bytes());
    wait_until("the head is judged", || {
        let read = running.switches.read.lock().unwrap();
        let other = read.iter().position(|slug| slug.as_str() == OTHER);
        other.is_some_and(|other| read[other..].iter().any(|slug| slug.as_str() == SLUG))
    });
    assert_eq!(
        revoke_all(running.address, OTHER, TOKEN_OWNER, DESTROY, &[]).status,
        202
    );
    conversation.say(body.as_bytes());
    assert_eq!(conversation.answer().status, 401);
    assert_eq!(running.requests(), 0);
}

/// The streams that one request for progress looks at, in turn.
fn looked_at(running: &Running, token: &str) -> Vec<String> {
    let ask = || {
        get(
            running.address,
            "/enterprises/octo-corp/credential-authorizations/revocations/1",
            token,
        )
    };
    assert_eq!(ask().status, 404, "the states are loaded");
    running.switches.read.lock().unwrap().clear();
    assert_eq!(ask().status, 404);
    let read = running.switches.read.lock().unwrap();
    read.iter().map(ToString::to_string).collect()
}

#[test]
fn a_token_of_one_enterprise_alone_costs_no_more_than_that_enterprise() {
    let running = Running::with(&[personal(SLUG), History::sample(OTHER, "-other")]);
    assert_eq!(looked_at(&running, TOKEN_OWNER), [SLUG]);
    let running = Running::with(&[personal(SLUG), personal(OTHER)]);
    assert_eq!(looked_at(&running, TOKEN_OWNER), [SLUG, OTHER, SLUG]);
}

/// An enterprise with an organization of this login, which the owner of a token owns that others may know too.
fn with_organization(slug: &str, login: &str) -> History {
    let mut history = History::new(slug, "personal_accounts");
    history.ask(&format!(
        r#"{{"type":"AddOrganization","organization":5,"login":"{login}"}}"#
    ));
    history.ask(&format!(
        r#"{{"type":"AddMember","member":{OWNER},"login":"mona","role":"member"}}"#
    ));
    history.ask(&format!(
        r#"{{"type":"AddOrganizationOwner","organization":5,"member":{OWNER}}}"#
    ));
    history.issue(7, OWNER, "classic_pat", r#"["admin:org"]"#, SHARED, "");
    history.authorize(7, 5);
    history
}

const SHARED: &str = "ghp_knownToSeveral";

fn at_organization(running: &Running, method: &str, rest: &str, login: &str) -> u16 {
    let path = format!("/orgs/{login}/credential-authorizations{rest}");
    running.send(method, &path, SHARED, "", &[]).status
}

#[test]
fn of_several_enterprises_the_one_that_has_the_organization_judges() {
    let running = Running::with(&[
        with_organization(SLUG, "octo-org"),
        with_organization(OTHER, "Other-Org"),
    ]);
    for login in ["octo-org", "other-org"] {
        assert_eq!(at_organization(&running, "GET", "", login), 200, "{login}");
        assert_eq!(at_organization(&running, "POST", "/mona/revoke", login), 202, "{login}");
        assert_eq!(at_organization(&running, "GET", "", login), 403, "cut off: {login}");
    }
    assert_eq!(at_organization(&running, "GET", "", "nowhere"), 404);
    assert_eq!(running.requests(), 1, "the other one is recorded in the other stream");
}

#[test]
fn a_name_that_organizations_of_several_have_is_nobodys() {
    let running = Running::with(&[
        with_organization(SLUG, "octo-org"),
        with_organization(OTHER, "OCTO-org"),
    ]);
    for (method, rest) in [
        ("GET", ""),
        ("POST", "/revoke-all"),
        ("DELETE", "/7"),
        ("GET", "/revocations/1"),
    ] {
        assert_eq!(
            at_organization(&running, method, rest, "octo-org"),
            404,
            "{method} {rest}"
        );
    }
    assert_eq!(running.requests(), 0);

    // Where the token is dead in all but one of them, that one is meant; where it is destroyed, none.
    let mut departed = with_organization(OTHER, "octo-org");
    departed.ask(&format!(r#"{{"type":"RemoveMember","member":{OWNER}}}"#));
    let running = Running::with(&[with_organization(SLUG, "octo-org"), departed]);
    assert_eq!(at_organization(&running, "POST", "/revoke-all", "octo-org"), 202);
    let mut destroyed = with_organization(OTHER, "octo-org");
    destroyed.ask(r#"{"type":"DestroyCredential","credential":7}"#);
    let running = Running::with(&[with_organization(SLUG, "octo-org"), destroyed]);
    for (method, rest) in [("GET", ""), ("POST", "/revoke-all"), ("DELETE", "/7")] {
        assert_eq!(at_organization(&running, method, rest, "octo-org"), 401, "{method}");
    }
}
