//! Organizations and people: added, changed, removed.

use crate::corrupt_history::Corruption;
use crate::enterprise::Enterprise;
use crate::enterprise::apply::structure::{TOO_MANY, structure, unknown_organization, unknown_person};
use crate::enterprise::membership::Ordinal;
use crate::enterprise::people_and_organizations::{Organization, Person, Standing};
use crate::id::{OrganizationId, PersonId};
use crate::name::Login;
use crate::person::{EnterpriseKind, Permission, Role};

impl Enterprise {
    pub(super) fn add_organization(&mut self, id: OrganizationId, login: &Login) -> Result<(), Corruption> {
        let absent = self.organizations.present(id).is_none();
        structure(absent, "the organization is present already")?;
        let data = Organization { login: login.clone() };
        self.organizations.begin(id, (), data).map(drop).ok_or(TOO_MANY)
    }

    pub(super) fn remove_organization(&mut self, id: OrganizationId) -> Result<(), Corruption> {
        let ended = self.organizations.end(id, self.revocations.now());
        ended.ok_or(unknown_organization(id))
    }

    pub(super) fn add_member(&mut self, id: PersonId, login: &Login, role: Role) -> Result<(), Corruption> {
        structure(self.people.present(id).is_none(), "the person is present already")?;
        let begun = (self.people).begin(id, Standing::new(role), Person::new(login.clone()));
        let begun = begun.ok_or(TOO_MANY)?;
        // Rule::FirstOwnerIsNoTarget: a change of role makes nobody the first, and nobody follows.
        if self.first_owner.is_none() && role == Role::Owner && self.kind() == Some(EnterpriseKind::ManagedUsers) {
            self.first_owner = Some(begun);
        }
        Ok(())
    }

    pub(super) fn change_role(&mut self, id: PersonId, role: Role) -> Result<(), Corruption> {
        let (now, oldest) = (self.revocations.now(), self.revocations.oldest_asking_for_roles());
        let (standing, person) = self.present_person(id)?;
        structure(standing.role != role, "the person has this role already")?;
        person.change_role(standing, role, now, oldest);
        if !role.is_enterprise_member() {
            self.end_ownerships(id);
        }
        Ok(())
    }

    pub(super) fn remove_member(&mut self, id: PersonId) -> Result<(), Corruption> {
        self.end_ownerships(id);
        let ended = self.people.end(id, self.revocations.now());
        ended.ok_or(unknown_person(id))
    }

    /// [`Rule::OwnershipEnds`](crate::Rule::OwnershipEnds)
    fn end_ownerships(&mut self, id: PersonId) {
        if let Some(person) = self.people.present_ordinal(id) {
            self.organization_owners.remove_all_of(person);
        }
    }

    pub(super) fn add_owner(&mut self, organization: OrganizationId, id: PersonId) -> Result<(), Corruption> {
        let (organization, person) = self.ownership(organization, id)?;
        let is_new = self.organization_owners.add(person, organization);
        structure(is_new, "the person owns the organization already")
    }

    pub(super) fn remove_owner(&mut self, organization: OrganizationId, id: PersonId) -> Result<(), Corruption> {
        let (organization, person) = self.ownership(organization, id)?;
        let was_owner = self.organization_owners.remove(person, organization);
        structure(was_owner, "the person does not own the organization")
    }

    fn ownership(&self, organization: OrganizationId, id: PersonId) -> Result<(Ordinal, Ordinal), Corruption> {
        let organization = self.present_organization(organization)?;
        let person = self.people.present_ordinal(id).ok_or(unknown_person(id))?;
        Ok((organization, person))
    }

    pub(super) fn grant_permission(&mut self, id: PersonId, permission: Permission) -> Result<(), Corruption> {
        let Permission::WriteEnterpriseCredentials = permission;
        let (standing, _) = self.present_person(id)?;
        structure(
            !standing.may_write_credentials,
            "the person holds the permission already",
        )?;
        standing.may_write_credentials = true;
        Ok(())
    }

    pub(super) fn withdraw_permission(&mut self, id: PersonId, permission: Permission) -> Result<(), Corruption> {
        let Permission::WriteEnterpriseCredentials = permission;
        let (standing, _) = self.present_person(id)?;
        structure(
            standing.may_write_credentials,
            "the person does not hold the permission",
        )?;
        standing.may_write_credentials = false;
        Ok(())
    }

    pub(super) fn present_organization(&self, id: OrganizationId) -> Result<Ordinal, Corruption> {
        self.organizations.present_ordinal(id).ok_or(unknown_organization(id))
    }

    fn present_person(&mut self, id: PersonId) -> Result<(&mut Standing, &mut Person), Corruption> {
        self.people.present_mut(id).ok_or(unknown_person(id))
    }
}
