//! Wrong about what fits.

use super::around_the_core;
use enterprise_credentials::{Actor, Caller, Command, CorruptHistory, Corruption, Event, RecordedEvent, RevokeAll};

around_the_core! {
    PassesOverGaps {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let next = self.0.position().next();
            let position = if recorded.position > next { next } else { recorded.position };
            self.0.apply(&RecordedEvent { position, ..recorded.clone() })
        }
    }

    CountsForAnyRevocation {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let applied = self.0.apply(recorded);
            let Err(CorruptHistory { reason: Corruption::Revocation { expected, .. }, .. }) = applied else {
                return applied;
            };
            let mut corrected = recorded.clone();
            if let Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } =
                &mut corrected.event
            {
                *revocation = expected;
            }
            self.0.apply(&corrected)
        }
    }

    AsksPolicyInApply {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            if let Event::RevokeAllRequested { requested_by, revoke_credentials, .. } = &recorded.event
                && let Actor::Person { person, credential } = *requested_by
            {
                let caller = Caller::Person { person, credential };
                let (revoke_credentials, idempotency_key) = (*revoke_credentials, None);
                let request = RevokeAll { caller, revoke_credentials, idempotency_key };
                let decided = self.0.decide(&Command::RevokeAll(request), recorded.at);
                decided.map_err(|_| CorruptHistory {
                    position: recorded.position,
                    reason: Corruption::Transition("the caller has no authority"),
                })?;
            }
            self.0.apply(recorded)
        }
    }
}
