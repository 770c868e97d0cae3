//! The authorizations of an organization: listed, and removed one by one.

use enterprise_credentials::rest::{self, ListedPage, Operation, Outcome, Path, Request, Response};
use enterprise_credentials::{Event, RecordedEvent, Rule, log};
use serde_json::{Value, json};

use crate::operations::{caller, path};
use crate::world::{AGENT, World, header};

const LIST: Request<'_> = Request {
    path: Path {
        operation: Operation::List,
        owner: "OCTO-org",
        target: "",
    },
    headers: &[AGENT],
    request_id: "R1",
};

/// An organization with authorizations of every sort, granted in an order that is not that of issue; and its stream.
struct Listed {
    world: World,
    stream: Vec<RecordedEvent>,
}

impl Listed {
    fn new() -> Self {
        let mut listed = Self {
            world: World::empty(),
            stream: Vec::new(),
        };
        for command in [
            json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}),
            json!({"type": "AddOrganization", "organization": 3, "login": "octo-org"}),
            json!({"type": "AddOrganization", "organization": 4, "login": "octo-lab"}),
            json!({"type": "AddMember", "member": 7, "login": "mona", "role": "owner"}),
            json!({"type": "AddMember", "member": 9, "login": "Octocat", "role": "member"}),
            json!({"type": "AddOrganizationOwner", "organization": 3, "member": 9}),
            issue(950, 9, "classic_pat", &["admin:org", "repo"]),
            issue(951, 7, "ssh_key", &[]),
            issue(952, 7, "fine_grained_pat", &["contents=read"]),
            issue(953, 9, "oauth_app_user_token", &[]),
            issue(954, 9, "github_app_user_token", &["metadata=read"]),
            issue(955, 9, "classic_pat", &[]),
            issue(956, 9, "classic_pat", &[]),
            issue(957, 9, "classic_pat", &[]),
        ] {
            listed.ask(command);
        }
        for (credential, organization) in [
            (953, 3),
            (950, 3),
            (951, 3),
            (952, 3),
            (954, 3),
            (955, 4),
            (956, 3),
            (957, 3),
            (951, 4),
        ] {
            listed.world.wait(1000);
            listed.ask(json!({"type": "AuthorizeCredential", "credential": credential, "organization": organization}));
        }
        listed.world.wait(1000);
        listed.ask(json!({"type": "RevokeAuthorization", "credential": 956, "organization": 3}));
        listed.ask(json!({"type": "DestroyCredential", "credential": 957}));
        // What is revoked and granted again is granted last.
        listed.ask(json!({"type": "RevokeAuthorization", "credential": 950, "organization": 3}));
        listed.world.wait(1000);
        listed.ask(json!({"type": "AuthorizeCredential", "credential": 950, "organization": 3}));
        listed
    }

    fn ask(&mut self, command: Value) {
        let command = serde_json::from_value(command).unwrap();
        let events = self.world.enterprise.decide(&command, self.world.at).unwrap();
        for recorded in self.world.enterprise.record(events, self.world.at, None) {
            self.world.enterprise.apply(&recorded).unwrap();
            self.stream.push(recorded);
        }
    }

    fn list(&self, query: &str) -> Response {
        self.list_by(caller(Operation::List), query)
    }

    fn list_by(&self, caller: Value, query: &str) -> Response {
        match self.page(caller.clone(), query) {
            Err(refused) => refused,
            Ok(page) => self.respond(&page, caller),
        }
    }

    fn page(&self, caller: Value, query: &str) -> Result<ListedPage, Response> {
        let presented = self.world.presented(caller);
        let mut listing = rest::list(&LIST, Some(&presented), query, self.world.at)?;
        assert!(!listing.look(&self.world.enterprise), "one look is enough for so few");
        if listing.needs_stream() {
            self.stream.iter().for_each(|recorded| listing.observe(recorded));
        }
        Ok(listing.page())
    }

    fn respond(&self, page: &ListedPage, caller: Value) -> Response {
        page.respond(&LIST, Some(&self.world.presented(caller)), self.world.at)
    }

    fn remove(&self, owner: &str, target: &str) -> Outcome {
        let path = Path {
            operation: Operation::Remove,
            owner,
            target,
        };
        let request = Request {
            path,
            headers: &[AGENT, ("Idempotency-Key", b"")],
            request_id: "R1",
        };
        let presented = self.world.presented(caller(Operation::Remove));
        let admitted = rest::admit(&request, Some(&presented), self.world.at);
        let outcome = rest::handle(&request, Some(&presented), b"ignored", self.world.at);
        if let Err(refused) = admitted {
            assert_eq!(refused, outcome.response, "both say the same");
        }
        outcome
    }
}

