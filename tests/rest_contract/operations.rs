//! The ten operations: what is particular to each, and what they have in common.

use enterprise_credentials::rest::{self, Operation, Outcome, Path, Place, Presented, Request};
use enterprise_credentials::{Caller, RevocationId, Rule};
use serde_json::{Value, json};

use crate::world::{AGENT, CLASSIC, SLUG, World, header, message};

/// Member 9, whose login has another case in paths, and the first EMU owner 7.
/// Organization 3 belongs to owner 8 and member 9.
pub(crate) fn world(kind: &str) -> World {
    let mut world = World::new(kind);
    world.ask(json!({"type": "AddMember", "member": 9, "login": "Octocat", "role": "member"}));
    for member in [8, 9] {
        world.ask(json!({"type": "AddOrganizationOwner", "organization": 3, "member": member}));
    }
    world.issue(950, 9, "classic_pat", &["admin:org", "repo"]);
    world.ask(json!({"type": "AuthorizeCredential", "credential": 950, "organization": 3}));
    world
}

fn managed() -> World {
    world("managed_users")
}

pub(crate) fn path(operation: Operation) -> Path<'static> {
    let (owner, target) = match (operation.place(), operation) {
        (Place::Organization, Operation::Remove) => ("octo-org", "950"),
        (Place::Organization, _) => ("OCTO-org", "octocat"),
        (Place::Enterprise, _) => (SLUG, "octocat"),
    };
    Path {
        operation,
        owner,
        target,
    }
}

pub(crate) fn caller(operation: Operation) -> Value {
    match operation.place() {
        Place::Enterprise => json!({"person": 7, "credential": CLASSIC}),
        Place::Organization => json!({"person": 9, "credential": 950}),
    }
}

fn body(operation: Operation) -> &'static [u8] {
    if operation.names_type() {
        br#"{"credential_type":"classic_pat"}"#
    } else {
        b""
    }
}

fn send(world: &World, path: Path<'_>, caller: Option<Value>, headers: &[(&str, &[u8])], body: &[u8]) -> Outcome {
    let request = Request {
        path,
        headers,
        request_id: "R1",
    };
    let presented = caller.map(|caller| world.presented(caller));
    let outcome = rest::handle(&request, presented.as_ref(), body, world.at);
    let admitted = rest::admit(&request, presented.as_ref(), world.at);
    if let (Err(refused), true) = (admitted, path.operation.is_revocation()) {
        assert_eq!(
            refused, outcome.response,
            "what comes before the body is refused without it"
        );
    }
    outcome
}

fn usual(world: &World, operation: Operation, body: &[u8]) -> Outcome {
    send(world, path(operation), Some(caller(operation)), &[AGENT], body)
}

fn revoking() -> impl Iterator<Item = Operation> {
    Operation::ALL.into_iter().filter(|operation| operation.is_revocation())
}

#[test]
fn each_has_its_method_path_and_documentation() {
    let enterprise = "/enterprises/{enterprise}/credential-authorizations";
    let organization = "/orgs/{org}/credential-authorizations";
    let admin = "https://docs.github.com/rest/enterprise-admin/credential-authorizations#";
    let orgs = "https://docs.github.com/rest/orgs/orgs#";
    let table = [
        (
            "POST",
            enterprise,
            "/revoke-all",
            admin,
            "revoke-all-credential-authorizations-for-an-enterprise",
        ),
        (
            "POST",
            enterprise,
            "/revoke-credential-type",
            admin,
            "revoke-a-single-credential-type-for-an-enterprise",
        ),
        (
            "POST",
            enterprise,
            "/{username}/revoke",
            admin,
            "revoke-credential-authorizations-for-a-user-in-an-enterprise",
        ),
        (
            "POST",
            enterprise,
            "/{username}/revoke-credential-type",
            admin,
            "revoke-a-single-credential-type-for-a-user-in-an-enterprise",
        ),
        (
            "POST",
            organization,
            "/revoke-all",
            orgs,
            "revoke-all-credential-authorizations-for-an-organization",
        ),
        (
            "POST",
            organization,
            "/revoke-credential-type",
            orgs,
            "revoke-a-single-credential-type-for-an-organization",
        ),
        (
            "POST",
            organization,
            "/{username}/revoke",
            orgs,
            "revoke-credential-authorizations-for-a-user-in-an-organization",
        ),
        (
            "POST",
            organization,
            "/{username}/revoke-credential-type",
            orgs,
            "revoke-a-single-credential-type-for-a-user-in-an-organization",
        ),
        (
            "GET",
            organization,
            "",
            orgs,
            "list-saml-sso-authorizations-for-an-organization",
        ),
        (
            "DELETE",
            organization,
            "/{credential_id}",
            orgs,
            "remove-a-saml-sso-authorization-for-an-organization",
        ),
    ];
    for (operation, (method, begin, rest, docs, fragment)) in Operation::ALL.into_iter().zip(table) {
        assert_eq!(operation.method(), method);
        assert_eq!(operation.path(), format!("{begin}{rest}"));
        assert_eq!(operation.documentation_url(), format!("{docs}{fragment}"));
        assert_eq!(
            operation.names_person(),
            rest.starts_with("/{username}"),
            "{operation:?}"
        );
        assert_eq!(operation.names_type(), rest.ends_with("type"), "{operation:?}");
        assert_eq!(operation.is_revocation(), method == "POST");
    }
    assert_eq!(
        Place::Enterprise.progress_path(),
        format!("{enterprise}/revocations/{{id}}")
    );
    assert_eq!(
        Place::Organization.progress_path(),
        format!("{organization}/revocations/{{id}}")
    );
}

