//! What the model makes of an event.

use std::vec::Vec;

use super::{Credential, Grant, Life, Limits, Model, Person, Revocation};
use enterprise_credentials::{
    Actor, CredentialKind, EnterpriseKind, Event, IdempotencyKey, OrganizationId, PersonId, RevocationId, Role,
    Timestamp,
};

impl Model {
    /// Folds an event. What does not fit changes nothing: whether it fits is the core's to say.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        self.events += 1;
        match event {
            Event::EnterpriseCreated { slug, kind } => self.identity = Some((slug.clone(), *kind)),
            Event::OrganizationAdded { organization, login } => {
                self.organizations.insert(*organization, Some(login.clone()));
            }
            Event::OrganizationRemoved { organization } => {
                self.organizations.insert(*organization, None);
                self.owners.retain(|(of, _)| of != organization);
                self.end_grants(|_, of| of == *organization);
                let limited = self.revocations.values_mut();
                let limited = limited.filter(|it| it.limits.organization == Some(*organization));
                limited.for_each(|it| it.organization_left = true);
            }
            Event::MemberAdded { member, login, role } => {
                let (login, role, holds_permission) = (login.clone(), *role, false);
                let is_managed = matches!(self.identity, Some((_, EnterpriseKind::ManagedUsers)));
                if is_managed && role == Role::Owner && self.first_owner.is_none() {
                    self.first_owner = Some(Some(*member));
                }
                self.people.insert(
                    *member,
                    Some(Person {
                        login,
                        role,
                        holds_permission,
                    }),
                );
            }
            Event::MemberRemoved { member } => self.remove_member(*member),
            Event::MemberRoleChanged { member, role } => {
                self.change(*member, |person| person.role = *role);
                if !matches!(role, Role::Owner | Role::Member | Role::BillingManager) {
                    self.owners.retain(|(_, owner)| owner != member);
                }
            }
            Event::OrganizationOwnerAdded { organization, member } => {
                self.owners.insert((*organization, *member));
            }
            Event::OrganizationOwnerRemoved { organization, member } => {
                self.owners.remove(&(*organization, *member));
            }
            Event::PermissionGranted { member, .. } => self.change(*member, |person| person.holds_permission = true),
            Event::PermissionWithdrawn { member, .. } => self.change(*member, |person| person.holds_permission = false),
            Event::RevokeAllRequested {
                requested_by,
                revoke_credentials,
                idempotency_key,
                ..
            } => {
                self.take(Limits::default(), *revoke_credentials);
                self.remember(*requested_by, idempotency_key.clone(), at);
            }
            Event::RevocationRequested {
                requested_by,
                organization,
                person,
                credential_type,
                revoke_credentials,
                idempotency_key,
                ..
            } => {
                let limits = Limits {
                    organization: *organization,
                    person: *person,
                    credential_type: *credential_type,
                };
                self.take(limits, *revoke_credentials);
                self.remember(*requested_by, idempotency_key.clone(), at);
            }
            Event::RevocationCompleted { revocation, .. } => {
                self.count(Some(*revocation), |revocation| revocation.completed = true);
            }
            _ => self.apply_to_credentials(event),
        }
    }

    fn apply_to_credentials(&mut self, event: &Event) {
        match event {
            Event::CredentialIssued {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                ..
            } => {
                self.credentials.push(Credential {
                    id: *credential,
                    owner: *owner,
                    kind: *kind,
                    scopes: scopes.clone(),
                    expires_at: *expires_at,
                    life: Life::Alive,
                    destruction: None,
                    grants: Vec::new(),
                });
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } => {
                if let Some(credential) = self.credential_mut(*credential) {
                    credential.grants.retain(|(of, _)| of != organization);
                    credential.grants.push((*organization, Grant::Live));
                }
            }
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => {
                let grants = self
                    .credential_mut(*credential)
                    .map(|credential| &mut credential.grants);
                if let Some((_, grant)) = grants.and_then(|grants| grants.iter_mut().find(|(of, _)| of == organization))
                {
                    *grant = revocation.map_or(Grant::RevokedSingly, Grant::Taken);
                }
                self.count(*revocation, |revocation| revocation.authorizations_revoked += 1);
            }
            Event::CredentialDestroyed {
                credential: id,
                revocation,
            } => {
                if let Some(credential) = self.credential_mut(*id) {
                    credential.life = Life::Destroyed;
                    credential.destruction = None;
                }
                self.end_grants(|credential, _| credential.id == *id);
                self.count(*revocation, |revocation| revocation.credentials_destroyed += 1);
            }
            _ => {}
        }
    }

    /// Everything live that is within the limits goes, and with `revoke_credentials` the three kinds of everyone who is
    /// an enterprise member, or of the one person who is named.
    fn take(&mut self, limits: Limits, revoke_credentials: bool) {
        let Ok(id) = RevocationId::new(self.events) else {
            return;
        };
        for credential in &mut self.credentials {
            if !limits.has_credential(credential.owner, credential.kind) {
                continue;
            }
            let live = credential.grants.iter_mut().filter(|(_, grant)| *grant == Grant::Live);
            let live = live.filter(|(of, _)| limits.has_organization(*of));
            live.for_each(|(_, grant)| *grant = Grant::Pending(id));
            let role = self
                .people
                .get(&credential.owner)
                .and_then(Option::as_ref)
                .map(|owner| owner.role);
            let by_role = matches!(role, Some(Role::Owner | Role::Member | Role::BillingManager));
            let by_name = role.is_some() && limits.person.is_some();
            use CredentialKind::{ClassicPat, FineGrainedPat, SshKey};
            let by_kind = matches!(credential.kind, ClassicPat | FineGrainedPat | SshKey);
            let untouched = credential.life == Life::Alive && credential.destruction.is_none();
            if revoke_credentials && untouched && (by_role || by_name) && by_kind {
                credential.destruction = Some(id);
            }
        }
        let (authorizations_revoked, credentials_destroyed, completed) = (0, 0, false);
        let revocation = Revocation {
            limits,
            revoke_credentials,
            authorizations_revoked,
            credentials_destroyed,
            completed,
            organization_left: false,
        };
        self.revocations.insert(id, revocation);
    }

    /// Remembers the key of the request that was the last event.
    fn remember(&mut self, by: Actor, key: Option<IdempotencyKey>, at: Timestamp) {
        let Ok(id) = RevocationId::new(self.events) else {
            return;
        };
        if let Some(key) = key.filter(|key| self.repeats(by, key, at).is_none()) {
            self.keys.insert((by.into(), key), (at, id));
        }
    }

    /// Whether a revocation is one of the enterprise, whose pairs are tombstones.
    pub(crate) fn is_of_enterprise(&self, id: RevocationId) -> bool {
        self.revocations
            .get(&id)
            .is_some_and(|it| it.limits.organization.is_none())
    }

    fn remove_member(&mut self, member: PersonId) {
        self.people.insert(member, None);
        self.owners.retain(|(_, owner)| *owner != member);
        if self.first_owner == Some(Some(member)) {
            self.first_owner = Some(None);
        }
        self.end_grants(|credential, _| credential.owner == member);
        let owned = self
            .credentials
            .iter_mut()
            .filter(|credential| credential.owner == member);
        for credential in owned.filter(|credential| credential.life == Life::Alive) {
            credential.life = Life::Departed;
        }
    }

    fn change(&mut self, member: PersonId, change: impl FnOnce(&mut Person)) {
        self.people
            .get_mut(&member)
            .and_then(Option::as_mut)
            .map(change)
            .unwrap_or_default();
    }

    fn count(&mut self, id: Option<RevocationId>, count: impl FnOnce(&mut Revocation)) {
        id.and_then(|id| self.revocations.get_mut(&id))
            .map(count)
            .unwrap_or_default();
    }

    fn end_grants(&mut self, ends: impl Fn(&Credential, OrganizationId) -> bool) {
        for credential in &mut self.credentials {
            let ending: Vec<bool> = credential.grants.iter().map(|(of, _)| ends(credential, *of)).collect();
            for ((_, grant), ends) in credential.grants.iter_mut().zip(ending) {
                if ends && *grant == Grant::Live {
                    *grant = Grant::Ended;
                }
            }
        }
    }
}
