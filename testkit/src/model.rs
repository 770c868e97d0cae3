//! The reference model: what the core must answer, in another technique.
//!
//! It has plain maps and lists. It has no cut, no cursor and no membership number, and compares no positions. A request
//! rewrites everything that it takes, one item after the other, and the job finds what was rewritten. The model is
//! slow, and so short that one can compare it with the domain's rules line by line.

mod decide;
mod fold;
mod requests;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::vec::Vec;

use enterprise_credentials::{
    AccessDenial, Actor, CredentialDenial, CredentialId, CredentialKind, CredentialType, EnterpriseKind,
    EnterpriseSlug, IdempotencyKey, Login, OrganizationId, PersonId, Requested, RevocationId, Role, Scopes, Timestamp,
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
    /// Organizations with their owners.
    pub(crate) owners: BTreeSet<(OrganizationId, PersonId)>,
    /// The first EMU owner; nobody again once they left.
    pub(crate) first_owner: Option<Option<PersonId>>,
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
    pub(crate) limits: Limits,
    pub(crate) revoke_credentials: bool,
    pub(crate) authorizations_revoked: u64,
    pub(crate) credentials_destroyed: u64,
    pub(crate) completed: bool,
    /// Whether the organization that it is limited to has left since.
    pub(crate) organization_left: bool,
}

/// What a revocation is limited to; nothing for one of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) person: Option<PersonId>,
    pub(crate) credential_type: Option<CredentialType>,
}

impl From<Requested<'_>> for Limits {
    fn from(request: Requested<'_>) -> Self {
        Self {
            organization: request.organization,
            person: request.person,
            credential_type: request.credential_type,
        }
    }
}

impl Limits {
    /// Whether credentials of this owner and kind are within.
    pub(crate) fn has_credential(self, owner: PersonId, kind: CredentialKind) -> bool {
        use CredentialKind::{ClassicPat, FineGrainedPat, GithubAppUserToken, OauthAppUserToken, SshKey};
        let kinds: &[CredentialKind] = match self.credential_type {
            None => &CredentialKind::ALL,
            Some(CredentialType::ClassicPat) => &[ClassicPat],
            Some(CredentialType::FineGrainedPat) => &[FineGrainedPat],
            Some(CredentialType::SshKey) => &[SshKey],
            Some(CredentialType::OauthAppToken) => &[OauthAppUserToken, GithubAppUserToken],
        };
        self.person.is_none_or(|person| person == owner) && kinds.contains(&kind)
    }

    pub(crate) fn has_organization(self, organization: OrganizationId) -> bool {
        self.organization.is_none_or(|of| of == organization)
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
    /// The denial that [`Enterprise::authenticates`](enterprise_credentials::Enterprise::authenticates) must give.
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
    /// The denial that [`Enterprise::may_use`](enterprise_credentials::Enterprise::may_use) must give.
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
        (age_ms < DAY_MS).then_some(*revocation)
    }

    /// How many keys a requester has first used less than 24 hours ago.
    fn keys_of(&self, by: Actor, at: Timestamp) -> usize {
        let of = self.keys.iter().filter(|((requester, _), _)| *requester == by.into());
        of.filter(|(_, (first_at, _))| at.milliseconds() - first_at.milliseconds() < DAY_MS)
            .count()
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
