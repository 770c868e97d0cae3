//! Who holds what: the credentials of a person, the authorizations of a credential or for an organization.

use crate::enterprise::Enterprise;
use crate::enterprise::access::CredentialRef;
use crate::id::{CredentialId, OrganizationId, PersonId};
use crate::refusal::AccessDenial;
use crate::timestamp::Timestamp;

/// An authorization that was granted, live or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationRef {
    credential: CredentialId,
    organization: OrganizationId,
    usable: Result<(), AccessDenial>,
}

impl AuthorizationRef {
    /// Of which credential.
    pub const fn credential(&self) -> CredentialId {
        self.credential
    }

    /// For which organization.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// What [`Enterprise::may_use`] answered at the time that was asked about.
    ///
    /// # Errors
    /// [`AccessDenial`], which names its rule.
    pub const fn usable(&self) -> Result<(), AccessDenial> {
        self.usable
    }
}

impl Enterprise {
    /// The credentials ever issued to a person, in any of their memberships, in order of issue.
    /// A scan of all credentials.
    ///
    /// What became of each says [`Enterprise::authenticates`].
    pub fn credentials_of(&self, person: PersonId) -> impl Iterator<Item = CredentialRef<'_>> {
        self.credentials()
            .filter(move |credential| credential.owner() == person)
    }

    /// For each organization that a credential was ever authorized for the latest authorization, in order of grant;
    /// none for an id that was never issued. `at` decides whether the credential has expired.
    pub fn authorizations_of(
        &self,
        credential: CredentialId,
        at: Timestamp,
    ) -> impl Iterator<Item = AuthorizationRef> + use<'_> {
        let issued = self.credentials.get(credential);
        issued.into_iter().flat_map(move |issued| {
            let authenticates = self.authenticate(&issued, at);
            let authorizations = self.credentials.authorizations(&issued);
            let organizations = authorizations.filter_map(|held| self.organizations.get(held.organization));
            organizations.map(move |stay| AuthorizationRef {
                credential,
                organization: stay.id,
                usable: match authenticates {
                    Ok(_) => self.check_use(&issued, stay.id),
                    Err(denial) => Err(denial.into()),
                },
            })
        })
    }

    /// The credentials that were ever authorized for an organization, the latest authorization of each, in order of
    /// issue. A scan of all credentials.
    pub fn authorizations_for(
        &self,
        organization: OrganizationId,
        at: Timestamp,
    ) -> impl Iterator<Item = AuthorizationRef> + use<'_> {
        let all = self
            .credentials()
            .flat_map(move |credential| self.authorizations_of(credential.id(), at));
        all.filter(move |held| held.organization == organization)
    }
}
