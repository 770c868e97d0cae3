//! What is asked: the commands, in the imperative, and who asks.

use core::num::NonZeroU32;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::credential::CredentialKind;
use crate::event::Actor;
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, RevocationId};
use crate::json;
use crate::name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scopes};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::timestamp::Timestamp;

/// One thing that is asked of an enterprise. As JSON a command looks like an event:
/// `{"type":"AuthorizeCredential","credential":902,"organization":3}`. Unknown fields are refused, so that a misspelt
/// option is never a request without it.
///
/// Only [`Command::RevokeAll`] carries its caller. The others are the host's word, after it has asked
/// [`Enterprise::authenticates`](crate::Enterprise::authenticates) or [`Enterprise::may_use`](crate::Enterprise::may_use).
///
/// Exhaustive: whoever translates or judges commands must see a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields, remote = "Self")]
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
    /// Issue a credential under an id never used before.
    IssueCredential {
        /// Which.
        credential: CredentialId,
        /// Whose.
        owner: PersonId,
        /// Of what kind.
        kind: CredentialKind,
        /// Its scopes or app permissions.
        #[serde(default)]
        scopes: Scopes,
        /// From when on it no longer authenticates.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// What identifies it without being it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
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
    /// Record the next batch of a running revocation.
    ContinueRevocation {
        /// Which.
        revocation: RevocationId,
        /// How many credentials with something left the batch takes, at least 1.
        limit: NonZeroU32,
    },
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Derived(#[serde(with = "Command")] Command);

        let Derived(command) = json::object(deserializer, "a command, which is an object")?;
        Ok(command)
    }
}

/// The request of `POST /enterprises/{enterprise}/credential-authorizations/revoke-all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeAll {
    /// Who asks.
    pub caller: Caller,
    /// Whether members' tokens and keys are destroyed too. EMU only. Default: false.
    #[serde(default)]
    pub revoke_credentials: bool,
    /// The caller's name for the request, so that a retry within 24 hours is not a second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Who asks to revoke everything, as the host has established it.
///
/// On the wire `{"person":7,"credential":901}`, `{"person":7}` for a web session,
/// `{"installation":55,"permissions":["enterprise_credentials=write"]}`, or `{}` for a stranger.
///
/// Exhaustive: whoever is asked for authority must see a new kind of caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Caller {
    /// A person with a credential, or without one in a web session.
    Person {
        /// Who.
        person: PersonId,
        /// With which credential; absent for a web session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<CredentialId>,
    },
    /// An app's installation on the enterprise. Id and permissions are the host's word.
    Installation {
        /// Which.
        installation: InstallationId,
        /// What it may do.
        #[serde(default)]
        permissions: Scopes,
    },
    /// Someone who authenticates at the service and is unknown to this enterprise.
    Stranger {},
}

/// A caller's fields as read, so that what fits no caller is refused in plain words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerFields {
    person: Option<PersonId>,
    credential: Option<CredentialId>,
    installation: Option<InstallationId>,
    permissions: Option<Scopes>,
}

impl<'de> Deserialize<'de> for Caller {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields: CallerFields = json::object(deserializer, "a caller, which is an object")?;
        Self::try_from(fields).map_err(D::Error::custom)
    }
}

impl TryFrom<CallerFields> for Caller {
    type Error = &'static str;

    fn try_from(fields: CallerFields) -> Result<Self, Self::Error> {
        match (
            fields.person,
            fields.credential,
            fields.installation,
            fields.permissions,
        ) {
            (Some(person), credential, None, None) => Ok(Self::Person { person, credential }),
            (None, None, Some(installation), permissions) => Ok(Self::Installation {
                installation,
                permissions: permissions.unwrap_or_default(),
            }),
            (None, None, None, None) => Ok(Self::Stranger {}),
            _ => Err(
                "a caller is a `person`, perhaps with a `credential`, or an `installation` with `permissions`, or `{}`",
            ),
        }
    }
}

impl Caller {
    /// Who acts, in the words of events. A stranger never gets that far.
    pub const fn actor(&self) -> Option<Actor> {
        match self {
            Self::Person { person, credential } => Some(Actor::Person {
                person: *person,
                credential: *credential,
            }),
            Self::Installation { installation, .. } => Some(Actor::Installation {
                installation: *installation,
            }),
            Self::Stranger {} => None,
        }
    }

    /// The credential in the caller's hand.
    pub const fn credential(&self) -> Option<CredentialId> {
        match self {
            Self::Person { credential, .. } => *credential,
            Self::Installation { .. } | Self::Stranger {} => None,
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
