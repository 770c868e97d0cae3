//! What a plan counts, and for whom.

use core::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialKind;
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::Login;
use crate::person::Role;
use crate::timestamp::Timestamp;

/// What a part of the enterprise loses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Authorizations revoked.
    pub authorizations_revoked: u64,
    /// Credentials destroyed.
    pub credentials_destroyed: u64,
}

impl AddAssign for Loss {
    fn add_assign(&mut self, other: Self) {
        self.authorizations_revoked += other.authorizations_revoked;
        self.credentials_destroyed += other.credentials_destroyed;
    }
}

/// The loss of one kind of credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindLoss {
    /// The kind.
    pub kind: CredentialKind,
    /// Their loss.
    #[serde(flatten)]
    pub loss: Loss,
}

/// The loss of the people in one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLoss {
    /// The role.
    pub role: Role,
    /// Their loss.
    #[serde(flatten)]
    pub loss: Loss,
}

/// The loss of one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationLoss {
    /// The organization.
    pub organization: OrganizationId,
    /// Its login.
    pub login: Login,
    /// Authorizations revoked.
    pub authorizations_revoked: u64,
}

/// The loss of one enterprise owner by this request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerLoss {
    /// Who.
    pub person: PersonId,
    /// Their login.
    pub login: Login,
    /// Their loss.
    #[serde(flatten)]
    pub loss: Loss,
    /// What earlier revocations have taken from them already and will record:
    /// who loses nothing now may have lost it all.
    pub already_pending: AlreadyPending,
}

/// What happens to the token that the request is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerLoss {
    /// The token's credential.
    pub credential: CredentialId,
    /// Its authorizations revoked by this request.
    pub authorizations_revoked: u64,
    /// Its authorizations that earlier revocations have taken already and will record.
    pub authorizations_pending: u64,
    /// What becomes of the token itself.
    #[serde(flatten)]
    pub fate: CallerFate,
    /// When it expired, if it has: it authenticates nowhere then, and whether it is destroyed does not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// Whether the answer carries the warning if the request is accepted: whether anything of the token is then
    /// pending, in any revocation.
    pub warned: bool,
}

/// What becomes of the token that the request is made with.
///
/// Exhaustive: whoever warns the caller must have words for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum CallerFate {
    /// This request destroys it.
    Destroyed,
    /// It is dead already: an earlier revocation is to destroy it.
    DestructionPending {
        /// Which.
        revocation: RevocationId,
    },
    /// It is dead already: it was destroyed.
    AlreadyDestroyed,
    /// It is dead already: its owner left after it was issued.
    OwnerDeparted,
    /// This request leaves it as it is.
    Kept,
}

/// What is pending in earlier revocations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlreadyPending {
    /// Authorizations.
    pub authorizations: u64,
    /// Credentials.
    pub credentials: u64,
}

impl AddAssign for AlreadyPending {
    fn add_assign(&mut self, other: Self) {
        self.authorizations += other.authorizations;
        self.credentials += other.credentials;
    }
}

/// Credentials that match the request's person and type and still authenticate once the revocation is done, expired
/// ones left out. The first two counts are disjoint and together all of them; the others are parts of both.
///
/// [`Rule::NotCoveredIsCounted`](crate::Rule::NotCoveredIsCounted)
///
/// Not modelled, and so not counted: web and SSO sessions, app installation tokens, app refresh tokens and deploy keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCovered {
    /// Credentials of guests and collaborators, who are not enterprise members. None of a person whom the request names
    /// to destroy their credentials: their role spares nothing then.
    pub collaborator_credentials: u64,
    /// Credentials of enterprise members: all, or with `revoke_credentials` their app tokens; and the app tokens of a
    /// person whom such a request names, whatever their role.
    pub member_credentials: u64,
    /// Of all these, those of which the request takes no authorization, since they had none at the cut:
    /// they may be authorized later.
    pub without_authorization: u64,
    /// Of all these, those that may be authorized again where an authorization is taken from them now, or was before:
    /// what an organization's revocation takes, or a single one, and fine-grained tokens.
    #[serde(default)]
    pub may_be_authorized_again: u64,
}
