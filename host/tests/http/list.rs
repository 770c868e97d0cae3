//! The list of an organization's authorizations: its pages, who may see it, and what becomes of it while others go on.

use std::sync::atomic::Ordering;
use std::thread::{ScopedJoinHandle, sleep};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::history::{FIRST_OF_MANY, History, MEMBER, TOKEN_MEMBER, TOKEN_OWNER_FINE, events};
use crate::common::http::{Answer, Conversation, get, get_head};
use crate::common::wait_until;
use crate::narrower::{ORG, ORG_APART, ORG_READ, ORGANIZATION, history, rows};
use crate::running::{Running, SLUG};

/// What the organization's own people have.
const FIRST: [u64; 13] = [901, 902, 903, 904, 906, 907, 908, 920, 921, 923, 924, 925, 930];
const MANY: u64 = 300;

fn list(running: &Running, query: &str) -> Answer {
    get(running.address, &format!("{ORGANIZATION}{query}"), ORG_READ)
}

fn links(answer: &Answer) -> Vec<(String, String)> {
    let links = answer.header("link").unwrap_or_default().split(", ");
    let links = links.filter_map(|link| link.strip_prefix('<')?.split_once(">; rel="));
    links
        .map(|(to, rel)| (rel.trim_matches('"').to_string(), to.to_string()))
        .collect()
}

fn link(answer: &Answer, rel: &str) -> Option<String> {
    links(answer).into_iter().find(|(of, _)| of == rel).map(|(_, to)| to)
}

#[test]
fn some_hundred_rows_are_walked_page_by_page() {
    let running = Running::with(&[history().with_credentials(MANY, "")]);
    let expected: Vec<u64> = FIRST
        .into_iter()
        .chain((0..MANY).map(|number| FIRST_OF_MANY + number))
        .collect();
    for (query, pages) in [
        ("", 11),
        ("?per_page=100", 4),
        ("?per_page=500", 4),
        ("?per_page=0&page=x", 11),
    ] {
        let (mut found, mut walked) = (Vec::new(), 0);
        let mut page = list(&running, query);
        let last = link(&page, "last");
        loop {
            found.extend(rows(&page));
            walked += 1;
            let Some(next) = link(&page, "next") else { break };
            page = get(running.address, &next, ORG_READ);
        }
        assert_eq!((found, walked), (expected.clone(), pages), "{query}");
        let begin = get(running.address, &link(&page, "first").unwrap(), ORG_READ);
        assert_eq!(rows(&begin), rows(&list(&running, query)));
        assert_eq!(rows(&get(running.address, &last.unwrap(), ORG_READ)), rows(&page));
        assert_eq!(links(&begin).len(), 2);
    }
    let middle = list(&running, "?page=2&per_page=100&login=LISA");
    let to = |page: u8, rel: &str| {
        let to = format!("{ORGANIZATION}?login=LISA&per_page=100&page={page}");
        (rel.to_string(), to)
    };
    assert_eq!(
        links(&middle),
        [to(3, "next"), to(4, "last"), to(1, "prev"), to(1, "first")]
    );
    assert_eq!(rows(&list(&running, "?page=9&per_page=100")), [0; 0]);
}

