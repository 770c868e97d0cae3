//! The operations of an enterprise that the oracle keeps, with the core that speaks behind them.

use serde_json::{Value, json};

use super::common::http::Answer;
use super::openapi;
use super::service::Service;

const AUTHORIZATIONS: &str = "enterprises/octo-corp/credential-authorizations";
const AT_ORGANIZATION: &str = "orgs/octo-org/credential-authorizations";
/// Later than any clock, so that all happens at this time.
const AT: &str = "2100-01-01T00:00:00.000Z";
const DESTROY: &str = r#"{"revoke_credentials":true}"#;

/// Tokens: the ids of credentials.
const MONA: &str = "1";
const HUBOT: &str = "2";
const EXPIRED: &str = "3";
const OF_THE_DEPARTED: &str = "4";
const READS: &str = "5";

/// An enterprise: mona owns it; hubot may revoke there, and owns its organization.
struct Enterprise<'a> {
    service: &'a Service,
    handle: u64,
}

impl<'a> Enterprise<'a> {
    fn begin(service: &'a Service, kind: &str) -> Self {
        let begun = service.ask_json(&json!({"call": "begin"}));
        let handle = begun["result"]["handle"].as_u64().unwrap();
        let enterprise = Self { service, handle };
        let token = |credential: u8, owner: u8, scopes: &[&str]| {
            json!({
                "type": "IssueCredential", "credential": credential, "owner": owner, "kind": "classic_pat",
                "scopes": scopes,
            })
        };
        let all = ["admin:enterprise", "admin:org"];
        let mut expired = token(3, 1, &all);
        expired["expires_at"] = AT.into();
        let authorize =
            |credential: u8| json!({"type": "AuthorizeCredential", "credential": credential, "organization": 1});
        for (command, at) in [
            (
                json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": kind}),
                "2099-12-31T23:59:59.000Z",
            ),
            (
                json!({"type": "AddOrganization", "organization": 1, "login": "octo-org"}),
                "2099-12-31T23:59:59.000Z",
            ),
            (
                json!({"type": "AddMember", "member": 1, "login": "mona", "role": "owner"}),
                "2099-12-31T23:59:59.000Z",
            ),
            (expired, "2099-12-31T23:59:59.000Z"),
            (
                json!({"type": "AddMember", "member": 2, "login": "hubot", "role": "member"}),
                AT,
            ),
            (
                json!({"type": "AddMember", "member": 3, "login": "zed", "role": "owner"}),
                AT,
            ),
            (
                json!({"type": "GrantPermission", "member": 2, "permission": "write_enterprise_credentials"}),
                AT,
            ),
            (
                json!({"type": "AddOrganizationOwner", "organization": 1, "member": 2}),
                AT,
            ),
            (token(1, 1, &all), AT),
            (token(2, 2, &all), AT),
            (token(4, 3, &all), AT),
            (token(5, 1, &["read:enterprise"]), AT),
            (authorize(1), AT),
            (authorize(2), AT),
            (json!({"type": "RemoveMember", "member": 3}), AT),
        ] {
            enterprise.carry_out(&command, at);
        }
        enterprise
    }

    fn carry_out(&self, command: &Value, at: &str) {
        let asked = json!({"call": "carry_out", "handle": self.handle, "at": at, "command": command});
        let done = self.service.ask_json(&asked);
        assert!(done["result"]["accepted"].is_object(), "{command}: {done}");
    }

    fn send(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let answer = self
            .service
            .send_as(token, method, &format!("/{}/{path}", self.handle), body);
        openapi::check(method, path, &answer);
        answer
    }
}

#[test]
fn a_revocation_is_requested_carried_out_and_followed() {
    let service = Service::start(&[]);
    let enterprise = Enterprise::begin(&service, "managed_users");
    let other = Enterprise::begin(&service, "managed_users");
    let accepted = enterprise.send(MONA, "POST", &format!("{AUTHORIZATIONS}/revoke-all"), DESTROY);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert!(accepted.json()["warning"].is_string(), "{accepted:?}");
    let location = accepted.header("Location").unwrap();
    let expected = format!("/{}/{AUTHORIZATIONS}/revocations/16", enterprise.handle);
    assert_eq!(location, expected);

    assert_eq!(service.send_as(MONA, "GET", location, "").status, 401);
    enterprise.carry_out(
        &json!({"type": "AddMember", "member": 4, "login": "hal", "role": "owner"}),
        AT,
    );
    let token = json!({
        "type": "IssueCredential", "credential": 6, "owner": 4, "kind": "classic_pat", "scopes": ["admin:enterprise"],
    });
    enterprise.carry_out(&token, AT);
    assert_eq!(service.send_as("6", "GET", location, "").json()["state"], "queued");
    let job = json!({"type": "ContinueRevocation", "revocation": 16, "limit": 100});
    enterprise.carry_out(&job, AT);
    let done = service.send_as("6", "GET", location, "").json();
    assert_eq!(
        (&done["state"], &done["credentials_destroyed"]),
        (&json!("completed"), &json!(4)),
        "{done}"
    );

    let of_another = other.send(MONA, "GET", &format!("{AT_ORGANIZATION}/revocations/16"), "");
    assert_eq!(of_another.status, 403, "a token of another enterprise is another token");
}

