//! The people and things that a command is about, and the events of a history that say something about them.

use alloc::collections::BTreeSet;

use crate::audit::command_of;
use crate::command::{Caller, Command, Requested};
use crate::enterprise::Enterprise;
use crate::event::{Actor, Authority, Event};
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId, RevocationId};
use crate::limits::ID_MAX;
use crate::name::{IdempotencyKey, Login};
use crate::person::Role;
use crate::timestamp::Timestamp;

/// How many of the people added as owners may be the first, if one event is left out.
const FIRST_OWNERS: usize = 2;

/// Whom and what a command is about. Nothing else in a history changes what is answered to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subjects {
    pub(super) people: BTreeSet<PersonId>,
    pub(super) organizations: BTreeSet<OrganizationId>,
    pub(super) credentials: BTreeSet<CredentialId>,
    /// The login that a person is to be added under.
    pub(super) member_login: Option<Login>,
    /// The login that an organization is to be added under.
    pub(super) organization_login: Option<Login>,
    /// The idempotency key of a request, and whose it is.
    pub(super) key: Option<(Actor, IdempotencyKey)>,
    /// Whether it is asked who the first owner is.
    first_owners: bool,
    /// Whether the order of all jobs is asked for.
    pub(super) jobs: bool,
}

/// What has been met on one way through a history.
#[derive(Debug, Default)]
pub(super) struct Met {
    owners: usize,
    requests: BTreeSet<RevocationId>,
}

/// Whether an event says something about a command's subjects.
pub(super) enum Concern {
    /// No.
    None,
    /// As it was recorded.
    Whole,
    /// This part of it: the rest is about others.
    Part(Event),
}

impl Subjects {
    /// Those of a command. The state says whose its credentials are.
    pub(super) fn of(command: &Command, state: &Enterprise) -> Self {
        let mut subjects = Self::default();
        match command {
            Command::CreateEnterprise { .. } => {}
            Command::AddOrganization { organization, login } => {
                subjects.organizations.insert(*organization);
                subjects.organization_login = Some(login.clone());
            }
            Command::RemoveOrganization { organization } => {
                subjects.organizations.insert(*organization);
            }
            Command::AddMember { member, login, .. } => {
                subjects.people.insert(*member);
                subjects.member_login = Some(login.clone());
            }
            Command::ChangeMemberRole { member, .. }
            | Command::RemoveMember { member }
            | Command::GrantPermission { member, .. }
            | Command::WithdrawPermission { member, .. } => {
                subjects.people.insert(*member);
            }
            Command::AddOrganizationOwner { organization, member }
            | Command::RemoveOrganizationOwner { organization, member } => {
                subjects.organizations.insert(*organization);
                subjects.people.insert(*member);
            }
            Command::IssueCredential { credential, owner, .. } => {
                subjects.people.insert(*owner);
                subjects.credentials.insert(*credential);
            }
            Command::AuthorizeCredential {
                credential,
                organization,
            }
            | Command::RevokeAuthorization {
                credential,
                organization,
            } => {
                subjects.credentials.insert(*credential);
                subjects.organizations.insert(*organization);
            }
            Command::DestroyCredential { credential } => {
                subjects.credentials.insert(*credential);
            }
            Command::RevokeAll(request) => subjects.add_request(request.into()),
            Command::Revoke(request) => subjects.add_request(request.into()),
            Command::ContinueRevocation { .. } => subjects.jobs = true,
        }
        subjects.add_owners(state);
        subjects
    }

    /// A credential, and what it was ever authorized for.
    pub(super) fn of_credential(credential: CredentialId, state: &Enterprise) -> Self {
        let held = state.authorizations_of(credential, Timestamp::MIN);
        let mut subjects = Self {
            credentials: BTreeSet::from([credential]),
            organizations: held.map(|held| held.organization()).collect(),
            ..Self::default()
        };
        subjects.add_owners(state);
        subjects
    }

    fn add_request(&mut self, request: Requested<'_>) {
        self.organizations.extend(request.organization);
        self.people.extend(request.person);
        self.credentials.extend(request.caller.credential());
        if let Caller::Person { person, .. } = *request.caller {
            self.people.insert(person);
        }
        self.key = request.caller.actor().zip(request.idempotency_key.cloned());
        self.first_owners = request.person.is_some() && request.organization.is_none();
    }

    fn add_owners(&mut self, state: &Enterprise) {
        let issued = self.credentials.iter().filter_map(|id| state.credential(*id));
        self.people.extend(issued.map(|credential| credential.owner()));
    }

    /// How many there are: more after a history has shown others whom the command is about.
    pub(super) fn count(&self) -> usize {
        self.people.len() + self.organizations.len() + self.credentials.len()
    }

