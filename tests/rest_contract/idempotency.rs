//! One key, one revocation, for 24 hours: a retry is answered like the first request and records nothing.

use enterprise_credentials::rest;
use serde_json::{Value, json};

use crate::world::{AGENT, APP, CLASSIC, HOUR_MS, OAUTH, SLUG, World, header, is_warned, message, with_token};

const KEY: (&str, &[u8]) = ("Idempotency-Key", b"incident-7");
const DAY_MS: i64 = 24 * HOUR_MS;

/// Posts under the key: the status, and the Location if there is one.
fn post(world: &mut World, caller: Value, body: &[u8]) -> (u16, Option<String>) {
    let response = world.post(caller, &[AGENT, KEY], body);
    (response.status, header(&response, "Location").map(String::from))
}

#[test]
fn a_retry_gets_the_same_location_and_records_nothing() {
    let mut world = World::managed();
    let first = post(&mut world, with_token(CLASSIC), b"");
    let location = "/enterprises/octo-corp/credential-authorizations/revocations/9";
    assert_eq!(first, (202, Some(location.into())));
    let recorded = world.enterprise.clone();
    world.wait(DAY_MS - 1);
    for (caller, body) in [
        (with_token(CLASSIC), b"".as_slice()),
        (with_token(APP), b"{}"),
        (json!({"person": 7}), br#"{"revoke_credentials":false}"#),
    ] {
        assert_eq!(post(&mut world, caller, body), first);
    }
    assert_eq!(world.enterprise, recorded);
}

#[test]
fn a_retry_says_when_the_first_was_recorded_for_a_host_whose_clock_is_behind_that() {
    let mut world = World::managed();
    let answer = |world: &World| world.answer(Some(with_token(CLASSIC)), SLUG, &[AGENT, KEY], b"");
    assert_eq!(answer(&world).repeats, None);
    post(&mut world, with_token(CLASSIC), b"");
    let first_at = world.enterprise.last_at();
    world.wait(HOUR_MS);
    assert_eq!(answer(&world).repeats, first_at);
    let refused = rest::key_of_the_future("R1", first_at.unwrap());
    assert_eq!(refused.status, 422);
    let expected = format!(
        "This Idempotency-Key was first used at {}, which is ahead of the clock",
        first_at.unwrap()
    );
    assert!(message(&refused).starts_with(&expected), "{}", message(&refused));
}

#[test]
fn after_24_hours_the_key_is_new_again() {
    let mut world = World::managed();
    let first = post(&mut world, with_token(CLASSIC), b"");
    world.wait(DAY_MS);
    let later = post(&mut world, with_token(CLASSIC), b"");
    assert_eq!(later.0, 202);
    assert_ne!(later, first);
}

#[test]
fn another_person_has_keys_of_their_own() {
    let mut world = World::managed();
    let first = post(&mut world, with_token(CLASSIC), b"");
    assert_ne!(post(&mut world, json!({"person": 8}), b""), first);
}

#[test]
fn an_installation_has_keys_of_its_own() {
    let mut world = World::managed();
    let installation = |id: u64| json!({"installation": id, "permissions": ["enterprise_credentials=write"]});
    let person = post(&mut world, with_token(CLASSIC), b"");
    let first = post(&mut world, installation(7), b"");
    assert_ne!(first, person, "installation 7 is not person 7");
    assert_eq!(post(&mut world, installation(7), b""), first);
    assert_ne!(post(&mut world, installation(8), b""), first);
}

#[test]
fn another_request_under_the_key_is_refused() {
    let mut world = World::managed();
    post(&mut world, with_token(CLASSIC), b"");
    let response = world.post(with_token(CLASSIC), &[AGENT, KEY], br#"{"revoke_credentials":true}"#);
    assert_eq!(response.status, 422);
    let expected = "Idempotency-Key `incident-7` was used within 24 hours with other parameters: choose another";
    assert_eq!(message(&response), expected);
}

#[test]
fn a_retry_is_warned_while_the_token_is_hit() {
    let mut world = World::managed();
    world.authorize(OAUTH);
    for _ in 0..2 {
        assert!(is_warned(&world.post(with_token(OAUTH), &[AGENT, KEY], b"")));
    }
    world.finish_jobs();
    assert!(!is_warned(&world.post(with_token(OAUTH), &[AGENT, KEY], b"")));
}

#[test]
fn a_retry_does_not_warn_of_what_it_does_not_do() {
    let mut world = World::managed();
    world.post(with_token(OAUTH), &[AGENT, KEY], b"");
    world.authorize(OAUTH);
    assert!(
        !is_warned(&world.post(with_token(OAUTH), &[AGENT, KEY], b"")),
        "granted after the cut, and stays"
    );
}

#[test]
fn a_retry_must_be_authorized_like_any_request() {
    let mut world = World::managed();
    let destroy = br#"{"revoke_credentials":true}"#;
    assert_eq!(post(&mut world, with_token(CLASSIC), destroy).0, 202);
    assert_eq!(
        post(&mut world, with_token(CLASSIC), destroy).0,
        401,
        "the token died by its own request"
    );
    assert_eq!(post(&mut world, with_token(OAUTH), destroy).0, 202);
    world.ask(json!({"type": "ChangeMemberRole", "member": 7, "role": "member"}));
    assert_eq!(post(&mut world, with_token(OAUTH), destroy).0, 403);
}
