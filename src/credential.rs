//! Credentials: the kinds there are, and what each may do. The table of the domain, as code.

use core::fmt;

use serde::Serialize;

use crate::json::read_by_name;

/// The scope that classic PATs and OAuth app tokens need for this operation. Its children do not suffice.
pub const ADMIN_ENTERPRISE_SCOPE: &str = "admin:enterprise";
/// The app permission that GitHub App tokens need for this operation.
pub const ENTERPRISE_CREDENTIALS_WRITE: &str = "enterprise_credentials=write";
/// The scope that classic PATs and OAuth app tokens need for an organization's operations.
pub const ADMIN_ORG_SCOPE: &str = "admin:org";
/// The scope that suffices to list an organization's authorizations; [`ADMIN_ORG_SCOPE`] and `write:org` include it.
pub const READ_ORG_SCOPE: &str = "read:org";
/// Includes [`READ_ORG_SCOPE`], and is included in [`ADMIN_ORG_SCOPE`].
const WRITE_ORG_SCOPE: &str = "write:org";
/// The app permission that GitHub App tokens need for an organization's operations.
pub const ORGANIZATION_ADMINISTRATION_WRITE: &str = "organization_administration=write";
/// The app permission that suffices to list an organization's authorizations.
pub const ORGANIZATION_ADMINISTRATION_READ: &str = "organization_administration=read";

/// A kind of credential.
///
/// Exhaustive: what a new kind may do, and whether it dies, has to be decided wherever kinds are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// Personal access token, version 1: `ghp_…`
    ClassicPat,
    /// Personal access token, version 2: `github_pat_…`
    FineGrainedPat,
    /// SSH key of a person. Not an API credential.
    SshKey,
    /// Token of an OAuth app, acting for a person: `gho_…`
    OauthAppUserToken,
    /// Token of a GitHub App, acting for a person: `ghu_…`
    GithubAppUserToken,
}

/// A type of credential, as requests name it: what one of them may be limited to.
///
/// Exhaustive: what a recorded type covers is frozen, and whoever reads one must know which kinds those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialType {
    /// [`CredentialKind::ClassicPat`]
    ClassicPat,
    /// [`CredentialKind::FineGrainedPat`]
    FineGrainedPat,
    /// [`CredentialKind::SshKey`]
    SshKey,
    /// Both kinds of app tokens that act for a person: [`CredentialKind::OauthAppUserToken`] and
    /// [`CredentialKind::GithubAppUserToken`].
    OauthAppToken,
}

read_by_name!(CredentialType, "a type of credential");

impl CredentialType {
    /// Every type, in the order in which the documentation names them.
    pub const ALL: [Self; 4] = [
        Self::ClassicPat,
        Self::FineGrainedPat,
        Self::SshKey,
        Self::OauthAppToken,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClassicPat => "classic_pat",
            Self::FineGrainedPat => "fine_grained_pat",
            Self::SshKey => "ssh_key",
            Self::OauthAppToken => "oauth_app_token",
        }
    }

    /// Whether credentials of this kind are of the type.
    pub fn has(self, kind: CredentialKind) -> bool {
        kind.credential_type() == self
    }
}

impl fmt::Display for CredentialType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is asked of an organization's authorizations: to see them, or to end them.
///
/// Exhaustive: what each needs has to be decided wherever they are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationAccess {
    /// To list them.
    Read,
    /// To revoke them.
    Write,
}

impl OrganizationAccess {
    /// The scopes of which a classic PAT or an OAuth app token needs one. The last is the one that is asked for.
    ///
    /// [`Rule::AdminOrgScope`](crate::Rule::AdminOrgScope), [`Rule::ReadOrgScope`](crate::Rule::ReadOrgScope)
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Read => &[ADMIN_ORG_SCOPE, WRITE_ORG_SCOPE, READ_ORG_SCOPE],
            Self::Write => &[ADMIN_ORG_SCOPE],
        }
    }

    /// The app permissions of which a GitHub App token needs one. The last is the one that is asked for.
    ///
    /// [`Rule::OrganizationAdministration`](crate::Rule::OrganizationAdministration)
    pub const fn app_permissions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &[ORGANIZATION_ADMINISTRATION_WRITE, ORGANIZATION_ADMINISTRATION_READ],
            Self::Write => &[ORGANIZATION_ADMINISTRATION_WRITE],
        }
    }
}

