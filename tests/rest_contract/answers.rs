//! Each answer, byte for byte.

use enterprise_credentials::{Rule, rest};
use serde_json::{Value, json};

use crate::world::{AGENT, APP, CLASSIC, FINE_GRAINED, OAUTH, SLUG, World, header, shown, with_token};

const OPERATION_URL: &str = "https://docs.github.com/rest/enterprise-admin/credential-authorizations\
    #revoke-all-credential-authorizations-for-an-enterprise";

/// Status and body of an answer that refuses owner 7's classic token, or whoever else calls.
fn refused(world: &World, caller: Option<Value>, headers: &[(&str, &[u8])], body: &[u8]) -> String {
    let outcome = world.answer(caller, SLUG, headers, body);
    assert!(outcome.events.is_empty());
    assert!(outcome.response.refused_by.is_some());
    assert_eq!(header(&outcome.response, "Location"), None);
    let body = String::from_utf8(outcome.response.body).unwrap();
    format!("{} {body}", outcome.response.status)
}

fn problem(status: u16, message: &str) -> String {
    format!(r#"{status} {{"message":"{message}","documentation_url":"{OPERATION_URL}","status":"{status}"}}"#)
}

#[test]
fn accepted() {
    let outcome = World::managed().answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], b"");
    assert_eq!(outcome.events.len(), 1);
    assert_eq!(outcome.response.refused_by, None);
    let expected = r#"202
Content-Type: application/json; charset=utf-8
X-GitHub-Request-Id: R1
X-GitHub-Media-Type: github.v3; format=json
X-GitHub-Api-Version-Selected: 2022-11-28
X-OAuth-Scopes: repo, admin:enterprise
X-Accepted-OAuth-Scopes: admin:enterprise
X-Accepted-GitHub-Permissions: enterprise_credentials=write
Location: /enterprises/octo-corp/credential-authorizations/revocations/9

{"message":"Credential authorization revocation has been queued"}"#;
    assert_eq!(shown(&outcome.response), expected);
}

#[test]
fn accepted_with_a_warning() {
    let body = br#"{"revoke_credentials":true}"#;
    let outcome = World::managed().answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], body);
    let expected = r#"{"message":"Credential authorization revocation has been queued","warning":"The token used for this request may also be revoked or destroyed as part of this operation"}"#;
    assert_eq!(String::from_utf8(outcome.response.body).unwrap(), expected);
}

#[test]
fn a_misspelt_option_is_ignored_and_named() {
    let body = br#"{"revoke-credentials":true,"reason":"leak","Revoke_Credentials":true}"#;
    let outcome = World::managed().answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], body);
    assert_eq!(
        header(&outcome.response, rest::IGNORED_KEYS),
        Some("revoke-credentials, Revoke_Credentials")
    );
    let mut without = outcome;
    without.response.headers.retain(|(name, _)| *name != rest::IGNORED_KEYS);
    let plain = World::managed().answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], b"{}");
    assert_eq!(without, plain);
}

#[test]
fn without_a_known_token() {
    let outcome = World::managed().answer(None, SLUG, &[AGENT, ("X-GitHub-Api-Version", b"2026-03-10")], b"");
    let expected = r#"401
Content-Type: application/json; charset=utf-8
X-GitHub-Request-Id: R1
X-GitHub-Media-Type: github.v3; format=json
X-GitHub-Api-Version-Selected: 2026-03-10

{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}"#;
    assert_eq!(shown(&outcome.response), expected);
}

#[test]
fn a_dead_token_is_answered_like_an_unknown_one() {
    let mut world = World::managed();
    let unknown = world.answer(None, SLUG, &[AGENT], b"").response;
    world.ask(json!({"type": "DestroyCredential", "credential": CLASSIC}));
    let dead = world.answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], b"").response;
    assert_eq!(shown(&dead), shown(&unknown));
}

