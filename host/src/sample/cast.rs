//! Who and what a sample is made of: names, roles, and the scopes and expiry of credentials, with how common each is.

use anyhow::Result;
use enterprise_credentials::CredentialKind::{
    ClassicPat, FineGrainedPat, GithubAppUserToken, OauthAppUserToken, SshKey,
};
use enterprise_credentials::Role::{
    BillingManager, GuestCollaborator, Member, OutsideCollaborator, Owner, RepositoryCollaborator,
};
use enterprise_credentials::{CredentialKind, EnterpriseKind, EnterpriseSlug, Login, Role, Scopes};

use super::draw::Draw;

/// One of the first people, with their first credential.
pub(super) struct Founder {
    role: Role,
    pub(super) may_write_credentials: bool,
    pub(super) kind: CredentialKind,
    pub(super) scopes: &'static [&'static str],
}

const fn founder(role: Role, kind: CredentialKind, scopes: &'static [&'static str]) -> Founder {
    let may_write_credentials = false;
    Founder {
        role,
        may_write_credentials,
        kind,
        scopes,
    }
}

const fn holder(role: Role, kind: CredentialKind, scopes: &'static [&'static str]) -> Founder {
    let may_write_credentials = true;
    Founder {
        role,
        may_write_credentials,
        kind,
        scopes,
    }
}

/// The first people, the setup user before all others. They stay, and their first credentials do not expire: every
/// answer that a caller can get can be rehearsed with one of them.
pub(super) const FOUNDERS: [Founder; 11] = [
    founder(Owner, ClassicPat, &["admin:enterprise"]),
    founder(Owner, ClassicPat, &["admin:enterprise", "admin:org", "repo"]),
    founder(Owner, OauthAppUserToken, &["admin:enterprise"]),
    holder(
        Member,
        GithubAppUserToken,
        &["enterprise_credentials=write", "organization_administration=write"],
    ),
    holder(GuestCollaborator, ClassicPat, &["admin:enterprise"]),
    founder(BillingManager, ClassicPat, &["admin:enterprise"]),
    founder(Owner, FineGrainedPat, &["administration=write"]),
    founder(Owner, ClassicPat, &["manage_runners:enterprise", "read:enterprise"]),
    founder(Member, SshKey, &[]),
    founder(GuestCollaborator, ClassicPat, &["repo"]),
    founder(RepositoryCollaborator, SshKey, &[]),
];

/// The founder who owns every organization from its joining on.
pub(super) const OWNER_OF_ALL: u32 = 2;
/// The founder who owns the first organizations, and how many.
pub(super) const OWNER_OF_FIRST: (u32, u32) = (4, 2);

impl Founder {
    /// The role, or the one that stands for it where the enterprise's kind does not have it.
    pub(super) fn role(&self, kind: EnterpriseKind) -> Role {
        role_in(kind, self.role)
    }
}

const ROLES: [(u64, Role); 5] = [
    (8_800, Member),
    (600, GuestCollaborator),
    (500, RepositoryCollaborator),
    (95, BillingManager),
    (5, Owner),
];

/// The role in which somebody joins.
pub(super) fn role(draw: &mut Draw, kind: EnterpriseKind) -> Role {
    role_in(kind, draw.weighted(&ROLES).copied().unwrap_or(Member))
}

fn role_in(kind: EnterpriseKind, role: Role) -> Role {
    if role.exists_in(kind) {
        role
    } else {
        OutsideCollaborator
    }
}

const KINDS: [(u64, CredentialKind); 5] = [
    (30, ClassicPat),
    (20, FineGrainedPat),
    (30, SshKey),
    (12, OauthAppUserToken),
    (8, GithubAppUserToken),
];

/// The kind of the next credential.
pub(super) fn kind(draw: &mut Draw) -> CredentialKind {
    draw.weighted(&KINDS).copied().unwrap_or(ClassicPat)
}

type Weighted = [(u64, &'static [&'static str])];

const CLASSIC: &Weighted = &[
    (42, &["repo"]),
    (20, &["repo", "workflow"]),
    (15, &["read:org", "repo"]),
    (10, &["read:packages", "write:packages"]),
    (8, &["gist", "repo", "user"]),
    (3, &["admin:org", "repo"]),
    (1, &["read:enterprise"]),
    (1, &["admin:enterprise"]),
];
const FINE_GRAINED: &Weighted = &[
    (50, &["contents=read"]),
    (30, &["contents=write", "pull_requests=write"]),
    (20, &["actions=read", "metadata=read"]),
];
const OAUTH_APP: &Weighted = &[
    (50, &["repo", "user:email"]),
    (30, &["read:org"]),
    (20, &["read:org", "repo", "workflow"]),
];
const GITHUB_APP: &Weighted = &[
    (50, &["contents=read", "metadata=read"]),
    (30, &["issues=write", "metadata=read"]),
    (20, &["checks=read", "pull_requests=read"]),
];