#[test]
fn a_row_says_what_the_stream_knows() {
    let mut history = history();
    history.ask(&format!(
        r#"{{"type":"IssueCredential","credential":940,"owner":{MEMBER},"kind":"ssh_key","fingerprint":"SHA256:abc"}}"#
    ));
    history.authorize(940, 1);
    let granted_at = events(&history.log).0.last().unwrap().at;
    let running = Running::with(&[history]);
    let answer = list(&running, "?login=lisa");
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("x-github-api-version-selected", "2022-11-28"),
        ("x-oauth-scopes", "read:org"),
        ("x-accepted-oauth-scopes", "read:org"),
        ("x-accepted-github-permissions", "organization_administration=read"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let expected = json!({
        "login": "lisa", "credential_id": 940, "credential_type": "SSH key",
        "credential_authorized_at": granted_at.to_string(), "fingerprint": "SHA256:abc",
        "authorized_credential_id": 940, "authorized_credential_expires_at": null,
    });
    assert_eq!(answer.json().as_array().unwrap().last(), Some(&expected));
}

#[test]
fn a_head_is_the_list_without_its_rows() {
    let running = Running::with(&[history()]);
    let whole = list(&running, "?per_page=2");
    let mut conversation = Conversation::new(running.address);
    let request = get_head(&format!("{ORGANIZATION}?per_page=2"), ORG_READ, "").replace("GET", "HEAD");
    conversation.say(request.as_bytes());
    let head = conversation.head();
    assert_eq!((head.status, head.header("link")), (200, whole.header("link")));
    assert_eq!(
        head.header("content-length"),
        Some(whole.body.len().to_string().as_str())
    );
    assert_eq!(conversation.ask(get_head("/healthz", "", "").as_bytes()).status, 200);
}

#[test]
fn who_may_list_needs_less_than_who_may_revoke() {
    let running = Running::with(&[history()]);
    for (path, token, status, message) in [
        (ORGANIZATION, "ghp_x", 401, "Bad credentials"),
        (
            ORGANIZATION,
            TOKEN_OWNER_FINE,
            403,
            "Resource not accessible by personal access token",
        ),
        (ORGANIZATION, TOKEN_MEMBER, 403, "This token needs the read:org scope"),
        (
            "/orgs/nowhere/credential-authorizations",
            TOKEN_MEMBER,
            404,
            "Not Found",
        ),
        ("/orgs/nowhere/credential-authorizations", ORG, 404, "Not Found"),
    ] {
        let answer = get(running.address, path, token);
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (status, message),
            "{path} {token}"
        );
    }
    assert!(
        get(running.address, ORGANIZATION, ORG_APART)
            .message()
            .contains("SAML enforcement")
    );
    assert_eq!(get(running.address, ORGANIZATION, ORG).status, 200);
}

#[test]
fn a_list_without_rows_reads_no_stream() {
    let running = Running::with(&[history()]);
    assert_eq!(rows(&list(&running, "?login=nobody")), [0; 0], "the state is loaded");
    let before = running.switches.lines_read.load(Ordering::SeqCst);
    assert_eq!(rows(&list(&running, "?login=nobody&per_page=7")), [0; 0]);
    assert_eq!(running.switches.lines_read.load(Ordering::SeqCst), before);
    list(&running, "");
    assert!(running.switches.lines_read.load(Ordering::SeqCst) > before);
}

/// A host that answers, with a list whose pass over the stream of [`SLUG`] waits.
fn with_waiting<T>(
    running: &Running,
    token: &'static str,
    then: impl FnOnce(&ScopedJoinHandle<'_, Answer>) -> T,
) -> (Answer, T) {
    assert_eq!(list(running, "").status, 200, "the state is loaded");
    running.switches.loaded.lock().unwrap().clear();
    running.switches.reads_wait.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let listing = scope.spawn(move || get(running.address, ORGANIZATION, token));
        wait_until("the pass has begun", || has_begun(running, SLUG));
        let then = then(&listing);
        running.switches.reads_wait.store(false, Ordering::SeqCst);
        (listing.join().unwrap(), then)
    })
}

fn has_begun(running: &Running, slug: &str) -> bool {
    let loaded = running.switches.loaded.lock().unwrap();
    loaded.iter().any(|loaded| loaded.as_str() == slug)
}

#[test]
fn what_is_listed_is_the_state_that_the_list_began_with_and_others_go_on_meanwhile() {
    let running = Running::with(&[history()]);
    let (listed, revoked) = with_waiting(&running, ORG_READ, |_| {
        running.send("POST", &format!("{ORGANIZATION}/hubot/revoke"), ORG, "", &[])
    });
    assert_eq!(revoked.status, 202);
    assert_eq!(rows(&listed), FIRST);
    assert!(!rows(&list(&running, "")).contains(&930));
}