#[test]
fn without_a_user_agent() {
    let world = World::managed();
    let expected = problem(403, "Request forbidden: a User-Agent header is required");
    assert_eq!(refused(&world, Some(with_token(CLASSIC)), &[], b""), expected);
    assert_eq!(
        refused(&world, Some(with_token(CLASSIC)), &[("User-Agent", b" ")], b""),
        expected
    );

    let response = world.answer(Some(with_token(CLASSIC)), SLUG, &[], b"").response;
    assert_eq!(header(&response, "X-OAuth-Scopes"), None, "the token was not looked at");
    assert_eq!(header(&response, "X-Accepted-OAuth-Scopes"), None);
}

#[test]
fn an_unknown_api_version() {
    let world = World::managed();
    let asked = |headers: &[(&str, &[u8])]| refused(&world, Some(with_token(CLASSIC)), headers, b"");
    const NAME: &str = "x-github-api-VERSION";
    assert_eq!(
        asked(&[AGENT, (NAME, b"2021-01-01")]),
        problem(400, "API version `2021-01-01` is not supported")
    );
    assert_eq!(
        asked(&[AGENT, (NAME, b"")]),
        problem(400, "API version `` is not supported")
    );
    assert_eq!(
        asked(&[AGENT, (NAME, b"\xff2")]),
        problem(400, "API version `\u{fffd}2` is not supported")
    );
    let twice = [AGENT, (NAME, b"2022-11-28".as_slice()), (NAME, b"2022-11-28")];
    assert_eq!(
        asked(&twice),
        problem(400, "API version `2022-11-28, 2022-11-28` is not supported")
    );
    let long = "9".repeat(1000);
    let shortened = format!("API version `{}…` is not supported", "9".repeat(80));
    assert_eq!(asked(&[AGENT, (NAME, long.as_bytes())]), problem(400, &shortened));

    let response = world
        .answer(Some(with_token(CLASSIC)), SLUG, &[AGENT, (NAME, b"2021-01-01")], b"")
        .response;
    assert_eq!(header(&response, "X-GitHub-Api-Version-Selected"), None);
}

#[test]
fn every_known_api_version() {
    for version in rest::API_VERSIONS {
        let headers = [AGENT, ("X-GitHub-Api-Version", version.as_bytes())];
        let response = World::managed()
            .answer(Some(with_token(CLASSIC)), SLUG, &headers, b"")
            .response;
        assert_eq!(response.status, 202);
        assert_eq!(header(&response, "X-GitHub-Api-Version-Selected"), Some(version));
    }
}

#[test]
fn another_enterprise() {
    let world = World::managed();
    let expected = format!(
        r#"404
Content-Type: application/json; charset=utf-8
X-GitHub-Request-Id: R1
X-GitHub-Media-Type: github.v3; format=json
X-GitHub-Api-Version-Selected: 2022-11-28
X-OAuth-Scopes: repo, admin:enterprise
X-Accepted-OAuth-Scopes: admin:enterprise
X-Accepted-GitHub-Permissions: enterprise_credentials=write

{{"message":"Not Found","documentation_url":"{OPERATION_URL}","status":"404"}}"#
    );
    for slug in [
        "octo-inc",
        "OCTO-CORP",
        "octo-corp ",
        "",
        "../octo-corp",
        "octo\u{0}corp",
        "öcto",
    ] {
        let outcome = world.answer(Some(with_token(CLASSIC)), slug, &[AGENT], b"");
        assert_eq!(shown(&outcome.response), expected, "`{slug}`");
    }
}

#[test]
fn a_stranger() {
    assert_eq!(
        refused(&World::managed(), Some(json!({})), &[AGENT], b""),
        problem(404, "Not Found")
    );
    assert_eq!(
        refused(&World::managed(), Some(json!({"person": 99})), &[AGENT], b""),
        problem(404, "Not Found")
    );
    assert_eq!(
        refused(&World::empty(), Some(json!({"person": 7})), &[AGENT], b""),
        problem(404, "Not Found")
    );
}

