//! What a revocation covers. It is decided here, and nowhere else. What a recorded request means never changes: another
//! coverage is another type of event. Source: decision 0015.

use core::ops::Range;

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::epoch::Epoch;
use crate::enterprise::filter::{Filter, Shapes};
use crate::enterprise::membership::Ordinal;
use crate::enterprise::progress::Limits;
use crate::enterprise::record::{Authorization, GrantStatus};
use crate::enterprise::revocations::Revocation;
use crate::enterprise::running::{Coverage, Lane, Running};
use crate::id::RevocationId;
use crate::person::Role;

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

impl Coverage {
    /// What becomes of an authorization that it takes: a tombstone, unless it is an organization's.
    ///
    /// [`Rule::OrganizationLeavesNoTombstone`](crate::Rule::OrganizationLeavesNoTombstone)
    pub(crate) const fn settles_as(&self) -> GrantStatus {
        match self.filter.organization() {
            None => GrantStatus::Taken,
            Some(_) => GrantStatus::Revoked,
        }
    }

    /// Why it destroys no credential of this kind of somebody who was in the enterprise in this role at the cut and
    /// whom its filter leaves in. The role of a person whom it names spares nothing, so it is no reason either where
    /// destruction was not asked for.
    ///
    /// [`Rule::EnterpriseMembersByRole`](crate::Rule::EnterpriseMembersByRole),
    /// [`Rule::MembersThreeKindsDestroyed`](crate::Rule::MembersThreeKindsDestroyed),
    /// [`Rule::CollaboratorsKeepCredentials`](crate::Rule::CollaboratorsKeepCredentials),
    /// [`Rule::PersonWhateverTheRole`](crate::Rule::PersonWhateverTheRole)
    pub(crate) const fn why_spared(&self, role: Role, kind: CredentialKind) -> Option<Spared> {
        let by_role = self.filter.person().is_none();
        if by_role && !role.is_enterprise_member() {
            Some(Spared::OwnerIsNoMember)
        } else if !self.revoke_credentials {
            Some(Spared::DestructionNotRequested)
        } else if !kind.is_destroyed_by_revoke_all() {
            Some(Spared::KindIsNotDestroyed)
        } else {
            None
        }
    }
}

impl Enterprise {
    /// What a request would cover that were the next event, whether or not others are running.
    /// One of an organization never destroys.
    ///
    /// [`Rule::LaterRequestHasItsOwnCut`](crate::Rule::LaterRequestHasItsOwnCut)
    pub(crate) fn next_coverage(&self, limits: Limits, revoke_credentials: bool) -> Coverage {
        /// Of somebody who never was: nothing has it.
        const NEVER_GIVEN: Ordinal = Ordinal(u32::MAX - 1);
        let person = |id| self.people.latest_ordinal(id).unwrap_or(NEVER_GIVEN);
        let organization = |id| self.organizations.latest_ordinal(id).unwrap_or(NEVER_GIVEN);
        Coverage {
            request: self.revocations.now(),
            issued: self.credentials.len(),
            filter: Filter::new(
                limits.organization.map(organization),
                limits.person.map(person),
                limits.credential_type,
            ),
            revoke_credentials: revoke_credentials && limits.organization.is_none(),
        }
    }

    /// Whether an authorization with nothing recorded against it is covered: whether it was live at the cut and matches
    /// the filter. The owner's role is not asked, nor the clock.
    ///
    /// [`Rule::EveryAuthorizationInScope`](crate::Rule::EveryAuthorizationInScope),
    /// [`Rule::FiltersNarrowTheScope`](crate::Rule::FiltersNarrowTheScope): a filter is of one stay, so whoever returns
    /// is outside; [`Rule::ScopeIsSettledAtTheCut`](crate::Rule::ScopeIsSettledAtTheCut),
    /// [`Rule::ExpiryKeepsScope`](crate::Rule::ExpiryKeepsScope)
    pub(crate) fn covers_authorization(
        &self,
        coverage: Coverage,
        credential: &Credential,
        authorization: &Authorization,
    ) -> bool {
        coverage.filter.has_organization(authorization.organization)
            && has_credential(coverage.filter, credential)
            && self.was_live_at(coverage.request, credential, authorization)
    }

