//! The command handler: a state, a command and a time give events or a refusal. Nothing here changes anything.

mod authority;
mod continue_revocation;
mod credentials;
mod list;
mod memberships;
mod organization_owners;
mod requests;

use alloc::vec::Vec;

pub use list::ListRefusal;
pub(crate) use requests::OwnLoss;

use crate::command::Command;
use crate::enterprise::{Enterprise, Identity};
use crate::event::Event;
use crate::name::EnterpriseSlug;
use crate::person::EnterpriseKind;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

impl Enterprise {
    /// Decides a command: the events to record, none where there is nothing to do.
    ///
    /// `at` is `max(clock, last_at)`: the time that the host then records on every event of this decision. All events
    /// are to be appended together, where the stream is still at [`Enterprise::position`].
    ///
    /// [`Rule::NothingToDoIsNoEvent`](crate::Rule::NothingToDoIsNoEvent),
    /// [`Rule::EnterpriseExists`](crate::Rule::EnterpriseExists)
    ///
    /// # Errors
    /// [`Refusal`], naming the rule that forbids it.
    pub fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let is_of_an_enterprise = !matches!(
            command,
            Command::CreateEnterprise { .. } | Command::RevokeAll(_) | Command::Revoke(_)
        );
        if is_of_an_enterprise && self.identity().is_none() {
            return Err(Refusal::EnterpriseUnknown);
        }
        match command {
            Command::CreateEnterprise { slug, kind } => self.decide_create(slug, *kind),
            // Who asks comes before what is asked of.
            Command::RevokeAll(request) => self.decide_request(request.into(), at),
            Command::Revoke(request) => self.decide_narrower_request(request, at),
            Command::AddOrganization { organization, login } => self.decide_add_organization(*organization, login),
            Command::RemoveOrganization { organization } => self.decide_remove_organization(*organization),
            Command::AddMember { member, login, role } => self.decide_add_member(*member, login, *role),
            Command::ChangeMemberRole { member, role } => self.decide_change_role(*member, *role),
            Command::RemoveMember { member } => self.decide_remove_member(*member),
            Command::GrantPermission { member, permission } => self.decide_grant_permission(*member, *permission),
            Command::WithdrawPermission { member, permission } => self.decide_withdraw_permission(*member, *permission),
            Command::AddOrganizationOwner { organization, member } => self.decide_add_owner(*organization, *member),
            Command::RemoveOrganizationOwner { organization, member } => {
                self.decide_remove_owner(*organization, *member)
            }
            Command::IssueCredential {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint,
            } => self.decide_issue(*credential, *owner, *kind, scopes, *expires_at, fingerprint.as_ref()),
            Command::AuthorizeCredential {
                credential,
                organization,
            } => self.decide_authorize(*credential, *organization, at),
            Command::RevokeAuthorization {
                credential,
                organization,
            } => self.decide_revoke(*credential, *organization),
            Command::DestroyCredential { credential } => self.decide_destroy(*credential),
            Command::ContinueRevocation { revocation, limit } => self.decide_continue_revocation(*revocation, *limit),
        }
    }

    /// [`Rule::EnterpriseCreatedOnce`](crate::Rule::EnterpriseCreatedOnce)
    fn decide_create(&self, slug: &EnterpriseSlug, kind: EnterpriseKind) -> Result<Vec<Event>, Refusal> {
        match self.identity() {
            None => Ok(Vec::from([Event::EnterpriseCreated {
                slug: slug.clone(),
                kind,
            }])),
            Some(Identity { slug: had, kind: of }) if had == slug && *of == kind => Ok(Vec::new()),
            Some(Identity { slug, kind }) => Err(Refusal::EnterpriseDiffers {
                slug: slug.clone(),
                kind: *kind,
            }),
        }
    }
}
