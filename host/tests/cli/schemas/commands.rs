//! Commands, as docs/wire-format.md has them.

use schemars::JsonSchema;

use super::values::{
    CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Fingerprint, Id, IdempotencyKey, Login, Permission,
    Role, Scopes, Timestamp,
};

/// Who asks: a person, an app's installation, or a stranger.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Caller {
    Person {
        person: Id,
        credential: Option<Id>,
    },
    Installation {
        installation: Id,
        organization: Option<Id>,
        permissions: Scopes,
    },
    Stranger {},
}

/// What is asked.
#[derive(JsonSchema)]
#[schemars(tag = "type")]
pub(super) enum Command {
    CreateEnterprise {
        slug: EnterpriseSlug,
        kind: EnterpriseKind,
    },
    AddOrganization {
        organization: Id,
        login: Login,
    },
    RemoveOrganization {
        organization: Id,
    },
    AddMember {
        member: Id,
        login: Login,
        role: Role,
    },
    ChangeMemberRole {
        member: Id,
        role: Role,
    },
    RemoveMember {
        member: Id,
    },
    GrantPermission {
        member: Id,
        permission: Permission,
    },
    WithdrawPermission {
        member: Id,
        permission: Permission,
    },
    AddOrganizationOwner {
        organization: Id,
        member: Id,
    },
    RemoveOrganizationOwner {
        organization: Id,
        member: Id,
    },
    IssueCredential {
        credential: Id,
        owner: Id,
        kind: CredentialKind,
        scopes: Scopes,
        expires_at: Option<Timestamp>,
        fingerprint: Option<Fingerprint>,
    },
    AuthorizeCredential {
        credential: Id,
        organization: Id,
    },
    RevokeAuthorization {
        credential: Id,
        organization: Id,
    },
    DestroyCredential {
        credential: Id,
    },
    RevokeAll {
        caller: Caller,
        revoke_credentials: bool,
        idempotency_key: Option<IdempotencyKey>,
    },
    Revoke {
        caller: Caller,
        organization: Option<Id>,
        person: Option<Id>,
        credential_type: Option<CredentialType>,
        revoke_credentials: bool,
        idempotency_key: Option<IdempotencyKey>,
    },
    ContinueRevocation {
        revocation: Id,
        /// How many credentials with something left the batch takes.
        #[schemars(range(min = 1))]
        limit: u32,
    },
}
