//! Of several faults the catalogue's first: every rule that has an HTTP status alone, and every pair of such rules that
//! one request can break.

use enterprise_credentials::rest;
use enterprise_credentials::{CredentialKind, Rule};
use serde_json::{Value, json};

use crate::world::{AGENT, HOUR_MS, SLUG, World, request};

/// The caller's credential.
const TOKEN: u64 = 950;
/// The caller.
const CALLER: u64 = 77;

#[test]
fn a_request_without_fault_is_accepted() {
    assert_eq!(Faulty::build(&[]).refused_by(), None);
}

#[test]
fn every_rule_with_a_status_is_produced() {
    for rule in http_rules() {
        assert_eq!(Faulty::build(&[rule]).refused_by(), Some(rule));
    }
}

#[test]
fn of_two_faults_the_first_is_answered() {
    let (mut built, mut skipped) = (0, 0);
    for first in http_rules() {
        for second in http_rules().filter(|second| turn(first) < turn(*second)) {
            if exclusive(first, second) {
                skipped += 1;
                continue;
            }
            built += 1;
            assert_eq!(
                Faulty::build(&[first, second]).refused_by(),
                Some(first),
                "{first} and {second}"
            );
        }
    }
    println!("{built} pairs of rules were broken together, {skipped} cannot be");
    assert!(built > 200);
}

fn http_rules() -> impl Iterator<Item = Rule> {
    let with_status = Rule::ALL.iter().copied().filter(|rule| rule.http().is_some());
    with_status.filter(|rule| !of_narrower_requests(*rule) && !of_large_states(*rule))
}

/// Whether no request to revoke everything can break the rule.
fn of_narrower_requests(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        OrganizationOfPath
            | AdminOrgScope
            | ReadOrgScope
            | OrganizationAdministration
            | TokenAuthorizedForOrganization
            | OrganizationOwnerRequired
            | PersonOfPath
            | CredentialTypeNamed
            | OrganizationDestroysNothing
            | FirstOwnerIsNoTarget
    )
}

/// Whether only an enterprise with thousands of revocations breaks the rule: `tests/rules/bounds.rs` is about those.
fn of_large_states(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        UnfinishedOfOrganizationBounded | UnfinishedOfEnterpriseBounded | KeysOfRequesterBounded
    )
}

fn turn(rule: Rule) -> u8 {
    rule.http().unwrap().precedence
}

/// Whether no one request can break both rules. `first` has the earlier turn.
fn exclusive(first: Rule, second: Rule) -> bool {
    use Rule::*;
    let about_the_caller = |rule| {
        let of_standing = [
            StrangerSeesNothing,
            OwnerOrPermission,
            IdempotencyKeyForOneRequest,
            EnterpriseExists,
        ];
        of_standing.contains(&rule) || about_the_kind(rule)
    };
    let about_the_state = |rule| about_the_caller(rule) || rule == ManagedUsersOnly;
    match (first, second) {
        // Without a known token there is no caller.
        (TokenKnown, second) => about_the_caller(second),
        // Before its creation an enterprise has neither people nor credentials nor a kind.
        (EnterpriseExists, second) => about_the_state(second),
        (first, EnterpriseExists) => !matches!(first, UserAgentRequired | CredentialKnown | ApiVersionKnown),
        // A credential has one kind, and one that was never issued has none.
        (first, second) if about_the_kind(first) && about_the_kind(second) => true,
        (CredentialKnown, second) if about_the_kind(second) => true,
        // App tokens are never pending destruction, nor is anything without managed users.
        (CredentialNotDestructionPending, EnterpriseCredentialsWrite | ManagedUsersOnly) => true,
        // Whoever is not in the enterprise has no role, and no credential left that lives or could expire.
        (CredentialOwnerPresent | StrangerSeesNothing, OwnerOrPermission) => true,
        (StrangerSeesNothing, second) if about_the_kind(second) => true,
        (SshKeyIsNoApiCredential | CredentialNotExpired, StrangerSeesNothing) => true,
        // What is malformed was never used before.
        (IdempotencyKeyWellFormed, IdempotencyKeyForOneRequest) => true,
        // What is no object has no options.
        (BodyIsObject, RevokeCredentialsBoolean) => true,
        _ => false,
    }
}

fn about_the_kind(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        SshKeyIsNoApiCredential | FineGrainedPatCannotCall | AdminEnterpriseScope | EnterpriseCredentialsWrite
    )
}

/// A request that breaks exactly the rules it was built for, and the enterprise that it is made to.
struct Faulty {
    world: World,
    caller: Option<Value>,
    slug: &'static str,
    headers: Vec<(&'static str, &'static [u8])>,
    body: Vec<u8>,
}

impl Faulty {
    fn build(rules: &[Rule]) -> Self {
        let breaks = |rule| rules.contains(&rule);
        Self {
            world: world(&breaks),
            caller: caller(&breaks),
            slug: if breaks(Rule::EnterpriseOfToken) {
                "octo-inc"
            } else {
                SLUG
            },
            headers: headers(&breaks),
            body: body(&breaks),
        }
    }

