//! What a plain decider is asked and what it answers, as serde derives it.

use chrono::{DateTime, Utc};
use enterprise_credentials::{Authority, CredentialKind, EnterpriseKind, Permission, Role, Rule};
use serde::{Deserialize, Serialize};

/// The events of the core's log. Fields that no rule here reads are kept: they are the stream's,
/// and a consumer may want them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(crate) enum Event {
    EnterpriseCreated {
        slug: String,
        kind: EnterpriseKind,
    },
    OrganizationAdded {
        organization: u64,
        login: String,
    },
    OrganizationRemoved {
        organization: u64,
    },
    MemberAdded {
        member: u64,
        login: String,
        role: Role,
    },
    MemberRoleChanged {
        member: u64,
        role: Role,
    },
    MemberRemoved {
        member: u64,
    },
    PermissionGranted {
        member: u64,
        permission: Permission,
    },
    PermissionWithdrawn {
        member: u64,
        permission: Permission,
    },
    CredentialIssued {
        credential: u64,
        owner: u64,
        kind: CredentialKind,
        scopes: Vec<String>,
        expires_at: Option<DateTime<Utc>>,
        fingerprint: Option<String>,
    },
    CredentialAuthorized {
        credential: u64,
        organization: u64,
    },
    RevokeAllRequested {
        requested_by: Actor,
        authority: Authority,
        revoke_credentials: bool,
        idempotency_key: Option<String>,
    },
    AuthorizationRevoked {
        credential: u64,
        organization: u64,
        revocation: Option<u64>,
    },
    CredentialDestroyed {
        credential: u64,
        revocation: Option<u64>,
    },
    RevocationCompleted {
        revocation: u64,
        authorizations_revoked: u64,
        credentials_destroyed: u64,
    },
}

impl Event {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::EnterpriseCreated { .. } => "EnterpriseCreated",
            Self::OrganizationAdded { .. } => "OrganizationAdded",
            Self::OrganizationRemoved { .. } => "OrganizationRemoved",
            Self::MemberAdded { .. } => "MemberAdded",
            Self::MemberRoleChanged { .. } => "MemberRoleChanged",
            Self::MemberRemoved { .. } => "MemberRemoved",
            Self::PermissionGranted { .. } => "PermissionGranted",
            Self::PermissionWithdrawn { .. } => "PermissionWithdrawn",
            Self::CredentialIssued { .. } => "CredentialIssued",
            Self::CredentialAuthorized { .. } => "CredentialAuthorized",
            Self::RevokeAllRequested { .. } => "RevokeAllRequested",
            Self::AuthorizationRevoked { .. } => "AuthorizationRevoked",
            Self::CredentialDestroyed { .. } => "CredentialDestroyed",
            Self::RevocationCompleted { .. } => "RevocationCompleted",
        }
    }
}

/// An event in its envelope. The event-sourcing crates hand their aggregates nothing but the event, and some rules ask
/// for its position and time: so this is what they take for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) position: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: Option<Actor>,
    pub(crate) event: Event,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Actor {
    Person { person: u64, credential: Option<u64> },
    Installation { installation: u64 },
}

/// What can be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type")]
pub(crate) enum Command {
    CreateEnterprise {
        slug: String,
        kind: EnterpriseKind,
    },
    AddOrganization {
        organization: u64,
        login: String,
    },
    RemoveOrganization {
        organization: u64,
    },
    AddMember {
        member: u64,
        login: String,
        role: Role,
    },
    ChangeMemberRole {
        member: u64,
        role: Role,
    },
    RemoveMember {
        member: u64,
    },
    GrantPermission {
        member: u64,
        permission: Permission,
    },
    WithdrawPermission {
        member: u64,
        permission: Permission,
    },
    IssueCredential {
        credential: u64,
        owner: u64,
        kind: CredentialKind,
        scopes: Vec<String>,
        expires_at: Option<DateTime<Utc>>,
        fingerprint: Option<String>,
    },
    AuthorizeCredential {
        credential: u64,
        organization: u64,
    },
    RevokeAuthorization {
        credential: u64,
        organization: u64,
    },
    DestroyCredential {
        credential: u64,
    },
    RevokeAll {
        caller: Caller,
        revoke_credentials: bool,
        idempotency_key: Option<String>,
    },
    ContinueRevocation {
        revocation: u64,
        limit: usize,
    },
}

/// Who asks to revoke everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Caller {
    Person {
        person: u64,
        credential: Option<u64>,
    },
    Installation {
        installation: u64,
        permissions: Vec<String>,
    },
    Stranger {},
}

/// Why a command was refused: by the first rule of the catalogue that forbids it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.sentence())]
pub(crate) struct Refusal(pub(crate) Rule);
