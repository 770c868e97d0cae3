//! The requests to revoke everything or less: what the asking records, and what it warns of.

use alloc::vec::Vec;

use crate::command::{Requested, Revoke};
use crate::enterprise::Enterprise;
use crate::event::{Actor, Event};
use crate::id::RevocationId;
use crate::limits::{
    KEYS_OF_REQUESTER_MAX, UNFINISHED_FOR_NARROWER_MAX, UNFINISHED_MAX, UNFINISHED_OF_ORGANIZATION_MAX,
};
use crate::name::IdempotencyKey;
use crate::person::EnterpriseKind;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

/// What a request takes of the caller's own token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnLoss {
    /// Authorizations, and not the token itself.
    Authorization,
    /// The token.
    Destruction,
}

impl Enterprise {
    /// Whether the answer to this request, made now, warns that the caller's own token is hit: whether, once it is
    /// accepted, anything of that token is pending in any revocation.
    ///
    /// For a request that has not been recorded yet.
    pub fn warns<'a>(&self, request: impl Into<Requested<'a>>, at: Timestamp) -> bool {
        self.own_loss(request.into(), at).is_some()
    }

    /// What of the caller's own token is pending in any revocation, once this request is accepted.
    ///
    /// [`Rule::WarningForOwnToken`](crate::Rule::WarningForOwnToken)
    pub(crate) fn own_loss(&self, request: Requested<'_>, at: Timestamp) -> Option<OwnLoss> {
        let credential = request.caller.credential().and_then(|id| self.credentials.get(id))?;
        let coverage = self.next_coverage(request.into(), request.revoke_credentials);
        let is_new = self.repeated_request(request, at).is_none();
        if self.pending_destruction(&credential).is_some() || is_new && self.covers_credential(coverage, &credential) {
            return Some(OwnLoss::Destruction);
        }
        let mut authorizations = self.credentials.authorizations(&credential);
        let is_lost = authorizations.any(|authorization| {
            self.pending_authorization(&credential, &authorization).is_some()
                || is_new && self.covers_authorization(coverage, &credential, &authorization)
        });
        is_lost.then_some(OwnLoss::Authorization)
    }

    /// The earlier revocation that the request's idempotency key stands for at `at`, whatever its parameters.
    ///
    /// [`Rule::IdempotentFor24Hours`](crate::Rule::IdempotentFor24Hours)
    pub fn repeated_request<'a>(&self, request: impl Into<Requested<'a>>, at: Timestamp) -> Option<RevocationId> {
        let request = request.into();
        let actor = request.caller.actor()?;
        self.revocations.requested_under(actor, request.idempotency_key?, at)
    }

    /// [`Rule::RevocationNamesItsScope`](crate::Rule::RevocationNamesItsScope): what asks for everything by naming
    /// nothing is taken for a mistake.
    pub(super) fn decide_narrower_request(&self, request: &Revoke, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let request = Requested::from(request);
        if request.is_of_everything() {
            return Err(Refusal::ScopeNotNamed);
        }
        self.decide_request(request, at)
    }

    /// [`Rule::LaterRequestHasItsOwnCut`](crate::Rule::LaterRequestHasItsOwnCut): whether another runs
    /// is not asked, but for how many do.
    pub(super) fn decide_request(&self, request: Requested<'_>, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let authority = self.authorize_request(request, at)?;
        let requested_by = request.caller.actor().ok_or(Refusal::Stranger)?;
        self.check_target(request)?;
        // Rule::ManagedUsersOnly
        if request.revoke_credentials && self.kind() != Some(EnterpriseKind::ManagedUsers) {
            return Err(Refusal::NotManagedUsers);
        }
        if let (Some(key), Some(revocation)) = (request.idempotency_key, self.repeated_request(request, at)) {
            return self.check_same_request(request, key, revocation).map(|()| Vec::new());
        }
        self.check_bounds(request, requested_by, at)?;
        let Requested {
            revoke_credentials,
            organization,
            person,
            credential_type,
            ..
        } = request;
        let idempotency_key = request.idempotency_key.cloned();
        Ok(Vec::from([if request.is_of_everything() {
            Event::RevokeAllRequested {
                requested_by,
                authority,
                revoke_credentials,
                idempotency_key,
            }
        } else {
            Event::RevocationRequested {
                requested_by,
                authority,
                organization,
                person,
                credential_type,
                revoke_credentials,
                idempotency_key,
            }
        }]))
    }

    /// [`Rule::PersonOfPath`](crate::Rule::PersonOfPath),
    /// [`Rule::OrganizationDestroysNothing`](crate::Rule::OrganizationDestroysNothing),
    /// [`Rule::FirstOwnerIsNoTarget`](crate::Rule::FirstOwnerIsNoTarget)
    fn check_target(&self, request: Requested<'_>) -> Result<(), Refusal> {
        if let Some(person) = request.person.filter(|person| self.role(*person).is_none()) {
            return Err(Refusal::TargetAbsent(person));
        }
        if request.organization.is_some() {
            return match request.revoke_credentials {
                true => Err(Refusal::OrganizationCannotDestroy),
                false => Ok(()),
            };
        }
        match request.person.filter(|person| self.is_first_owner(*person)) {
            Some(person) => Err(Refusal::FirstOwner(person)),
            None => Ok(()),
        }
    }

    /// [`Rule::UnfinishedOfOrganizationBounded`](crate::Rule::UnfinishedOfOrganizationBounded),
    /// [`Rule::UnfinishedOfEnterpriseBounded`](crate::Rule::UnfinishedOfEnterpriseBounded),
    /// [`Rule::KeysOfRequesterBounded`](crate::Rule::KeysOfRequesterBounded): for what would be recorded.
    /// A repetition is not.
    fn check_bounds(&self, request: Requested<'_>, by: Actor, at: Timestamp) -> Result<(), Refusal> {
        if let Some(organization) = request.organization
            && let Some(stay) = self.organizations.latest_ordinal(organization)
            && self.revocations.running_of_organization(stay) >= UNFINISHED_OF_ORGANIZATION_MAX
        {
            return Err(Refusal::TooManyOfOrganization(organization));
        }
        let max = match request.is_of_everything() {
            true => UNFINISHED_MAX,
            false => UNFINISHED_FOR_NARROWER_MAX,
        };
        let unfinished = self.revocations.running_count();
        if unfinished >= max {
            return Err(Refusal::TooManyUnfinished { unfinished, max });
        }
        if request.idempotency_key.is_some() && self.revocations.keys_of(by, at) >= KEYS_OF_REQUESTER_MAX {
            return Err(Refusal::TooManyKeys);
        }
        Ok(())
    }

    /// [`Rule::IdempotencyKeyForOneRequest`](crate::Rule::IdempotencyKeyForOneRequest): filters are compared as ids.
    fn check_same_request(
        &self,
        request: Requested<'_>,
        key: &IdempotencyKey,
        revocation: RevocationId,
    ) -> Result<(), Refusal> {
        let first = self.revocations.get(revocation);
        debug_assert!(
            first.is_some(),
            "a key stands for `{revocation}`, which was never requested"
        );
        let is_same = first.is_some_and(|first| {
            first.coverage.revoke_credentials == request.revoke_credentials
                && self.limits(first.coverage.filter) == request.into()
        });
        if is_same {
            return Ok(());
        }
        Err(Refusal::IdempotencyKeyReused {
            key: key.clone(),
            revocation,
        })
    }
}
