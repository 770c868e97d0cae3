//! What the model answers to a command: the events to record, or the rule that refuses it.

use core::num::NonZeroU32;
use std::vec;
use std::vec::Vec;

use super::{Grant, Life, Model, Person};
use enterprise_credentials::{
    Command, CredentialId, CredentialKind, EnterpriseKind, Event, Login, OrganizationId, PersonId, Requested,
    RevocationId, Role, Rule, Timestamp,
};

pub(super) type Decision = Result<Vec<Event>, Rule>;

impl Model {
    /// Decides a command.
    ///
    /// # Errors
    /// The rule of the refusal that [`Enterprise::decide`](enterprise_credentials::Enterprise::decide) must give.
    pub fn decide(&self, command: &Command, at: Timestamp) -> Decision {
        match (command, &self.identity) {
            (Command::Revoke(request), _) if Requested::from(request).is_of_everything() => {
                Err(Rule::RevocationNamesItsScope)
            }
            (Command::RevokeAll(_) | Command::Revoke(_), _) => match command.requested() {
                Some(request) => self.request(request, at),
                None => Ok(Vec::new()),
            },
            (Command::CreateEnterprise { slug, kind }, None) => Ok(vec![Event::EnterpriseCreated {
                slug: slug.clone(),
                kind: *kind,
            }]),
            (Command::CreateEnterprise { slug, kind }, Some(had)) => {
                nothing_if((slug, kind) == (&had.0, &had.1), Rule::EnterpriseCreatedOnce)
            }
            (_, None) => Err(Rule::EnterpriseExists),
            (_, Some((_, kind))) => self.decide_within(*kind, command, at),
        }
    }

    fn decide_within(&self, kind: EnterpriseKind, command: &Command, at: Timestamp) -> Decision {
        match command {
            Command::AddOrganization { organization, login } => match self.organizations.get(organization) {
                Some(Some(had)) => nothing_if(had == login, Rule::OrganizationDataUnchanged),
                _ if self.organizations.values().flatten().any(|had| same_name(had, login)) => Err(Rule::LoginNamesOne),
                _ => Ok(vec![Event::OrganizationAdded {
                    organization: *organization,
                    login: login.clone(),
                }]),
            },
            Command::RemoveOrganization { organization } => match self.organizations.get(organization) {
                None => Err(Rule::OrganizationKnown),
                Some(None) => Ok(Vec::new()),
                Some(Some(_)) => Ok(vec![Event::OrganizationRemoved {
                    organization: *organization,
                }]),
            },
            Command::AuthorizeCredential {
                credential,
                organization,
            } => self.authorize(*credential, *organization, at),
            Command::RevokeAuthorization {
                credential,
                organization,
            } => self.revoke(*credential, *organization),
            Command::DestroyCredential { credential } => self.destroy(*credential),
            Command::ContinueRevocation { revocation, limit } => self.continue_revocation(*revocation, *limit),
            _ => self.decide_people(kind, command),
        }
    }

