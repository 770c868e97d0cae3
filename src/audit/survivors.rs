//! What outlives a revocation, and why. The worst documented failure of such features is an operator who wrongly believes
//! that an account is locked out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::coverage::Spared;
use crate::enterprise::credentials::Credential;
use crate::enterprise::progress::Limits;
use crate::event::Event;
use crate::id::{CredentialId, OrganizationId, RevocationId};

/// How many examples a group of survivors names.
const EXAMPLES_MAX: usize = 10;

/// Why something is alive after a revocation. In the order in which reports show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SurvivalReason {
    /// The credential's owner was no enterprise member at the cut.
    OwnerWasCollaborator,
    /// The request did not ask to destroy credentials.
    DestructionNotRequested,
    /// The credential is an app token, which is never destroyed by a revoke-all.
    KindIsNotDestroyed,
    /// The credential was issued after the cut.
    IssuedAfterTheCut,
    /// The authorization was granted after the cut.
    AuthorizedAfterTheCut,
    /// The authorization was taken, and granted again after the cut: of a fine-grained token, as its owner may ask, or after a
    /// revocation of an organization.
    AuthorizedAgain,
}

impl SurvivalReason {
    /// The reason in a sentence, for a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OwnerWasCollaborator => "still authenticates: its owner is a guest or collaborator, not a member",
            Self::DestructionNotRequested => "still authenticates: the request did not ask to destroy credentials",
            Self::KindIsNotDestroyed => "still authenticates: app tokens lose authorizations and are not destroyed",
            Self::IssuedAfterTheCut => "authenticates: issued after the cut",
            Self::AuthorizedAfterTheCut => "authorized after the cut",
            Self::AuthorizedAgain => "taken by a revocation, and authorized again after the cut",
        }
    }
}

/// A group of survivors of one kind, for one reason: credentials that authenticate, or live authorizations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivors {
    /// Why they are alive.
    pub reason: SurvivalReason,
    /// The kind of the credentials.
    pub kind: CredentialKind,
    /// How many credentials, or for the two reasons about authorizations, how many authorizations.
    pub count: u64,
    /// The first few of their credentials, in order of issue.
    pub examples: Vec<CredentialId>,
}

impl From<Spared> for SurvivalReason {
    fn from(spared: Spared) -> Self {
        match spared {
            Spared::OwnerIsNoMember => Self::OwnerWasCollaborator,
            Spared::DestructionNotRequested => Self::DestructionNotRequested,
            Spared::KindIsNotDestroyed => Self::KindIsNotDestroyed,
        }
    }
}

#[derive(Default)]
struct Group {
    count: u64,
    examples: Vec<CredentialId>,
}

type Groups = BTreeMap<(SurvivalReason, CredentialKind), Group>;

/// What a history shows on the way and its end does not: it tells the reasons of survivors apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// Why each credential issued before the cut outlives the revocation, in order of issue.
    fates: Vec<Option<SurvivalReason>>,
    /// The pairs that were authorized again after a revocation had taken them.
    authorized_again: BTreeSet<Pair>,
    /// The pairs that an organization's revocation took: the state does not tell them from those that were revoked singly.
    taken_at_organizations: BTreeSet<Pair>,
}

type Pair = (CredentialId, OrganizationId);

impl Traces {
    /// Begins anew with the revocation requested last: asked right after the request is applied, when every role is still known as
    /// it was at the cut.
    pub(super) fn begin(&mut self, enterprise: &Enterprise) {
        let Some(revocation) = enterprise.revocations.iter().next_back() else {
            debug_assert!(false, "asked where nothing was requested");
            return;
        };
        let spared = |credential| enterprise.why_spared(revocation.coverage, &credential);
        let credentials = enterprise.credentials.iter();
        self.fates = credentials
            .map(|credential| spared(credential).map(SurvivalReason::from))
            .collect();
    }

