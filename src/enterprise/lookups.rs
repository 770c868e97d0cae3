//! What a name means, and who owns an organization.

use core::ops::Range;

use crate::enterprise::Enterprise;
use crate::enterprise::access::CredentialRef;
use crate::enterprise::credentials::Credential;
use crate::enterprise::membership::Holder;
use crate::id::{CredentialId, OrganizationId, PersonId};
use crate::name::Login;

impl Enterprise {
    /// The person who is in the enterprise now under this login, without regard to the case of letters. Nobody, where
    /// no one is, and where an old log has two: whom the name means cannot be told then.
    pub fn person_by_login(&self, login: &str) -> Option<PersonId> {
        match self.people.holder(login) {
            Holder::One(ordinal) => self.people.get(ordinal).map(|stay| stay.id),
            Holder::Nobody | Holder::Several => None,
        }
    }

    /// The organization that is in the enterprise now under this login,
    /// as [`Enterprise::person_by_login`] finds a person.
    pub fn organization_by_login(&self, login: &str) -> Option<OrganizationId> {
        match self.organizations.holder(login) {
            Holder::One(ordinal) => self.organizations.get(ordinal).map(|stay| stay.id),
            Holder::Nobody | Holder::Several => None,
        }
    }

    /// Whether a present person is an owner of a present organization. Enterprise owners as such are not.
    ///
    /// [`Rule::OwnershipEnds`](crate::Rule::OwnershipEnds): an ownership is of two stays, and ends with either.
    pub fn is_organization_owner(&self, person: PersonId, organization: OrganizationId) -> bool {
        let person = self.people.present_ordinal(person);
        let organization = self.organizations.present_ordinal(organization);
        (person.zip(organization))
            .is_some_and(|(person, organization)| self.organization_owners.has(person, organization))
    }

    /// The owners of organizations, where both are in the enterprise now: organization and person.
    pub fn organization_owners(&self) -> impl Iterator<Item = (OrganizationId, PersonId)> {
        self.organization_owners.iter().filter_map(|(person, organization)| {
            let person = self.people.get(person).filter(|stay| stay.is_present())?;
            let organization = self.organizations.get(organization).filter(|stay| stay.is_present())?;
            Some((organization.id, person.id))
        })
    }

    /// A person's login, or where they have left, their last one; nothing for somebody who never was in the enterprise.
    pub fn last_login(&self, person: PersonId) -> Option<&Login> {
        let ordinal = self.people.latest_ordinal(person)?;
        self.people.data(ordinal).map(|data| &data.login)
    }

    /// An organization's login, or where it has left, its last one; nothing for one that never was in the enterprise.
    pub fn last_organization_login(&self, organization: OrganizationId) -> Option<&Login> {
        let ordinal = self.organizations.latest_ordinal(organization)?;
        self.organizations.data(ordinal).map(|data| &data.login)
    }

    /// A credential's place in the order of issue, from 0; nothing for an id that was never issued.
    pub fn place_of_issue(&self, credential: CredentialId) -> Option<u32> {
        self.credentials.slot(credential)
    }

    /// The login of a present person.
    pub(crate) fn login_of(&self, person: PersonId) -> Option<&Login> {
        self.people.present(person).map(|person| &person.data.login)
    }

    /// How many credentials were issued so far.
    pub(crate) const fn issued_so_far(&self) -> u32 {
        self.credentials.len()
    }

    /// Of these places in the order of issue, the credentials with a live authorization for an organization that is not
    /// pending: those of one person, or all. Whether they have expired is not asked. It looks at each of the places.
    pub(crate) fn held_for(
        &self,
        organization: OrganizationId,
        owner: Option<PersonId>,
        issued: Range<u32>,
    ) -> impl Iterator<Item = CredentialId> {
        let owner = owner.map(|owner| self.people.present_ordinal(owner));
        let is_held = move |credential: &Credential<'_>| {
            owner.is_none_or(|owner| owner == Some(credential.owner()))
                && (self.credentials.held(credential, organization, &self.organizations)).is_some_and(|held| {
                    self.is_live(credential, &held)
                        && self.pending_authorization(credential, &held).is_none()
                        && self.pending_destruction(credential).is_none()
                })
        };
        let held = self.credentials.range(issued).filter(is_held);
        held.map(|credential| credential.id())
    }

    /// A credential, alive or not, and its owner's login: where the owner has left, the last one before that.
    pub(crate) fn with_login(&self, id: CredentialId) -> Option<(CredentialRef<'_>, &Login)> {
        let credential = self.credentials.get(id)?;
        let owner = self.people.data(credential.owner())?;
        Some((self.credential_ref(credential)?, &owner.login))
    }

    /// Whether this person is the first EMU owner, in the membership in which they were added so.
    ///
    /// [`Rule::FirstOwnerIsNoTarget`](crate::Rule::FirstOwnerIsNoTarget)
    pub fn is_first_owner(&self, person: PersonId) -> bool {
        let present = self.people.present_ordinal(person);
        present.is_some() && present == self.first_owner
    }
}
