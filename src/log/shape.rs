//! The shape of every event, for all that reads and writes them.

/// Hands a macro every event's required fields and, after a semicolon, its optional ones, in the order of the wire. The
/// events that most lines hold come first, because the canonical reader tries one after the other.
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
            RevokeAllRequested { requested_by, authority, revoke_credentials; idempotency_key }
            RevocationCompleted { revocation, authorizations_revoked, credentials_destroyed }
        }
    };
}
pub(super) use with_event_shapes;
