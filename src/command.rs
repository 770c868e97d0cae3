//! What is asked: the commands, in the imperative, and who asks.

mod caller;
mod fields;

use core::num::NonZeroU32;

pub use caller::Caller;

use crate::credential::{CredentialKind, CredentialType};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scopes};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::timestamp::Timestamp;

/// One thing that is asked of an enterprise. As JSON a command looks like an event:
/// `{"type":"AuthorizeCredential","credential":902,"organization":3}`. Unknown fields are refused, so that a misspelt
/// option is never a request without it.
///
/// Only [`Command::RevokeAll`] and [`Command::Revoke`] carry their caller. The others are the host's word, after it has
/// asked [`Enterprise::authenticates`](crate::Enterprise::authenticates) or
/// [`Enterprise::may_use`](crate::Enterprise::may_use).
///
/// Exhaustive: whoever translates or judges commands must see a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin the stream.
    CreateEnterprise {
        /// Its name in URLs.
        slug: EnterpriseSlug,
        /// Managed users or personal accounts.
        kind: EnterpriseKind,
    },
    /// Let an organization join.
    AddOrganization {
        /// Which.
        organization: OrganizationId,
        /// Its login.
        login: Login,
    },
    /// Let an organization leave.
    RemoveOrganization {
        /// Which.
        organization: OrganizationId,
    },
    /// Let a person join, in any role.
    AddMember {
        /// Who.
        member: PersonId,
        /// Their login.
        login: Login,
        /// Their role.
        role: Role,
    },
    /// Give a present person another role.
    ChangeMemberRole {
        /// Who.
        member: PersonId,
        /// The new role.
        role: Role,
    },
    /// Let a person leave.
    RemoveMember {
        /// Who.
        member: PersonId,
    },
    /// Give a present person a permission.
    GrantPermission {
        /// Who.
        member: PersonId,
        /// What.
        permission: Permission,
    },
    /// Take a permission away.
    WithdrawPermission {
        /// Who.
        member: PersonId,
        /// What.
        permission: Permission,
    },
    /// Make a present person an owner of a present organization.
    AddOrganizationOwner {
        /// Of which organization.
        organization: OrganizationId,
        /// Who.
        member: PersonId,
    },
    /// Take the ownership of an organization away.
    RemoveOrganizationOwner {
        /// Of which organization.
        organization: OrganizationId,
        /// Who.
        member: PersonId,
    },
    /// Issue a credential under an id never used before.
    IssueCredential {
        /// Which.
        credential: CredentialId,
        /// Whose.
        owner: PersonId,
        /// Of what kind.
        kind: CredentialKind,
        /// Its scopes or app permissions.
        scopes: Scopes,
        /// From when on it no longer authenticates.
        expires_at: Option<Timestamp>,
        /// What identifies it without being it.
        fingerprint: Option<Fingerprint>,
    },
    /// Authorize a credential for an organization.
    AuthorizeCredential {
        /// Which credential.
        credential: CredentialId,
        /// For which organization.
        organization: OrganizationId,
    },
    /// Revoke one authorization.
    RevokeAuthorization {
        /// Of which credential.
        credential: CredentialId,
        /// For which organization.
        organization: OrganizationId,
    },
    /// Destroy one credential, of any kind.
    DestroyCredential {
        /// Which.
        credential: CredentialId,
    },
    /// Revoke every authorization of the enterprise, and destroy its members' tokens and keys where asked.
    RevokeAll(RevokeAll),
    /// Revoke what matches all of the filters that are given, and destroy matching tokens and keys where asked.
    Revoke(Revoke),
    /// Record the next batch of a running revocation.
    ContinueRevocation {
        /// Which.
        revocation: RevocationId,
        /// How many credentials with something left the batch takes, at least 1.
        limit: NonZeroU32,
    },
}

/// The request of `POST /enterprises/{enterprise}/credential-authorizations/revoke-all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeAll {
    /// Who asks.
    pub caller: Caller,
    /// Whether members' tokens and keys are destroyed too. EMU only. Default: false.
    pub revoke_credentials: bool,
    /// The caller's name for the request, so that a retry within 24 hours is not a second one.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A request to revoke less than everything: what matches all of the filters that are there,
