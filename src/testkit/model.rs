//! The reference model: what the core must answer, in another technique.
//!
//! Plain maps and lists. There is no cut, no cursor and no membership number, and no position is ever compared: a request
//! rewrites everything that it takes, one item after the other, and the job finds what was rewritten. It is slow, and so
//! short that it can be held against the domain's rules line by line.

mod decide;

use alloc::collections::BTreeMap;
use alloc::collections::BTreeSet;
use std::vec::Vec;

use crate::{
    AccessDenial, Actor, CredentialDenial, CredentialId, CredentialKind, EnterpriseKind, EnterpriseSlug, Event,
    IdempotencyKey, Login, OrganizationId, PersonId, RevocationId, Role, Scopes, Timestamp,
};

/// A credential and an organization.
pub type Pair = (CredentialId, OrganizationId);

/// An enterprise, as a naive reader of its events understands it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    pub(crate) identity: Option<(EnterpriseSlug, EnterpriseKind)>,
    /// Every organization ever added; nothing for those that left.
    pub(crate) organizations: BTreeMap<OrganizationId, Option<Login>>,
    /// Every person ever added; nothing for those who left.
    pub(crate) people: BTreeMap<PersonId, Option<Person>>,
    /// In order of issue.
    pub(crate) credentials: Vec<Credential>,
    pub(crate) revocations: BTreeMap<RevocationId, Revocation>,
    /// The revocation that each key stands for, and since when. An installation's key is not a person's.
    keys: BTreeMap<(Requester, IdempotencyKey), (Timestamp, RevocationId)>,
    /// How many events there were: the number of the last.
    events: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) login: Login,
    pub(crate) role: Role,
    pub(crate) holds_permission: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) id: CredentialId,
    pub(crate) owner: PersonId,
    pub(crate) kind: CredentialKind,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) life: Life,
    /// The revocation that took it, until its destruction is recorded.
    pub(crate) destruction: Option<RevocationId>,
    /// In order of grant.
    pub(crate) grants: Vec<(OrganizationId, Grant)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    /// Its owner left, and it with them, for good.
    Departed,
    Destroyed,
}

/// What became of the latest grant of a credential for an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Live,
    /// It ended with its credential, its owner's stay or its organization's.
    Ended,
    RevokedSingly,
    /// A revocation took it; the job has not recorded that yet.
    Pending(RevocationId),
    /// A revocation took it, and that is recorded.
    Taken(RevocationId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) revoke_credentials: bool,
    pub(crate) authorizations_revoked: u64,
    pub(crate) credentials_destroyed: u64,
    pub(crate) completed: bool,
}

/// Whose an idempotency key is: one person's, whichever token they use, or one installation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Requester {
    Person(u64),
    Installation(u64),
}

impl Model {
    /// An enterprise to which nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a credential authenticates at `at`: its owner, if so.
    ///
    /// # Errors
    /// The denial that [`Enterprise::authenticates`](crate::Enterprise::authenticates) must give.
    pub fn authenticates(&self, id: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
        let credential = self.credential(id).ok_or(CredentialDenial::Unknown(id))?;
        if credential.life == Life::Destroyed {
            return Err(CredentialDenial::Destroyed(id));
        }
        if let Some(revocation) = credential.destruction {
            let credential = id;
            return Err(CredentialDenial::DestructionPending { credential, revocation });
        }
        if credential.life == Life::Departed {
            return Err(CredentialDenial::OwnerDeparted(id));
        }
        match credential.expires_at {
            Some(expires_at) if at >= expires_at => Err(CredentialDenial::Expired {
                credential: id,
                expires_at,
            }),
            _ => Ok(credential.owner),
        }
    }

    /// Whether a credential may be used for an organization at `at`.
    ///
    /// # Errors
    /// The denial that [`Enterprise::may_use`](crate::Enterprise::may_use) must give.
    pub fn may_use(&self, id: CredentialId, organization: OrganizationId, at: Timestamp) -> Result<(), AccessDenial> {
        self.authenticates(id, at)?;
        match self.organizations.get(&organization) {
            None => return Err(AccessDenial::OrganizationUnknown(organization)),
            Some(None) => return Err(AccessDenial::OrganizationGone(organization)),
            Some(Some(_)) => {}
        }
        match self.grant((id, organization)) {
            Some(Grant::Live) => Ok(()),
            None | Some(Grant::Ended) => Err(AccessDenial::NotAuthorized(organization)),
            Some(Grant::RevokedSingly | Grant::Taken(_)) => Err(AccessDenial::Revoked(organization)),
            Some(Grant::Pending(revocation)) => Err(AccessDenial::RevocationPending {
                organization,
                revocation,
            }),
        }
    }

