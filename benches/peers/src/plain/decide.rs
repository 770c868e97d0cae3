//! The plain decider's rules.

mod credentials;
mod revocations;

use chrono::{DateTime, Utc};
use enterprise_credentials::{EnterpriseKind, Role, Rule};

use super::{Command, Enterprise, Event, Identity, Person, Refusal};

impl Enterprise {
    pub(crate) fn decide(&self, command: Command, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let command = match command {
            Command::CreateEnterprise { slug, kind } => return self.decide_create(slug, kind),
            Command::RevokeAll {
                caller,
                revoke_credentials,
                idempotency_key,
            } => return self.decide_revoke_all(&caller, revoke_credentials, idempotency_key, at),
            other => other,
        };
        let kind = self.created()?.kind;
        match command {
            Command::CreateEnterprise { .. } | Command::RevokeAll { .. } => Ok(Vec::new()),
            Command::AddOrganization { organization, login } => self.decide_add_organization(organization, login),
            Command::RemoveOrganization { organization } => self.decide_remove_organization(organization),
            Command::AddMember { member, login, role } => self.decide_add_member(kind, member, login, role),
            Command::ChangeMemberRole { member, role } => self.decide_change_role(kind, member, role),
            Command::RemoveMember { member } => self.decide_remove_member(member),
            Command::GrantPermission { member, permission } => {
                let holds = self.present_member(member)?.may_write_credentials;
                Ok(unless(holds, Event::PermissionGranted { member, permission }))
            }
            Command::WithdrawPermission { member, permission } => {
                self.people.latest(member).ok_or(Refusal(Rule::MemberKnown))?;
                let holds = self.may_write_credentials(member);
                Ok(unless(!holds, Event::PermissionWithdrawn { member, permission }))
            }
            Command::IssueCredential {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint,
            } => {
                if self.credentials.contains_key(&credential) {
                    return Err(Refusal(Rule::CredentialIdNeverReused));
                }
                self.present_member(owner)?;
                Ok(vec![Event::CredentialIssued {
                    credential,
                    owner,
                    kind,
                    scopes,
                    expires_at,
                    fingerprint,
                }])
            }
            Command::AuthorizeCredential {
                credential,
                organization,
            } => self.decide_authorize(credential, organization, at),
            Command::RevokeAuthorization {
                credential,
                organization,
            } => self.decide_revoke(credential, organization),
            Command::DestroyCredential { credential } => self.decide_destroy(credential),
            Command::ContinueRevocation { revocation, limit } => self.decide_continue(revocation, limit),
        }
    }

    fn decide_create(&self, slug: String, kind: EnterpriseKind) -> Result<Vec<Event>, Refusal> {
        match &self.identity {
            None => Ok(vec![Event::EnterpriseCreated { slug, kind }]),
            Some(had) if had.slug == slug && had.kind == kind => Ok(Vec::new()),
            Some(_) => Err(Refusal(Rule::EnterpriseCreatedOnce)),
        }
    }

    fn decide_add_organization(&self, organization: u64, login: String) -> Result<Vec<Event>, Refusal> {
        match self.organizations.present(organization) {
            None if self
                .organizations
                .any_present(|other| other.login.eq_ignore_ascii_case(&login)) =>
            {
                Err(Refusal(Rule::LoginNamesOne))
            }
            None => Ok(vec![Event::OrganizationAdded { organization, login }]),
            Some(present) if present.login == login => Ok(Vec::new()),
            Some(_) => Err(Refusal(Rule::OrganizationDataUnchanged)),
        }
    }

    fn decide_remove_organization(&self, organization: u64) -> Result<Vec<Event>, Refusal> {
        let stay = self.organizations.latest(organization);
        let stay = stay.ok_or(Refusal(Rule::OrganizationKnown))?;
        Ok(unless(!stay.is_present(), Event::OrganizationRemoved { organization }))
    }

    fn decide_add_member(
        &self,
        kind: EnterpriseKind,
        member: u64,
        login: String,
        role: Role,
    ) -> Result<Vec<Event>, Refusal> {
        role_fits(kind, role)?;
        match self.people.present(member) {
            None if self
                .people
                .any_present(|other| other.login.eq_ignore_ascii_case(&login)) =>
            {
                Err(Refusal(Rule::LoginNamesOne))
            }
            None => Ok(vec![Event::MemberAdded { member, login, role }]),
            Some(present) if present.login == login && present.role() == Some(role) => Ok(Vec::new()),
            Some(_) => Err(Refusal(Rule::MemberDataUnchanged)),
        }
    }

    fn decide_change_role(&self, kind: EnterpriseKind, member: u64, role: Role) -> Result<Vec<Event>, Refusal> {
        let person = self.present_member(member)?;
        role_fits(kind, role)?;
        let has_it = person.role() == Some(role);
        Ok(unless(has_it, Event::MemberRoleChanged { member, role }))
    }

    fn decide_remove_member(&self, member: u64) -> Result<Vec<Event>, Refusal> {
        let stay = self.people.latest(member).ok_or(Refusal(Rule::MemberKnown))?;
        Ok(unless(!stay.is_present(), Event::MemberRemoved { member }))
    }

    fn created(&self) -> Result<&Identity, Refusal> {
        self.identity.as_ref().ok_or(Refusal(Rule::EnterpriseExists))
    }

    fn present_member(&self, member: u64) -> Result<&Person, Refusal> {
        let stay = self.people.latest(member).ok_or(Refusal(Rule::MemberKnown))?;
        if !stay.is_present() {
            return Err(Refusal(Rule::MemberPresent));
        }
        Ok(&stay.of)
    }

    fn may_write_credentials(&self, member: u64) -> bool {
        (self.people.present(member)).is_some_and(|person| person.may_write_credentials)
    }
}

fn role_fits(kind: EnterpriseKind, role: Role) -> Result<(), Refusal> {
    if role.exists_in(kind) {
        return Ok(());
    }
    Err(Refusal(Rule::RoleFitsEnterpriseKind))
}

/// The event, unless there is nothing to do.
fn unless(is_done: bool, event: Event) -> Vec<Event> {
    if is_done { Vec::new() } else { vec![event] }
}
