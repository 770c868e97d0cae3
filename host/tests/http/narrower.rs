//! The narrower operations: each accepted, followed to its end, and repeated.

use enterprise_credentials::{Event, Revoke};
use serde_json::{Value, json};

use crate::common::history::{
    HOLDER, History, MEMBER, OWNER, TOKEN_HOLDER, TOKEN_OWNER, TOKEN_OWNER_OAUTH, completions, events,
};
use crate::common::http::{Answer, get};
use crate::running::{Running, SLUG};

pub(crate) const ENTERPRISE: &str = "/enterprises/octo-corp/credential-authorizations";
pub(crate) const ORGANIZATION: &str = "/orgs/octo-org/credential-authorizations";

/// Of lisa, who owns organization 1 and nothing else.
pub(crate) const ORG: &str = "gho_organizationOwnersToken";
pub(crate) const ORG_READ: &str = "gho_organizationOwnersReader";
/// Never authorized for the organization.
pub(crate) const ORG_APART: &str = "ghp_organizationOwnersOther";
const ORG_APP: &str = "ghu_organizationOwnersAppToken";
pub(crate) const ORG_FINE: &str = "github_pat_organizationOwners";
/// Of mona, who owns the enterprise, and no organization.
pub(crate) const ENTERPRISE_OWNER: &str = "gho_enterpriseOwnersToken";
/// Of hubot, authorized for both organizations.
pub(crate) const BOT: u64 = 930;

