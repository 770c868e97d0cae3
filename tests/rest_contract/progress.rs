//! What stands at the Location of a 202.

use serde_json::json;

use crate::world::{AGENT, CLASSIC, FINE_GRAINED, OAUTH, World, header, message, request, shown, with_token};
use enterprise_credentials::rest;

/// A destroying revocation, id 10, that has one authorization and two credentials to record.
fn running() -> World {
    let mut world = World::managed();
    world.authorize(CLASSIC);
    let response = world.post(with_token(OAUTH), &[AGENT], br#"{"revoke_credentials":true}"#);
    let location = "/enterprises/octo-corp/credential-authorizations/revocations/10";
    assert_eq!(header(&response, "Location"), Some(location));
    world
}

#[test]
fn the_job_from_its_request_to_its_end() {
    let mut world = running();
    let expected = r#"200
Content-Type: application/json; charset=utf-8
X-GitHub-Request-Id: R1
X-GitHub-Media-Type: github.v3; format=json
X-GitHub-Api-Version-Selected: 2022-11-28
X-OAuth-Scopes: admin:enterprise
X-Accepted-OAuth-Scopes: admin:enterprise
X-Accepted-GitHub-Permissions: enterprise_credentials=write

{"id":10,"state":"queued","requested_at":"2026-03-10T09:00:00.000Z","revoke_credentials":true,"authorizations_revoked":0,"credentials_destroyed":0}"#;
    assert_eq!(shown(&world.progress(with_token(OAUTH), &[AGENT], "10")), expected);

    world.wait(1500);
    let body = |world: &World| {
        let response = world.progress(with_token(OAUTH), &[AGENT], "10");
        String::from_utf8(response.body).unwrap()
    };
    world.ask(json!({"type": "ContinueRevocation", "revocation": 10, "limit": 1}));
    let expected = r#"{"id":10,"state":"running","requested_at":"2026-03-10T09:00:00.000Z","revoke_credentials":true,"authorizations_revoked":1,"credentials_destroyed":1}"#;
    assert_eq!(body(&world), expected);

    world.finish_jobs();
    let expected = r#"{"id":10,"state":"completed","requested_at":"2026-03-10T09:00:00.000Z","revoke_credentials":true,"authorizations_revoked":1,"credentials_destroyed":2,"completed_at":"2026-03-10T09:00:01.500Z"}"#;
    assert_eq!(body(&world), expected);
}

#[test]
fn what_was_never_requested() {
    let world = running();
    for id in [
        "9",
        "11",
        "0",
        "",
        "010",
        "+10",
        "-10",
        "10 ",
        "1e1",
        "x",
        "9007199254740992",
        "99999999999999999999",
    ] {
        let response = world.progress(with_token(OAUTH), &[AGENT], id);
        assert_eq!(
            (response.status, message(&response)),
            (404, "Not Found".into()),
            "`{id}`"
        );
    }
}

/// For what a host serves beside the operations.
#[test]
fn whoever_is_authorized_may_ask_for_progress_and_nobody_else() {
    let mut world = running();
    world.issue(930, 7, "fine_grained_pat", &[]);
    let bad_version: &[(&str, &[u8])] = &[AGENT, ("X-GitHub-Api-Version", b"1999-01-01")];
    let malformed_key: &[(&str, &[u8])] = &[AGENT, ("Idempotency-Key", b"")];
    let mut statuses = Vec::new();
    for (slug, token, headers) in [
        ("octo-corp", Some(OAUTH), &[AGENT][..]),
        ("octo-corp", Some(OAUTH), malformed_key),
        ("octo-corp", Some(CLASSIC), &[AGENT]),
        ("octo-corp", Some(930), &[AGENT]),
        ("octo-corp", None, &[AGENT]),
        ("octo-corp", Some(OAUTH), &[]),
        ("octo-corp", Some(OAUTH), bad_version),
        ("other-corp", Some(OAUTH), &[AGENT]),
    ] {
        let presented = token.map(|token| world.presented(with_token(token)));
        let request = request(slug, headers);
        let progress = rest::progress(&request, presented.as_ref(), "10", world.at);
        match rest::authorize(&request, presented.as_ref(), world.at) {
            Ok(()) => statuses.push((200, progress.status)),
            Err(refused) => {
                assert_eq!(refused, progress);
                statuses.push((refused.status, refused.status));
            }
        }
    }
    assert_eq!(
        statuses,
        [200, 200, 401, 403, 401, 403, 400, 404].map(|status| (status, status))
    );
}

#[test]
fn only_for_those_who_may_revoke() {
    let mut world = running();
    let status = |world: &World, token| world.progress(with_token(token), &[AGENT], "10").status;
    assert_eq!(status(&world, OAUTH), 200);
    assert_eq!(status(&world, CLASSIC), 401, "pending destruction");
    world.issue(930, 7, "fine_grained_pat", &[]);
    assert_eq!(status(&world, 930), 403);
    assert_eq!(status(&world, FINE_GRAINED), 401);
    assert_eq!(
        world.progress(json!({"person": 8}), &[AGENT], "10").status,
        200,
        "any owner"
    );
    assert_eq!(world.progress(json!({}), &[AGENT], "10").status, 404);
    world.ask(json!({"type": "ChangeMemberRole", "member": 7, "role": "member"}));
    assert_eq!(status(&world, OAUTH), 403);
}

#[test]
fn the_same_checks_as_for_the_request_except_for_its_own_headers() {
    let world = running();
    let status = |headers: &[(&str, &[u8])]| world.progress(with_token(OAUTH), headers, "10").status;
    assert_eq!(status(&[]), 403, "no User-Agent");
    assert_eq!(status(&[AGENT, ("X-GitHub-Api-Version", b"1")]), 400);
    assert_eq!(status(&[AGENT, ("Idempotency-Key", b"not a key")]), 200);

    let presented = world.presented(with_token(OAUTH));
    let elsewhere = rest::progress(&request("octo-inc", &[AGENT]), Some(&presented), "10", world.at);
    assert_eq!(elsewhere.status, 404);
    let unknown = rest::progress(&request("octo-corp", &[AGENT]), None, "10", world.at);
    assert_eq!(unknown.status, 401);
}
