//! Wrong about what is recorded.

use core::sync::atomic::{AtomicU32, Ordering};
use std::vec::Vec;

use super::around_the_core;
use crate::candidate::Candidate;
use enterprise_credentials::{
    Command, CredentialDenial, Enterprise, Event, Plan, Refusal, Requested, RevocationState, Timestamp,
};

type Decision = Result<Vec<Event>, Refusal>;

around_the_core! {
    RevokesTheDead {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at)?.as_slice(), command) {
                ([], Command::RevokeAuthorization { credential, organization }) => {
                    let (credential, organization) = (*credential, *organization);
                    Ok(Vec::from([Event::AuthorizationRevoked { credential, organization, revocation: None }]))
                }
                (events, _) => Ok(events.to_vec()),
            }
        }
    }

    CompletesTwice {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            let Command::ContinueRevocation { revocation, .. } = command else {
                return self.0.decide(command, at);
            };
            match self.0.progress(*revocation).filter(|progress| progress.state == RevocationState::Completed) {
                Some(progress) => Ok(Vec::from([Event::RevocationCompleted {
                    revocation: *revocation,
                    authorizations_revoked: progress.authorizations_revoked,
                    credentials_destroyed: progress.credentials_destroyed,
                }])),
                None => self.0.decide(command, at),
            }
        }
    }

    SkipsTheLastBatch {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            let events = self.0.decide(command, at)?;
            match events.as_slice() {
                [.., completed @ Event::RevocationCompleted { .. }] => Ok(Vec::from([completed.clone()])),
                _ => Ok(events),
            }
        }
    }

    StopsShort {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            let events = self.0.decide(command, at)?;
            match events.as_slice() {
                [Event::RevocationCompleted { .. }] => Ok(Vec::new()),
                _ => Ok(events),
            }
        }
    }

    MiscountsExpired {
        fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
            let mut plan = self.0.plan(request, at);
            let expired = self.0.credentials().filter(|credential| {
                matches!(self.0.authenticates(credential.id(), at), Err(CredentialDenial::Expired { .. }))
            });
            let authorized = expired.flat_map(|credential| {
                let organizations = self.0.organizations().map(|(organization, _)| organization);
                organizations.filter(move |of| self.0.may_use(credential.id(), *of, Timestamp::MIN).is_ok())
            });
            let missed = authorized.map(|_| 1).sum::<u64>();
            plan.authorizations_revoked = plan.authorizations_revoked.saturating_sub(missed);
            plan
        }
    }
}

/// Counts its answers, as a hasher that is seeded anew would.
#[derive(Debug, Default)]
pub(super) struct ShufflesBatches {
    enterprise: Enterprise,
    answers: AtomicU32,
}

impl Clone for ShufflesBatches {
    fn clone(&self) -> Self {
        Self {
            enterprise: self.enterprise.clone(),
            answers: self.answers.load(Ordering::Relaxed).into(),
        }
    }
}

impl PartialEq for ShufflesBatches {
    fn eq(&self, other: &Self) -> bool {
        self.enterprise == other.enterprise
    }
}

impl Candidate for ShufflesBatches {
    fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    fn enterprise_mut(&mut self) -> &mut Enterprise {
        &mut self.enterprise
    }

    fn decide(&self, command: &Command, at: Timestamp) -> Decision {
        let answers = self.answers.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut events = self.enterprise.decide(command, at)?;
        let items = events
            .iter()
            .filter(|event| !matches!(event, Event::RevocationCompleted { .. }))
            .count();
        if answers.is_multiple_of(2)
            && matches!(command, Command::ContinueRevocation { .. })
            && let Some(items) = events.get_mut(..items)
        {
            items.reverse();
        }
        Ok(events)
    }
}
