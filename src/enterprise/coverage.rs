//! What a revocation covers: decided here, and nowhere else. It is what a recorded request means, which never changes: another
//! coverage is another type of event. Source: decision 0015.

use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::epoch::Epoch;
use crate::enterprise::record::{Authorization, GrantStatus};
use crate::enterprise::revocations::{Coverage, Revocation};
use crate::id::RevocationId;

/// Why a revocation lets a credential live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spared {
    /// Its owner was no enterprise member at the cut.
    OwnerIsNoMember,
    /// The request did not ask to destroy credentials.
    DestructionNotRequested,
    /// It is an app token.
    KindIsNotDestroyed,
}

impl Enterprise {
    /// What a request would cover that were the next event, whether or not others are running.
    ///
    /// [`Rule::LaterRequestHasItsOwnCut`](crate::Rule::LaterRequestHasItsOwnCut)
    pub(crate) fn next_coverage(&self, revoke_credentials: bool) -> Coverage {
        Coverage {
            request: self.revocations.now(),
            issued: self.credentials.len(),
            revoke_credentials,
        }
    }

    /// Whether an authorization with nothing recorded against it is covered: whether it was live at the cut. Neither the
    /// kind of its credential nor the owner's role is asked, nor the clock.
    ///
    /// [`Rule::EveryAuthorizationInScope`](crate::Rule::EveryAuthorizationInScope),
    /// [`Rule::ScopeIsSettledAtTheCut`](crate::Rule::ScopeIsSettledAtTheCut),
    /// [`Rule::ExpiryKeepsScope`](crate::Rule::ExpiryKeepsScope)
    ///
    /// When a credential is destroyed, its authorizations that are not pending are recorded as ended. So the credential's
    /// own end is not asked for here.
    pub(crate) fn covers_authorization(
        &self,
        coverage: Coverage,
        credential: &Credential,
        authorization: &Authorization,
    ) -> bool {
        authorization.status == GrantStatus::Granted
            && authorization.granted <= coverage.request
            && (self.people.get(credential.owner())).is_some_and(|owner| !owner.had_ended_at(coverage.request))
            && (self.organizations.get(authorization.organization))
                .is_some_and(|stay| !stay.had_ended_at(coverage.request))
    }

    /// Whether a credential that is not destroyed is covered: of the three kinds, issued before the cut, and owned by
    /// someone who was an enterprise member at the cut. Who made the request, and with what, is not asked, nor the clock.
    ///
    /// [`Rule::MembersThreeKindsDestroyed`](crate::Rule::MembersThreeKindsDestroyed),
    /// [`Rule::CollaboratorsKeepCredentials`](crate::Rule::CollaboratorsKeepCredentials),
    /// [`Rule::NobodyIsSpared`](crate::Rule::NobodyIsSpared),
    /// [`Rule::ScopeIsSettledAtTheCut`](crate::Rule::ScopeIsSettledAtTheCut),
    /// [`Rule::ExpiryKeepsScope`](crate::Rule::ExpiryKeepsScope)
    pub(crate) fn covers_credential(&self, coverage: Coverage, credential: &Credential) -> bool {
        !credential.is_destroyed()
            && credential.slot < coverage.issued
            && (self.people.get(credential.owner())).is_some_and(|owner| !owner.had_ended_at(coverage.request))
            && self.why_spared(coverage, credential).is_none()
    }

    /// Why a revocation destroys none of the credentials like this one, whose owner was in the enterprise at the cut.
    ///
    /// [`Rule::EnterpriseMembersByRole`](crate::Rule::EnterpriseMembersByRole),
    /// [`Rule::MembersThreeKindsDestroyed`](crate::Rule::MembersThreeKindsDestroyed),
    /// [`Rule::CollaboratorsKeepCredentials`](crate::Rule::CollaboratorsKeepCredentials)
    pub(crate) fn why_spared(&self, coverage: Coverage, credential: &Credential) -> Option<Spared> {
        let (role, _) = self.people.role_at(credential.owner(), coverage.request)?;
        if !role.is_enterprise_member() {
            Some(Spared::OwnerIsNoMember)
        } else if !coverage.revoke_credentials {
            Some(Spared::DestructionNotRequested)
        } else if !credential.kind().is_destroyed_by_revoke_all() {
            Some(Spared::KindIsNotDestroyed)
        } else {
            None
        }
    }

    /// Whether a credential's owner is still in the membership in which it was issued.
    ///
    /// [`Rule::NothingOldComesBack`](crate::Rule::NothingOldComesBack)
    pub(crate) fn owner_is_present(&self, credential: &Credential) -> bool {
        self.people
            .get(credential.owner())
            .is_some_and(|owner| owner.is_present())
    }

