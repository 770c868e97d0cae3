//! What a revocation covers: decided here, and nowhere else.

use crate::enterprise::Enterprise;
use crate::enterprise::authorizations::{Authorization, Outcome};
use crate::enterprise::credentials::Credential;
use crate::enterprise::revocations::Scope;
use crate::id::RevocationId;

impl Enterprise {
    /// Whether an authorization with nothing recorded against it is in this scope: whether it was live at the cut.
    pub(crate) fn covers_authorization(
        &self,
        scope: Scope,
        credential: &Credential,
        authorization: &Authorization,
    ) -> bool {
        authorization.outcome == Outcome::Granted
            && authorization.granted_at < scope.cut
            && !credential.was_destroyed_at(scope.cut)
            && (self.people.get(credential.owner)).is_some_and(|owner| !owner.had_ended_at(scope.cut))
            && (self.organizations.get(authorization.membership)).is_some_and(|stay| !stay.had_ended_at(scope.cut))
    }

    /// Whether a credential is in this scope: of the three kinds, not destroyed at the cut, and owned by someone who was
    /// an enterprise member at the cut.
    pub(crate) fn covers_credential(&self, scope: Scope, credential: &Credential) -> bool {
        scope.revoke_credentials
            && credential.kind.is_destroyed_by_revoke_all()
            && credential.issued_at < scope.cut
            && !credential.was_destroyed_at(scope.cut)
            && self.people.get(credential.owner).is_some_and(|owner| {
                !owner.had_ended_at(scope.cut) && owner.data.role_at(scope.cut).0.is_enterprise_member()
            })
    }

    /// The running revocation in which an authorization is pending: the earliest that covers it.
    ///
    /// A grant that is dead at one cut is dead at every later one, so the first cut after the grant decides.
    pub(crate) fn pending_authorization(
        &self,
        credential: &Credential,
        authorization: &Authorization,
    ) -> Option<RevocationId> {
        let (id, scope) = self.revocations.running_after(authorization.granted_at)?;
        self.covers_authorization(scope, credential, authorization)
            .then_some(id)
    }

    /// The revocation that took a pair, recorded or pending: of every kind but fine-grained, the pair is a tombstone.
    pub(crate) fn taken_by(&self, credential: &Credential, authorization: &Authorization) -> Option<RevocationId> {
        match authorization.outcome {
            Outcome::Granted => self.pending_authorization(credential, authorization),
            Outcome::Revoked(revocation) => revocation,
        }
    }

    /// The running revocation in which a credential's destruction is pending: the earliest that covers it.
    ///
    /// A cut at which the owner was no enterprise member is passed over, with all others in the time of that role.
    pub(crate) fn pending_destruction(&self, credential: &Credential) -> Option<RevocationId> {
        if credential.destroyed_at.is_some() {
            return None;
        }
        let mut passed = credential.issued_at;
        loop {
            let (id, scope) = self.revocations.running_destroying_after(passed)?;
            if self.covers_credential(scope, credential) {
                return Some(id);
            }
            let owner = self.people.get(credential.owner)?;
            let (role, until) = owner.data.role_at(scope.cut);
            if owner.had_ended_at(scope.cut) || role.is_enterprise_member() {
                return None;
            }
            passed = until?;
        }
    }

    /// Whether anything of a credential waits for the job of this revocation.
    pub(crate) fn has_something_left(&self, credential: &Credential, revocation: RevocationId) -> bool {
        self.pending_destruction(credential) == Some(revocation)
            || (credential.authorizations.iter())
                .any(|authorization| self.pending_authorization(credential, authorization) == Some(revocation))
    }

    /// Whether anything of a credential is pending in any revocation.
    pub(crate) fn has_anything_pending(&self, credential: &Credential) -> bool {
        self.pending_destruction(credential).is_some()
            || (credential.authorizations.iter())
                .any(|authorization| self.pending_authorization(credential, authorization).is_some())
    }
}