    /// Asks, and checks on the way that what comes before the body is refused without it, in the same words.
    fn refused_by(&self) -> Option<Rule> {
        let outcome = self
            .world
            .answer(self.caller.clone(), self.slug, &self.headers, &self.body);
        let response = outcome.response;
        assert_eq!(outcome.events.is_empty(), response.refused_by.is_some());
        assert_eq!(
            response.status,
            response.refused_by.map_or(202, |rule| rule.http().unwrap().status)
        );

        let presented = self.caller.clone().map(|caller| self.world.presented(caller));
        let admitted = rest::admit(&request(self.slug, &self.headers), presented.as_ref(), self.world.at);
        let before_the_body = |rule: &Rule| turn(*rule) <= turn(Rule::IdempotencyKeyWellFormed);
        match response.refused_by.filter(before_the_body) {
            Some(_) => assert_eq!(admitted, Err(response.clone())),
            None => assert_eq!(admitted, Ok(())),
        }
        response.refused_by
    }
}

fn world(breaks: &impl Fn(Rule) -> bool) -> World {
    if breaks(Rule::EnterpriseExists) {
        return World::empty();
    }
    let kind = if breaks(Rule::ManagedUsersOnly) {
        "personal_accounts"
    } else {
        "managed_users"
    };
    let mut world = World::new(kind);
    world.ask(json!({"type": "AddMember", "member": CALLER, "login": "caller", "role": "owner"}));
    if breaks(Rule::IdempotencyKeyForOneRequest) {
        world.ask(json!({"type": "RevokeAll", "caller": {"person": CALLER}, "idempotency_key": "used"}));
    }
    if !breaks(Rule::CredentialKnown) {
        issue_token(&mut world, breaks);
    }
    if breaks(Rule::CredentialNotDestructionPending) {
        world.ask(json!({"type": "RevokeAll", "caller": {"person": 7}, "revoke_credentials": true}));
    }
    if breaks(Rule::CredentialNotDestroyed) {
        world.ask(json!({"type": "DestroyCredential", "credential": TOKEN}));
    }
    if breaks(Rule::OwnerOrPermission) {
        world.ask(json!({"type": "ChangeMemberRole", "member": CALLER, "role": "member"}));
    }
    if breaks(Rule::CredentialOwnerPresent) || breaks(Rule::StrangerSeesNothing) {
        world.ask(json!({"type": "RemoveMember", "member": CALLER}));
    }
    world.wait(2 * HOUR_MS);
    world
}

fn issue_token(world: &mut World, breaks: &impl Fn(Rule) -> bool) {
    let kind = if breaks(Rule::SshKeyIsNoApiCredential) {
        CredentialKind::SshKey
    } else if breaks(Rule::FineGrainedPatCannotCall) {
        CredentialKind::FineGrainedPat
    } else if breaks(Rule::EnterpriseCredentialsWrite) {
        CredentialKind::GithubAppUserToken
    } else {
        CredentialKind::ClassicPat
    };
    let unscoped = breaks(Rule::AdminEnterpriseScope) || breaks(Rule::EnterpriseCredentialsWrite);
    let mut issue = json!({
        "type": "IssueCredential",
        "credential": TOKEN,
        "owner": if breaks(Rule::CredentialOfCaller) { 8 } else { CALLER },
        "kind": kind,
        "scopes": if unscoped { vec!["read:enterprise"] } else { vec!["admin:enterprise"] },
    });
    if breaks(Rule::CredentialNotExpired) {
        issue["expires_at"] = json!("2026-03-10T10:00:00.000Z");
    }
    world.ask(issue);
}

fn caller(breaks: &impl Fn(Rule) -> bool) -> Option<Value> {
    let dead = [
        Rule::CredentialKnown,
        Rule::CredentialOfCaller,
        Rule::CredentialOwnerPresent,
        Rule::CredentialNotDestroyed,
        Rule::CredentialNotDestructionPending,
        Rule::CredentialNotExpired,
    ];
    let web_session = breaks(Rule::StrangerSeesNothing) || breaks(Rule::EnterpriseExists);
    if breaks(Rule::TokenKnown) {
        None
    } else if web_session && !dead.into_iter().any(breaks) {
        Some(json!({"person": CALLER}))
    } else {
        Some(json!({"person": CALLER, "credential": TOKEN}))
    }
}

fn headers(breaks: &impl Fn(Rule) -> bool) -> Vec<(&'static str, &'static [u8])> {
    let headers: [(bool, (&str, &[u8])); 4] = [
        (!breaks(Rule::UserAgentRequired), AGENT),
        (breaks(Rule::ApiVersionKnown), ("X-GitHub-Api-Version", b"2020-01-01")),
        (
            breaks(Rule::IdempotencyKeyWellFormed),
            ("Idempotency-Key", b"not a key"),
        ),
        (breaks(Rule::IdempotencyKeyForOneRequest), ("Idempotency-Key", b"used")),
    ];
    headers
        .into_iter()
        .filter(|(sent, _)| *sent)
        .map(|(_, header)| header)
        .collect()
}

fn body(breaks: &impl Fn(Rule) -> bool) -> Vec<u8> {
    let asks = breaks(Rule::ManagedUsersOnly) || breaks(Rule::IdempotencyKeyForOneRequest);
    let value = if breaks(Rule::RevokeCredentialsBoolean) {
        json!("yes")
    } else {
        json!(asks)
    };
    let times = if breaks(Rule::RevokeCredentialsOnce) { 2 } else { 1 };
    let options = vec![format!(r#""revoke_credentials":{value}"#); times].join(",");
    let mut body = format!("{{{options}}}");
    if breaks(Rule::BodyIsObject) {
        body = format!("[{body}]");
    }
    if breaks(Rule::BodyIsJson) {
        body.push('x');
    }
    if breaks(Rule::BodyWithinLimit) {
        body.push_str(&" ".repeat(65_536));
    }
    body.into_bytes()
}
