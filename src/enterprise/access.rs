//! The access checks and queries of an embedding host, true from the instant of the event.

use crate::credential::{CredentialKind, CredentialType};
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::filter::Filter;
use crate::enterprise::progress::{Limits, Progress};
use crate::enterprise::record::{Authorization, GrantStatus};
use crate::enterprise::revocations::Revocation;
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::{Login, Scopes};
use crate::person::Role;
use crate::refusal::{AccessDenial, CredentialDenial};
use crate::timestamp::Timestamp;

/// A credential that was issued, alive or not.
#[derive(Debug, Clone, Copy)]
pub struct CredentialRef<'a> {
    id: CredentialId,
    owner: PersonId,
    kind: CredentialKind,
    scopes: &'a Scopes,
    expires_at: Option<Timestamp>,
}

impl<'a> CredentialRef<'a> {
    /// Its id.
    pub const fn id(&self) -> CredentialId {
        self.id
    }

    /// Whose it is.
    pub const fn owner(&self) -> PersonId {
        self.owner
    }

    /// Of what kind it is.
    pub const fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// Its scopes or app permissions, in the order given at issue.
    pub const fn scopes(&self) -> &'a Scopes {
        self.scopes
    }

    /// From when on it no longer authenticates.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl Enterprise {
    /// Whether a credential authenticates at `at`: its owner, if so.
    ///
    /// The one check for "who is this?". It covers expiry, the owner's membership, destruction, recorded or pending.
    ///
    /// # Errors
    /// [`CredentialDenial`], naming the rule.
    pub fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
        self.authenticate(&self.issued(credential)?, at)
    }

    /// Whether a credential may be used for an organization at `at`.
    ///
    /// The one check for "may this token touch that organization's resources?". It covers all of
    /// [`Enterprise::authenticates`], the organization's membership, and the authorization, revoked or pending.
    ///
    /// # Errors
    /// [`AccessDenial`], saying what stands in the way.
    pub fn may_use(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<(), AccessDenial> {
        let credential = self.issued(credential)?;
        self.authenticate(&credential, at)?;
        self.check_use(&credential, organization)
    }

    /// A credential, alive or not; nothing for an id that was never issued.
    pub fn credential(&self, id: CredentialId) -> Option<CredentialRef<'_>> {
        self.credential_ref(self.credentials.get(id)?)
    }

    /// Every credential ever issued, in order of issue.
    pub fn credentials(&self) -> impl Iterator<Item = CredentialRef<'_>> {
        let credentials = self.credentials.iter();
        credentials.filter_map(|credential| self.credential_ref(credential))
    }

    /// The present role of a person; nothing for one who is not in the enterprise now.
    pub fn role(&self, person: PersonId) -> Option<Role> {
        self.people.present(person).map(|person| person.stay.facts.role)
    }

    /// Whether a person is present and holds `write_enterprise_credentials`.
    pub fn may_write_credentials(&self, person: PersonId) -> bool {
        (self.people.present(person)).is_some_and(|person| person.stay.facts.may_write_credentials)
    }

    /// Everyone in the enterprise now, in order of arrival: id, login and role.
    pub fn people(&self) -> impl Iterator<Item = (PersonId, &Login, Role)> {
        let present = self.people.iter_present();
        present.map(|person| (person.stay.id, &person.data.login, person.stay.facts.role))
    }

    /// The organizations in the enterprise now, in order of arrival: id and login.
    pub fn organizations(&self) -> impl Iterator<Item = (OrganizationId, &Login)> {
        let present = self.organizations.iter_present();
        present.map(|organization| (organization.stay.id, &organization.data.login))
    }

    /// The unfinished revocations, in order of their cuts: what a worker has to do.
    pub fn pending_revocations(&self) -> impl Iterator<Item = RevocationId> {
        self.revocations.running()
    }

    /// The latest cut about app tokens of this person, finished or not: a host should refuse their app refresh tokens
    /// older than it. Of a person who left and returned, those since are about the latest stay.
    pub fn last_cut_about(&self, person: PersonId) -> Option<RevocationId> {
        let owner = self.people.latest_ordinal(person)?;
        let mut latest_first = self.revocations.iter().rev();
        let about = latest_first
            .find(|revocation| (revocation.coverage.filter).has_credential(owner, CredentialType::OauthAppToken));
        about.map(|revocation| revocation.id)
    }

    /// The latest cut, finished or not, whatever it is about.
    pub fn last_cut(&self) -> Option<RevocationId> {
        self.revocations.iter().next_back().map(|revocation| revocation.id)
    }

    /// How far a revocation is, in O(1); nothing for one that was never requested.
    pub fn progress(&self, id: RevocationId) -> Option<Progress> {
        self.revocations.get(id).map(|revocation| self.progress_of(revocation))
    }

    /// How far each revocation is, in order of their cuts.
    pub fn revocations(&self) -> impl Iterator<Item = Progress> {
        self.revocations.iter().map(|revocation| self.progress_of(revocation))
    }

    fn progress_of(&self, revocation: &Revocation) -> Progress {
        let first = self.revocations.running().next();
        let behind = first.filter(|first| revocation.completed_at.is_none() && *first < revocation.id);
        Progress::of(revocation, self.limits(revocation.coverage.filter), behind)
    }

    /// What a filter asks for, by ids: of whom it names, whatever became of them.
    pub(crate) fn limits(&self, filter: Filter) -> Limits {
        let organization = filter
            .organization()
            .and_then(|ordinal| self.organizations.get(ordinal));
        let person = filter.person().and_then(|ordinal| self.people.get(ordinal));
        Limits {
            organization: organization.map(|stay| stay.id),
            person: person.map(|stay| stay.id),
            credential_type: filter.credential_type(),
        }
    }

    /// [`Rule::CredentialKnown`](crate::Rule::CredentialKnown)
    pub(crate) fn issued(&self, credential: CredentialId) -> Result<Credential<'_>, CredentialDenial> {
        let issued = self.credentials.get(credential);
        issued.ok_or(CredentialDenial::Unknown(credential))
    }

    /// See [`Enterprise::authenticates`].
    #[inline]
    pub(crate) fn authenticate(
        &self,
        credential: &Credential<'_>,
        at: Timestamp,
    ) -> Result<PersonId, CredentialDenial> {
        let id = credential.id();
        // Rule::CredentialNotDestroyed
        if credential.is_destroyed() {
            return Err(CredentialDenial::Destroyed(id));
        }
        // Rule::CredentialNotDestructionPending
        if let Some(revocation) = self.pending_destruction(credential) {
            return Err(CredentialDenial::DestructionPending {
                credential: id,
                revocation,
            });
        }
        // Rule::CredentialOwnerPresent
        let owner = self.people.get(credential.owner()).filter(|owner| owner.is_present());
        let owner = owner.ok_or(CredentialDenial::OwnerDeparted(id))?;
        // Rule::CredentialNotExpired
        match self.credentials.expires_at(credential) {
            Some(expires_at) if at >= expires_at => Err(CredentialDenial::Expired {
                credential: id,
                expires_at,
            }),
            _ => Ok(owner.id),
        }
    }

    /// Whether a credential that authenticates is authorized for an organization.
    ///
    /// [`Rule::RevocationPendingStillAuthenticates`](crate::Rule::RevocationPendingStillAuthenticates):
    /// what is pending is asked here, and not where the credential authenticates.
    pub(crate) fn check_use(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
    ) -> Result<(), AccessDenial> {
        let found = (self.credentials).held(credential, organization, &self.organizations);
        let Some(authorization) = found.filter(|authorization| self.is_live_with_credential(authorization)) else {
            return Err(self.why_not_usable(credential, organization, found));
        };
        if self.revocations.taking().is_empty() {
            return Ok(());
        }
        self.check_nothing_pending(credential, organization, authorization)
    }

    /// Apart, so that nothing of it is prepared while nothing runs.
    #[inline(never)]
    fn check_nothing_pending(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
        authorization: Authorization,
    ) -> Result<(), AccessDenial> {
        match self.pending_authorization(credential, &authorization) {
            None => Ok(()),
            Some(revocation) => Err(AccessDenial::RevocationPending {
                organization,
                revocation,
            }),
        }
    }

    /// [`Rule::AuthorizationRequired`](crate::Rule::AuthorizationRequired),
    /// [`Rule::OrganizationKnown`](crate::Rule::OrganizationKnown),
    /// [`Rule::OrganizationPresent`](crate::Rule::OrganizationPresent)
    #[cold]
    fn why_not_usable(
        &self,
        credential: &Credential<'_>,
        organization: OrganizationId,
        found: Option<Authorization>,
    ) -> AccessDenial {
        let Some(stay) = self.organizations.latest(organization) else {
            return AccessDenial::OrganizationUnknown(organization);
        };
        if !stay.is_present() {
            return AccessDenial::OrganizationGone(organization);
        }
        let Some(authorization) = found else {
            return AccessDenial::NotAuthorized(organization);
        };
        if let GrantStatus::Revoked | GrantStatus::Taken = authorization.status {
            return AccessDenial::Revoked(organization);
        }
        match self.pending_authorization(credential, &authorization) {
            Some(revocation) => AccessDenial::RevocationPending {
                organization,
                revocation,
            },
            None => AccessDenial::NotAuthorized(organization),
        }
    }

    pub(crate) fn credential_ref(&self, credential: Credential<'_>) -> Option<CredentialRef<'_>> {
        Some(CredentialRef {
            id: credential.id(),
            owner: self.people.get(credential.owner())?.id,
            kind: credential.kind(),
            scopes: self.credentials.scopes(&credential),
            expires_at: self.credentials.expires_at(&credential),
        })
    }
}
