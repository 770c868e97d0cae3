//! A candidate, asked as if it were a stranger's service.

use core::convert::Infallible;
use std::vec::Vec;

use enterprise_credentials::{CredentialId, OrganizationId, RecordedEvent, Timestamp};

use crate::candidate::Candidate;
use crate::foreign::{Answer, Asked, Implementation};

/// A [`Candidate`] behind [`Implementation`]: the real core, a variant of it,
/// or one of the [wrong cores](crate::wrong).
///
/// It is a service that keeps its lines, and starts again every few steps: from its lines,
/// and now and then from a snapshot.
#[derive(Debug, Default)]
pub struct Behind<C> {
    state: C,
    lines: Vec<u8>,
    steps: u64,
}

impl<C: Candidate> Behind<C> {
    fn record(&mut self, recorded: &RecordedEvent) {
        // What it decided and does not accept itself, it has answered nevertheless.
        if self.state.apply(recorded).is_ok() {
            self.lines.extend(C::write(recorded));
        }
    }

    fn start_again(&mut self) {
        self.steps += 1;
        let started = match self.steps % 8 {
            1 | 5 => {
                let history: Option<Vec<_>> = C::read(&self.lines).into_iter().map(Result::ok).collect();
                history.and_then(|history| C::replay(&history).ok())
            }
            3 => self.state.through_snapshot().ok(),
            _ => None,
        };
        if let Some(state) = started {
            self.state = state;
        }
    }
}

impl<C: Candidate> Implementation for Behind<C> {
    type Error = Infallible;

    fn begin(&mut self) -> Result<(), Infallible> {
        *self = Self::default();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, Infallible> {
        let answer = match self.state.decide(asked.command, asked.at) {
            Ok(events) => {
                let request = asked.command.requested();
                let warned = request.map(|request| self.state.warns(request, asked.at));
                let recorded = self.state.enterprise().record(events.clone(), asked.at, None);
                let recorded: Vec<_> = recorded.collect();
                recorded.iter().for_each(|recorded| self.record(recorded));
                Answer::accepted(Some(events), warned)
            }
            Err(refusal) => {
                let rule = refusal.rule();
                Answer::refused(Some(rule), rule.http().map(|http| http.status))
            }
        };
        self.start_again();
        Ok(answer)
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, Infallible> {
        Ok(Some(self.state.authenticates(credential, at).is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, Infallible> {
        Ok(Some(self.state.may_use(credential, organization, at).is_ok()))
    }
}
