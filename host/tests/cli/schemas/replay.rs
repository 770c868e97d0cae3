//! `replay --json`.

use schemars::JsonSchema;

use super::values::{
    Count, CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Id, Nullable, Position, Role, State,
    Timestamp,
};

/// The state that a log leads to, in numbers: `replay --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    slug: Nullable<EnterpriseSlug>,
    kind: Nullable<EnterpriseKind>,
    /// The last event.
    position: Position,
    last_at: Nullable<Timestamp>,
    /// The time that was asked about: it decides which credentials have expired.
    at: Timestamp,
    /// Organizations in the enterprise now.
    organizations: Count,
    /// People in the enterprise now.
    people: Vec<PeopleOfRole>,
    permission_holders: Count,
    /// Ownerships of organizations; absent where there is none.
    organization_owners: Option<Count>,
    credentials: Vec<CredentialsOfKind>,
    /// In order of their cuts.
    revocations: Vec<Progress>,
}

#[derive(JsonSchema)]
struct PeopleOfRole {
    role: Role,
    people: Count,
}

/// What became of the credentials of one kind.
#[derive(JsonSchema)]
struct CredentialsOfKind {
    kind: CredentialKind,
    issued: Count,
    destroyed: Count,
    /// Not destroyed yet, but pending destruction.
    destruction_pending: Count,
    /// Not destroyed, but their owner left.
    owner_departed: Count,
    expired: Count,
    /// They authenticate.
    alive: Count,
    authorizations_live: Count,
    authorizations_pending: Count,
}

/// How far a revocation is.
#[derive(JsonSchema)]
pub(super) struct Progress {
    /// The position of its request, which is its cut.
    id: Id,
    state: State,
    requested_at: Timestamp,
    /// The organization that it is limited to.
    organization: Option<Id>,
    /// The person whom it is limited to.
    person: Option<Id>,
    /// The type of credential that it is limited to.
    credential_type: Option<CredentialType>,
    /// Whether it destroys tokens and keys.
    revoke_credentials: bool,
    /// Recorded so far.
    authorizations_revoked: Count,
    /// Recorded so far.
    credentials_destroyed: Count,
    /// The earlier revocation that its job waits for.
    behind: Option<Id>,
    completed_at: Option<Timestamp>,
}
