//! The words of the random tests: commands on a small world, waiting, and continuing some revocation.

use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, EnterpriseKind, EnterpriseSlug, IdempotencyKey, InstallationId,
    Login, OrganizationId, Permission, PersonId, RevokeAll, Role, Scopes, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::select;

/// One step of a random history.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    /// A command.
    Ask(Command),
    /// `ContinueRevocation` of the revocation at this place among all so far, or of one that never was.
    Continue { place: usize, limit: u32 },
    /// Time passes.
    Wait { hours: i64 },
}

/// What a random history begins with, what follows, and where its replay is interrupted.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) setup: Vec<Command>,
    pub(crate) words: Vec<Word>,
    pub(crate) split: prop::sample::Index,
}

pub(crate) const PEOPLE: u64 = 5;
pub(crate) const ORGANIZATIONS: u64 = 4;
pub(crate) const CREDENTIALS: u64 = 11;
pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap()
}

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let setup = prop_oneof![
        12 => Just(world(EnterpriseKind::ManagedUsers)),
        4 => Just(world(EnterpriseKind::PersonalAccounts)),
        2 => Just(Vec::new()),
    ];
    let words = prop::collection::vec(word(), 0..70);
    (setup, words, any::<prop::sample::Index>()).prop_map(|(setup, words, split)| Script { setup, words, split })
}