#[test]
fn each_says_what_is_queued_and_where_its_progress_is() {
    let world = managed();
    let position = world.enterprise.position().next();
    let messages = [
        "Credential authorization revocation has been queued",
        "Credential type revocation has been queued",
        "Credential authorization revocation for user 'Octocat' has been queued",
        "Credential type revocation for user 'Octocat' has been queued",
    ];
    for (operation, expected) in revoking().zip(messages.into_iter().cycle()) {
        let outcome = usual(&world, operation, body(operation));
        assert_eq!(outcome.response.status, 202, "{operation:?}");
        assert_eq!(message(&outcome.response), expected, "{operation:?}");
        assert_eq!(outcome.by, None, "{operation:?} names its requester itself");
        let owner = path(operation).owner;
        let (begin, accepted, permission) = match operation.place() {
            Place::Enterprise => ("enterprises", "admin:enterprise", "enterprise_credentials=write"),
            Place::Organization => ("orgs", "admin:org", "organization_administration=write"),
        };
        let location = format!("/{begin}/{owner}/credential-authorizations/revocations/{position}");
        assert_eq!(header(&outcome.response, "Location"), Some(location.as_str()));
        assert_eq!(header(&outcome.response, "X-Accepted-OAuth-Scopes"), Some(accepted));
        assert_eq!(
            header(&outcome.response, "X-Accepted-GitHub-Permissions"),
            Some(permission)
        );
        let event = serde_json::to_value(&outcome.events[0]).unwrap();
        let at_organization = operation.place() == Place::Organization;
        assert_eq!(
            event.get("organization"),
            at_organization.then_some(&json!(3)),
            "{operation:?}"
        );
        assert_eq!(
            event.get("person"),
            operation.names_person().then_some(&json!(9)),
            "{operation:?}"
        );
        let of_type = operation.names_type().then_some(json!("classic_pat"));
        assert_eq!(event.get("credential_type"), of_type.as_ref(), "{operation:?}");
    }
}

#[test]
fn each_warns_of_what_the_callers_own_token_loses() {
    let mut world = managed();
    world.authorize(CLASSIC);
    let warning = |outcome: &Outcome| -> Option<String> {
        let body: Value = serde_json::from_slice(&outcome.response.body).unwrap();
        body.get("warning").map(|warning| warning.as_str().unwrap().to_owned())
    };
    let may = |what: &str| {
        Some(format!(
            "The token used for this request may also {what} as part of this operation"
        ))
    };
    let (either, revoked, destroyed) = (
        may("be revoked or destroyed"),
        may("have its authorization revoked"),
        may("be destroyed"),
    );
    let with = |operation: Operation, body: &[u8]| warning(&usual(&world, operation, body));
    let destroying = br#"{"credential_type":"classic_pat","revoke_credentials":true}"#;
    assert_eq!(with(Operation::RevokeAll, b""), either);
    assert_eq!(with(Operation::RevokeAll, destroying), either);
    assert_eq!(with(Operation::RevokeType, body(Operation::RevokeType)), revoked);
    assert_eq!(with(Operation::RevokeType, destroying), destroyed);
    assert_eq!(
        with(
            Operation::RevokeType,
            br#"{"credential_type":"ssh_key","revoke_credentials":true}"#
        ),
        None
    );
    assert_eq!(with(Operation::RevokePerson, destroying), None, "another person's");
    for operation in revoking().filter(|operation| operation.place() == Place::Organization) {
        assert_eq!(with(operation, body(operation)), revoked, "{operation:?}");
    }
}

