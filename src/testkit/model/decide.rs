//! What the model answers to a command: the events to record, or the rule that refuses it.

use core::num::NonZeroU32;
use std::vec;
use std::vec::Vec;

use super::{Grant, Life, Model, Person};
use crate::{
    ADMIN_ENTERPRISE_SCOPE, Authority, Caller, Command, CredentialId, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE,
    EnterpriseKind, Event, OrganizationId, PersonId, RevocationId, RevokeAll, Role, Rule, Timestamp,
};

type Decision = Result<Vec<Event>, Rule>;

impl Model {
    /// Decides a command.
    ///
    /// # Errors
    /// The rule of the refusal that [`Enterprise::decide`](crate::Enterprise::decide) must give.
    pub fn decide(&self, command: &Command, at: Timestamp) -> Decision {
        match (command, &self.identity) {
            (Command::RevokeAll(request), _) => self.revoke_all(request, at),
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
            Some(Grant::Pending(_) | Grant::Taken(_)) if !may_ask_again => Err(Rule::RevokedPairIsTombstone),
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

    fn revoke_all(&self, request: &RevokeAll, at: Timestamp) -> Decision {
        let faults = self.faults(request, at).into_iter();
        let first = faults.min_by_key(|rule| rule.http().map(|http| http.precedence));
        first.map_or(Ok(()), Err)?;
        let (Some(requested_by), Some(authority)) = (request.caller.actor(), self.authority(&request.caller)) else {
            return Err(Rule::OwnerOrPermission);
        };
        let idempotency_key = request.idempotency_key.clone();
        if idempotency_key
            .as_ref()
            .is_some_and(|key| self.repeats(requested_by, key, at).is_some())
        {
            return Ok(Vec::new());
        }
        let revoke_credentials = request.revoke_credentials;
        Ok(vec![Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
        }])
    }

    /// Every rule that a request breaks, each asked for itself. The catalogue's table says which of them is answered.
    pub fn faults(&self, request: &RevokeAll, at: Timestamp) -> Vec<Rule> {
        let mut faults = Vec::new();
        let mut ask = |holds: bool, rule: Rule| faults.extend((!holds).then_some(rule));
        let caller = &request.caller;
        let credential = caller.credential();
        let known = credential.and_then(|id| self.credential(id));
        let person = match caller {
            Caller::Person { person, .. } => Some(*person),
            Caller::Installation { .. } | Caller::Stranger {} => None,
        };
        if let Some(Err(denial)) = credential.map(|id| self.authenticates(id, at)) {
            ask(false, denial.rule());
        }
        ask(
            known.is_none_or(|known| Some(known.owner) == person),
            Rule::CredentialOfCaller,
        );
        ask(
            known.is_none_or(|known| known.kind != CredentialKind::SshKey),
            Rule::SshKeyIsNoApiCredential,
        );
        ask(self.identity.is_some(), Rule::EnterpriseExists);
        let role = person.and_then(|id| self.person(id));
        let installation = matches!(caller, Caller::Installation { .. });
        ask(installation || role.is_some(), Rule::StrangerSeesNothing);
        ask(
            known.is_none_or(|known| known.kind != CredentialKind::FineGrainedPat),
            Rule::FineGrainedPatCannotCall,
        );
        let by_scope = [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken];
        let needing = |kinds: &[CredentialKind]| known.filter(|known| kinds.contains(&known.kind));
        let has_scope = needing(&by_scope).is_none_or(|known| known.scopes.contains(ADMIN_ENTERPRISE_SCOPE));
        ask(has_scope, Rule::AdminEnterpriseScope);
        let permissions = match caller {
            Caller::Installation { permissions, .. } => Some(permissions),
            _ => needing(&[CredentialKind::GithubAppUserToken]).map(|known| &known.scopes),
        };
        let has_permission = permissions.is_none_or(|held| held.contains(ENTERPRISE_CREDENTIALS_WRITE));
        ask(has_permission, Rule::EnterpriseCredentialsWrite);
        ask(self.authority(caller).is_some(), Rule::OwnerOrPermission);
        let managed = self
            .identity
            .as_ref()
            .is_some_and(|(_, kind)| *kind == EnterpriseKind::ManagedUsers);
        ask(managed || !request.revoke_credentials, Rule::ManagedUsersOnly);
        let first = caller
            .actor()
            .zip(request.idempotency_key.as_ref())
            .and_then(|(by, key)| self.repeats(by, key, at));
        let first = first.and_then(|id| self.revocations.get(&id));
        let same = first.is_none_or(|first| first.revoke_credentials == request.revoke_credentials);
        ask(same, Rule::IdempotencyKeyForOneRequest);
        faults
    }

    /// By what authority a caller may ask, tokens and scopes aside.
    fn authority(&self, caller: &Caller) -> Option<Authority> {
        match caller {
            Caller::Installation { .. } => Some(Authority::Installation),
            Caller::Stranger {} => None,
            Caller::Person { person, .. } => match self.person(*person)? {
                Person { role: Role::Owner, .. } => Some(Authority::Owner),
                Person {
                    holds_permission: true, ..
                } => Some(Authority::Permission),
                Person { .. } => None,
            },
        }
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

fn fits(role: Role, kind: EnterpriseKind) -> bool {
    match role {
        Role::Owner | Role::Member | Role::BillingManager => true,
        Role::GuestCollaborator | Role::RepositoryCollaborator => kind == EnterpriseKind::ManagedUsers,
        Role::OutsideCollaborator => kind == EnterpriseKind::PersonalAccounts,
    }
}
