//! Who owns an organization.

use alloc::vec::Vec;

use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::{OrganizationId, PersonId};
use crate::refusal::Refusal;

impl Enterprise {
    /// [`Rule::OrganizationKnown`](crate::Rule::OrganizationKnown),
    /// [`Rule::OrganizationPresent`](crate::Rule::OrganizationPresent),
    /// [`Rule::OrganizationOwnerIsMember`](crate::Rule::OrganizationOwnerIsMember)
    pub(super) fn decide_add_owner(
        &self,
        organization: OrganizationId,
        member: PersonId,
    ) -> Result<Vec<Event>, Refusal> {
        let stay = self.organizations.latest(organization);
        if !stay.ok_or(Refusal::OrganizationUnknown(organization))?.is_present() {
            return Err(Refusal::OrganizationGone(organization));
        }
        let role = self.present_member(member)?.facts.role;
        if !role.is_enterprise_member() {
            return Err(Refusal::CannotOwnOrganization { role });
        }
        if self.is_organization_owner(member, organization) {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::OrganizationOwnerAdded { organization, member }]))
    }

    /// [`Rule::OrganizationKnown`](crate::Rule::OrganizationKnown), [`Rule::MemberKnown`](crate::Rule::MemberKnown):
    /// whose ownership ended some other way has nothing left to lose.
    pub(super) fn decide_remove_owner(
        &self,
        organization: OrganizationId,
        member: PersonId,
    ) -> Result<Vec<Event>, Refusal> {
        (self.organizations.latest(organization)).ok_or(Refusal::OrganizationUnknown(organization))?;
        self.people.latest(member).ok_or(Refusal::MemberUnknown(member))?;
        if !self.is_organization_owner(member, organization) {
            return Ok(Vec::new());
        }
        Ok(Vec::from([Event::OrganizationOwnerRemoved { organization, member }]))
    }
}