/// Takes the faults of a request away, one by one: each time the catalogue's first of those left is answered.
#[test]
fn of_all_faults_at_once_the_first_is_answered_until_none_is_left() {
    for operation in revoking() {
        let at_organization = operation.place() == Place::Organization;
        let mut answered = Vec::new();
        for mended in 0.. {
            let Some(refused) = with_faults_from(operation, at_organization, mended) else {
                break;
            };
            answered.push(refused);
        }
        let mut expected = vec![
            Rule::UserAgentRequired,
            Rule::TokenKnown,
            Rule::CredentialNotExpired,
            Rule::ApiVersionKnown,
        ];
        expected.extend(match at_organization {
            true => vec![
                Rule::OrganizationOfPath,
                Rule::AdminOrgScope,
                Rule::TokenAuthorizedForOrganization,
                Rule::OrganizationOwnerRequired,
            ],
            false => vec![
                Rule::EnterpriseOfToken,
                Rule::AdminEnterpriseScope,
                Rule::OwnerOrPermission,
            ],
        });
        expected.extend(operation.names_person().then_some(Rule::PersonOfPath));
        expected.extend([Rule::IdempotencyKeyWellFormed, Rule::BodyWithinLimit, Rule::BodyIsJson]);
        expected.extend(operation.names_type().then_some(Rule::CredentialTypeNamed));
        expected.push(Rule::RevokeCredentialsBoolean);
        expected.extend(match at_organization {
            true => vec![Rule::OrganizationDestroysNothing],
            false if operation.names_person() => vec![Rule::FirstOwnerIsNoTarget],
            false => vec![],
        });
        expected.push(Rule::IdempotencyKeyForOneRequest);
        assert_eq!(answered, expected, "{operation:?}");
    }
}