#[test]
fn a_token_that_may_not_call() {
    let mut world = World::managed();
    world.issue(911, 7, "classic_pat", &["manage_runners:enterprise", "read:enterprise"]);
    world.issue(912, 7, "oauth_app_user_token", &[]);
    world.issue(913, 7, "github_app_user_token", &["enterprise_credentials=read"]);
    let asked = |caller| refused(&world, Some(caller), &[AGENT], b"");
    let scope = problem(403, "This token needs the admin:enterprise scope");
    assert_eq!(asked(with_token(911)), scope);
    assert_eq!(asked(with_token(912)), scope);
    let integration = problem(403, "Resource not accessible by integration");
    assert_eq!(asked(with_token(913)), integration);
    assert_eq!(
        asked(json!({"installation": 55, "permissions": ["enterprise_credentials=read"]})),
        integration
    );
    let fine_grained = problem(403, "Resource not accessible by personal access token");
    assert_eq!(asked(with_token(FINE_GRAINED)), fine_grained);
}

#[test]
fn a_person_who_may_not_call() {
    let mut world = World::managed();
    world.ask(json!({"type": "ChangeMemberRole", "member": 7, "role": "billing_manager"}));
    let expected = problem(
        403,
        "Must be an enterprise owner or have the write_enterprise_credentials permission",
    );
    assert_eq!(refused(&world, Some(with_token(CLASSIC)), &[AGENT], b""), expected);
    assert_eq!(refused(&world, Some(json!({"person": 7})), &[AGENT], b""), expected);
}

#[test]
fn a_malformed_idempotency_key() {
    let world = World::managed();
    const NAME: &str = "Idempotency-Key";
    let expected = problem(
        422,
        "Idempotency-Key must be given once, with 1 to 255 visible ASCII characters",
    );
    let long = "k".repeat(256);
    for key in [b"".as_slice(), b"a b", b"\xff", "ü".as_bytes(), long.as_bytes()] {
        assert_eq!(
            refused(&world, Some(with_token(CLASSIC)), &[AGENT, (NAME, key)], b""),
            expected
        );
    }
    let twice = [AGENT, (NAME, b"k".as_slice()), ("idempotency-key", b"k")];
    assert_eq!(refused(&world, Some(with_token(CLASSIC)), &twice, b""), expected);
}

