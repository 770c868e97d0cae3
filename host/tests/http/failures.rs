//! A store that fails, and streams that are none of the caller's business.

use std::sync::atomic::Ordering;

use crate::common::history::{History, TOKEN_MEMBER, TOKEN_OWNER};
use crate::common::http::{get, revoke_all};
use crate::common::lines::{append, head_of, lines};
use crate::running::{Running, SLUG};

#[test]
fn a_token_opens_its_own_enterprise_alone_and_no_other_is_loaded() {
    let running = Running::with(&[History::sample(SLUG, ""), History::sample("other-corp", "-other")]);
    let mut bodies = Vec::new();
    for slug in [
        "other-corp",
        "absent",
        "Not%20A%20Slug",
        "octo-corp%2F",
        "%FF",
        "octo--corp",
    ] {
        let answer = revoke_all(running.address, slug, TOKEN_OWNER, "", &[]);
        assert_eq!(answer.status, 404, "{slug}: {answer:?}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let read = running.switches.read.lock().unwrap().clone();
    assert!(read.iter().all(|slug| slug.as_str() == SLUG), "{read:?}");
}

#[test]
fn a_store_that_cannot_be_read_is_503_for_everyone() {
    let running = Running::new();
    assert_eq!(get(running.address, "/healthz", "").status, 200);
    assert_eq!(running.post(TOKEN_MEMBER, "").status, 403);

    running.switches.reads_fail.store(true, Ordering::SeqCst);
    for answer in [
        running.post(TOKEN_OWNER, ""),
        running.post(TOKEN_MEMBER, ""),
        get(running.address, "/healthz", ""),
    ] {
        assert_eq!((answer.status, answer.message().as_str()), (503, "Service Unavailable"));
        assert!(answer.header("retry-after").is_some());
        assert!(!answer.body.contains("fire"), "the reason is for the log: {answer:?}");
    }

    running.switches.reads_fail.store(false, Ordering::SeqCst);
    assert_eq!(running.post(TOKEN_OWNER, "").status, 202);
}

#[test]
fn an_append_that_fails_is_503_and_a_conflict_is_decided_again() {
    let running = Running::new();
    running.switches.appends_to_fail.store(1, Ordering::SeqCst);
    assert_eq!(running.post(TOKEN_OWNER, "").status, 503);
    assert_eq!(running.requests(), 0);

    running.switches.appends_to_conflict.store(3, Ordering::SeqCst);
    assert_eq!(running.post(TOKEN_OWNER, "").status, 202);
    assert_eq!(running.requests(), 1);

    running.switches.appends_to_conflict.store(u32::MAX, Ordering::SeqCst);
    assert_eq!(running.post(TOKEN_OWNER, "").status, 503);
    assert_eq!(running.requests(), 1);
}

#[test]
fn a_corrupt_stream_is_503_and_another_enterprise_answers_on() {
    let running = Running::with(&[History::sample(SLUG, ""), History::sample("other-corp", "-other")]);
    // An enterprise is created once: the line reads well, and does not fit.
    let created_again = History::new(SLUG, "managed_users");
    let (mut events, slug) = (lines(&created_again.log), created_again.slug());
    let head = head_of(&lines(&running.log()));
    let next = head.position().next();
    events[0].event.position = next;
    let text = String::from_utf8(events[0].bytes.clone()).unwrap();
    let text = text.replace(":1,", &format!(":{next},")).replace("T09", "T10");
    events[0].bytes = text.into_bytes();
    running
        .runtime
        .block_on(append(&running.store, &slug, &head, &events))
        .unwrap();

    assert_eq!(running.post(TOKEN_OWNER, "").status, 503);
    let other = revoke_all(running.address, "other-corp", &format!("{TOKEN_OWNER}-other"), "", &[]);
    assert_eq!(other.status, 202);
}