#[test]
fn authorizations_are_listed_and_removed() {
    let service = Service::start(&[]);
    let enterprise = Enterprise::begin(&service, "personal_accounts");
    let listed = enterprise.send(HUBOT, "GET", &format!("{AT_ORGANIZATION}?per_page=1"), "");
    let rows = listed.json();
    assert_eq!(
        (
            &rows[0]["login"],
            &rows[0]["credential_authorized_at"],
            rows.as_array().unwrap().len()
        ),
        (&json!("mona"), &json!(AT), 1)
    );
    let next = format!(
        r#"</{}/{AT_ORGANIZATION}?per_page=1&page=2>; rel="next""#,
        enterprise.handle
    );
    assert!(listed.header("Link").unwrap().starts_with(&next), "{listed:?}");
    let remove = || {
        enterprise
            .send(HUBOT, "DELETE", &format!("{AT_ORGANIZATION}/1"), "")
            .status
    };
    assert_eq!((remove(), remove()), (204, 404));
    let left = enterprise.send(HUBOT, "GET", AT_ORGANIZATION, "").json();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");

    let written = service.ask_json(&json!({"call": "audit", "handle": enterprise.handle}));
    assert_eq!(written["result"]["position"], 16, "the removal is in the history");
}

#[test]
fn what_leads_to_nothing_is_not_found() {
    let service = Service::start(&[]);
    let Enterprise { handle, .. } = Enterprise::begin(&service, "managed_users");
    for path in [
        format!("/{AUTHORIZATIONS}/revoke-all"),
        format!("/{}/{AUTHORIZATIONS}/revoke-all", handle + 1),
        format!("/+{handle}/{AUTHORIZATIONS}/revoke-all"),
        format!("/{handle}/enterprises/other/credential-authorizations/revoke-all"),
        format!("/{handle}"),
    ] {
        assert_eq!(service.send_as(MONA, "POST", &path, "").status, 404, "{path}");
    }
    let path = format!("/{handle}/{AUTHORIZATIONS}/checkpoint");
    assert_eq!(
        service.send_as(MONA, "GET", &path, "").status,
        404,
        "an oracle signs nothing"
    );
    let path = format!("/{handle}/{AUTHORIZATIONS}/revoke-all");
    let answer = service.send_as(MONA, "GET", &path, "");
    assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")));
    assert_eq!(service.send_as(READS, "POST", &path, "").status, 403);
    for token in ["", "7", "mona", "01", EXPIRED, OF_THE_DEPARTED] {
        assert_eq!(service.send_as(token, "POST", &path, "").status, 401, "{token}");
    }
    let too_long = " ".repeat(2_000_000);
    assert_eq!(service.send_as(MONA, "POST", &path, &too_long).status, 413);
}

/// What is asked, and what the right core and a wrong one answer: the last status.
#[cfg(feature = "wrong")]
#[test]
fn what_is_wrong_in_a_decision_or_in_access_is_seen() {
    let revoke_all = format!("{AUTHORIZATIONS}/revoke-all");
    let at_organization = format!("{AT_ORGANIZATION}/revoke-all");
    let of_mona = format!("{AUTHORIZATIONS}/mona/revoke");
    let of_hubot = format!("{AUTHORIZATIONS}/HUBOT/revoke");
    let removal = format!("{AT_ORGANIZATION}/2");
    let right = Service::start(&[]);
    for (core, kind, token, method, path, body, due, found) in [
        ("OwnersOnly", "managed_users", HUBOT, "POST", &revoke_all, "", 202, 403),
        (
            "ChildScopesSuffice",
            "managed_users",
            READS,
            "POST",
            &revoke_all,
            "",
            403,
            202,
        ),
        (
            "ForgetsManagedUsers",
            "personal_accounts",
            MONA,
            "POST",
            &revoke_all,
            DESTROY,
            422,
            202,
        ),
        (
            "EnterpriseOwnersEverywhere",
            "managed_users",
            MONA,
            "POST",
            &at_organization,
            "",
            403,
            202,
        ),
        (
            "EnterpriseOwnersEverywhere",
            "managed_users",
            MONA,
            "DELETE",
            &removal,
            "",
            403,
            204,
        ),
        (
            "TargetsTheFirstOwner",
            "managed_users",
            MONA,
            "POST",
            &of_mona,
            "",
            422,
            202,
        ),
        (
            "NamesLetterByLetter",
            "managed_users",
            MONA,
            "POST",
            &of_hubot,
            "",
            202,
            404,
        ),
        (
            "HonoursTheExpired",
            "managed_users",
            EXPIRED,
            "POST",
            &revoke_all,
            "",
            401,
            202,
        ),
        (
            "HonoursTheDeparted",
            "managed_users",
            OF_THE_DEPARTED,
            "POST",
            &revoke_all,
            "",
            401,
            404,
        ),
    ] {
        let wrong = Service::start(&["--wrong", core]);
        for (service, status) in [(&right, due), (&wrong, found)] {
            let answer = Enterprise::begin(service, kind).send(token, method, path, body);
            assert_eq!(answer.status, status, "{core}: {answer:?}");
        }
    }
}

#[cfg(feature = "wrong")]
#[test]
fn what_is_wrong_only_after_a_request_is_seen() {
    let revoke_all = format!("{AUTHORIZATIONS}/revoke-all");
    for (arguments, status, warns) in [
        (&[][..], 401, true),
        (&["--wrong", "WaitsForTheJob"], 202, true),
        (&["--wrong", "NeverWarns"], 401, false),
    ] {
        let service = Service::start(arguments);
        let enterprise = Enterprise::begin(&service, "managed_users");
        let first = enterprise.send(MONA, "POST", &revoke_all, DESTROY);
        assert_eq!(
            (first.status, first.json()["warning"].is_string()),
            (202, warns),
            "{arguments:?}"
        );
        assert_eq!(
            enterprise.send(MONA, "POST", &revoke_all, "").status,
            status,
            "{arguments:?}"
        );
    }
}
