//! What happened: the events of an enterprise's stream, in the past tense, and their envelope.

mod writing;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::credential::{CredentialKind, CredentialType};
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, Position, RevocationId};
use crate::json::{self, read_by_name};
use crate::name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scopes};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::timestamp::Timestamp;

/// One thing that happened to an enterprise. The names on the wire are the variants' names.
///
/// Exhaustive: whoever folds events must see a new one, or their state is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", remote = "Self")]
pub enum Event {
    /// The enterprise came to be. The first event of every stream.
    EnterpriseCreated {
        /// Its name in URLs.
        slug: EnterpriseSlug,
        /// Managed users or personal accounts.
        kind: EnterpriseKind,
    },
    /// An organization joined the enterprise, for the first time or again.
    OrganizationAdded {
        /// Which.
        organization: OrganizationId,
        /// Its login.
        login: Login,
    },
    /// An organization left. Its authorizations ended.
    OrganizationRemoved {
        /// Which.
        organization: OrganizationId,
    },
    /// A person joined, in any role, for the first time or again.
    MemberAdded {
        /// Who.
        member: PersonId,
        /// Their login.
        login: Login,
        /// Their role.
        role: Role,
    },
    /// A present person's role became another.
    MemberRoleChanged {
        /// Who.
        member: PersonId,
        /// The new role.
        role: Role,
    },
    /// A person left. Role, permission and credentials ended.
    MemberRemoved {
        /// Who.
        member: PersonId,
    },
    /// A present person got a permission.
    PermissionGranted {
        /// Who.
        member: PersonId,
        /// What.
        permission: Permission,
    },
    /// A person lost a permission.
    PermissionWithdrawn {
        /// Who.
        member: PersonId,
        /// What.
        permission: Permission,
    },
    /// A present person became an owner of a present organization.
    OrganizationOwnerAdded {
        /// Of which organization.
        organization: OrganizationId,
        /// Who.
        member: PersonId,
    },
    /// An owner of an organization is no longer one. Not recorded where the ownership ends with a membership,
    /// or with a role that no owner has.
    OrganizationOwnerRemoved {
        /// Of which organization.
        organization: OrganizationId,
        /// Who.
        member: PersonId,
    },
    /// A credential came to be.
    CredentialIssued {
        /// Which.
        credential: CredentialId,
        /// Whose.
        owner: PersonId,
        /// Of what kind.
        kind: CredentialKind,
        /// Its scopes or app permissions.
        scopes: Scopes,
        /// From when on it no longer authenticates.
        #[serde(default)]
        expires_at: Option<Timestamp>,
        /// What identifies it without being it.
        #[serde(default)]
        fingerprint: Option<Fingerprint>,
    },
    /// A credential was authorized for an organization.
    CredentialAuthorized {
        /// Which credential.
        credential: CredentialId,
        /// For which organization.
        organization: OrganizationId,
    },
    /// Someone with authority asked to revoke everything. Its position is the cut and the revocation's id.
    RevokeAllRequested {
        /// Who asked.
        requested_by: Actor,
        /// By what authority.
        authority: Authority,
        /// Whether members' tokens and keys are destroyed too.
        revoke_credentials: bool,
        /// The caller's name for the request.
        #[serde(default)]
        idempotency_key: Option<IdempotencyKey>,
    },
    /// Someone with authority asked to revoke what matches all of the filters that are there, of which there is at
    /// least one. Its position is the cut and the revocation's id.
    RevocationRequested {
        /// Who asked.
        requested_by: Actor,
        /// By what authority.
        authority: Authority,
        /// Only authorizations for this organization, in the membership that is present at the cut.
        #[serde(default)]
        organization: Option<OrganizationId>,
        /// Only credentials of this person, in the membership that is present at the cut.
        #[serde(default)]
        person: Option<PersonId>,
        /// Only credentials of this type.
        #[serde(default)]
        credential_type: Option<CredentialType>,
        /// Whether tokens and keys are destroyed too. Never with an organization.
        revoke_credentials: bool,
        /// The caller's name for the request.
        #[serde(default)]
        idempotency_key: Option<IdempotencyKey>,
    },
    /// An authorization ended.
    AuthorizationRevoked {
        /// Of which credential.
        credential: CredentialId,
        /// For which organization.
        organization: OrganizationId,
        /// The revocation that covers it; absent where it was revoked singly.
        #[serde(default)]
        revocation: Option<RevocationId>,
    },
    /// A credential ended.
    CredentialDestroyed {
        /// Which.
        credential: CredentialId,
        /// The revocation that covers it; absent where it was destroyed singly.
        #[serde(default)]
        revocation: Option<RevocationId>,
    },
    /// Nothing of a revocation's scope is left.
    RevocationCompleted {
        /// Which.
        revocation: RevocationId,
        /// How many authorizations it revoked.
        authorizations_revoked: u64,
        /// How many credentials it destroyed.
        credentials_destroyed: u64,
    },
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Self::deserialize(deserializer)?;
        match event.contradiction() {
            None => Ok(event),
            Some(contradiction) => Err(D::Error::custom(contradiction)),
        }
    }
}