    /// Whether an authorization with nothing recorded against it was live when a request was recorded.
    ///
    /// When a credential is destroyed, its authorizations that are not pending are recorded as ended. So the
    /// credential's own end is not asked for here.
    #[inline]
    fn was_live_at(&self, request: Epoch, credential: &Credential, authorization: &Authorization) -> bool {
        authorization.status == GrantStatus::Granted
            && authorization.granted <= request
            && (self.people.get(credential.owner())).is_some_and(|owner| !owner.had_ended_at(request))
            && (self.organizations.get(authorization.organization)).is_some_and(|stay| !stay.had_ended_at(request))
    }

    /// Whether a credential that is not destroyed is covered: of the three kinds, issued before the cut, matched by the
    /// filter, and owned by someone who was an enterprise member at the cut, or is the one whom the request names. Who
    /// made the request, and with what, is not asked, nor the clock.
    ///
    /// [`Rule::MembersThreeKindsDestroyed`](crate::Rule::MembersThreeKindsDestroyed),
    /// [`Rule::CollaboratorsKeepCredentials`](crate::Rule::CollaboratorsKeepCredentials),
    /// [`Rule::PersonWhateverTheRole`](crate::Rule::PersonWhateverTheRole),
    /// [`Rule::NobodyIsSpared`](crate::Rule::NobodyIsSpared),
    /// [`Rule::ScopeIsSettledAtTheCut`](crate::Rule::ScopeIsSettledAtTheCut),
    /// [`Rule::ExpiryKeepsScope`](crate::Rule::ExpiryKeepsScope)
    pub(crate) fn covers_credential(&self, coverage: Coverage, credential: &Credential) -> bool {
        !credential.is_destroyed()
            && credential.slot < coverage.issued
            && has_credential(coverage.filter, credential)
            && (self.people.get(credential.owner())).is_some_and(|owner| !owner.had_ended_at(coverage.request))
            && self.why_spared(coverage, credential).is_none()
    }

