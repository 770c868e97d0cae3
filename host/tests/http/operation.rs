//! The operation and its progress: who is answered what.

use crate::common::history::{
    History, TOKEN_HOLDER, TOKEN_MEMBER, TOKEN_MEMBER_NO_SCOPE, TOKEN_OWNER, TOKEN_OWNER_APP, TOKEN_OWNER_EXPIRED,
    TOKEN_OWNER_FINE, TOKEN_OWNER_OAUTH, completions,
};
use crate::common::http::{get, raw, revoke_all, revoke_all_path};
use crate::running::{Running, SLUG};

#[test]
fn an_owner_gets_202_and_the_job_runs_to_the_plan() {
    let history = History::sample(SLUG, "");
    let plan = history.plan(true);
    let running = Running::with(&[history]);

    let answer = running.post(TOKEN_OWNER_OAUTH, r#"{"revoke_credentials":true}"#);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(
        answer.body,
        r#"{"message":"Credential authorization revocation has been queued","warning":"The token used for this request may also be revoked or destroyed as part of this operation"}"#
    );
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("x-github-media-type", "github.v3; format=json"),
        ("x-github-api-version-selected", "2022-11-28"),
        ("x-oauth-scopes", "admin:enterprise"),
        ("x-accepted-oauth-scopes", "admin:enterprise"),
        ("x-accepted-github-permissions", "enterprise_credentials=write"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let location = answer.header("location").unwrap();
    assert_eq!(
        location,
        format!("/enterprises/{SLUG}/credential-authorizations/revocations/{}", plan.cut)
    );

    let progress = running.completed(location, TOKEN_OWNER_OAUTH);
    assert_eq!(progress["id"], plan.cut.value());
    assert_eq!(progress["revoke_credentials"], true);
    assert_eq!(progress["authorizations_revoked"], plan.authorizations_revoked);
    assert_eq!(progress["credentials_destroyed"], plan.credentials_destroyed);
    let expected = (
        plan.cut.value(),
        plan.authorizations_revoked,
        plan.credentials_destroyed,
    );
    assert_eq!(completions(&running.log()), [expected]);
}

#[test]
fn every_kind_that_may_call_is_accepted_and_a_holder_too() {
    let running = Running::new();
    for token in [TOKEN_OWNER, TOKEN_OWNER_OAUTH, TOKEN_OWNER_APP, TOKEN_HOLDER] {
        assert_eq!(running.post(token, "").status, 202, "{token}");
    }
    assert_eq!(running.requests(), 4);
}

#[test]
fn the_documented_curl_call_is_accepted() {
    let running = Running::new();
    let body = r#"{"revoke_credentials":false}"#;
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/8.5.0\r\nConnection: close\r\n\
         Accept: application/vnd.github+json\r\nAuthorization: Bearer {TOKEN_OWNER}\r\n\
         X-GitHub-Api-Version: 2026-03-10\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        revoke_all_path(SLUG),
        body.len()
    );
    let answer = raw(running.address, request.as_bytes());
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.header("x-github-api-version-selected"), Some("2026-03-10"));
}

#[test]
fn whoever_may_not_ask_is_refused_before_the_body_is_read() {
    let running = Running::new();
    for (token, status, message) in [
        ("ghp_unknown", 401, "Bad credentials"),
        (TOKEN_OWNER_EXPIRED, 401, "Bad credentials"),
        (
            TOKEN_OWNER_FINE,
            403,
            "Resource not accessible by personal access token",
        ),
        (
            TOKEN_MEMBER_NO_SCOPE,
            403,
            "This token needs the admin:enterprise scope",
        ),
        (
            TOKEN_MEMBER,
            403,
            "Must be an enterprise owner or have the write_enterprise_credentials permission",
        ),
    ] {
        // The body that is announced never comes: whoever waits for it answers 408.
        let answer = running.raw(
            &format!("POST {}", revoke_all_path(SLUG)),
            &[
                "User-Agent: t",
                "Content-Length: 20",
                &format!("Authorization: Bearer {token}"),
            ],
        );
        assert_eq!((answer.status, answer.message().as_str()), (status, message));
    }
    assert_eq!(running.requests(), 0);
}