#[test]
fn every_body() {
    let json = problem(400, "Problems parsing JSON");
    let object = problem(400, "Body should be a JSON object");
    let invalid = problem(422, "Invalid request");
    let deep = format!("{}{}", r#"{"x":"#.repeat(5_000), "[".repeat(5_000));
    let long = vec![b' '; 65_537];
    let large = problem(413, "Request body is too large: at most 65536 bytes");
    let faulty: &[(&[u8], &str)] = &[
        (b" ", &json),
        (b"{", &json),
        (b"{} {}", &json),
        (b"[1] x", &json),
        (b"revoke_credentials=true", &json),
        (b"{\"x\":\"\xff\"}", &json),
        (b"\xef\xbb\xbf{}", &json),
        (deep.as_bytes(), &json),
        (br#"{"revoke_credentials":true,"revoke_credentials":true}"#, &json),
        (br#"{"revoke_credentials":1,"revoke\u005fcredentials":null}"#, &json),
        (br#"{"revoke_credentials":1} x"#, &json),
        (b"[]", &object),
        (b" null", &object),
        (b"true", &object),
        (b"\"revoke_credentials\"", &object),
        (b"1e999", &object),
        (br#"[{"revoke_credentials":true}]"#, &object),
        (br#"{"revoke_credentials":null}"#, &invalid),
        (br#"{"revoke_credentials":"true"}"#, &invalid),
        (br#"{"revoke_credentials":0}"#, &invalid),
        (br#"{"revoke_credentials":1e999}"#, &invalid),
        (br#"{"revoke_credentials":[true]}"#, &invalid),
        (br#"{"revoke_credentials":{}}"#, &invalid),
        (&long, &large),
    ];
    let world = World::managed();
    for (body, expected) in faulty {
        let answered = refused(&world, Some(with_token(CLASSIC)), &[AGENT], body);
        assert_eq!(&answered, expected, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_key_that_is_no_text_is_no_json() {
    let body = br#"{"\ud800":1}"#;
    let response = World::managed()
        .answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], body)
        .response;
    assert_eq!((response.status, response.refused_by), (400, Some(Rule::BodyIsJson)));
}

#[test]
fn every_good_body() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let longest = format!("{{}}{}", " ".repeat(65_534));
    let good: &[(&[u8], bool)] = &[
        (b"", false),
        (b"{}", false),
        (b"\r\n\t {} ", false),
        (br#"{"revoke_credentials":false}"#, false),
        (
            br#"{"x":1,"revoke_credentials" : true ,"x":{"revoke_credentials":1}}"#,
            true,
        ),
        (br#"{"revoke\u005fcredentials":true}"#, true),
        (br#"{"Revoke_Credentials":true}"#, false),
        (deep.as_bytes(), false),
        (longest.as_bytes(), false),
    ];
    for (body, revoke_credentials) in good {
        let mut world = World::managed();
        assert_eq!(
            world.post(with_token(CLASSIC), &[AGENT], body).status,
            202,
            "{}",
            String::from_utf8_lossy(body)
        );
        let requested = world.enterprise.progress(world.enterprise.last_cut().unwrap()).unwrap();
        assert_eq!(requested.revoke_credentials, *revoke_credentials);
    }
}

#[test]
fn revoke_credentials_without_managed_users() {
    let world = World::new("personal_accounts");
    let body = br#"{"revoke_credentials":true}"#;
    let message = "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises";
    assert_eq!(
        refused(&world, Some(with_token(CLASSIC)), &[AGENT], body),
        problem(422, message)
    );
}

#[test]
fn scopes_are_told_of_tokens_that_carry_them() {
    let told = |caller| {
        let response = World::managed().answer(Some(caller), SLUG, &[AGENT], b"").response;
        assert_eq!(header(&response, "X-Accepted-OAuth-Scopes"), Some("admin:enterprise"));
        assert_eq!(
            header(&response, "X-Accepted-GitHub-Permissions"),
            Some("enterprise_credentials=write")
        );
        header(&response, "X-OAuth-Scopes").map(String::from)
    };
    assert_eq!(told(with_token(CLASSIC)).as_deref(), Some("repo, admin:enterprise"));
    assert_eq!(told(with_token(OAUTH)).as_deref(), Some("admin:enterprise"));
    assert_eq!(told(with_token(APP)), None);
    assert_eq!(told(with_token(FINE_GRAINED)), None);
    assert_eq!(
        told(json!({"installation": 55, "permissions": ["enterprise_credentials=write"]})),
        None
    );
    assert_eq!(told(json!({"person": 7})), None);
}

#[test]
fn answers_of_the_host() {
    let expected = |status: &str, message: &str, more: &str| {
        format!(
            r#"{status}
Content-Type: application/json; charset=utf-8
X-GitHub-Request-Id: R1
X-GitHub-Media-Type: github.v3; format=json
{more}
{{"message":"{message}","documentation_url":"https://docs.github.com/rest","status":"{status}"}}"#
        )
    };
    assert_eq!(shown(&rest::not_found("R1")), expected("404", "Not Found", ""));
    assert_eq!(shown(&rest::malformed("R1")), expected("400", "Bad Request", ""));
    assert_eq!(shown(&rest::uri_too_long("R1")), expected("414", "URI Too Long", ""));
    assert_eq!(
        shown(&rest::headers_too_large("R1")),
        expected("431", "Request Header Fields Too Large", "")
    );
    assert_eq!(
        shown(&rest::not_implemented("R1")),
        expected("501", "Not Implemented", "")
    );
    let not_allowed = rest::method_not_allowed("R1", "POST");
    assert_eq!(
        shown(&not_allowed),
        expected("405", "Method Not Allowed", "Allow: POST\n")
    );
    assert_eq!(
        shown(&rest::request_timeout("R1")),
        expected("408", "Request Timeout", "")
    );
    assert_eq!(
        shown(&rest::too_many_requests("R1")),
        expected("429", "Too Many Requests", "Retry-After: 1\n")
    );
    assert_eq!(
        shown(&rest::internal_error("R1")),
        expected("500", "Internal Server Error", "")
    );
    assert_eq!(
        shown(&rest::unavailable("R1")),
        expected("503", "Service Unavailable", "Retry-After: 1\n")
    );
}
