//! Why something is alive after a revocation: told before it by a plan, and after it by audits and lists, in the same
//! words.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialKind;
use crate::enterprise::coverage::Spared;
use crate::id::CredentialId;
use crate::sorted::Sorted;

/// How many examples a group of survivors names.
const EXAMPLES_MAX: usize = 10;

/// Why something is alive after a revocation. In the order in which reports show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SurvivalReason {
    /// The credential's owner was no enterprise member at the cut, and the request did not name them.
    OwnerWasCollaborator,
    /// The request did not ask to destroy credentials. Also said of those of a guest or collaborator whom the request
    /// names: had it asked, their role would have spared nothing.
    DestructionNotRequested,
    /// The credential is an app token, which is never destroyed by a revoke-all.
    KindIsNotDestroyed,
    /// The credential was issued after the cut.
    IssuedAfterTheCut,
    /// The authorization was granted after the cut.
    AuthorizedAfterTheCut,
    /// The authorization was taken, and granted again after the cut: of a fine-grained token, as its owner may ask, or
    /// after a revocation of an organization.
    AuthorizedAgain,
}

impl SurvivalReason {
    /// The name in reports and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnerWasCollaborator => "owner_was_collaborator",
            Self::DestructionNotRequested => "destruction_not_requested",
            Self::KindIsNotDestroyed => "kind_is_not_destroyed",
            Self::IssuedAfterTheCut => "issued_after_the_cut",
            Self::AuthorizedAfterTheCut => "authorized_after_the_cut",
            Self::AuthorizedAgain => "authorized_again",
        }
    }

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

/// Survivors on their way to being counted, by reason and kind.
#[derive(Default)]
pub(crate) struct Groups(Sorted<(SurvivalReason, CredentialKind), Group>);

#[derive(Default)]
struct Group {
    count: u64,
    examples: Vec<CredentialId>,
}

impl Groups {
    /// Counts a credential, or one of its authorizations. They come in order of issue.
    pub(crate) fn add(&mut self, reason: SurvivalReason, kind: CredentialKind, credential: CredentialId) {
        self.0.update((reason, kind), |group| {
            group.count += 1;
            if group.examples.len() < EXAMPLES_MAX && group.examples.last() != Some(&credential) {
                group.examples.push(credential);
            }
        });
    }

    /// What was counted, in the order in which reports show it.
    pub(crate) fn survivors(self) -> impl Iterator<Item = Survivors> {
        let groups = self.0.into_iter();
        groups.map(|((reason, kind), group)| Survivors {
            reason,
            kind,
            count: group.count,
            examples: group.examples,
        })
    }
}