/// Four people in different roles, three organizations, eight credentials of all kinds, some of them authorized.
fn world(kind: EnterpriseKind) -> Vec<Command> {
    let collaborator = match kind {
        EnterpriseKind::ManagedUsers => Role::GuestCollaborator,
        EnterpriseKind::PersonalAccounts => Role::OutsideCollaborator,
    };
    let mut commands = vec![create(kind)];
    commands.extend((1..=3).map(add_organization));
    let roles = [Role::Owner, Role::Member, collaborator, Role::BillingManager];
    commands.extend((1..).zip(roles).map(|(member, role)| add_member(member, role)));
    let (member, permission) = (person(4), Permission::WriteEnterpriseCredentials);
    commands.push(Command::GrantPermission { member, permission });
    let kinds = [
        (1, CredentialKind::ClassicPat, "admin:enterprise"),
        (2, CredentialKind::ClassicPat, "admin:enterprise"),
        (2, CredentialKind::FineGrainedPat, "repo"),
        (2, CredentialKind::SshKey, "repo"),
        (1, CredentialKind::OauthAppUserToken, "admin:enterprise"),
        (4, CredentialKind::GithubAppUserToken, "enterprise_credentials=write"),
        (3, CredentialKind::FineGrainedPat, "repo"),
        (3, CredentialKind::ClassicPat, "read:enterprise"),
    ];
    for (id, (owner, kind, scope)) in (1..).zip(kinds) {
        // The app's token expires on the way.
        let expires_at = (id == 6).then(|| hours_from_start(30));
        commands.push(issue(id, owner, kind, Scopes::parse([scope]).unwrap(), expires_at));
        commands.extend([1, 2, 3].map(|organization| authorize(id, organization)));
    }
    commands
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        24 => command().prop_map(Word::Ask),
        5 => (0..4_usize, prop_oneof![1..4_u32, Just(50)]).prop_map(|(place, limit)| Word::Continue { place, limit }),
        2 => (0..20_i64).prop_map(|hours| Word::Wait { hours }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let permission = Permission::WriteEnterpriseCredentials;
    prop_oneof![
        1 => select(&EnterpriseKind::ALL).prop_map(create),
        2 => (1..=ORGANIZATIONS).prop_map(add_organization),
        1 => (1..=2_u64).prop_map(|id| Command::AddOrganization { organization: organization(id), login: login("org", 9) }),
        2 => (1..=ORGANIZATIONS).prop_map(|id| Command::RemoveOrganization { organization: organization(id) }),
        4 => (1..=PEOPLE, select(&Role::ALL)).prop_map(|(id, role)| add_member(id, role)),
        7 => (1..=PEOPLE, select(&Role::ALL)).prop_map(|(id, role)| Command::ChangeMemberRole { member: person(id), role }),
        2 => (1..=PEOPLE).prop_map(|id| Command::RemoveMember { member: person(id) }),
        1 => (1..=PEOPLE).prop_map(move |id| Command::GrantPermission { member: person(id), permission }),
        1 => (1..=PEOPLE).prop_map(move |id| Command::WithdrawPermission { member: person(id), permission }),
        5 => (1..=CREDENTIALS, 1..=PEOPLE, select(&CredentialKind::ALL), scopes(), expiry())
            .prop_map(|(id, owner, kind, scopes, expires_at)| issue(id, owner, kind, scopes, expires_at)),
        14 => (1..=CREDENTIALS, 1..=ORGANIZATIONS).prop_map(|(id, organization)| authorize(id, organization)),
        4 => (1..=CREDENTIALS, 1..=ORGANIZATIONS).prop_map(|(id, other)| Command::RevokeAuthorization {
            credential: credential(id),
            organization: organization(other),
        }),
        2 => (1..=CREDENTIALS).prop_map(|id| Command::DestroyCredential { credential: credential(id) }),
        10 => (caller(), any::<bool>(), key()).prop_map(|(caller, revoke_credentials, idempotency_key)| {
            Command::RevokeAll(RevokeAll { caller, revoke_credentials, idempotency_key })
        }),
    ]
}

fn caller() -> impl Strategy<Value = Caller> {
    // Each credential of the setup with its owner; others now and then, so that every refusal is met.
    let owners = [1, 2, 2, 2, 1, 4, 3, 3];
    let own = (0..8_usize).prop_map(move |at| (owners[at], at as u64 + 1));
    let any = (1..=PEOPLE, 1..=CREDENTIALS);
    let with_credential = prop_oneof![2 => Just((1, 1)), 5 => own, 1 => any].prop_map(|(owner, id)| Caller::Person {
        person: person(owner),
        credential: Some(credential(id)),
    });
    let session = prop_oneof![2 => Just(1), 1 => 1..=PEOPLE];
    let session = session.prop_map(|id| Caller::Person {
        person: person(id),
        credential: None,
    });
    let installation = (1..=2_u64, scopes()).prop_map(|(id, permissions)| Caller::Installation {
        installation: InstallationId::new(id).unwrap(),
        permissions,
    });
    prop_oneof![6 => with_credential, 6 => session, 3 => installation, 1 => Just(Caller::Stranger {})]
}

fn key() -> impl Strategy<Value = Option<IdempotencyKey>> {
    let keys = select(&["breach-1", "breach-2"]).prop_map(|text| IdempotencyKey::new(text).ok());
    prop_oneof![2 => Just(None), 3 => keys]
}

fn scopes() -> impl Strategy<Value = Scopes> {
    let texts: [&[&str]; 4] = [
        &[],
        &["admin:enterprise"],
        &["read:enterprise"],
        &["repo", "enterprise_credentials=write"],
    ];
    select(texts.to_vec()).prop_map(|texts| Scopes::parse(texts.iter().copied()).unwrap())
}

fn expiry() -> impl Strategy<Value = Option<Timestamp>> {
    let at = (0..60_i64).prop_map(|hours| Some(hours_from_start(hours)));
    prop_oneof![1 => Just(None), 1 => at]
}

fn hours_from_start(hours: i64) -> Timestamp {
    Timestamp::from_milliseconds(start().milliseconds() + hours * HOUR_MS).unwrap()
}

fn create(kind: EnterpriseKind) -> Command {
    let slug = EnterpriseSlug::new("octo-corp").unwrap();
    Command::CreateEnterprise { slug, kind }
}

fn add_organization(id: u64) -> Command {
    let login = login("org", id);
    Command::AddOrganization {
        organization: organization(id),
        login,
    }
}

fn add_member(id: u64, role: Role) -> Command {
    let login = login("person", id);
    Command::AddMember {
        member: person(id),
        login,
        role,
    }
}

fn issue(id: u64, owner: u64, kind: CredentialKind, scopes: Scopes, expires_at: Option<Timestamp>) -> Command {
    Command::IssueCredential {
        credential: credential(id),
        owner: person(owner),
        kind,
        scopes,
        expires_at,
        fingerprint: None,
    }
}

fn authorize(id: u64, other: u64) -> Command {
    Command::AuthorizeCredential {
        credential: credential(id),
        organization: organization(other),
    }
}

pub(crate) fn person(id: u64) -> PersonId {
    PersonId::new(id).unwrap()
}

pub(crate) fn organization(id: u64) -> OrganizationId {
    OrganizationId::new(id).unwrap()
}

pub(crate) fn credential(id: u64) -> CredentialId {
    CredentialId::new(id).unwrap()
}

fn login(prefix: &str, id: u64) -> Login {
    Login::new(&format!("{prefix}-{id}")).unwrap()
}