/// What refuses a request of which so many faults are mended, in the order of the catalogue.
fn with_faults_from(operation: Operation, at_organization: bool, mended: usize) -> Option<Rule> {
    let mut faults = Vec::new();
    faults.extend(["agent", "token", "expired", "version", "path", "scope"]);
    faults.extend(at_organization.then_some("sso"));
    faults.push("owner");
    faults.extend(operation.names_person().then_some("person"));
    faults.extend(["key", "large", "json"]);
    faults.extend(operation.names_type().then_some("type"));
    faults.push("boolean");
    faults.extend((at_organization).then_some("destroys"));
    faults.extend((!at_organization && operation.names_person()).then_some("first"));
    faults.push("used");
    if mended > faults.len() {
        return None;
    }
    let has = |fault: &str| faults.iter().skip(mended).any(|it| *it == fault);

    let mut world = managed();
    let owner = if at_organization { 9 } else { 8 };
    // The key is used before, by whoever asks, for what no operation here asks for.
    let earlier = if at_organization {
        json!({
            "type": "Revoke", "caller": {"person": 9}, "organization": 3, "person": 7,
            "credential_type": "ssh_key", "idempotency_key": "used",
        })
    } else {
        json!({
            "type": "Revoke", "caller": {"person": 8}, "person": 9,
            "credential_type": "fine_grained_pat", "idempotency_key": "used",
        })
    };
    if has("used") {
        world.ask(earlier);
    }
    let scope = if at_organization {
        "admin:org"
    } else {
        "admin:enterprise"
    };
    let scopes = if has("scope") { json!(["repo"]) } else { json!([scope]) };
    let mut issue =
        json!({"type": "IssueCredential", "credential": 960, "owner": owner, "kind": "classic_pat", "scopes": scopes});
    if has("expired") {
        issue["expires_at"] = json!("2026-03-10T09:00:00.000Z");
    }
    world.ask(json!({"type": "AddOrganization", "organization": 4, "login": "octo-lab"}));
    let issued_late = has("expired");
    if issued_late {
        world.ask(issue);
    } else {
        world.ask(issue);
        if at_organization && !has("sso") {
            world.ask(json!({"type": "AuthorizeCredential", "credential": 960, "organization": 3}));
        }
    }
    if has("owner") {
        if at_organization {
            world.ask(json!({"type": "RemoveOrganizationOwner", "organization": 3, "member": 9}));
        } else {
            world.ask(json!({"type": "ChangeMemberRole", "member": 8, "role": "member"}));
        }
    }
    let first = has("first");
    let path = Path {
        operation,
        owner: match (has("path"), at_organization) {
            (true, _) => "nowhere",
            (false, true) => "octo-org",
            (false, false) => SLUG,
        },
        target: match (has("person"), first) {
            (true, _) => "nobody",
            (false, true) => "mona",
            (false, false) => "octocat",
        },
    };
    let mut headers: Vec<(&str, &[u8])> = Vec::new();
    if !has("agent") {
        headers.push(AGENT);
    }
    if has("version") {
        headers.push(("X-GitHub-Api-Version", b"1999-01-01"));
    }
    if has("key") {
        headers.push(("Idempotency-Key", b"two words"));
    } else if has("used") {
        headers.push(("Idempotency-Key", b"used"));
    }
    let mut options = Vec::new();
    if operation.names_type() && !has("type") {
        options.push(r#""credential_type":"classic_pat""#);
    }
    if has("boolean") {
        options.push(r#""revoke_credentials":null"#);
    } else if has("destroys") || first {
        options.push(r#""revoke_credentials":true"#);
    }
    let mut body = format!("{{{}}}", options.join(","));
    if has("json") {
        body.push('x');
    }
    if has("large") {
        body.push_str(&" ".repeat(70_000));
    }
    let caller = (!has("token")).then(|| json!({"person": owner, "credential": 960}));
    let response = send(&world, path, caller, &headers, body.as_bytes()).response;
    if response.refused_by.is_none() {
        assert_eq!((response.status, mended), (202, faults.len()));
    }
    response.refused_by
}

#[test]
fn each_refusal_has_its_words_and_its_operations_documentation() {
    let world = managed();
    let personal = self::world("personal_accounts");
    let refused = |world: &World, operation: Operation, caller: Value, target: &str, body: &[u8]| {
        let path = Path {
            target,
            ..path(operation)
        };
        let response = send(world, path, Some(caller), &[AGENT], body).response;
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["documentation_url"], operation.documentation_url());
        assert_eq!(body["status"], response.status.to_string());
        (response.status, body["message"].as_str().unwrap().to_owned())
    };
    let type_message = "The `credential_type` parameter is required and must be one of: classic_pat, \
        fine_grained_pat, ssh_key, oauth_app_token";
    for operation in revoking().filter(|operation| operation.names_type()) {
        for body in [
            &b""[..],
            b"{}",
            br#"{"credential_type":null}"#,
            br#"{"credential_type":"oauth_app_user_token"}"#,
            br#"{"credential_type":["ssh_key"]}"#,
            br#"{"credential_type":{"ssh_key":null}}"#,
        ] {
            let found = refused(&world, operation, caller(operation), "octocat", body);
            assert_eq!(
                found,
                (422, type_message.to_owned()),
                "{operation:?} {}",
                body.escape_ascii()
            );
        }
        let twice = br#"{"credential_type":"ssh_key","credential_type":"ssh_key"}"#;
        let found = refused(&world, operation, caller(operation), "octocat", twice);
        assert_eq!(found, (400, "Problems parsing JSON".to_owned()));
    }
    for operation in revoking() {
        let destroying: &[u8] = if operation.names_type() {
            br#"{"credential_type":"oauth_app_token","revoke_credentials":true}"#
        } else {
            br#"{"revoke_credentials":true}"#
        };
        let (message, of_personal) = match operation.place() {
            Place::Organization => ("Invalid request", &world),
            Place::Enterprise => (
                "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises",
                &personal,
            ),
        };
        let found = refused(of_personal, operation, caller(operation), "octocat", destroying);
        assert_eq!(found, (422, message.to_owned()), "{operation:?}");
        if operation.names_person() {
            let found = refused(&world, operation, caller(operation), "nobody", b"");
            assert_eq!(found, (404, "Not Found".to_owned()));
        }
    }
    for operation in [Operation::RevokePerson, Operation::RevokePersonType] {
        let found = refused(&world, operation, json!({"person": 8}), "MONA", body(operation));
        let message = "The first EMU owner cannot be targeted for credential revocation.";
        assert_eq!(found, (422, message.to_owned()), "{operation:?}");
    }
    let at_organization = |caller: Value| refused(&world, Operation::OrganizationRevokeAll, caller, "", b"");
    let saml = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access \
        to this organization.";
    let mut unauthorized = managed();
    unauthorized.issue(961, 9, "classic_pat", &["admin:org"]);
    let by_token = json!({"person": 9, "credential": 961});
    let found = refused(&unauthorized, Operation::OrganizationRevokeAll, by_token, "", b"");
    assert_eq!(found, (403, saml.to_owned()));
    assert_eq!(
        at_organization(json!({"person": 7})),
        (403, "Must be an organization owner".to_owned())
    );
    let by_token = json!({"person": 7, "credential": CLASSIC});
    assert_eq!(
        at_organization(by_token),
        (403, "This token needs the admin:org scope".to_owned())
    );
    let app = json!({"installation": 5, "permissions": ["enterprise_credentials=write"]});
    assert_eq!(
        at_organization(app),
        (403, "Resource not accessible by integration".to_owned())
    );
}

#[test]
fn a_body_that_is_not_needed_is_parsed_and_ignored() {
    let world = managed();
    for operation in [Operation::OrganizationRevokeAll, Operation::OrganizationRevokePerson] {
        for (body, status) in [
            (&b"{}"[..], 202),
            (br#"{"revoke_credentials":false,"reason":"leak"}"#, 202),
            (b"[]", 400),
            (b"{", 400),
            (br#"{"revoke_credentials":true}"#, 422),
            (br#"{"revoke_credentials":"true"}"#, 422),
        ] {
            assert_eq!(
                usual(&world, operation, body).response.status,
                status,
                "{}",
                body.escape_ascii()
            );
        }
    }
    let ignored = usual(&world, Operation::RevokePerson, br#"{"credential_type":"ssh_key"}"#);
    assert_eq!(header(&ignored.response, rest::IGNORED_KEYS), Some("credential_type"));
}

#[test]
fn the_progress_of_an_organizations_revocation_is_found_under_its_own_path() {
    let mut world = managed();
    world.ask(json!({"type": "AddOrganization", "organization": 4, "login": "octo-lab"}));
    world.ask(json!({"type": "AddOrganizationOwner", "organization": 4, "member": 8}));
    world.ask(json!({"type": "Revoke", "caller": {"person": 9}, "organization": 3}));
    let of_organization = world.enterprise.last_cut().unwrap();
    world.ask(json!({"type": "Revoke", "caller": {"person": 7}, "person": 9}));
    let of_enterprise = world.enterprise.last_cut().unwrap();
    let status = |operation: Operation, owner: &'static str, person: u64, id: RevocationId| {
        let request = Request {
            path: Path {
                operation,
                owner,
                target: "",
            },
            headers: &[AGENT],
            request_id: "R1",
        };
        let caller: Caller = serde_json::from_value(json!({ "person": person })).unwrap();
        let presented = Presented {
            enterprise: &world.enterprise,
            caller,
        };
        let response = rest::progress(&request, Some(&presented), &id.to_string(), world.at);
        (response.status, String::from_utf8(response.body).unwrap())
    };
    let at_organization = Operation::OrganizationRevokeAll;
    let (found, body) = status(at_organization, "octo-org", 9, of_organization);
    assert_eq!(found, 200);
    assert!(body.contains(r#""organization":3"#), "{body}");
    assert_eq!(status(at_organization, "octo-org", 9, of_enterprise).0, 404);
    assert_eq!(status(at_organization, "octo-lab", 8, of_organization).0, 404);
    assert_eq!(status(at_organization, "octo-org", 7, of_organization).0, 403);
    assert_eq!(status(at_organization, "nowhere", 9, of_organization).0, 404);
    let (found, body) = status(Operation::RevokeAll, SLUG, 7, of_enterprise);
    let waits = format!(r#""behind":{of_organization}"#);
    assert!(
        found == 200 && body.contains(&waits) && body.contains(r#""person":9"#),
        "{body}"
    );
    assert_eq!(status(Operation::RevokeAll, SLUG, 7, of_organization).0, 200);
}