    /// What is pending in a revocation: right after its request that is its scope.
    pub fn pending_in(&self, id: RevocationId) -> (BTreeSet<Pair>, BTreeSet<CredentialId>) {
        let pairs = self.credentials.iter().flat_map(|credential| {
            let pending = credential
                .grants
                .iter()
                .filter(move |(_, grant)| *grant == Grant::Pending(id));
            pending.map(|(organization, _)| (credential.id, *organization))
        });
        let destroyed = self
            .credentials
            .iter()
            .filter(|credential| credential.destruction == Some(id));
        (pairs.collect(), destroyed.map(|credential| credential.id).collect())
    }

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
                self.end_grants(|_, of| of == *organization);
            }
            Event::MemberAdded { member, login, role } => {
                let (login, role, holds_permission) = (login.clone(), *role, false);
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
            Event::MemberRoleChanged { member, role } => self.change(*member, |person| person.role = *role),
            Event::PermissionGranted { member, .. } => self.change(*member, |person| person.holds_permission = true),
            Event::PermissionWithdrawn { member, .. } => self.change(*member, |person| person.holds_permission = false),
            Event::RevokeAllRequested {
                requested_by,
                revoke_credentials,
                idempotency_key,
                ..
            } => {
                self.take_everything(*requested_by, *revoke_credentials, idempotency_key.clone(), at);
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

    /// Everything live goes, and with `revoke_credentials` the three kinds of everyone who is an enterprise member.
    fn take_everything(&mut self, by: Actor, revoke_credentials: bool, key: Option<IdempotencyKey>, at: Timestamp) {
        let Ok(id) = RevocationId::new(self.events) else {
            return;
        };
        for credential in &mut self.credentials {
            let live = credential.grants.iter_mut().filter(|(_, grant)| *grant == Grant::Live);
            live.for_each(|(_, grant)| *grant = Grant::Pending(id));
            let role = self
                .people
                .get(&credential.owner)
                .and_then(Option::as_ref)
                .map(|owner| owner.role);
            let by_role = matches!(role, Some(Role::Owner | Role::Member | Role::BillingManager));
            use CredentialKind::{ClassicPat, FineGrainedPat, SshKey};
            let by_kind = matches!(credential.kind, ClassicPat | FineGrainedPat | SshKey);
            let untouched = credential.life == Life::Alive && credential.destruction.is_none();
            if revoke_credentials && untouched && by_role && by_kind {
                credential.destruction = Some(id);
            }
        }
        let (authorizations_revoked, credentials_destroyed, completed) = (0, 0, false);
        let revocation = Revocation {
            revoke_credentials,
            authorizations_revoked,
            credentials_destroyed,
            completed,
        };
        self.revocations.insert(id, revocation);
        if let Some(key) = key.filter(|key| self.repeats(by, key, at).is_none()) {
            self.keys.insert((by.into(), key), (at, id));
        }
    }

    fn remove_member(&mut self, member: PersonId) {
        self.people.insert(member, None);
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

    pub(crate) fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)?.as_ref()
    }

    pub(crate) fn credential(&self, id: CredentialId) -> Option<&Credential> {
        self.credentials.iter().find(|credential| credential.id == id)
    }

    fn credential_mut(&mut self, id: CredentialId) -> Option<&mut Credential> {
        self.credentials.iter_mut().find(|credential| credential.id == id)
    }

    pub(crate) fn grant(&self, (id, organization): Pair) -> Option<Grant> {
        let grants = &self.credential(id)?.grants;
        grants
            .iter()
            .find(|(of, _)| *of == organization)
            .map(|(_, grant)| *grant)
    }

    /// The request that this key stood for less than 24 hours ago.
    pub(crate) fn repeats(&self, by: Actor, key: &IdempotencyKey, at: Timestamp) -> Option<RevocationId> {
        let (first_at, revocation) = self.keys.get(&(by.into(), key.clone()))?;
        let age_ms = at.milliseconds() - first_at.milliseconds();
        (age_ms < 24 * 60 * 60 * 1000).then_some(*revocation)
    }
}

impl Credential {
    /// Whether anything of it waits for a job.
    pub(crate) fn has_anything_pending(&self) -> bool {
        self.destruction.is_some() || self.grants.iter().any(|(_, grant)| matches!(grant, Grant::Pending(_)))
    }
}

impl From<Actor> for Requester {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Person { person, .. } => Self::Person(person.value()),
            Actor::Installation { installation } => Self::Installation(installation.value()),
        }
    }
}
