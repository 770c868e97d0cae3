//! Who asks.

use alloc::vec::Vec;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::event::Actor;
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId};
use crate::json::{self, Field, FromFields, from_fields};
use crate::name::Scopes;

/// Who asks to revoke, as the host has established it.
///
/// On the wire `{"person":7,"credential":901}`, `{"person":7}` for a web session,
/// `{"installation":55,"permissions":["enterprise_credentials=write"]}`, perhaps with an `organization`,
/// or `{}` for a stranger.
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
        #[serde(skip_serializing_if = "Option::is_none")]
        credential: Option<CredentialId>,
    },
    /// An app's installation, on the enterprise or on one organization of it. Id,
    /// organization and permissions are the host's word.
    Installation {
        /// Which.
        installation: InstallationId,
        /// The organization that it is limited to; absent for one on the enterprise.
        #[serde(skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
        /// What it may do.
        permissions: Scopes,
    },
    /// Someone who authenticates at the service and is unknown to this enterprise.
    Stranger {},
}

/// A caller's fields as read, so that what fits no caller is refused in plain words.
struct CallerFields {
    person: Option<PersonId>,
    credential: Option<CredentialId>,
    installation: Option<InstallationId>,
    organization: Option<OrganizationId>,
    permissions: Option<Scopes>,
}

impl FromFields for Caller {
    const EXPECTED: &'static str = "a caller, which is an object";

    fn from_fields<E: Error>(_: &'static str, fields: Vec<Field<'_>>) -> Result<Self, E> {
        let read: Result<_, E> = from_fields!(
            fields,
            CallerFields {
                person: optional,
                credential: optional,
                installation: optional,
                organization: optional,
                permissions: optional,
            }
        );
        Self::try_from(read?).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Caller {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::read(deserializer)
    }
}

impl TryFrom<CallerFields> for Caller {
    type Error = &'static str;

    fn try_from(fields: CallerFields) -> Result<Self, Self::Error> {
        match (
            fields.person,
            fields.credential,
            fields.installation,
            fields.organization,
            fields.permissions,
        ) {
            (Some(person), credential, None, None, None) => Ok(Self::Person { person, credential }),
            (None, None, Some(installation), organization, permissions) => Ok(Self::Installation {
                installation,
                organization,
                permissions: permissions.unwrap_or_default(),
            }),
            (None, None, None, None, None) => Ok(Self::Stranger {}),
            _ => Err(
                "a caller is a `person`, perhaps with a `credential`, or an `installation` with `permissions`, perhaps \
                 of an `organization`, or `{}`",
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
