//! `credentials --format jsonl`: each line is one of these.

use schemars::JsonSchema;

use super::values::{
    AuthorizationStatus, CredentialKind, CredentialStatus, Fingerprint, Id, Login, Reason, Role, Timestamp,
};

/// A credential, and an organization that it was ever authorized for: a line of `credentials --format jsonl`.
#[derive(JsonSchema)]
pub(super) struct Document {
    id: Id,
    kind: CredentialKind,
    /// The person whose it is.
    owner: Id,
    login: Login,
    role: Role,
    /// Absent of a credential that was never authorized for any.
    organization: Option<Id>,
    fingerprint: Option<Fingerprint>,
    issued: Timestamp,
    /// Absent where it never expires.
    expires: Option<Timestamp>,
    status: CredentialStatus,
    /// Absent where there is no organization.
    authorization: Option<AuthorizationStatus>,
    /// The owner's role when the revocation was requested that the list is about.
    role_at_cut: Option<Role>,
    /// What that revocation took.
    credential_outcome: Option<CredentialOutcome>,
    /// Why the credential is alive after it.
    credential_reason: Option<Reason>,
    /// What that revocation took.
    authorization_outcome: Option<AuthorizationOutcome>,
    /// Why the credential may be used for the organization after it.
    authorization_reason: Option<Reason>,
}

/// Pending is dead, and not recorded yet.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum CredentialOutcome {
    Destroyed,
    DestructionPending,
}

/// Pending is dead, and not recorded yet.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AuthorizationOutcome {
    Revoked,
    RevocationPending,
}