fn issue(credential: u64, owner: u64, kind: &str, scopes: &[&str]) -> Value {
    let mut issue =
        json!({"type": "IssueCredential", "credential": credential, "owner": owner, "kind": kind, "scopes": scopes});
    if kind == "ssh_key" {
        issue["fingerprint"] = json!(format!("SHA256:{credential}"));
    }
    if credential == 952 {
        issue["expires_at"] = json!("2026-03-10T09:00:05.000Z");
    }
    issue
}

fn ids(response: &Response) -> Vec<u64> {
    let rows: Vec<Value> = serde_json::from_slice(&response.body).unwrap();
    rows.iter().map(|row| row["credential_id"].as_u64().unwrap()).collect()
}

#[test]
fn what_is_live_is_listed_in_order_of_grant() {
    let listed = Listed::new();
    let response = listed.list("");
    assert_eq!(response.status, 200);
    let expected = json!([
        {
            "login": "Octocat", "credential_id": 953, "credential_type": "OAuth app token",
            "credential_authorized_at": "2026-03-10T09:00:01.000Z", "scopes": [],
            "authorized_credential_id": 953, "authorized_credential_expires_at": null,
        },
        {
            "login": "mona", "credential_id": 951, "credential_type": "SSH key",
            "credential_authorized_at": "2026-03-10T09:00:03.000Z", "fingerprint": "SHA256:951",
            "authorized_credential_id": 951, "authorized_credential_expires_at": null,
        },
        {
            "login": "mona", "credential_id": 952, "credential_type": "personal access token",
            "credential_authorized_at": "2026-03-10T09:00:04.000Z", "scopes": ["contents=read"],
            "authorized_credential_id": 952, "authorized_credential_expires_at": "2026-03-10T09:00:05.000Z",
        },
        {
            "login": "Octocat", "credential_id": 954, "credential_type": "GitHub app token",
            "credential_authorized_at": "2026-03-10T09:00:05.000Z", "scopes": ["metadata=read"],
            "authorized_credential_id": 954, "authorized_credential_expires_at": null,
        },
        {
            "login": "Octocat", "credential_id": 950, "credential_type": "personal access token",
            "credential_authorized_at": "2026-03-10T09:00:11.000Z", "scopes": ["admin:org", "repo"],
            "authorized_credential_id": 950, "authorized_credential_expires_at": null,
        },
    ]);
    let found: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(found, expected);
    assert_eq!(header(&response, "Link"), None, "there is one page");
    assert_eq!(header(&response, "X-Accepted-OAuth-Scopes"), Some("read:org"));
    let permission = header(&response, "X-Accepted-GitHub-Permissions");
    assert_eq!(permission, Some("organization_administration=read"));
}

