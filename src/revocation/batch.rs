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
    /// Records up to `limit` credentials with something left, in order of issue; and the completion, if none is left then.
    pub(crate) fn decide_continue_revocation(
        &self,
        id: RevocationId,
        limit: NonZeroU32,
    ) -> Result<Vec<Event>, Refusal> {
        let revocation = self.revocations.get(id).ok_or(Refusal::RevocationUnknown(id))?;
        if revocation.completed_at.is_some() {
            return Ok(Vec::new());
        }
        if let Some(earlier) = self.revocations.running().next().filter(|earlier| *earlier < id) {
            return Err(Refusal::EarlierRevocationRuns {
                revocation: id,
                earlier,
            });
        }
        let mut events = Vec::new();
        let mut left = self.credentials_left(revocation);
        for credential in left.by_ref().take(usize::try_from(limit.get()).unwrap_or(usize::MAX)) {
            self.record_credential(id, &credential, &mut events);
        }
        if left.next().is_none() {
            let destroyed = events
                .iter()
                .filter(|event| is_destruction(event))
                .map(|_| 1_u64)
                .sum::<u64>();
            let recorded = events.iter().map(|_| 1_u64).sum::<u64>();
            events.push(Event::RevocationCompleted {
                revocation: id,
                authorizations_revoked: revocation.authorizations_revoked + (recorded - destroyed),
                credentials_destroyed: revocation.credentials_destroyed + destroyed,
            });
        }
        Ok(events)
    }

    /// The credentials with something left for a running revocation, in order of issue.
    pub(crate) fn credentials_left(&self, revocation: &Revocation) -> impl Iterator<Item = Credential> + use<'_> {
        let id = revocation.id;
        let slots = revocation.cursor..revocation.scope.issued;
        let credentials = slots.filter_map(|slot| self.credentials.at(slot));
        credentials.filter(move |credential| self.has_something_left(credential, id))
    }

    /// A credential's pending authorizations in order of grant, then its pending destruction.
    fn record_credential(&self, id: RevocationId, credential: &Credential, events: &mut Vec<Event>) {
        for authorization in self.credentials.authorizations(credential) {
            let stay = self.organizations.get(authorization.organization);
            if let (Some(stay), true) = (stay, self.pending_authorization(credential, &authorization) == Some(id)) {
                events.push(Event::AuthorizationRevoked {
                    credential: credential.id(),
                    organization: stay.id,
                    revocation: Some(id),
                });
            }
        }
        if self.pending_destruction(credential) == Some(id) {
            events.push(Event::CredentialDestroyed {
                credential: credential.id(),
                revocation: Some(id),
            });
        }
    }
}

fn is_destruction(event: &Event) -> bool {
    matches!(event, Event::CredentialDestroyed { .. })
}