#[test]
fn a_request_without_user_agent_or_token_is_refused() {
    let running = Running::new();
    let line = format!("POST {}", revoke_all_path(SLUG));
    let answer = running.raw(&line, &[&format!("Authorization: Bearer {TOKEN_OWNER}")]);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.message(), "Request forbidden: a User-Agent header is required");
    assert_eq!(running.raw(&line, &["User-Agent: t"]).status, 401);
    assert_eq!(
        running
            .raw(&line, &["User-Agent: t", "Authorization: Basic b3duZXI6"])
            .status,
        401
    );
    let twice = format!("Authorization: Bearer {TOKEN_OWNER}");
    assert_eq!(running.raw(&line, &["User-Agent: t", &twice, &twice]).status, 401);
}

#[test]
fn bodies_are_judged_as_documented() {
    let running = Running::new();
    for (body, status, message) in [
        ("{", 400, "Problems parsing JSON"),
        ("[]", 400, "Body should be a JSON object"),
        (r#"{"revoke_credentials":null}"#, 422, "Invalid request"),
        (r#"{"revoke_credentials":"true"}"#, 422, "Invalid request"),
        (
            r#"{"revoke_credentials":true,"revoke_credentials":true}"#,
            400,
            "Problems parsing JSON",
        ),
        ("\0\u{1}", 400, "Problems parsing JSON"),
    ] {
        let answer = running.post(TOKEN_OWNER, body);
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (status, message),
            "{body:?}"
        );
    }
    assert_eq!(running.requests(), 0);
}

#[test]
fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let running = Running::new();
    let filled_to = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
    let largest = filled_to(64 * 1024);
    assert_eq!(largest.len(), 64 * 1024);
    assert_eq!(running.post(TOKEN_OWNER, &largest).status, 202);

    let answer = running.post(TOKEN_OWNER, &filled_to(64 * 1024 + 1));
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.message(), "Request body is too large: at most 65536 bytes");
    assert_eq!(running.requests(), 1);
}

#[test]
fn revoke_credentials_needs_managed_users() {
    let running = Running::with(&[History::sample_of(SLUG, "personal_accounts", "")]);
    let answer = running.post(TOKEN_OWNER, r#"{"revoke_credentials":true}"#);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.message(),
        "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises"
    );
    assert_eq!(running.post(TOKEN_OWNER, r#"{"revoke_credentials":false}"#).status, 202);
}

#[test]
fn a_repeated_key_is_the_same_request_and_with_other_parameters_none() {
    let running = Running::new();
    let ask = |body| {
        revoke_all(
            running.address,
            SLUG,
            TOKEN_OWNER_OAUTH,
            body,
            &[("Idempotency-Key", "incident-1")],
        )
    };
    let (first, second) = (ask(""), ask("{}"));
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(running.requests(), 1);
    assert_eq!(ask(r#"{"revoke_credentials":true}"#).status, 422);
    let malformed = revoke_all(running.address, SLUG, TOKEN_OWNER, "", &[("Idempotency-Key", "a b")]);
    assert_eq!(malformed.status, 422);
    assert_eq!(running.requests(), 1);
}

#[test]
fn concurrent_repeats_of_one_key_are_one_request() {
    let running = Running::new();
    let address = running.address;
    let ask = move || {
        revoke_all(
            address,
            SLUG,
            TOKEN_OWNER_OAUTH,
            "",
            &[("Idempotency-Key", "incident-1")],
        )
    };
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(ask)).collect();
    let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| answer.header("location") == answers[0].header("location"))
    );
    assert_eq!(running.requests(), 1);
}

#[test]
fn progress_is_for_those_who_may_revoke() {
    let running = Running::new();
    let answer = running.post(TOKEN_OWNER, "");
    let location = answer.header("location").unwrap();
    running.completed(location, TOKEN_HOLDER);
    assert_eq!(get(running.address, location, TOKEN_MEMBER).status, 403);
    assert_eq!(get(running.address, location, "ghp_unknown").status, 401);
    for id in ["1", "999999", "0", "x", "%FF"] {
        let path = format!("/enterprises/{SLUG}/credential-authorizations/revocations/{id}");
        assert_eq!(get(running.address, &path, TOKEN_OWNER).status, 404, "{id}");
    }
}