    /// Why a revocation destroys none of the credentials like this one, which its filter matches and whose owner was in
    /// the enterprise at the cut.
    fn why_spared(&self, coverage: Coverage, credential: &Credential) -> Option<Spared> {
        let (role, _) = self.people.role_at(credential.owner(), coverage.request)?;
        coverage.why_spared(role, credential.kind())
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

    /// The running revocation in which an authorization is pending: the earliest that covers it. From the request on,
    /// since nothing but the request is asked.
    ///
    /// [`Rule::EffectiveAtOnce`](crate::Rule::EffectiveAtOnce),
    /// [`Rule::EarliestRevocationOwnsItem`](crate::Rule::EarliestRevocationOwnsItem)
    ///
    /// Asked of each filter that matches: of one filter a grant that is dead at a cut is dead at every later one, so
    /// the first cut after the grant decides.
    #[inline]
    pub(crate) fn pending_authorization(
        &self,
        credential: &Credential,
        authorization: &Authorization,
    ) -> Option<RevocationId> {
        if self.revocations.taking().is_empty() {
            return None;
        }
        self.running_authorization(credential, *authorization)
            .map(|running| running.id)
    }

    /// The same, with what it is about. The ways to find it stand apart, so that a check that finds nothing prepares
    /// for none of them. For most credentials the shapes alone say that there is nothing.
    #[inline(never)]
    pub(crate) fn running_authorization(
        &self,
        credential: &Credential,
        authorization: Authorization,
    ) -> Option<&Running> {
        let taking = self.revocations.taking();
        if taking.is_empty() || authorization.status != GrantStatus::Granted {
            return None;
        }
        match taking.possible(self.owner_is_target(credential)) {
            Shapes::NONE => None,
            Shapes::EVERYTHING => self.first_of_everything(credential, authorization),
            shapes => self.first_of(shapes, credential, authorization),
        }
    }

    /// The earliest of those without a filter.
    #[inline(never)]
    fn first_of_everything(&self, credential: &Credential, authorization: Authorization) -> Option<&Running> {
        self.first_covering(self.revocations.taking().everything(), credential, &authorization)
    }

    /// The earliest of those whose filters have these shapes.
    #[inline(never)]
    fn first_of(&self, shapes: Shapes, credential: &Credential, authorization: Authorization) -> Option<&Running> {
        let credential_type = credential.kind().credential_type();
        let item = Filter::of_authorization(authorization.organization, credential.owner(), credential_type);
        let lanes = self.revocations.taking().matching(shapes, item);
        let first = lanes.filter_map(|lane| self.first_covering(lane, credential, &authorization));
        first.min_by_key(|running| running.id)
    }

    #[inline]
    fn first_covering<'a>(
        &self,
        lane: &'a Lane,
        credential: &Credential,
        authorization: &Authorization,
    ) -> Option<&'a Running> {
        let running = lane.first_after(|earlier| earlier.coverage.request < authorization.granted)?;
        // It matches: its lane was found by what it is.
        let is_covered = self.was_live_at(running.coverage.request, credential, authorization);
        is_covered.then_some(running)
    }

    /// Whether a revocation of the enterprise took this authorization, recorded or pending: of every kind but
    /// fine-grained, the pair is a tombstone. One that was revoked singly, or by an organization's revocation,
    /// was not taken.
    ///
    /// [`Rule::RevokedPairIsTombstone`](crate::Rule::RevokedPairIsTombstone),
    /// [`Rule::OrganizationLeavesNoTombstone`](crate::Rule::OrganizationLeavesNoTombstone),
    /// [`Rule::SinglyRevokedMayBeGrantedAgain`](crate::Rule::SinglyRevokedMayBeGrantedAgain)
    pub(crate) fn is_taken(&self, credential: &Credential, authorization: &Authorization) -> bool {
        match authorization.status {
            GrantStatus::Granted => self.settled_as(credential, authorization) == Some(GrantStatus::Taken),
            GrantStatus::Taken => true,
            GrantStatus::Revoked | GrantStatus::Ended => false,
        }
    }

    /// What a pending authorization becomes when its revocation records it; nothing for one that is not pending.
    pub(crate) fn settled_as(&self, credential: &Credential, authorization: &Authorization) -> Option<GrantStatus> {
        let running = self.running_authorization(credential, *authorization)?;
        Some(running.coverage.settles_as())
    }

    /// The running revocation in which a credential's destruction is pending: the earliest that covers it.
    ///
    /// [`Rule::EffectiveAtOnce`](crate::Rule::EffectiveAtOnce),
    /// [`Rule::EarliestRevocationOwnsItem`](crate::Rule::EarliestRevocationOwnsItem)
    ///
    /// Asked of each filter that matches, as for an authorization.
    #[inline]
    pub(crate) fn pending_destruction(&self, credential: &Credential) -> Option<RevocationId> {
        if credential.is_destroyed() || self.revocations.destroying().is_empty() {
            return None;
        }
        self.running_destruction(credential)
    }

    #[inline(never)]
    fn running_destruction(&self, credential: &Credential) -> Option<RevocationId> {
        let destroying = self.revocations.destroying();
        let shapes = destroying.possible(self.owner_is_target(credential));
        if shapes == Shapes::NONE || !credential.kind().is_destroyed_by_revoke_all() {
            return None;
        }
        match shapes {
            Shapes::EVERYTHING => self.first_destruction(destroying.everything(), credential),
            shapes => self.first_destruction_of(shapes, credential),
        }
    }

    /// The earliest of those whose filters have these shapes.
    #[inline(never)]
    fn first_destruction_of(&self, shapes: Shapes, credential: &Credential) -> Option<RevocationId> {
        let item = Filter::of_credential(credential.owner(), credential.kind().credential_type());
        let lanes = self.revocations.destroying().matching(shapes, item);
        lanes.filter_map(|lane| self.first_destruction(lane, credential)).min()
    }

    /// Whether an unfinished revocation is about a credential's owner.
    #[inline]
    fn owner_is_target(&self, credential: &Credential) -> bool {
        let owner = self.people.get(credential.owner());
        owner.is_some_and(|owner| owner.facts.is_target)
    }

    /// The earliest revocation of one filter that destroys a credential. A cut at which the owner was no enterprise
    /// member is passed over, with all others in the time of that role; whom the filter names is taken at any.
    #[inline(never)]
    fn first_destruction(&self, lane: &Lane, credential: &Credential) -> Option<RevocationId> {
        let running = lane.first_after(|earlier| earlier.coverage.issued <= credential.slot)?;
        let owner = self.people.get(credential.owner())?;
        if lane.filter().person().is_some() {
            return (!owner.had_ended_at(running.coverage.request)).then_some(running.id);
        }
        let mut passed = Epoch::default();
        loop {
            let is_earlier =
                |earlier: &Running| earlier.coverage.request < passed || earlier.coverage.issued <= credential.slot;
            let running = lane.first_after(is_earlier)?;
            if self.covers_credential(running.coverage, credential) {
                return Some(running.id);
            }
            if owner.had_ended_at(running.coverage.request) {
                return None;
            }
            let (role, until) = self.people.role_at(credential.owner(), running.coverage.request)?;
            if role.is_enterprise_member() {
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

    /// Whether any authorization of a credential is pending in any revocation.
    pub(crate) fn has_authorization_pending(&self, credential: &Credential) -> bool {
        (self.credentials.authorizations(credential))
            .any(|authorization| self.pending_authorization(credential, &authorization).is_some())
    }

    /// The credentials with something left for a running revocation, in order of issue.
    pub(crate) fn credentials_left(&self, revocation: &Revocation) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        let id = revocation.id;
        let credentials = self.credentials_not_passed(revocation);
        credentials.filter(move |credential| self.has_something_left(credential, id))
    }

    /// The credentials that the job of a running revocation has not passed and that its filter matches,
    /// in order of issue.
    pub(crate) fn credentials_not_passed(
        &self,
        revocation: &Revocation,
    ) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        self.credentials_between(revocation.coverage, revocation.cursor..revocation.coverage.issued)
    }

    /// The credentials in these slots that a filter matches, in order of issue. Those of one person come from the list
    /// of theirs, where it has been made.
    pub(crate) fn credentials_between(
        &self,
        coverage: Coverage,
        slots: Range<u32>,
    ) -> impl Iterator<Item = Credential<'_>> + use<'_> {
        let Coverage { filter, issued, .. } = coverage;
        let listed = filter
            .person()
            .and_then(|person| self.revocations.target(person, issued));
        let scanned = if listed.is_some() { 0..0 } else { slots.clone() };
        let listed = listed.unwrap_or_default();
        let begun = listed.partition_point(|slot| *slot < slots.start);
        let end = listed.partition_point(|slot| *slot < slots.end);
        let listed = listed.get(begun..end).unwrap_or_default();
        let scanned = self.credentials.range(scanned);
        let scanned = scanned.filter(move |credential| has_credential(filter, credential));
        self.credentials_at(coverage, listed).chain(scanned)
    }

    /// The credentials in these slots that a filter matches, in the order of the list.
    pub(crate) fn credentials_at<'a>(
        &'a self,
        coverage: Coverage,
        slots: &'a [u32],
    ) -> impl Iterator<Item = Credential<'a>> + use<'a> {
        let listed = slots.iter().filter_map(|slot| self.credentials.at(*slot));
        listed.filter(move |credential| has_credential(coverage.filter, credential))
    }
}

/// Whether a filter leaves a credential in.
///
/// [`Rule::FiltersNarrowTheScope`](crate::Rule::FiltersNarrowTheScope),
/// [`Rule::AppTokensAreOneType`](crate::Rule::AppTokensAreOneType)
fn has_credential(filter: Filter, credential: &Credential) -> bool {
    filter.has_credential(credential.owner(), credential.kind().credential_type())
}