impl Event {
    /// Whether it is a request to revoke, of everything or of less.
    pub const fn is_request(&self) -> bool {
        matches!(self, Self::RevokeAllRequested { .. } | Self::RevocationRequested { .. })
    }

    /// Why these fields, each of them valid, are no event together.
    pub(crate) const fn contradiction(&self) -> Option<&'static str> {
        match self {
            Self::RevocationRequested {
                organization: None,
                person: None,
                credential_type: None,
                ..
            } => Some("it names no organization, no person and no type of credential: what is revoked cannot be told"),
            Self::RevocationRequested {
                organization: Some(_),
                revoke_credentials: true,
                ..
            } => Some("it asks to destroy credentials for an organization, which never does"),
            _ => None,
        }
    }
}

/// Hands a macro every event's required fields and, after a semicolon, its optional ones, in the order of the wire;
/// after another, required and optional ones that follow those. The events that most lines hold come first, because the
/// canonical reader tries one after the other.
macro_rules! with_event_shapes {
    ($make:ident) => {
        $make! {
            CredentialIssued { credential, owner, kind, scopes; expires_at, fingerprint }
            CredentialAuthorized { credential, organization }
            AuthorizationRevoked { credential, organization; revocation }
            CredentialDestroyed { credential; revocation }
            EnterpriseCreated { slug, kind }
            OrganizationAdded { organization, login }
            OrganizationRemoved { organization }
            MemberAdded { member, login, role }
            MemberRoleChanged { member, role }
            MemberRemoved { member }
            PermissionGranted { member, permission }
            PermissionWithdrawn { member, permission }
            OrganizationOwnerAdded { organization, member }
            OrganizationOwnerRemoved { organization, member }
            RevokeAllRequested { requested_by, authority, revoke_credentials; idempotency_key }
            RevocationRequested {
                requested_by, authority; organization, person, credential_type; revoke_credentials; idempotency_key
            }
            RevocationCompleted { revocation, authorizations_revoked, credentials_destroyed }
        }
    };
}
pub(crate) use with_event_shapes;

macro_rules! names {
    ($($event:ident { $($field:ident),* $(; $($more:ident),*)* })*) => {
        impl Event {
            /// The names of all events on the wire, those that most logs are full of first.
            pub const NAMES: [&'static str; [$(stringify!($event)),*].len()] = [$(stringify!($event)),*];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$event { .. } => stringify!($event),)*
                }
            }
        }
    };
}

with_event_shapes!(names);

/// Who did something: a person, with a credential or in a web session, or an app's installation.
///
/// On the wire `{"person":7,"credential":901}`, `{"person":7}` or `{"installation":55}`.
///
/// Exhaustive: whoever names causes must see a new kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Actor {
    /// A person.
    Person {
        /// Who.
        person: PersonId,
        /// With which credential; absent for a web session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<CredentialId>,
    },
    /// An app's installation: no user stands behind it.
    Installation {
        /// Which.
        installation: InstallationId,
    },
}

/// An actor's fields as read, so that what fits no actor is refused in plain words.
#[derive(Deserialize)]
struct ActorFields {
    person: Option<PersonId>,
    credential: Option<CredentialId>,
    installation: Option<InstallationId>,
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields: ActorFields = json::object(deserializer, "an actor, which is an object")?;
        Self::try_from(fields).map_err(D::Error::custom)
    }
}

impl TryFrom<ActorFields> for Actor {
    type Error = &'static str;

    fn try_from(fields: ActorFields) -> Result<Self, Self::Error> {
        match (fields.person, fields.credential, fields.installation) {
            (Some(person), credential, None) => Ok(Self::Person { person, credential }),
            (None, None, Some(installation)) => Ok(Self::Installation { installation }),
            _ => Err("an actor is a `person`, perhaps with a `credential`, or an `installation`"),
        }
    }
}

/// By what a request to revoke was allowed.
///
/// Exhaustive: whoever judges a request must see a new ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The person is an enterprise owner, whether or not also a holder of the permission.
    Owner,
    /// The person holds `write_enterprise_credentials`.
    Permission,
    /// The installation holds the app permission that the operation needs.
    Installation,
    /// The person is an owner of the organization that the request is about.
    OrganizationOwner,
}

read_by_name!(Authority, "an authority");

impl Authority {
    /// Every authority.
    pub const ALL: [Self; 4] = [
        Self::Owner,
        Self::Permission,
        Self::Installation,
        Self::OrganizationOwner,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Permission => "permission",
            Self::Installation => "installation",
            Self::OrganizationOwner => "organization_owner",
        }
    }
}

/// An event with its envelope: one line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordedEvent {
    /// Its place in the stream, from 1 without gaps.
    pub position: Position,
    /// When it was recorded. Never before the event that precedes it.
    pub at: Timestamp,
    /// Whom the host names as the cause. Metadata: no rule reads it.
    #[serde(default)]
    pub by: Option<Actor>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