/// The sample, with an organization that lisa owns.
pub(crate) fn history_of(slug: &str, kind: &str) -> History {
    let mut history = History::sample_of(slug, kind, "");
    history.ask(&format!(
        r#"{{"type":"AddOrganizationOwner","organization":1,"member":{MEMBER}}}"#
    ));
    let admin = r#"["admin:org"]"#;
    let app = r#"["organization_administration=write"]"#;
    for (id, owner, kind, scopes, token) in [
        (920, MEMBER, "oauth_app_user_token", admin, ORG),
        (921, MEMBER, "oauth_app_user_token", r#"["read:org"]"#, ORG_READ),
        (922, MEMBER, "classic_pat", admin, ORG_APART),
        (923, MEMBER, "github_app_user_token", app, ORG_APP),
        (924, MEMBER, "fine_grained_pat", admin, ORG_FINE),
        (925, OWNER, "oauth_app_user_token", admin, ENTERPRISE_OWNER),
        (BOT, HOLDER, "classic_pat", "[]", "ghp_bot"),
    ] {
        history.issue(id, owner, kind, scopes, token, "");
        if id != 922 {
            history.authorize(id, 1);
        }
    }
    history.authorize(BOT, 2);
    history
}

pub(crate) fn history() -> History {
    history_of(SLUG, "managed_users")
}

struct Case {
    path: String,
    token: &'static str,
    body: Value,
    message: &'static str,
    warning: Option<&'static str>,
    /// What the core calls it.
    filters: Value,
}

const LOSES: Option<&str> =
    Some("The token used for this request may also have its authorization revoked as part of this operation");
const DIES: Option<&str> = Some("The token used for this request may also be destroyed as part of this operation");
const LOSES_ALL: Option<&str> =
    Some("The token used for this request may also be revoked or destroyed as part of this operation");

fn cases() -> Vec<Case> {
    let all = "Credential authorization revocation has been queued";
    let of_type = "Credential type revocation has been queued";
    let of_person = "Credential authorization revocation for user 'hubot' has been queued";
    let of_both = "Credential type revocation for user 'hubot' has been queued";
    let pat = json!({"credential_type": "classic_pat"});
    let dead_pat = json!({"credential_type": "classic_pat", "revoke_credentials": true});
    let app = json!({"credential_type": "oauth_app_token"});
    let case = |path: &str, token, body: &Value, message, warning, filters| Case {
        path: path.to_string(),
        token,
        body: body.clone(),
        message,
        warning,
        filters,
    };
    let enterprise = |rest: &str| format!("{ENTERPRISE}{rest}");
    let organization = |rest: &str| format!("/orgs/OCTO-org/credential-authorizations{rest}");
    vec![
        case(
            &enterprise("/revoke-all"),
            TOKEN_OWNER,
            &json!({}),
            all,
            LOSES_ALL,
            json!(null),
        ),
        case(
            &enterprise("/revoke-credential-type"),
            TOKEN_OWNER,
            &pat,
            of_type,
            LOSES,
            json!({"credential_type": "classic_pat"}),
        ),
        case(
            &enterprise("/revoke-credential-type"),
            TOKEN_OWNER,
            &dead_pat,
            of_type,
            DIES,
            json!({"credential_type": "classic_pat", "revoke_credentials": true}),
        ),
        case(
            &enterprise("/HUBOT/revoke"),
            TOKEN_OWNER,
            &json!({"revoke_credentials": true}),
            of_person,
            None,
            json!({"person": HOLDER, "revoke_credentials": true}),
        ),
        case(
            &enterprise("/hubot/revoke"),
            TOKEN_HOLDER,
            &json!({}),
            of_person,
            LOSES,
            json!({"person": HOLDER}),
        ),
        case(
            &enterprise("/%68ubot/revoke-credential-type"),
            TOKEN_HOLDER,
            &dead_pat,
            of_both,
            DIES,
            json!({"person": HOLDER, "credential_type": "classic_pat", "revoke_credentials": true}),
        ),
        case(
            &organization("/revoke-all"),
            ORG,
            &json!({}),
            all,
            LOSES,
            json!({"organization": 1}),
        ),
        case(
            &organization("/revoke-all"),
            ORG_APP,
            &json!(null),
            all,
            LOSES,
            json!({"organization": 1}),
        ),
        case(
            &organization("/revoke-credential-type"),
            ORG,
            &pat,
            of_type,
            None,
            json!({"organization": 1, "credential_type": "classic_pat"}),
        ),
        case(
            &organization("/revoke-credential-type"),
            ORG,
            &app,
            of_type,
            LOSES,
            json!({"organization": 1, "credential_type": "oauth_app_token"}),
        ),
        case(
            &organization("/hubot/revoke"),
            ORG,
            &json!({"revoke_credentials": false}),
            of_person,
            None,
            json!({"organization": 1, "person": HOLDER}),
        ),
        case(
            &organization("/Hubot/revoke-credential-type"),
            ORG,
            &pat,
            of_both,
            None,
            json!({"organization": 1, "person": HOLDER, "credential_type": "classic_pat"}),
        ),
    ]
}

#[test]
fn each_is_accepted_and_its_job_runs_to_the_plan() {
    for case in cases() {
        let history = history();
        let running = Running::with(std::slice::from_ref(&history));
        let body = if case.body.is_null() {
            String::new()
        } else {
            case.body.to_string()
        };
        let answer = running.send("POST", &case.path, case.token, &body, &[]);
        assert_eq!(answer.status, 202, "{}: {answer:?}", case.path);
        assert_eq!(answer.message(), case.message, "{}", case.path);
        assert_eq!(answer.json()["warning"].as_str(), case.warning, "{}", case.path);
        let (accepted, permission) = match case.path.starts_with("/orgs") {
            true => ("admin:org", "organization_administration=write"),
            false => ("admin:enterprise", "enterprise_credentials=write"),
        };
        assert_eq!(answer.header("x-accepted-oauth-scopes"), Some(accepted));
        assert_eq!(answer.header("x-accepted-github-permissions"), Some(permission));

        let plan = match case.filters.clone() {
            Value::Null => history.plan(false),
            mut filters => {
                filters["caller"] = json!({"person": OWNER});
                let request: Revoke = serde_json::from_value(filters).unwrap();
                history.enterprise.plan(&request, history.at())
            }
        };
        let place = if accepted == "admin:org" {
            "/orgs/OCTO-org"
        } else {
            "/enterprises/octo-corp"
        };
        let location = format!("{place}/credential-authorizations/revocations/{}", plan.cut);
        assert_eq!(answer.header("location"), Some(location.as_str()));
        // The caller's own token is dead, or cut off from the organization: another one tells of the end.
        let progress = running.completed(
            &location.replace("/orgs/OCTO-org", "/enterprises/octo-corp"),
            TOKEN_OWNER_OAUTH,
        );
        for filter in ["organization", "person", "credential_type"] {
            assert_eq!(progress.get(filter), case.filters.get(filter), "{}", case.path);
        }
        let totals = (
            plan.cut.value(),
            plan.authorizations_revoked,
            plan.credentials_destroyed,
        );
        assert!(plan.authorizations_revoked > 0, "{}", case.path);
        assert_eq!(completions(&running.log()), [totals], "{}", case.path);
    }
}

#[test]
fn a_key_stands_for_one_operation_with_its_filters() {
    let running = Running::with(&[history()]);
    let key = [("Idempotency-Key", "incident-1")];
    let post =
        |path: &str, body: &str| running.send("POST", &format!("{ENTERPRISE}{path}"), TOKEN_OWNER_OAUTH, body, &key);
    let first = post("/hubot/revoke", "");
    assert_eq!(first.status, 202);
    for (path, body) in [
        ("/hubot/revoke", "{}"),
        ("/HUBOT/revoke", r#"{"revoke_credentials":false}"#),
    ] {
        let again = post(path, body);
        assert_eq!(
            (again.status, again.header("location")),
            (202, first.header("location"))
        );
    }
    for (path, body) in [
        ("/revoke-all", ""),
        ("/lisa/revoke", ""),
        ("/hubot/revoke", r#"{"revoke_credentials":true}"#),
        ("/hubot/revoke-credential-type", r#"{"credential_type":"classic_pat"}"#),
        ("/revoke-credential-type", r#"{"credential_type":"classic_pat"}"#),
    ] {
        let other = post(path, body);
        let message = "Idempotency-Key `incident-1` was used within 24 hours with other parameters: choose another";
        assert_eq!((other.status, other.message().as_str()), (422, message), "{path}");
    }
    // Another person's key is another key, also at an organization.
    let at = |path: &str| running.send("POST", &format!("{ORGANIZATION}{path}"), ORG, "", &key);
    assert_eq!(at("/mona/revoke").status, 202);
    assert_eq!(at("/hubot/revoke").status, 422);
    assert_eq!(running.requests(), 2);
}

/// Asks as a key's owner does who repeats what is no longer possible.
#[test]
fn a_repetition_about_somebody_who_has_left_is_404() {
    let mut history = history();
    history.ask(&format!(
        r#"{{"type":"Revoke","caller":{{"person":{OWNER},"credential":902}},"person":{HOLDER},"idempotency_key":"k"}}"#
    ));
    history.ask(&format!(r#"{{"type":"RemoveMember","member":{HOLDER}}}"#));
    let running = Running::with(&[history]);
    let path = format!("{ENTERPRISE}/hubot/revoke");
    let again = running.send("POST", &path, TOKEN_OWNER_OAUTH, "", &[("Idempotency-Key", "k")]);
    assert_eq!(again.status, 404, "{again:?}");
}

/// The ids of the rows of a list.
pub(crate) fn rows(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = answer.json();
    let ids = rows.as_array().unwrap().iter();
    ids.map(|row| row["credential_id"].as_u64().unwrap()).collect()
}

/// What an enterprise has revoked for a person cannot be granted again; what an organization has can.
#[test]
fn an_enterprise_leaves_tombstones_and_an_organization_does_not() {
    let running = Running::with(&[history()]);
    let completed = |path: String, token| {
        let answer = running.send("POST", &path, token, "", &[]);
        assert_eq!(answer.status, 202, "{path}: {answer:?}");
        let id = answer
            .header("location")
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_string();
        running.completed(&format!("{ENTERPRISE}/revocations/{id}"), TOKEN_OWNER_OAUTH);
    };
    completed(format!("{ORGANIZATION}/hubot/revoke"), ORG);
    completed(format!("{ENTERPRISE}/hubot/revoke"), TOKEN_OWNER_OAUTH);
    let (_, enterprise) = events(&running.log());
    let grants = [1, 2].map(|organization| {
        let grant = json!({"type": "AuthorizeCredential", "credential": BOT, "organization": organization});
        let decided = enterprise.decide(&serde_json::from_value(grant).unwrap(), enterprise.last_at().unwrap());
        decided.map(|events| matches!(events[..], [Event::CredentialAuthorized { .. }]))
    });
    assert_eq!(grants[0], Ok(true));
    assert!(grants[1].is_err());
    let listed = rows(&get(running.address, ORGANIZATION, ORG));
    assert!(!listed.contains(&906) && listed.contains(&907), "{listed:?}");
}
