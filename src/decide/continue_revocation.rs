//! The next batch of a running revocation, found from the state alone.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::revocations::Revocation;
use crate::event::Event;
use crate::id::RevocationId;
use crate::refusal::Refusal;

impl Enterprise {
    /// Records up to `limit` credentials with something left, in order of issue; and the completion,
    /// if none is left then.
    ///
    /// [`Rule::CompletedOnceWhenNothingIsLeft`](crate::Rule::CompletedOnceWhenNothingIsLeft),
    /// [`Rule::NothingToRevokeCompletesWithZeros`](crate::Rule::NothingToRevokeCompletesWithZeros)
    pub(super) fn decide_continue_revocation(
        &self,
        id: RevocationId,
        limit: NonZeroU32,
    ) -> Result<Vec<Event>, Refusal> {
        // Rule::RevocationKnown
        let revocation = self.revocations.get(id).ok_or(Refusal::RevocationUnknown(id))?;
        if revocation.completed_at.is_some() {
            return Ok(Vec::new());
        }
        // Rule::RevocationsInOrder
        if let Some(earlier) = self.revocations.running().next().filter(|earlier| *earlier < id) {
            return Err(Refusal::EarlierRevocationRuns {
                revocation: id,
                earlier,
            });
        }
        let mut batch = self.next_batch(revocation, limit);
        if batch.is_last {
            batch.events.push(Event::RevocationCompleted {
                revocation: id,
                authorizations_revoked: revocation.authorizations_revoked + batch.authorizations,
                credentials_destroyed: revocation.credentials_destroyed + batch.credentials,
            });
        }
        Ok(batch.events)
    }

    /// [`Rule::JobResumesFromTheStream`](crate::Rule::JobResumesFromTheStream): nothing but the state says
    /// what is left.
    fn next_batch(&self, revocation: &Revocation, limit: NonZeroU32) -> Batch {
        let mut batch = Batch::default();
        let mut recorded = 0;
        for credential in self.credentials_not_passed(revocation) {
            if recorded < limit.get() {
                let before = batch.events.len();
                self.record_credential(revocation.id, &credential, &mut batch);
                recorded += u32::from(batch.events.len() > before);
            } else if self.has_something_left(&credential, revocation.id) {
                return batch;
            }
        }
        batch.is_last = true;
        batch
    }

    /// A credential's pending authorizations in order of grant, then its pending destruction.
    ///
    /// [`Rule::JobInOrderOfIssue`](crate::Rule::JobInOrderOfIssue)
    fn record_credential(&self, id: RevocationId, credential: &Credential<'_>, batch: &mut Batch) {
        if credential.may_have_granted() {
            let authorizations = self.credentials.authorizations(credential);
            let pending = authorizations
                .filter(|authorization| self.pending_authorization(credential, authorization) == Some(id))
                .filter_map(|authorization| self.organizations.get(authorization.organization));
            pending.for_each(|stay| {
                batch.authorizations += 1;
                batch.events.push(Event::AuthorizationRevoked {
                    credential: credential.id(),
                    organization: stay.id,
                    revocation: Some(id),
                });
            });
        }
        if self.pending_destruction(credential) == Some(id) {
            batch.credentials += 1;
            batch.events.push(Event::CredentialDestroyed {
                credential: credential.id(),
                revocation: Some(id),
            });
        }
    }
}

/// What is next for a revocation.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    /// How many authorizations it revokes.
    authorizations: u64,
    /// How many credentials it destroys.
    credentials: u64,
    /// Whether nothing is left after it.
    is_last: bool,
}
