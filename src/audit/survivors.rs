//! What outlives a revocation, and why. The worst documented failure of such features is an operator who wrongly believes
//! that an account is locked out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::coverage::Spared;
use crate::enterprise::credentials::Credential;
use crate::enterprise::epoch::Epoch;
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
    /// The authorization of a fine-grained token was taken, and granted again after the cut, as its owner may ask.
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
            Self::AuthorizedAgain => "fine-grained token, authorized again after the cut",
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

/// For each credential issued so far, why the revocation requested last leaves it alone; nothing where it does not.
///
/// Asked right after the request is applied, when every role is still known as it was at the cut.
pub(super) fn fates(enterprise: &Enterprise) -> Vec<Option<SurvivalReason>> {
    let Some(revocation) = enterprise.revocations.iter().next_back() else {
        debug_assert!(false, "asked where nothing was requested");
        return Vec::new();
    };
    let spared = |credential| enterprise.why_spared(revocation.coverage, &credential);
    let credentials = enterprise.credentials.iter();
    credentials
        .map(|credential| spared(credential).map(SurvivalReason::from))
        .collect()
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
    /// Why each credential issued before a revocation's cut outlives it, in order of issue.
    pub(super) fates: Vec<Option<SurvivalReason>>,
    /// Fine-grained pairs that were authorized again after a revoke-all had taken them.
    pub(super) authorized_again: BTreeSet<(CredentialId, OrganizationId)>,
}

/// The pair that this event, which comes next, authorizes again after a revoke-all took it.
pub(super) fn authorized_again(enterprise: &Enterprise, event: &Event) -> Option<(CredentialId, OrganizationId)> {
    let &Event::CredentialAuthorized {
        credential,
        organization,
    } = event
    else {
        return None;
    };
    let issued = enterprise.credentials.get(credential)?;
    let (_, authorization) =
        (enterprise.credentials).authorization(&issued, organization, &enterprise.organizations)?;
    let is_taken = enterprise.is_taken(&issued, &authorization);
    is_taken.then_some((credential, organization))
}

impl Traces {
    /// What is alive in the state at the end although it is younger than, or outlived, this revocation's cut.
    pub(super) fn survivors(&self, enterprise: &Enterprise, revocation: RevocationId) -> Vec<Survivors> {
        let (Some(at), Some(revocation)) = (enterprise.last_at(), enterprise.revocations.get(revocation)) else {
            debug_assert!(false, "asked about `{revocation}`, which was never requested");
            return Vec::new();
        };
        let request = revocation.coverage.request;
        let mut groups = Groups::new();
        for (slot, credential) in enterprise.credentials.iter().enumerate() {
            if enterprise.authenticate(&credential, at).is_err() {
                continue;
            }
            let fate = self.fates.get(slot).copied();
            // A credential that the revocation covers and that authenticates is none: the law of the cut forbids it.
            let reason = fate.unwrap_or(Some(SurvivalReason::IssuedAfterTheCut));
            if let Some(reason) = reason {
                add(&mut groups, reason, &credential);
            }
            for (organization, reason) in self.later_authorizations(enterprise, request, &credential) {
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

    /// The organizations for which a credential was authorized after the request, and why that is no fault.
    fn later_authorizations(
        &self,
        enterprise: &Enterprise,
        request: Epoch,
        credential: &Credential<'_>,
    ) -> impl Iterator<Item = (OrganizationId, SurvivalReason)> {
        let authorizations = enterprise.credentials.authorizations(credential);
        let later = authorizations.filter(move |authorization| authorization.granted > request);
        let organizations = later.filter_map(|authorization| enterprise.organizations.get(authorization.organization));
        let credential = credential.id();
        organizations.map(move |stay| {
            if self.authorized_again.contains(&(credential, stay.id)) {
                (stay.id, SurvivalReason::AuthorizedAgain)
            } else {
                (stay.id, SurvivalReason::AuthorizedAfterTheCut)
            }
        })
    }
}

fn add(groups: &mut Groups, reason: SurvivalReason, credential: &Credential<'_>) {
    let group = groups.entry((reason, credential.kind())).or_default();
    group.count += 1;
    if group.examples.len() < EXAMPLES_MAX && group.examples.last() != Some(&credential.id()) {
        group.examples.push(credential.id());
    }
}
