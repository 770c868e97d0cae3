//! Organizations and people: who is in the enterprise, in what role, with what permission.

use alloc::vec::Vec;

use crate::enterprise::Enterprise;
use crate::enterprise::people_and_organizations::PersonStay;
use crate::event::Event;
use crate::id::{OrganizationId, PersonId};
use crate::name::Login;
use crate::person::{Permission, Role};
use crate::refusal::Refusal;

impl Enterprise {
    /// [`Rule::OrganizationDataUnchanged`](crate::Rule::OrganizationDataUnchanged),
    /// [`Rule::NothingOldComesBack`](crate::Rule::NothingOldComesBack): who left is not asked.
    pub(super) fn decide_add_organization(
        &self,
        organization: OrganizationId,
        login: &Login,
    ) -> Result<Vec<Event>, Refusal> {
        match self.organizations.present(organization) {
            None => {
                self.check_organization_login(login)?;
                Ok(Vec::from([Event::OrganizationAdded {
                    organization,
                    login: login.clone(),
                }]))
            }
            Some(present) if present.data.login == *login => Ok(Vec::new()),
            Some(present) => Err(Refusal::OrganizationDiffers {
                organization,
                login: present.data.login.clone(),
            }),
        }
    }

    /// [`Rule::OrganizationKnown`](crate::Rule::OrganizationKnown)
    pub(super) fn decide_remove_organization(&self, organization: OrganizationId) -> Result<Vec<Event>, Refusal> {
        let stay = self.organizations.latest(organization);
        if !stay.ok_or(Refusal::OrganizationUnknown(organization))?.is_present() {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::OrganizationRemoved { organization }]))
    }

    /// [`Rule::MemberDataUnchanged`](crate::Rule::MemberDataUnchanged),
    /// [`Rule::NothingOldComesBack`](crate::Rule::NothingOldComesBack): who left is not asked.
    pub(super) fn decide_add_member(&self, member: PersonId, login: &Login, role: Role) -> Result<Vec<Event>, Refusal> {
        self.check_role(role)?;
        let Some(present) = self.people.present(member) else {
            self.check_member_login(login)?;
            return Ok(Vec::from([Event::MemberAdded {
                member,
                login: login.clone(),
                role,
            }]));
        };
        if present.data.login == *login && present.stay.facts.role == role {
            return Ok(Vec::new());
        }
        Err(Refusal::MemberDiffers {
            member,
            login: present.data.login.clone(),
            role: present.stay.facts.role,
        })
    }

    /// [`Rule::RoleFitsEnterpriseKind`](crate::Rule::RoleFitsEnterpriseKind)
    pub(super) fn decide_change_role(&self, member: PersonId, role: Role) -> Result<Vec<Event>, Refusal> {
        let person = self.present_member(member)?;
        self.check_role(role)?;
        if person.facts.role == role {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::MemberRoleChanged { member, role }]))
    }

    /// [`Rule::MemberKnown`](crate::Rule::MemberKnown)
    pub(super) fn decide_remove_member(&self, member: PersonId) -> Result<Vec<Event>, Refusal> {
        let stay = self.people.latest(member).ok_or(Refusal::MemberUnknown(member))?;
        if !stay.is_present() {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::MemberRemoved { member }]))
    }

    /// [`Rule::MemberPresent`](crate::Rule::MemberPresent)
    pub(super) fn decide_grant_permission(
        &self,
        member: PersonId,
        permission: Permission,
    ) -> Result<Vec<Event>, Refusal> {
        if self.present_member(member)?.facts.may_write_credentials {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::PermissionGranted { member, permission }]))
    }

    /// [`Rule::MemberKnown`](crate::Rule::MemberKnown): who left lost the permission then, so there is nothing to do.
    pub(super) fn decide_withdraw_permission(
        &self,
        member: PersonId,
        permission: Permission,
    ) -> Result<Vec<Event>, Refusal> {
        self.people.latest(member).ok_or(Refusal::MemberUnknown(member))?;
        if !self.may_write_credentials(member) {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::PermissionWithdrawn { member, permission }]))
    }

    /// [`Rule::MemberKnown`](crate::Rule::MemberKnown), [`Rule::MemberPresent`](crate::Rule::MemberPresent)
    pub(super) fn present_member(&self, member: PersonId) -> Result<&PersonStay, Refusal> {
        let stay = self.people.latest(member).ok_or(Refusal::MemberUnknown(member))?;
        if !stay.is_present() {
            return Err(Refusal::MemberGone(member));
        }
        Ok(stay)
    }

    /// [`Rule::LoginNamesOne`](crate::Rule::LoginNamesOne)
    fn check_organization_login(&self, login: &Login) -> Result<(), Refusal> {
        let holder = self.organizations.first_present(login.as_str());
        holder.map_or(Ok(()), |(stay, data)| {
            Err(Refusal::OrganizationLoginTaken {
                organization: stay.id,
                login: data.login.clone(),
            })
        })
    }

    /// [`Rule::LoginNamesOne`](crate::Rule::LoginNamesOne)
    fn check_member_login(&self, login: &Login) -> Result<(), Refusal> {
        let holder = self.people.first_present(login.as_str());
        holder.map_or(Ok(()), |(stay, data)| {
            Err(Refusal::MemberLoginTaken {
                member: stay.id,
                login: data.login.clone(),
            })
        })
    }

    /// [`Rule::RoleFitsEnterpriseKind`](crate::Rule::RoleFitsEnterpriseKind)
    fn check_role(&self, role: Role) -> Result<(), Refusal> {
        debug_assert!(
            self.kind().is_some(),
            "`decide` has asked whether the enterprise exists"
        );
        match self.kind() {
            Some(kind) if !role.exists_in(kind) => Err(Refusal::RoleDoesNotFit { role, kind }),
            _ => Ok(()),
        }
    }
}