/// of which there must be one.
///
/// | filters | operation |
/// | --- | --- |
/// | `credential_type` | `POST /enterprises/{enterprise}/credential-authorizations/revoke-credential-type` |
/// | `person` | `POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke` |
/// | both | `POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke-credential-type` |
/// | `organization`, alone or with the others | the four under `POST /orgs/{org}/credential-authorizations/` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Who asks.
    pub caller: Caller,
    /// Only authorizations for this organization.
    pub organization: Option<OrganizationId>,
    /// Only credentials of this person.
    pub person: Option<PersonId>,
    /// Only credentials of this type.
    pub credential_type: Option<CredentialType>,
    /// Whether tokens and keys are destroyed too. EMU only, and never with an organization. Default: false.
    pub revoke_credentials: bool,
    /// The caller's name for the request, so that a retry within 24 hours is not a second one.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A request to revoke everything or less, as the questions about it take it: from a `&RevokeAll` or a `&Revoke`.
#[derive(Debug, Clone, Copy)]
pub struct Requested<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Only authorizations for this organization.
    pub organization: Option<OrganizationId>,
    /// Only credentials of this person.
    pub person: Option<PersonId>,
    /// Only credentials of this type.
    pub credential_type: Option<CredentialType>,
    /// Whether tokens and keys are destroyed too.
    pub revoke_credentials: bool,
    /// The caller's name for the request.
    pub idempotency_key: Option<&'a IdempotencyKey>,
}

impl<'a> From<&'a RevokeAll> for Requested<'a> {
    fn from(request: &'a RevokeAll) -> Self {
        Self {
            caller: &request.caller,
            organization: None,
            person: None,
            credential_type: None,
            revoke_credentials: request.revoke_credentials,
            idempotency_key: request.idempotency_key.as_ref(),
        }
    }
}

impl<'a> From<&'a Revoke> for Requested<'a> {
    fn from(request: &'a Revoke) -> Self {
        Self {
            caller: &request.caller,
            organization: request.organization,
            person: request.person,
            credential_type: request.credential_type,
            revoke_credentials: request.revoke_credentials,
            idempotency_key: request.idempotency_key.as_ref(),
        }
    }
}

impl Requested<'_> {
    /// The command that makes this request: [`Command::RevokeAll`] without filters, else [`Command::Revoke`].
    pub fn command(&self) -> Command {
        let (caller, idempotency_key) = (self.caller.clone(), self.idempotency_key.cloned());
        let revoke_credentials = self.revoke_credentials;
        if self.is_of_everything() {
            return Command::RevokeAll(RevokeAll {
                caller,
                revoke_credentials,
                idempotency_key,
            });
        }
        Command::Revoke(Revoke {
            caller,
            organization: self.organization,
            person: self.person,
            credential_type: self.credential_type,
            revoke_credentials,
            idempotency_key,
        })
    }

    /// Whether it has no filter.
    pub const fn is_of_everything(&self) -> bool {
        self.organization.is_none() && self.person.is_none() && self.credential_type.is_none()
    }
}

impl Command {
    /// The request to revoke that this command makes, if it makes one.
    pub fn requested(&self) -> Option<Requested<'_>> {
        match self {
            Self::RevokeAll(request) => Some(request.into()),
            Self::Revoke(request) => Some(request.into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_and_its_caller_are_read_from_objects_alone() {
        for (json, expected) in [
            (r#"["DestroyCredential",7]"#, "a command"),
            (r#"["RevokeAll",{"person":1,"credential":1},true,null]"#, "a command"),
            (r#"{"type":"RevokeAll","caller":[7,901,null,null]}"#, "a caller"),
            (r#"{"type":"RevokeAll","caller":null}"#, "a caller"),
        ] {
            let error = serde_json::from_str::<Command>(json).unwrap_err();
            let expected = alloc::format!("expected {expected}, which is an object");
            assert!(
                alloc::string::ToString::to_string(&error).contains(&expected),
                "{error}"
            );
        }
        let written = r#"{"type":"RevokeAll","caller":{"person":7,"credential":901},"revoke_credentials":true}"#;
        let command: Command = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&command).unwrap(), written);
    }
}