#[test]
fn pages_and_logins_are_asked_for() {
    let listed = Listed::new();
    for (query, expected, link) in [
        ("per_page=2", &[953, 951][..], true),
        ("per_page=2&page=2", &[952, 954], true),
        ("per_page=2&page=3", &[950], true),
        ("per_page=2&page=4", &[], true),
        ("per_page=101", &[953, 951, 952, 954, 950], false),
        ("per_page=0&page=0", &[953, 951, 952, 954, 950], false),
        ("per_page=18446744073709551616", &[953, 951, 952, 954, 950], false),
        ("page=18446744073709551616", &[], true),
        ("per_page=x", &[953, 951, 952, 954, 950], false),
        ("login=OCTOCAT", &[953, 954, 950], false),
        ("login=mona&per_page=1", &[951], true),
        ("login=nobody", &[], false),
        ("login=", &[953, 951, 952, 954, 950], false),
    ] {
        let response = listed.list(query);
        assert_eq!((response.status, ids(&response)), (200, expected.to_vec()), "{query}");
        assert_eq!(header(&response, "Link").is_some(), link, "{query}");
    }
    let second = "</orgs/OCTO-org/credential-authorizations?login=mona&per_page=1&page=2>";
    let link = format!(r#"{second}; rel="next", {second}; rel="last""#);
    assert_eq!(
        header(&listed.list("per_page=1&login=mona"), "Link"),
        Some(link.as_str())
    );
}

#[test]
fn what_is_pending_is_not_listed() {
    let mut listed = Listed::new();
    listed.ask(
        json!({"type": "Revoke", "caller": {"person": 9}, "organization": 3, "credential_type": "oauth_app_token"}),
    );
    assert_eq!(ids(&listed.list("")), [951, 952, 950]);
    listed.ask(
        json!({"type": "Revoke", "caller": {"person": 7}, "credential_type": "ssh_key", "revoke_credentials": true}),
    );
    assert_eq!(ids(&listed.list("")), [952, 950]);
    listed.ask(json!({"type": "AuthorizeCredential", "credential": 954, "organization": 3}));
    assert_eq!(ids(&listed.list("")), [952, 950, 954]);
}

#[test]
fn read_suffices_to_list_and_not_to_remove() {
    let mut listed = Listed::new();
    listed.ask(issue(960, 9, "classic_pat", &["read:org"]));
    listed.ask(json!({"type": "AuthorizeCredential", "credential": 960, "organization": 3}));
    let reader = json!({"person": 9, "credential": 960});
    assert_eq!(listed.list_by(reader.clone(), "").status, 200);
    let app = json!({"installation": 5, "permissions": ["organization_administration=read"]});
    assert_eq!(listed.list_by(app, "").status, 200);
    let request = Request {
        path: path(Operation::Remove),
        headers: &[AGENT],
        request_id: "R1",
    };
    let removed = rest::handle(&request, Some(&listed.world.presented(reader)), b"", listed.world.at);
    assert_eq!(removed.response.refused_by, Some(Rule::AdminOrgScope));
    let mut scopeless = Listed::new();
    scopeless.ask(json!({"type": "AddOrganizationOwner", "organization": 3, "member": 7}));
    scopeless.ask(issue(961, 7, "classic_pat", &["repo"]));
    let refused = scopeless.list_by(json!({"person": 7, "credential": 961}), "");
    assert_eq!(refused.refused_by, Some(Rule::ReadOrgScope));
    let body: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(body["message"], "This token needs the read:org scope");
    assert_eq!(body["documentation_url"], Operation::List.documentation_url());
}

#[test]
fn one_is_removed_once() {
    let mut listed = Listed::new();
    let outcome = listed.remove("OCTO-ORG", "953");
    assert_eq!(
        (outcome.response.status, outcome.response.body.as_slice()),
        (204, &b""[..])
    );
    assert_eq!(header(&outcome.response, "Content-Type"), None);
    let expected = r#"{"type":"AuthorizationRevoked","credential":953,"organization":3}"#;
    assert_eq!(serde_json::to_string(&outcome.events[0]).unwrap(), expected);
    assert_eq!(
        serde_json::to_value(outcome.by).unwrap(),
        json!({"person": 9, "credential": 950})
    );
    for recorded in listed
        .world
        .enterprise
        .record(outcome.events, listed.world.at, outcome.by)
    {
        listed.world.enterprise.apply(&recorded).unwrap();
    }
    for (owner, target) in [
        ("octo-org", "953"),
        ("octo-org", "955"),
        ("octo-org", "957"),
        ("octo-org", "999"),
        ("octo-org", "x"),
        ("octo-org", ""),
        ("octo-org", "0950"),
    ] {
        let outcome = listed.remove(owner, target);
        assert_eq!(outcome.response.status, 404, "{target}");
        assert_eq!(outcome.response.refused_by, Some(Rule::AuthorizationOfPath), "{target}");
        assert!(outcome.events.is_empty());
    }
    assert_eq!(
        listed.remove("nowhere", "950").response.refused_by,
        Some(Rule::OrganizationOfPath)
    );
    // It may be granted again, and what is pending is recorded under the revocation that covers it.
    listed.ask(json!({"type": "AuthorizeCredential", "credential": 953, "organization": 3}));
    listed.ask(json!({"type": "Revoke", "caller": {"person": 7}, "credential_type": "oauth_app_token"}));
    let revocation = listed.world.enterprise.last_cut();
    let early = listed.remove("octo-org", "953");
    assert_eq!(early.response.status, 204);
    assert!(matches!(early.events[..], [Event::AuthorizationRevoked { revocation: of, .. }] if of == revocation));
    assert!(early.by.is_some(), "it is told from what the job records");
}

/// The list of a stream as it was read from its bytes.
#[test]
fn the_stream_may_come_from_a_log() {
    let listed = Listed::new();
    let mut bytes = Vec::new();
    listed
        .stream
        .iter()
        .for_each(|recorded| log::write_line(recorded, &mut bytes));
    let presented = listed.world.presented(caller(Operation::List));
    let mut listing = rest::list(&LIST, Some(&presented), "", listed.world.at).unwrap();
    listing.look(&listed.world.enterprise);
    log::read(&bytes).for_each(|recorded| listing.observe(&recorded.unwrap()));
    let response = listed.respond(&listing.page(), caller(Operation::List));
    assert_eq!(response, listed.list(""));
}

/// Reading the stream takes time. What was found is listed as it was, with what the state says of it now.
#[test]
fn what_was_found_is_listed_whatever_becomes_of_it_meanwhile() {
    let mut listed = Listed::new();
    let page = listed.page(caller(Operation::List), "").unwrap();
    let before = listed.respond(&page, caller(Operation::List));
    listed.ask(json!({"type": "RevokeAuthorization", "credential": 952, "organization": 3}));
    listed.ask(json!({"type": "DestroyCredential", "credential": 954}));
    listed.ask(json!({"type": "RemoveMember", "member": 7}));
    assert_eq!(listed.respond(&page, caller(Operation::List)), before);
    assert_eq!(ids(&listed.list("")), [953, 950]);
}

#[test]
fn who_may_list_is_asked_again_at_the_end() {
    let mut listed = Listed::new();
    let page = listed.page(caller(Operation::List), "").unwrap();
    listed.ask(json!({"type": "RemoveOrganizationOwner", "organization": 3, "member": 9}));
    let refused = listed.respond(&page, caller(Operation::List));
    assert_eq!(refused.refused_by, Some(Rule::OrganizationOwnerRequired));
}

#[test]
fn another_organization_of_the_name_is_not_shown_what_was_found() {
    let mut listed = Listed::new();
    let page = listed.page(caller(Operation::List), "").unwrap();
    listed.ask(json!({"type": "RemoveOrganization", "organization": 3}));
    listed.ask(json!({"type": "AddOrganization", "organization": 5, "login": "octo-org"}));
    listed.ask(json!({"type": "AddOrganizationOwner", "organization": 5, "member": 9}));
    listed.ask(json!({"type": "AuthorizeCredential", "credential": 950, "organization": 5}));
    let response = listed.respond(&page, caller(Operation::List));
    assert_eq!((response.status, response.refused_by), (404, None));
    assert_eq!(ids(&listed.list("")), [950]);
}