    /// Whether an authorization is live, pending or not: granted, not revoked, its credential not destroyed, and its
    /// organization and owner still in the same membership.
    pub(crate) fn is_live(&self, credential: &Credential, authorization: &Authorization) -> bool {
        !credential.is_destroyed() && self.owner_is_present(credential) && self.is_live_with_credential(authorization)
    }

    /// Whether an authorization of a credential that is alive is live, pending or not.
    pub(crate) fn is_live_with_credential(&self, authorization: &Authorization) -> bool {
        authorization.status == GrantStatus::Granted
            && (self.organizations.get(authorization.organization)).is_some_and(|stay| stay.is_present())
    }

    /// The running revocation in which an authorization is pending: the earliest that covers it. From the request on, since
    /// nothing but the request is asked.
    ///
    /// [`Rule::EffectiveAtOnce`](crate::Rule::EffectiveAtOnce),
    /// [`Rule::EarliestRevocationOwnsItem`](crate::Rule::EarliestRevocationOwnsItem)
    ///
    /// A grant that is dead at one cut is dead at every later one, so the first cut after the grant decides.
    pub(crate) fn pending_authorization(
        &self,
        credential: &Credential,
        authorization: &Authorization,
    ) -> Option<RevocationId> {
        let running = self.revocations.running_after(authorization.granted)?;
        let is_covered = self.covers_authorization(running.coverage, credential, authorization);
        is_covered.then_some(running.id)
    }

    /// Whether a revocation took this authorization, recorded or pending: of every kind but fine-grained, the pair is a
    /// tombstone. One that was revoked singly was not taken.
    ///
    /// [`Rule::RevokedPairIsTombstone`](crate::Rule::RevokedPairIsTombstone),
    /// [`Rule::SinglyRevokedMayBeGrantedAgain`](crate::Rule::SinglyRevokedMayBeGrantedAgain)
    pub(crate) fn is_taken(&self, credential: &Credential, authorization: &Authorization) -> bool {
        match authorization.status {
            GrantStatus::Granted => self.pending_authorization(credential, authorization).is_some(),
            GrantStatus::Taken => true,
            GrantStatus::Revoked | GrantStatus::Ended => false,
        }
    }

    /// The running revocation in which a credential's destruction is pending: the earliest that covers it.
    ///
    /// [`Rule::EffectiveAtOnce`](crate::Rule::EffectiveAtOnce),
    /// [`Rule::EarliestRevocationOwnsItem`](crate::Rule::EarliestRevocationOwnsItem)
    ///
    /// A cut at which the owner was no enterprise member is passed over, with all others in the time of that role.
    #[inline]
    pub(crate) fn pending_destruction(&self, credential: &Credential) -> Option<RevocationId> {
        if credential.is_destroyed() || !self.revocations.is_any_destroying() {
            return None;
        }
        self.running_destruction(credential)
    }

    fn running_destruction(&self, credential: &Credential) -> Option<RevocationId> {
        if !credential.kind().is_destroyed_by_revoke_all() {
            return None;
        }
        let mut passed = Epoch::default();
        loop {
            let running = self.revocations.running_destroying_after(passed, credential.slot)?;
            if self.covers_credential(running.coverage, credential) {
                return Some(running.id);
            }
            let owner = self.people.get(credential.owner())?;
            let (role, until) = self.people.role_at(credential.owner(), running.coverage.request)?;
            if owner.had_ended_at(running.coverage.request) || role.is_enterprise_member() {
                return None;
            }
            passed = until?;
        }
    }

    /// Whether anything of a credential waits for the job of this revocation.
    pub(crate) fn has_something_left(&self, credential: &Credential, revocation: RevocationId) -> bool {
        let is_left = |authorization| self.pending_authorization(credential, &authorization) == Some(revocation);
        self.pending_destruction(credential) == Some(revocation)
            || credential.may_have_granted() && self.credentials.authorizations(credential).any(is_left)
    }

    /// Whether anything of a credential is pending in any revocation.
    pub(crate) fn has_anything_pending(&self, credential: &Credential) -> bool {
        self.pending_destruction(credential).is_some()
            || (self.credentials.authorizations(credential))
                .any(|authorization| self.pending_authorization(credential, &authorization).is_some())
    }

    /// The credentials with something left for a running revocation, in order of issue.
    pub(crate) fn credentials_left(&self, revocation: &Revocation) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        let id = revocation.id;
        let credentials = self.credentials_not_passed(revocation);
        credentials.filter(move |credential| self.has_something_left(credential, id))
    }

    /// The credentials that the job of a running revocation has not passed, in order of issue.
    pub(crate) fn credentials_not_passed(
        &self,
        revocation: &Revocation,
    ) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        self.credentials.range(revocation.cursor..revocation.coverage.issued)
    }
}
