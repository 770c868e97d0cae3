//! The shape of every event, for all that reads and writes them.

/// Hands a macro every event's required fields and, after a semicolon, its optional ones, in the order of the wire.
macro_rules! with_event_shapes {
    ($make:ident) => {
        $make! {
            EnterpriseCreated { slug, kind }
            OrganizationAdded { organization, login }
            OrganizationRemoved { organization }
            MemberAdded { member, login, role }
            MemberRoleChanged { member, role }
            MemberRemoved { member }
            PermissionGranted { member, permission }
            PermissionWithdrawn { member, permission }
            CredentialIssued { credential, owner, kind, scopes; expires_at, fingerprint }
            CredentialAuthorized { credential, organization }
            RevokeAllRequested { requested_by, authority, revoke_credentials; idempotency_key }
            AuthorizationRevoked { credential, organization; revocation }
            CredentialDestroyed { credential; revocation }
            RevocationCompleted { revocation, authorizations_revoked, credentials_destroyed }
        }
    };
}
pub(super) use with_event_shapes;