/// What a kind of credential needs to call the operation.
///
/// Exhaustive: whoever asks for it must be able to meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallRequirement {
    /// This scope or app permission, exactly.
    Scope(&'static str),
    /// Nothing helps: the operation does not take this kind.
    NotSupported,
    /// The kind does not authenticate at the API at all.
    NotAnApiCredential,
}

read_by_name!(CredentialKind, "a kind of credential");

impl CredentialKind {
    /// Every kind, in the order in which tables show them.
    pub const ALL: [Self; 5] = [
        Self::ClassicPat,
        Self::FineGrainedPat,
        Self::SshKey,
        Self::OauthAppUserToken,
        Self::GithubAppUserToken,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClassicPat => "classic_pat",
            Self::FineGrainedPat => "fine_grained_pat",
            Self::SshKey => "ssh_key",
            Self::OauthAppUserToken => "oauth_app_user_token",
            Self::GithubAppUserToken => "github_app_user_token",
        }
    }

    /// How its tokens start; an SSH key is no token.
    pub const fn token_prefix(self) -> Option<&'static str> {
        match self {
            Self::ClassicPat => Some("ghp_"),
            Self::FineGrainedPat => Some("github_pat_"),
            Self::SshKey => None,
            Self::OauthAppUserToken => Some("gho_"),
            Self::GithubAppUserToken => Some("ghu_"),
        }
    }

    /// The type under which requests name it.
    ///
    /// [`Rule::AppTokensAreOneType`](crate::Rule::AppTokensAreOneType)
    pub const fn credential_type(self) -> CredentialType {
        match self {
            Self::ClassicPat => CredentialType::ClassicPat,
            Self::FineGrainedPat => CredentialType::FineGrainedPat,
            Self::SshKey => CredentialType::SshKey,
            Self::OauthAppUserToken | Self::GithubAppUserToken => CredentialType::OauthAppToken,
        }
    }

    /// Whether `revoke_credentials` destroys it. App tokens "cannot be destroyed", says the documentation.
    ///
    /// [`Rule::MembersThreeKindsDestroyed`](crate::Rule::MembersThreeKindsDestroyed)
    pub const fn is_destroyed_by_revoke_all(self) -> bool {
        matches!(self, Self::ClassicPat | Self::FineGrainedPat | Self::SshKey)
    }

    /// Whether its owner may ask again for an organization that a revocation of the enterprise took away.
    ///
    /// [`Rule::FineGrainedMayAskAgain`](crate::Rule::FineGrainedMayAskAgain)
    pub const fn may_be_authorized_again(self) -> bool {
        matches!(self, Self::FineGrainedPat)
    }

    /// What it needs to call the operation.
    ///
    /// [`Rule::AdminEnterpriseScope`](crate::Rule::AdminEnterpriseScope),
    /// [`Rule::EnterpriseCredentialsWrite`](crate::Rule::EnterpriseCredentialsWrite),
    /// [`Rule::FineGrainedPatCannotCall`](crate::Rule::FineGrainedPatCannotCall),
    /// [`Rule::SshKeyIsNoApiCredential`](crate::Rule::SshKeyIsNoApiCredential)
    pub const fn call_requirement(self) -> CallRequirement {
        match self {
            Self::ClassicPat | Self::OauthAppUserToken => CallRequirement::Scope(ADMIN_ENTERPRISE_SCOPE),
            Self::GithubAppUserToken => CallRequirement::Scope(ENTERPRISE_CREDENTIALS_WRITE),
            Self::FineGrainedPat => CallRequirement::NotSupported,
            Self::SshKey => CallRequirement::NotAnApiCredential,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
