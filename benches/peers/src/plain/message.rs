//! What a plain decider is asked and what it answers, as serde derives it.

use chrono::{DateTime, Utc};
use enterprise_credentials::{CredentialKind, EnterpriseKind, Role};
use serde::{Deserialize, Serialize};

/// The events of the core's log that these benchmarks meet. Fields that no rule here reads are kept: they are the
/// stream's, and a consumer may want them.
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
    MemberAdded {
        member: u64,
        login: String,
        role: Role,
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
        revoke_credentials: bool,
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
            Self::MemberAdded { .. } => "MemberAdded",
            Self::CredentialIssued { .. } => "CredentialIssued",
            Self::CredentialAuthorized { .. } => "CredentialAuthorized",
            Self::RevokeAllRequested { .. } => "RevokeAllRequested",
            Self::AuthorizationRevoked { .. } => "AuthorizationRevoked",
            Self::CredentialDestroyed { .. } => "CredentialDestroyed",
            Self::RevocationCompleted { .. } => "RevocationCompleted",
        }
    }
}

/// Who asked to revoke everything: a person with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Actor {
    pub(crate) person: u64,
    pub(crate) credential: u64,
}

/// The commands that are measured.
#[derive(Debug, Clone)]
pub(crate) enum Command {
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
        caller: Actor,
        revoke_credentials: bool,
    },
    ContinueRevocation {
        revocation: u64,
        limit: usize,
    },
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the credential is unknown")]
    CredentialUnknown,
    #[error("the credential's id is taken")]
    CredentialIdTaken,
    #[error("the credential is expired, destroyed or about to be")]
    CredentialDead,
    #[error("the member is unknown")]
    MemberUnknown,
    #[error("the organization is unknown")]
    OrganizationUnknown,
    #[error("a revocation took this authorization")]
    Tombstone,
    #[error("the caller may not revoke")]
    NotQualified,
    #[error("only an enterprise of managed users destroys credentials")]
    NotManagedUsers,
    #[error("the revocation is unknown")]
    RevocationUnknown,
    #[error("an earlier revocation runs")]
    EarlierRevocationRuns,
}
