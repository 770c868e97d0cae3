//! The small world of random words: a few people, organizations and credentials, so that words meet the same ones
//! again.

use core::fmt::Debug;
use std::format;
use std::vec::Vec;

use enterprise_credentials::{
    Command, CredentialId, EnterpriseKind, EnterpriseSlug, InstallationId, Login, OrganizationId, PersonId,
    RevocationId, Timestamp,
};

/// How many people there may be.
pub const PEOPLE: u64 = 5;
/// How many organizations there may be.
pub const ORGANIZATIONS: u64 = 4;
/// How many credentials there may be.
pub const CREDENTIALS: u64 = 11;

/// When a word begins: later than any clock, so that a host that takes the later of its clock and the stream's last
/// time can be driven, too.
pub fn start() -> Timestamp {
    valid(Timestamp::parse("2100-01-01T09:00:00.000Z"))
}

/// Who may be there.
pub fn people() -> impl Iterator<Item = PersonId> + Clone {
    (1..=PEOPLE).map(|id| valid(PersonId::new(id)))
}

/// Which organizations may be there.
pub fn organizations() -> impl Iterator<Item = OrganizationId> + Clone {
    (1..=ORGANIZATIONS).map(|id| valid(OrganizationId::new(id)))
}

/// Which credentials may be there.
pub fn credentials() -> impl Iterator<Item = CredentialId> + Clone {
    (1..=CREDENTIALS).map(|id| valid(CredentialId::new(id)))
}

/// Every credential with every organization.
pub fn pairs() -> impl Iterator<Item = (CredentialId, OrganizationId)> + Clone {
    credentials().flat_map(|credential| organizations().map(move |organization| (credential, organization)))
}

/// A revocation that no word of this length requests.
pub fn revocation_never_requested() -> RevocationId {
    valid(RevocationId::new(999_999))
}

/// The enterprise's name in URLs.
pub fn slug() -> EnterpriseSlug {
    valid(EnterpriseSlug::new("octo-corp"))
}

pub(crate) fn installation(id: u64) -> InstallationId {
    valid(InstallationId::new(id))
}

pub(crate) fn login(prefix: &str, id: u64) -> Login {
    valid(Login::new(&format!("{prefix}-{id}")))
}

/// An enterprise in which much can happen: four people in four roles, three organizations, eight credentials of every
/// kind, each authorized for two organizations, which have owners.
pub fn populated(kind: EnterpriseKind) -> Vec<Command> {
    let collaborator = match kind {
        EnterpriseKind::ManagedUsers => "guest_collaborator",
        EnterpriseKind::PersonalAccounts => "outside_collaborator",
    };
    let mut commands = Vec::from([Command::CreateEnterprise { slug: slug(), kind }]);
    commands.extend(
        PEOPLE_AND_ORGANIZATIONS
            .lines()
            .map(|line| command(&line.replace("COLLABORATOR", collaborator))),
    );
    commands.extend(CREDENTIALS_ISSUED.lines().map(command));
    for (credential, organization) in pairs().filter(|(of, to)| of.value() <= 8 && to.value() <= 2) {
        commands.push(Command::AuthorizeCredential {
            credential,
            organization,
        });
    }
    commands
}

const PEOPLE_AND_ORGANIZATIONS: &str = r#"{"type":"AddOrganization","organization":1,"login":"organization-1"}
{"type":"AddOrganization","organization":2,"login":"organization-2"}
{"type":"AddOrganization","organization":3,"login":"organization-3"}
{"type":"AddMember","member":1,"login":"person-1","role":"owner"}
{"type":"AddMember","member":2,"login":"person-2","role":"member"}
{"type":"AddMember","member":3,"login":"person-3","role":"COLLABORATOR"}
{"type":"AddMember","member":4,"login":"person-4","role":"billing_manager"}
{"type":"GrantPermission","member":4,"permission":"write_enterprise_credentials"}
{"type":"AddOrganizationOwner","organization":1,"member":2}
{"type":"AddOrganizationOwner","organization":1,"member":4}
{"type":"AddOrganizationOwner","organization":2,"member":1}
{"type":"AddOrganizationOwner","organization":2,"member":2}"#;

const CREDENTIALS_ISSUED: &str = r#"{"type":"IssueCredential","credential":1,"owner":1,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":2,"owner":2,"kind":"classic_pat","scopes":["repo","admin:enterprise","admin:org"]}
{"type":"IssueCredential","credential":3,"owner":2,"kind":"fine_grained_pat","scopes":["repo"]}
{"type":"IssueCredential","credential":4,"owner":1,"kind":"ssh_key","scopes":[]}
{"type":"IssueCredential","credential":5,"owner":1,"kind":"oauth_app_user_token","scopes":["admin:enterprise","admin:org"]}
{"type":"IssueCredential","credential":6,"owner":4,"kind":"github_app_user_token","scopes":["enterprise_credentials=write","organization_administration=write"]}
{"type":"IssueCredential","credential":7,"owner":3,"kind":"fine_grained_pat","scopes":["repo"],"expires_at":"2100-01-01T11:00:00.000Z"}
{"type":"IssueCredential","credential":8,"owner":3,"kind":"classic_pat","scopes":["read:enterprise"]}"#;

fn command(line: &str) -> Command {
    valid(serde_json::from_str(line))
}

#[expect(clippy::expect_used, reason = "the kit's own constants are within their limits")]
pub(crate) fn valid<T, E: Debug>(value: Result<T, E>) -> T {
    value.expect("a constant of the kit is valid")
}