/// The scopes of the next credential of a kind.
pub(super) fn scopes(draw: &mut Draw, kind: CredentialKind) -> Result<Scopes> {
    let common: &Weighted = match kind {
        ClassicPat => CLASSIC,
        FineGrainedPat => FINE_GRAINED,
        SshKey => &[],
        OauthAppUserToken => OAUTH_APP,
        GithubAppUserToken => GITHUB_APP,
    };
    let scopes = draw.weighted(common).copied().unwrap_or_default();
    Ok(Scopes::parse(scopes.iter().copied())?)
}

/// After how many hours the next credential of a kind expires, if ever.
pub(super) fn hours_to_expiry(draw: &mut Draw, kind: CredentialKind) -> Option<i64> {
    const DAY: i64 = 24;
    let common: &[(u64, Option<i64>)] = match kind {
        ClassicPat => &[
            (60, None),
            (15, Some(30 * DAY)),
            (15, Some(90 * DAY)),
            (10, Some(365 * DAY)),
        ],
        FineGrainedPat => &[
            (25, None),
            (25, Some(30 * DAY)),
            (25, Some(90 * DAY)),
            (25, Some(365 * DAY)),
        ],
        SshKey | OauthAppUserToken => &[],
        GithubAppUserToken => &[(70, None), (30, Some(8))],
    };
    draw.weighted(common).copied().flatten()
}

/// For how many organizations the next credential of a kind is authorized; a fine-grained token belongs to one.
pub(super) fn authorizations(draw: &mut Draw, kind: CredentialKind) -> u64 {
    let common: &[(u64, u64)] = match kind {
        FineGrainedPat => &[(10, 0), (90, 1)],
        _ => &[(15, 0), (35, 1), (25, 2), (15, 3), (10, 4)],
    };
    draw.weighted(common).copied().unwrap_or_default()
}

/// The slug of a sample: two of different kinds fit into one store.
pub(super) fn slug(kind: EnterpriseKind) -> Result<EnterpriseSlug> {
    let slug = match kind {
        EnterpriseKind::ManagedUsers => "octo-corp",
        EnterpriseKind::PersonalAccounts => "octo-community",
    };
    Ok(EnterpriseSlug::new(slug)?)
}

const TEAMS: [&str; 12] = [
    "platform", "payments", "mobile", "data", "security", "web", "search", "growth", "infra", "research", "support",
    "labs",
];

/// The login of the organization with this number, counted from 1.
pub(super) fn organization_login(number: u32) -> Result<Login> {
    let (team, round) = name_and_round(&TEAMS, number);
    let login = match round {
        0 => format!("octo-{team}"),
        _ => format!("octo-{team}-{}", round + 1),
    };
    Ok(Login::new(&login)?)
}

const FIRST: [&str; 16] = [
    "ada", "alan", "barbara", "claude", "dennis", "edsger", "frances", "grace", "hedy", "john", "ken", "leslie",
    "margaret", "niklaus", "radia", "tony",
];
const LAST: [&str; 15] = [
    "allen", "dijkstra", "hamilton", "hoare", "hopper", "keller", "lamport", "liskov", "lovelace", "mccarthy",
    "perlman", "ritchie", "shannon", "thompson", "turing",
];

/// The login of the person with this number, counted from 1. Managed users carry their enterprise's short code.
pub(super) fn person_login(kind: EnterpriseKind, number: u32) -> Result<Login> {
    let (first, last) = (name_and_round(&FIRST, number).0, name_and_round(&LAST, number).0);
    let login = match (kind, number) {
        (EnterpriseKind::ManagedUsers, 1) => "octo_admin".to_owned(),
        (EnterpriseKind::ManagedUsers, _) => format!("{first}-{last}{number}_octo"),
        (EnterpriseKind::PersonalAccounts, _) => format!("{first}-{last}{number}"),
    };
    Ok(Login::new(&login)?)
}

/// The names in turn, and how often all of them had their turn before.
fn name_and_round(names: &'static [&'static str], number: u32) -> (&'static str, usize) {
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or_default();
    let name = names.iter().cycle().nth(index % names.len().max(1)).copied();
    (
        name.unwrap_or_default(),
        index.checked_div(names.len()).unwrap_or_default(),
    )
}