#[test]
fn who_loses_the_right_while_the_stream_is_read_is_not_answered() {
    let running = Running::with(&[history()]);
    let (listed, revoked) = with_waiting(&running, ORG_READ, |_| {
        running.send("POST", &format!("{ORGANIZATION}/revoke-all"), ORG, "", &[])
    });
    assert_eq!(revoked.status, 202);
    assert_eq!(listed.status, 403);
    assert!(listed.message().contains("SAML enforcement"), "{listed:?}");
}

#[test]
fn one_list_is_made_at_a_time_whichever_the_enterprise() {
    let mut other = History::sample("other-corp", "-other");
    other.ask(&format!(
        r#"{{"type":"AddOrganizationOwner","organization":1,"member":{MEMBER}}}"#
    ));
    other.issue(920, MEMBER, "oauth_app_user_token", r#"["read:org"]"#, "gho_other", "");
    other.authorize(920, 1);
    let running = Running::with(&[history(), other]);
    let ask_other = || get(running.address, ORGANIZATION, "gho_other");
    assert_eq!(ask_other().status, 200);
    let (first, second) = with_waiting(&running, ORG_READ, |_| {
        std::thread::scope(|scope| {
            let second = scope.spawn(ask_other);
            // Long enough for whoever would not wait.
            sleep(Duration::from_millis(300));
            assert!(!has_begun(&running, "other-corp"));
            running.switches.reads_wait.store(false, Ordering::SeqCst);
            second.join().unwrap()
        })
    });
    assert_eq!((first.status, second.status), (200, 200));
}

#[test]
fn a_list_that_takes_too_long_is_given_up_and_the_next_one_made() {
    let running = Running::with_options(&[history()], |options| {
        options.list_timeout = Duration::from_millis(500)
    });
    assert_eq!(list(&running, "").status, 200);
    running.switches.reads_hang.store(true, Ordering::SeqCst);
    let answer = list(&running, "");
    assert_eq!((answer.status, answer.message().as_str()), (503, "Service Unavailable"));
    assert!(answer.header("retry-after").is_some());
    running.switches.reads_hang.store(false, Ordering::SeqCst);
    assert_eq!(list(&running, "").status, 200);
}

/// Reads that hang hold the turn for as long as the list goes on, which is a minute.
#[test]
fn a_list_whose_client_has_gone_is_given_up() {
    let running = Running::with_options(&[history()], |options| {
        options.closed_timeout = Duration::from_millis(100)
    });
    for behind in ["", "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"] {
        assert_eq!(list(&running, "").status, 200);
        running.switches.loaded.lock().unwrap().clear();
        running.switches.reads_hang.store(true, Ordering::SeqCst);
        let mut client = Conversation::new(running.address);
        client.say((get_head(ORGANIZATION, ORG_READ, "") + behind).as_bytes());
        wait_until("the pass has begun", || has_begun(&running, SLUG));
        running.switches.reads_hang.store(false, Ordering::SeqCst);
        drop(client);
        // Who waits for longer than 30 s fails.
        assert_eq!(list(&running, "").status, 200, "{behind}");
    }
}

#[test]
fn a_client_that_only_says_that_it_asks_nothing_more_gets_its_list() {
    let running = Running::with(&[history()]);
    let mut client = Conversation::new(running.address);
    client.say(get_head(ORGANIZATION, ORG_READ, "").as_bytes());
    client.end();
    let answer = client.answer();
    assert_eq!(rows(&answer), FIRST);
}

#[test]
fn a_store_that_cannot_be_read_is_503_and_lists_again_later() {
    let running = Running::with(&[history()]);
    running.switches.reads_fail.store(true, Ordering::SeqCst);
    assert_eq!(list(&running, "").status, 503);
    running.switches.reads_fail.store(false, Ordering::SeqCst);
    let listed: Value = list(&running, "?per_page=1").json();
    assert_eq!(listed[0]["credential_id"], 901);
}