    fn decide_people(&self, kind: EnterpriseKind, command: &Command) -> Decision {
        match command {
            Command::AddMember { member, login, role } => match self.person(*member) {
                _ if !fits(*role, kind) => Err(Rule::RoleFitsEnterpriseKind),
                Some(had) => nothing_if((&had.login, had.role) == (login, *role), Rule::MemberDataUnchanged),
                None if self.people.values().flatten().any(|had| same_name(&had.login, login)) => {
                    Err(Rule::LoginNamesOne)
                }
                None => Ok(vec![Event::MemberAdded {
                    member: *member,
                    login: login.clone(),
                    role: *role,
                }]),
            },
            Command::ChangeMemberRole { member, role } => match self.present(*member)?.role {
                _ if !fits(*role, kind) => Err(Rule::RoleFitsEnterpriseKind),
                had if had == *role => Ok(Vec::new()),
                _ => Ok(vec![Event::MemberRoleChanged {
                    member: *member,
                    role: *role,
                }]),
            },
            Command::RemoveMember { member } => match self.people.get(member).ok_or(Rule::MemberKnown)? {
                Some(_) => Ok(vec![Event::MemberRemoved { member: *member }]),
                None => Ok(Vec::new()),
            },
            Command::GrantPermission { member, permission } => match self.present(*member)?.holds_permission {
                true => Ok(Vec::new()),
                false => Ok(vec![Event::PermissionGranted {
                    member: *member,
                    permission: *permission,
                }]),
            },
            Command::WithdrawPermission { member, permission } => {
                match self.people.get(member).ok_or(Rule::MemberKnown)? {
                    Some(Person {
                        holds_permission: true, ..
                    }) => Ok(vec![Event::PermissionWithdrawn {
                        member: *member,
                        permission: *permission,
                    }]),
                    _ => Ok(Vec::new()),
                }
            }
            Command::AddOrganizationOwner { organization, member } => {
                let stay = self.organizations.get(organization).ok_or(Rule::OrganizationKnown)?;
                stay.as_ref().ok_or(Rule::OrganizationPresent)?;
                let Person { role, .. } = self.present(*member)?;
                match role {
                    Role::Owner | Role::Member | Role::BillingManager => {}
                    Role::GuestCollaborator | Role::RepositoryCollaborator | Role::OutsideCollaborator => {
                        return Err(Rule::OrganizationOwnerIsMember);
                    }
                }
                match self.owners.contains(&(*organization, *member)) {
                    true => Ok(Vec::new()),
                    false => Ok(vec![Event::OrganizationOwnerAdded {
                        organization: *organization,
                        member: *member,
                    }]),
                }
            }
            Command::RemoveOrganizationOwner { organization, member } => {
                self.organizations.get(organization).ok_or(Rule::OrganizationKnown)?;
                self.people.get(member).ok_or(Rule::MemberKnown)?;
                match self.owners.contains(&(*organization, *member)) {
                    false => Ok(Vec::new()),
                    true => Ok(vec![Event::OrganizationOwnerRemoved {
                        organization: *organization,
                        member: *member,
                    }]),
                }
            }
            Command::IssueCredential {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint,
            } => {
                if self.credential(*credential).is_some() {
                    return Err(Rule::CredentialIdNeverReused);
                }
                self.present(*owner)?;
                Ok(vec![Event::CredentialIssued {
                    credential: *credential,
                    owner: *owner,
                    kind: *kind,
                    scopes: scopes.clone(),
                    expires_at: *expires_at,
                    fingerprint: fingerprint.clone(),
                }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn present(&self, member: PersonId) -> Result<&Person, Rule> {
        self.people
            .get(&member)
            .ok_or(Rule::MemberKnown)?
            .as_ref()
            .ok_or(Rule::MemberPresent)
    }

    fn authorize(&self, credential: CredentialId, organization: OrganizationId, at: Timestamp) -> Decision {
        self.authenticates(credential, at).map_err(|denial| denial.rule())?;
        let stay = self.organizations.get(&organization).ok_or(Rule::OrganizationKnown)?;
        stay.as_ref().ok_or(Rule::OrganizationPresent)?;
        let may_ask_again = self
            .credential(credential)
            .is_some_and(|it| it.kind == CredentialKind::FineGrainedPat);
        let granted = Event::CredentialAuthorized {
            credential,
            organization,
        };
        match self.grant((credential, organization)) {
            Some(Grant::Live) => Ok(Vec::new()),
            Some(Grant::Pending(id) | Grant::Taken(id)) if self.is_of_enterprise(id) && !may_ask_again => {
                Err(Rule::RevokedPairIsTombstone)
            }
            Some(Grant::Pending(id)) => {
                let revocation = Some(id);
                Ok(vec![
                    Event::AuthorizationRevoked {
                        credential,
                        organization,
                        revocation,
                    },
                    granted,
                ])
            }
            None | Some(Grant::Ended | Grant::RevokedSingly | Grant::Taken(_)) => Ok(vec![granted]),
        }
    }

    fn revoke(&self, credential: CredentialId, organization: OrganizationId) -> Decision {
        self.credential(credential).ok_or(Rule::CredentialKnown)?;
        self.organizations.get(&organization).ok_or(Rule::OrganizationKnown)?;
        let revocation = match self.grant((credential, organization)) {
            Some(Grant::Live) => None,
            Some(Grant::Pending(revocation)) => Some(revocation),
            None | Some(Grant::Ended | Grant::RevokedSingly | Grant::Taken(_)) => return Ok(Vec::new()),
        };
        Ok(vec![Event::AuthorizationRevoked {
            credential,
            organization,
            revocation,
        }])
    }

    fn destroy(&self, id: CredentialId) -> Decision {
        let credential = self.credential(id).ok_or(Rule::CredentialKnown)?;
        let (credential, revocation) = match (credential.life, credential.destruction) {
            (_, Some(revocation)) => (id, Some(revocation)),
            (Life::Alive, None) => (id, None),
            (Life::Departed | Life::Destroyed, None) => return Ok(Vec::new()),
        };
        Ok(vec![Event::CredentialDestroyed { credential, revocation }])
    }

    /// The job finds what the request has rewritten.
    fn continue_revocation(&self, id: RevocationId, limit: NonZeroU32) -> Decision {
        let revocation = *self.revocations.get(&id).ok_or(Rule::RevocationKnown)?;
        if revocation.completed {
            return Ok(Vec::new());
        }
        if self.revocations.range(..id).any(|(_, earlier)| !earlier.completed) {
            return Err(Rule::RevocationsInOrder);
        }
        let batches = self.credentials.iter().map(|credential| {
            let pending = credential
                .grants
                .iter()
                .filter(|(_, grant)| *grant == Grant::Pending(id));
            let (credential_id, revocation) = (credential.id, Some(id));
            let revoked = pending.map(|(organization, _)| Event::AuthorizationRevoked {
                credential: credential_id,
                organization: *organization,
                revocation,
            });
            let destroyed = Event::CredentialDestroyed {
                credential: credential_id,
                revocation,
            };
            revoked
                .chain((credential.destruction == Some(id)).then_some(destroyed))
                .collect::<Vec<Event>>()
        });
        let mut left = batches.filter(|events| !events.is_empty());
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let mut events: Vec<Event> = left.by_ref().take(limit).flatten().collect();
        if left.next().is_none() {
            let mut totals = (revocation.authorizations_revoked, revocation.credentials_destroyed);
            for event in &events {
                match event {
                    Event::CredentialDestroyed { .. } => totals.1 += 1,
                    _ => totals.0 += 1,
                }
            }
            let (authorizations_revoked, credentials_destroyed) = totals;
            events.push(Event::RevocationCompleted {
                revocation: id,
                authorizations_revoked,
                credentials_destroyed,
            });
        }
        Ok(events)
    }
}

fn nothing_if(same: bool, otherwise: Rule) -> Decision {
    if same { Ok(Vec::new()) } else { Err(otherwise) }
}

fn same_name(one: &Login, other: &Login) -> bool {
    let folded =
        |login: &Login| -> Vec<char> { login.as_str().chars().map(|each| each.to_ascii_lowercase()).collect() };
    folded(one) == folded(other)
}

fn fits(role: Role, kind: EnterpriseKind) -> bool {
    match role {
        Role::Owner | Role::Member | Role::BillingManager => true,
        Role::GuestCollaborator | Role::RepositoryCollaborator => kind == EnterpriseKind::ManagedUsers,
        Role::OutsideCollaborator => kind == EnterpriseKind::PersonalAccounts,
    }
}