    /// Whether an event says something about them. Whoever it shows to be one of them is added.
    pub(super) fn concern(&mut self, position: Option<RevocationId>, event: &Event, met: &mut Met) -> Concern {
        let is_about = match event {
            Event::EnterpriseCreated { .. } => true,
            Event::OrganizationAdded { organization, login } => {
                if is_same(self.organization_login.as_ref(), login) {
                    self.organizations.insert(*organization);
                }
                self.organizations.contains(organization)
            }
            Event::OrganizationRemoved { organization } => self.organizations.contains(organization),
            Event::MemberAdded { member, login, role } => {
                let is_owner = *role == Role::Owner && met.owners < FIRST_OWNERS;
                met.owners += usize::from(is_owner);
                if is_same(self.member_login.as_ref(), login) || is_owner && self.first_owners {
                    self.people.insert(*member);
                }
                self.people.contains(member)
            }
            Event::MemberRoleChanged { member, .. }
            | Event::MemberRemoved { member }
            | Event::PermissionGranted { member, .. }
            | Event::PermissionWithdrawn { member, .. } => self.people.contains(member),
            Event::OrganizationOwnerAdded { organization, member }
            | Event::OrganizationOwnerRemoved { organization, member } => {
                self.organizations.contains(organization) && self.people.contains(member)
            }
            Event::CredentialIssued { credential, owner, .. } => {
                let is_about = self.credentials.contains(credential);
                self.people.extend(is_about.then_some(*owner));
                is_about
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            }
            | Event::AuthorizationRevoked {
                credential,
                organization,
                ..
            } => self.credentials.contains(credential) && self.organizations.contains(organization),
            Event::CredentialDestroyed { credential, .. } => self.credentials.contains(credential),
            Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => {
                let concern = self.concern_of_request(event);
                if !matches!(concern, Concern::None) {
                    met.requests.extend(position);
                }
                return concern;
            }
            Event::RevocationCompleted { revocation, .. } => met.requests.contains(revocation),
        };
        if is_about { Concern::Whole } else { Concern::None }
    }

    /// A request may cover one of the credentials, or stand under the key that is asked for.
    /// Who made it is asked in the latter case alone.
    fn concern_of_request(&mut self, event: &Event) -> Concern {
        let command = command_of(event);
        let Some(request) = command.requested() else {
            return Concern::None;
        };
        let (revoke_credentials, key) = (request.revoke_credentials, request.idempotency_key);
        let is_under_key = (request.caller.actor().zip(key)).is_some_and(|(by, key)| {
            self.key
                .as_ref()
                .is_some_and(|(of, asked)| asked == key && is_of(*of, by))
        });
        let may_cover = !self.credentials.is_empty()
            && request.person.is_none_or(|person| self.people.contains(&person))
            && (request.organization).is_none_or(|organization| self.organizations.contains(&organization));
        if is_under_key {
            self.people.extend(request.person);
            self.organizations.extend(request.organization);
        }
        if !(is_under_key || may_cover || self.jobs) {
            return Concern::None;
        }
        let Some((requested_by, authority)) = self.requester(request.caller, is_under_key) else {
            return Concern::None;
        };
        let idempotency_key = key.filter(|_| is_under_key).cloned();
        // Of the order of jobs no more is asked than when they begin and end.
        Concern::Part(if self.jobs || request.is_of_everything() {
            Event::RevokeAllRequested {
                requested_by,
                authority,
                revoke_credentials,
                idempotency_key,
            }
        } else {
            Event::RevocationRequested {
                requested_by,
                authority,
                organization: request.organization,
                person: request.person,
                credential_type: request.credential_type,
                revoke_credentials,
                idempotency_key,
            }
        })
    }

    /// Who asked, where that matters; else an installation, of which nothing needs to be known.
    fn requester(&self, caller: &Caller, matters: bool) -> Option<(Actor, Authority)> {
        match *caller {
            Caller::Person { person, credential } if matters => {
                let credential = credential.filter(|credential| self.credentials.contains(credential));
                Some((Actor::Person { person, credential }, Authority::Owner))
            }
            Caller::Installation { installation, .. } => {
                Some((Actor::Installation { installation }, Authority::Installation))
            }
            Caller::Person { .. } | Caller::Stranger {} => {
                let installation = InstallationId::new(ID_MAX).ok()?;
                Some((Actor::Installation { installation }, Authority::Installation))
            }
        }
    }
}

fn is_same(asked: Option<&Login>, found: &Login) -> bool {
    asked.is_some_and(|asked| asked.as_str().eq_ignore_ascii_case(found.as_str()))
}

/// Whether two actors are one person, whatever their tokens, or one installation.
fn is_of(one: Actor, other: Actor) -> bool {
    match (one, other) {
        (Actor::Person { person, .. }, Actor::Person { person: other, .. }) => person == other,
        (one, other) => one == other,
    }
}
