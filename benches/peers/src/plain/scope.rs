//! What a revocation covers, what is live, and how many there are of each.

use super::stays::Stay;
use super::{Authorization, Credential, Enterprise, Organization, Outcome, Person, Revocation};

impl Enterprise {
    /// Those that are not completed.
    pub(super) fn running(&self) -> &[Revocation] {
        &self.revocations[self.completed..]
    }

    /// The running revocation that covers an authorization: the first after its grant, if it was live at that cut. What
    /// was dead there is dead at all later cuts.
    pub(super) fn pending_authorization(&self, credential: &Credential, authorization: &Authorization) -> Option<u64> {
        if authorization.outcome != Outcome::Granted {
            return None;
        }
        let mut running = self.running().iter();
        let cut = running.find(|revocation| authorization.granted_at < revocation.id)?.id;
        let was_live = credential.destroyed_at.is_none_or(|destroyed_at| destroyed_at > cut)
            && self.owner(credential).is_some_and(|stay| stay.was_present_at(cut))
            && (self.organization(authorization)).is_some_and(|stay| stay.was_present_at(cut));
        was_live.then_some(cut)
    }

    /// The running revocation that covers a credential itself: the first that destroys,
    /// and at whose cut its owner was an enterprise member.
    pub(super) fn pending_destruction(&self, credential: &Credential) -> Option<u64> {
        if credential.destroyed_at.is_some() || !credential.kind.is_destroyed_by_revoke_all() {
            return None;
        }
        let covers = |revocation: &&Revocation| {
            revocation.revoke_credentials
                && credential.issued_at < revocation.id
                && self.was_members_at(credential, revocation.id)
        };
        self.running().iter().find(covers).map(|revocation| revocation.id)
    }

    fn was_members_at(&self, credential: &Credential, cut: u64) -> bool {
        self.owner(credential).is_some_and(|stay| {
            stay.was_present_at(cut) && stay.of.role_at(cut).is_some_and(|role| role.is_enterprise_member())
        })
    }

    pub(super) fn has_something_left(&self, credential: &Credential, revocation: u64) -> bool {
        self.pending_destruction(credential) == Some(revocation)
            || (credential.authorizations.iter())
                .any(|authorization| self.pending_authorization(credential, authorization) == Some(revocation))
    }

    /// Whether an authorization is live, pending or not.
    pub(super) fn is_live(&self, credential: &Credential, authorization: &Authorization) -> bool {
        authorization.outcome == Outcome::Granted
            && credential.destroyed_at.is_none()
            && self.owner_is_present(credential)
            && self.organization(authorization).is_some_and(Stay::is_present)
    }

    pub(super) fn owner_is_present(&self, credential: &Credential) -> bool {
        self.owner(credential).is_some_and(Stay::is_present)
    }

    fn owner(&self, credential: &Credential) -> Option<&Stay<Person>> {
        self.people.at(credential.owner, credential.issued_at)
    }

    fn organization(&self, authorization: &Authorization) -> Option<&Stay<Organization>> {
        self.organizations
            .at(authorization.organization, authorization.granted_at)
    }

    pub(crate) fn credentials_alive(&self) -> u64 {
        let is_alive = |credential: &&Credential| {
            credential.destroyed_at.is_none()
                && self.pending_destruction(credential).is_none()
                && self.owner_is_present(credential)
        };
        self.credentials.values().filter(is_alive).count() as u64
    }

    pub(crate) fn authorizations_live(&self) -> u64 {
        self.authorizations()
            .filter(|(credential, authorization)| {
                self.is_live(credential, authorization)
                    && self.pending_destruction(credential).is_none()
                    && self.pending_authorization(credential, authorization).is_none()
            })
            .count() as u64
    }

    pub(crate) fn authorizations_pending(&self) -> u64 {
        self.authorizations()
            .filter(|(credential, authorization)| self.pending_authorization(credential, authorization).is_some())
            .count() as u64
    }

    fn authorizations(&self) -> impl Iterator<Item = (&Credential, &Authorization)> {
        let credentials = self.credentials.values();
        credentials.flat_map(|credential| credential.authorizations.iter().map(move |had| (credential, had)))
    }
}
