//! The narrower operations refused: in each of their statuses, and by the first of several faults.

use crate::common::history::{TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_FINE};
use crate::narrower::{
    ENTERPRISE, ENTERPRISE_OWNER, ORG, ORG_APART, ORG_FINE, ORG_READ, ORGANIZATION, history, history_of,
};
use crate::running::{Running, SLUG};

const EMU_ONLY: &str =
    "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises";
const TYPE_REQUIRED: &str = "The `credential_type` parameter is required and must be one of: classic_pat, \
                             fine_grained_pat, ssh_key, oauth_app_token";
const SAML: &str = "Resource protected by organization SAML enforcement. You must grant your Personal Access token \
                    access to this organization.";

/// What every operation refuses alike is asked of each; what is particular to one, of that one.
#[test]
fn each_refuses_in_each_of_its_statuses() {
    let running = Running::with(&[history()]);
    for (path, token, body, status, message) in [
        ("E/revoke-credential-type", "ghp_x", "", 401, "Bad credentials"),
        (
            "E/hubot/revoke",
            TOKEN_OWNER_FINE,
            "",
            403,
            "Resource not accessible by personal access token",
        ),
        (
            "E/hubot/revoke",
            ORG,
            "",
            403,
            "This token needs the admin:enterprise scope",
        ),
        (
            "E/hubot/revoke",
            TOKEN_MEMBER,
            "",
            403,
            "Must be an enterprise owner or have the write_enterprise_credentials permission",
        ),
        ("E/nobody/revoke", TOKEN_OWNER, "", 404, "Not Found"),
        (
            "E/nobody/revoke",
            TOKEN_MEMBER,
            "",
            403,
            "Must be an enterprise owner or have the write_enterprise_credentials permission",
        ),
        ("E/revoke-credential-type", TOKEN_OWNER, "", 422, TYPE_REQUIRED),
        (
            "E/revoke-credential-type",
            TOKEN_OWNER,
            r#"{"credential_type":"pat"}"#,
            422,
            TYPE_REQUIRED,
        ),
        (
            "E/hubot/revoke-credential-type",
            TOKEN_OWNER,
            r#"{"revoke_credentials":1}"#,
            422,
            TYPE_REQUIRED,
        ),
        (
            "E/hubot/revoke",
            TOKEN_OWNER,
            r#"{"revoke_credentials":1}"#,
            422,
            "Invalid request",
        ),
        ("E/hubot/revoke", TOKEN_OWNER, "[]", 400, "Body should be a JSON object"),
        ("E/hubot/revoke", TOKEN_OWNER, "{", 400, "Problems parsing JSON"),
        (
            "E/mona/revoke",
            TOKEN_OWNER,
            "",
            422,
            "The first EMU owner cannot be targeted for credential revocation.",
        ),
        ("O/revoke-all", "ghp_x", "", 401, "Bad credentials"),
        (
            "/orgs/nowhere/credential-authorizations/revoke-all",
            ORG,
            "",
            404,
            "Not Found",
        ),
        (
            "/orgs/nowhere/credential-authorizations/revoke-all",
            TOKEN_MEMBER,
            "",
            404,
            "Not Found",
        ),
        (
            "O/revoke-all",
            ORG_FINE,
            "",
            403,
            "Resource not accessible by personal access token",
        ),
        (
            "O/revoke-all",
            ORG_READ,
            "",
            403,
            "This token needs the admin:org scope",
        ),
        (
            "O/revoke-all",
            TOKEN_OWNER,
            "",
            403,
            "This token needs the admin:org scope",
        ),
        ("O/revoke-all", ORG_APART, "", 403, SAML),
        (
            "O/revoke-all",
            ENTERPRISE_OWNER,
            "",
            403,
            "Must be an organization owner",
        ),
        (
            "/orgs/octo-labs/credential-authorizations/revoke-all",
            ORG,
            "",
            403,
            SAML,
        ),
        ("O/nobody/revoke", ORG, "", 404, "Not Found"),
        (
            "O/nobody/revoke",
            ENTERPRISE_OWNER,
            "",
            403,
            "Must be an organization owner",
        ),
        (
            "O/revoke-all",
            ORG,
            r#"{"revoke_credentials":true}"#,
            422,
            "Invalid request",
        ),
        (
            "O/hubot/revoke",
            ORG,
            r#"{"revoke_credentials":null}"#,
            422,
            "Invalid request",
        ),
        ("O/hubot/revoke", ORG, "nonsense", 400, "Problems parsing JSON"),
        ("O/revoke-credential-type", ORG, "", 422, TYPE_REQUIRED),
        ("O/mona/revoke-credential-type", ORG, "{}", 422, TYPE_REQUIRED),
    ] {
        let path = path
            .replace("E/", &format!("{ENTERPRISE}/"))
            .replace("O/", &format!("{ORGANIZATION}/"));
        let answer = running.send("POST", &path, token, body, &[]);
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (status, message),
            "{path} {body}"
        );
        assert_eq!(answer.json()["status"], status.to_string());
    }
    let long = " ".repeat(64 * 1024 + 1);
    for (path, token) in [(ENTERPRISE, TOKEN_OWNER), (ORGANIZATION, ORG)] {
        let answer = running.send(
            "POST",
            &format!("{path}/hubot/revoke-credential-type"),
            token,
            &long,
            &[],
        );
        assert_eq!(answer.status, 413, "{answer:?}");
    }
    assert_eq!(running.requests(), 0);
    // The first EMU owner is no target of an enterprise alone.
    assert_eq!(
        running
            .send("POST", &format!("{ORGANIZATION}/mona/revoke"), ORG, "", &[])
            .status,
        202
    );

    let personal = Running::with(&[history_of(SLUG, "personal_accounts")]);
    for (path, body) in [
        ("/mona/revoke", r#"{"revoke_credentials":true}"#),
        (
            "/revoke-credential-type",
            r#"{"revoke_credentials":true,"credential_type":"oauth_app_token"}"#,
        ),
    ] {
        let answer = personal.send("POST", &format!("{ENTERPRISE}{path}"), TOKEN_OWNER, body, &[]);
        assert_eq!((answer.status, answer.message().as_str()), (422, EMU_ONLY), "{path}");
    }
    assert_eq!(personal.requests(), 0);
}