    /// The pair that this event, which comes next, authorizes again after a revocation took it.
    pub(super) fn authorized_again(&self, enterprise: &Enterprise, event: &Event) -> Option<Pair> {
        let &Event::CredentialAuthorized {
            credential,
            organization,
        } = event
        else {
            return None;
        };
        let is_taken = |issued| {
            let held = (enterprise.credentials).authorization(&issued, organization, &enterprise.organizations);
            held.is_some_and(|(_, held)| enterprise.is_taken(&issued, &held))
        };
        let pair = (credential, organization);
        let again =
            self.taken_at_organizations.contains(&pair) || enterprise.credentials.get(credential).is_some_and(is_taken);
        again.then_some(pair)
    }

    /// Notes an event that is applied, and the pair that it authorized again.
    pub(super) fn observe(&mut self, enterprise: &Enterprise, event: &Event, again: Option<Pair>) {
        self.authorized_again.extend(again);
        let Event::AuthorizationRevoked {
            credential,
            organization,
            revocation: Some(revocation),
        } = event
        else {
            return;
        };
        let revocation = enterprise.revocations.get(*revocation);
        if revocation.is_some_and(|it| it.coverage.filter.organization().is_some()) {
            self.taken_at_organizations.insert((*credential, *organization));
        }
    }

    /// What is alive in the state at the end, of what the revocation's filter matches, although it is younger than, or outlived, its
    /// cut.
    pub(super) fn survivors(&self, enterprise: &Enterprise, revocation: RevocationId) -> Vec<Survivors> {
        let (Some(at), Some(revocation)) = (enterprise.last_at(), enterprise.revocations.get(revocation)) else {
            debug_assert!(false, "asked about `{revocation}`, which was never requested");
            return Vec::new();
        };
        let limits = enterprise.limits(revocation.coverage.filter);
        let mut groups = Groups::new();
        for (slot, credential) in enterprise.credentials.iter().enumerate() {
            if !is_within(enterprise, limits, &credential) || enterprise.authenticate(&credential, at).is_err() {
                continue;
            }
            let fate = self.fates.get(slot).copied();
            // A credential that the revocation covers and that authenticates is none: the law of the cut forbids it.
            let reason = fate.unwrap_or(Some(SurvivalReason::IssuedAfterTheCut));
            if let Some(reason) = reason {
                add(&mut groups, reason, &credential);
            }
            for (organization, reason) in self.later_authorizations(enterprise, limits, &credential) {
                if enterprise.may_use(credential.id(), organization, at).is_ok() {
                    add(&mut groups, reason, &credential);
                }
            }
        }
        let survivors = groups.into_iter().map(|((reason, kind), group)| Survivors {
            reason,
            kind,
            count: group.count,
            examples: group.examples,
        });
        survivors.collect()
    }

    /// The organizations for which a credential may be used if it was authorized after the cut, and why that is no fault. What was
    /// live at the cut and matches is dead, so what matches and is alive came later.
    fn later_authorizations(
        &self,
        enterprise: &Enterprise,
        limits: Limits,
        credential: &Credential<'_>,
    ) -> impl Iterator<Item = (OrganizationId, SurvivalReason)> {
        let authorizations = enterprise.credentials.authorizations(credential);
        let organizations = authorizations.filter_map(|held| enterprise.organizations.get(held.organization));
        let matching = organizations.filter(move |stay| limits.organization.is_none_or(|of| of == stay.id));
        let credential = credential.id();
        matching.map(
            move |stay| match self.authorized_again.contains(&(credential, stay.id)) {
                true => (stay.id, SurvivalReason::AuthorizedAgain),
                false => (stay.id, SurvivalReason::AuthorizedAfterTheCut),
            },
        )
    }
}

/// Whether a credential is of the person and of the type that a revocation is limited to. The person's other memberships count: what
/// was issued in them outlives it.
pub(crate) fn is_within(enterprise: &Enterprise, limits: Limits, credential: &Credential<'_>) -> bool {
    let owner = enterprise.people.get(credential.owner()).map(|stay| stay.id);
    limits.person.is_none_or(|person| owner == Some(person))
        && limits.credential_type.is_none_or(|of| of.has(credential.kind()))
}

fn add(groups: &mut Groups, reason: SurvivalReason, credential: &Credential<'_>) {
    let group = groups.entry((reason, credential.kind())).or_default();
    group.count += 1;
    if group.examples.len() < EXAMPLES_MAX && group.examples.last() != Some(&credential.id()) {
        group.examples.push(credential.id());
    }
}
