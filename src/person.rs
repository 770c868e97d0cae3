//! People: the role that each has in the enterprise, and the permission that any may hold.

use core::fmt;

use serde::Serialize;

use crate::json::read_by_name;

/// The two kinds of enterprise.
///
/// Exhaustive: what a new kind allows has to be decided wherever kinds are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseKind {
    /// Enterprise Managed Users (EMU): the enterprise owns its people's accounts.
    ManagedUsers,
    /// People bring their personal accounts.
    PersonalAccounts,
}

read_by_name!(EnterpriseKind, "a kind of enterprise");

impl EnterpriseKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::ManagedUsers, Self::PersonalAccounts];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ManagedUsers => "managed_users",
            Self::PersonalAccounts => "personal_accounts",
        }
    }
}

impl fmt::Display for EnterpriseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The one role that a person has in the enterprise.
///
/// Exhaustive: whether a new role is a member, and may revoke, has to be decided wherever roles are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Enterprise owner: may revoke all.
    Owner,
    /// Member of the enterprise.
    Member,
    /// Billing manager: a member of the enterprise, who as such may not revoke.
    BillingManager,
    /// Guest collaborator, on EMU enterprises only. Not an enterprise member.
    GuestCollaborator,
    /// Repository collaborator, on EMU enterprises only. Not an enterprise member.
    RepositoryCollaborator,
    /// Outside collaborator, on enterprises of personal accounts only. Not an enterprise member.
    OutsideCollaborator,
}

read_by_name!(Role, "a role");

impl Role {
    /// Every role, in the order in which tables show them.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Member,
        Self::BillingManager,
        Self::GuestCollaborator,
        Self::RepositoryCollaborator,
        Self::OutsideCollaborator,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::BillingManager => "billing_manager",
            Self::GuestCollaborator => "guest_collaborator",
            Self::RepositoryCollaborator => "repository_collaborator",
            Self::OutsideCollaborator => "outside_collaborator",
        }
    }

    /// Whether the person is an enterprise member, whose credentials `revoke_credentials` destroys.
    ///
    /// [`Rule::EnterpriseMembersByRole`](crate::Rule::EnterpriseMembersByRole)
    pub const fn is_enterprise_member(self) -> bool {
        matches!(self, Self::Owner | Self::Member | Self::BillingManager)
    }

    /// Whether an enterprise of this kind has the role.
    ///
    /// [`Rule::RoleFitsEnterpriseKind`](crate::Rule::RoleFitsEnterpriseKind)
    pub const fn exists_in(self, kind: EnterpriseKind) -> bool {
        match self {
            Self::Owner | Self::Member | Self::BillingManager => true,
            Self::GuestCollaborator | Self::RepositoryCollaborator => matches!(kind, EnterpriseKind::ManagedUsers),
            Self::OutsideCollaborator => matches!(kind, EnterpriseKind::PersonalAccounts),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a person may hold beside the role. Teams and custom roles are flattened by the host.
///
/// Exhaustive: what a new permission allows has to be decided wherever permissions are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// "Manage enterprise credentials": may revoke all.
    WriteEnterpriseCredentials,
}

read_by_name!(Permission, "a permission");

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 1] = [Self::WriteEnterpriseCredentials];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WriteEnterpriseCredentials => "write_enterprise_credentials",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
