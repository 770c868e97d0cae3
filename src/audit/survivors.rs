//! What outlives a revocation, and why. The worst documented failure of such features is an operator who wrongly believes
//! that an account is locked out.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::Serialize;

use crate::audit::Auditor;
use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::revocations::Epoch;
use crate::id::{CredentialId, RevocationId};
use crate::timestamp::Timestamp;

/// How many examples a group of survivors names.
const EXAMPLES_MAX: usize = 10;

/// Why something is alive after a revocation. In the order in which reports show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// For each credential issued so far, why the revocation requested last leaves it alone; nothing where it does not.
///
/// Asked right after the request is applied, when every role is still known as it was at the cut.
pub(super) fn fates(enterprise: &Enterprise, revoke_credentials: bool) -> Vec<Option<SurvivalReason>> {
    let fate = |credential: Credential<'_>| {
        let owner = enterprise.people.get(credential.owner())?;
        if !owner.facts.role.is_enterprise_member() {
            Some(SurvivalReason::OwnerWasCollaborator)
        } else if !revoke_credentials {
            Some(SurvivalReason::DestructionNotRequested)
        } else if !credential.kind().is_destroyed_by_revoke_all() {
            Some(SurvivalReason::KindIsNotDestroyed)
        } else {
            None
        }
    };
    enterprise.credentials.iter().map(fate).collect()
}

#[derive(Default)]
struct Group {
    count: u64,
    examples: Vec<CredentialId>,
}

type Groups = BTreeMap<(SurvivalReason, CredentialKind), Group>;

impl Auditor {
    /// What was alive at the end of the history although it is younger than, or outlived, this revocation's cut.
    pub(super) fn survivors(&self, revocation: RevocationId) -> Vec<Survivors> {
        let (Some(at), Some(revocation)) = (self.enterprise.last_at(), self.enterprise.revocations.get(revocation))
        else {
            return Vec::new();
        };
        let request = revocation.scope.request;
        let mut groups = Groups::new();
        for (slot, credential) in self.enterprise.credentials.iter().enumerate() {
            if self.enterprise.authenticate(&credential, at).is_err() {
                continue;
            }
            let fate = self.fates.get(slot).copied();
            // A credential that the revocation covers and that authenticates is none: the law of the cut forbids it.
            let reason = fate.unwrap_or(Some(SurvivalReason::IssuedAfterTheCut));
            if let Some(reason) = reason {
                add(&mut groups, reason, &credential);
            }
            self.add_authorizations(request, &credential, at, &mut groups);
        }
        let survivors = groups.into_iter().map(|((reason, kind), group)| Survivors {
            reason,
            kind,
            count: group.count,
            examples: group.examples,
        });
        survivors.collect()
    }

    fn add_authorizations(&self, request: Epoch, credential: &Credential<'_>, at: Timestamp, groups: &mut Groups) {
        for authorization in self.enterprise.credentials.authorizations(credential) {
            let Some(organization) = self
                .enterprise
                .organizations
                .get(authorization.organization)
                .map(|stay| stay.id)
            else {
                continue;
            };
            let after = authorization.granted > request;
            if after && self.enterprise.may_use(credential.id(), organization, at).is_ok() {
                let again = self.authorized_again.contains(&(credential.id(), organization));
                let reason = if again {
                    SurvivalReason::AuthorizedAgain
                } else {
                    SurvivalReason::AuthorizedAfterTheCut
                };
                add(groups, reason, credential);
            }
        }
    }
}

fn add(groups: &mut Groups, reason: SurvivalReason, credential: &Credential<'_>) {
    let group = groups.entry((reason, credential.kind())).or_default();
    group.count += 1;
    if group.examples.len() < EXAMPLES_MAX && group.examples.last() != Some(&credential.id()) {
        group.examples.push(credential.id());
    }
}