#[test]
fn of_several_faults_the_first_is_answered_and_before_the_body() {
    let running = Running::with(&[history()]);
    let version = ("X-GitHub-Api-Version", "1999-01-01");
    let key = ("Idempotency-Key", "not a key");
    let nobody = format!("{ORGANIZATION}/nobody/revoke");
    let hubot = format!("{ORGANIZATION}/hubot/revoke");
    let nowhere = "/orgs/nowhere/credential-authorizations/hubot/revoke";
    for (path, token, headers, status) in [
        (nowhere, "ghp_x", &[version, key][..], 401),
        (nowhere, ENTERPRISE_OWNER, &[version, key], 400),
        (nowhere, ENTERPRISE_OWNER, &[key], 404),
        (&nobody, ENTERPRISE_OWNER, &[key], 403),
        (&nobody, ORG, &[key], 404),
        (&hubot, ORG, &[key], 422),
        (&hubot, ORG, &[], 400),
    ] {
        let answer = running.send("POST", path, token, "{", headers);
        assert_eq!(answer.status, status, "{path} {token} {headers:?}");
    }
    // Whoever may not ask gets no body read; and nobody without a User-Agent.
    for (path, token, agent, status) in [
        (&hubot, ENTERPRISE_OWNER, "User-Agent: t", 403),
        (&nobody, ORG, "User-Agent: t", 404),
        (&hubot, "ghp_x", "X-None: t", 403),
    ] {
        let token = format!("Authorization: Bearer {token}");
        let answer = running.raw(&format!("POST {path}"), &[agent, "Content-Length: 20", &token]);
        assert_eq!(answer.status, status, "{path}");
    }
    assert_eq!(running.requests(), 0);
}
