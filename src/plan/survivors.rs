//! What a request would leave alive, and why, before it is made.

use alloc::vec::Vec;

use crate::command::Requested;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::running::Coverage;
use crate::id::CredentialId;
use crate::survival::{Groups, SurvivalReason, Survivors};
use crate::timestamp::Timestamp;

impl Enterprise {
    /// What would still authenticate after a request if it were the next event, of what it is limited to, and why: the
    /// credentials that [`NotCovered`](crate::NotCovered) counts, by the reasons of an audit after it. A scan of the
    /// whole state.
    ///
    /// `at` decides which credentials have expired: they are left out.
    pub fn survivors<'a>(&self, request: impl Into<Requested<'a>>, at: Timestamp) -> Vec<Survivors> {
        let request = request.into();
        let coverage = self.next_coverage(request.into(), request.revoke_credentials);
        let mut groups = Groups::default();
        for credential in self.credentials_between(coverage, 0..coverage.issued) {
            if let Some(reason) = self.why_it_survives(coverage, &credential, at) {
                groups.add(reason, credential.kind(), credential.id());
            }
        }
        groups.survivors().collect()
    }

    /// Why a credential would still authenticate after a request if it were the next event. Nothing for one that would
    /// not, and for one that the request is not about: of another person, or of another type.
    pub fn why_it_would_survive<'a>(
        &self,
        request: impl Into<Requested<'a>>,
        credential: CredentialId,
        at: Timestamp,
    ) -> Option<SurvivalReason> {
        let request = request.into();
        let coverage = self.next_coverage(request.into(), request.revoke_credentials);
        let slots = [self.credentials.slot(credential)?];
        let issued = self.credentials_at(coverage, &slots).next()?;
        self.why_it_survives(coverage, &issued, at)
    }

    fn why_it_survives(
        &self,
        coverage: Coverage,
        credential: &Credential<'_>,
        at: Timestamp,
    ) -> Option<SurvivalReason> {
        self.authenticate(credential, at).ok()?;
        let role = self.people.get(credential.owner())?.facts.role;
        coverage.why_spared(role, credential.kind()).map(SurvivalReason::from)
    }
}
