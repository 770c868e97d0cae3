//! Recorded events, as docs/wire-format.md has them.

use schemars::JsonSchema;

use super::values::{
    Authority, Count, CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Fingerprint, Id, IdempotencyKey,
    Login, Permission, Position, Role, Scopes, Timestamp,
};

/// An event with its envelope: a line of the log, in fields.
#[derive(JsonSchema)]
pub(super) struct RecordedEvent {
    position: Position,
    /// When it was recorded.
    at: Timestamp,
    /// Whom the host names as the cause.
    by: Option<Actor>,
    #[schemars(flatten)]
    event: Event,
}

/// A person with a credential, a person in a web session, or an app's installation.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Actor {
    Person { person: Id, credential: Option<Id> },
    Installation { installation: Id },
}

/// What happened.
#[derive(JsonSchema)]
#[schemars(tag = "type")]
pub(super) enum Event {
    EnterpriseCreated {
        slug: EnterpriseSlug,
        kind: EnterpriseKind,
    },
    OrganizationAdded {
        organization: Id,
        login: Login,
    },
    OrganizationRemoved {
        organization: Id,
    },
    MemberAdded {
        member: Id,
        login: Login,
        role: Role,
    },
    MemberRoleChanged {
        member: Id,
        role: Role,
    },
    MemberRemoved {
        member: Id,
    },
    PermissionGranted {
        member: Id,
        permission: Permission,
    },
    PermissionWithdrawn {
        member: Id,
        permission: Permission,
    },
    OrganizationOwnerAdded {
        organization: Id,
        member: Id,
    },
    OrganizationOwnerRemoved {
        organization: Id,
        member: Id,
    },
    CredentialIssued {
        credential: Id,
        owner: Id,
        kind: CredentialKind,
        scopes: Scopes,
        expires_at: Option<Timestamp>,
        fingerprint: Option<Fingerprint>,
    },
    CredentialAuthorized {
        credential: Id,
        organization: Id,
    },
    /// A request to revoke everything.
    RevokeAllRequested {
        requested_by: Actor,
        authority: Authority,
        revoke_credentials: bool,
        idempotency_key: Option<IdempotencyKey>,
    },
    /// A request to revoke what matches all of the filters that are there.
    RevocationRequested {
        requested_by: Actor,
        authority: Authority,
        organization: Option<Id>,
        person: Option<Id>,
        credential_type: Option<CredentialType>,
        revoke_credentials: bool,
        idempotency_key: Option<IdempotencyKey>,
    },
    AuthorizationRevoked {
        credential: Id,
        organization: Id,
        revocation: Option<Id>,
    },
    CredentialDestroyed {
        credential: Id,
        revocation: Option<Id>,
    },
    RevocationCompleted {
        revocation: Id,
        authorizations_revoked: Count,
        credentials_destroyed: Count,
    },
}
