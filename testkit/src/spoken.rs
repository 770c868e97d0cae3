//! A candidate, asked in JSON as the core is.

use std::boxed::Box;
use std::vec::Vec;

use enterprise_credentials::audit::Report;
use enterprise_credentials::log::LogError;
use enterprise_credentials::oracle::Core;
use enterprise_credentials::rest::Decider;
use enterprise_credentials::snapshot::{self, SnapshotError};
use enterprise_credentials::{
    AccessDenial, Command, CorruptHistory, CredentialDenial, CredentialId, Enterprise, Event, OrganizationId, PersonId,
    Plan, RecordedEvent, Refusal, Requested, Timestamp,
};

use crate::candidate::Candidate;

/// A [`Candidate`] behind [`Core`]: for an [`Oracle`](enterprise_credentials::oracle::Oracle) that speaks for a variant
/// of the core.
#[derive(Debug, Clone, Default)]
pub struct Spoken<C>(pub C);

impl<C: Candidate + Send + Sync + 'static> Core for Spoken<C> {
    fn copied(&self) -> Box<dyn Core> {
        Box::new(Self(self.0.clone()))
    }

    fn enterprise(&self) -> &Enterprise {
        self.0.enterprise()
    }

    fn decider(&self) -> &dyn Decider {
        self
    }

    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.0.decide(command, at)
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.0.apply(recorded)
    }

    fn replay(&self, history: &[RecordedEvent]) -> Result<Box<dyn Core>, CorruptHistory> {
        Ok(Box::new(Self(C::replay(history)?)))
    }

    fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
        self.0.authenticates(credential, at)
    }

    fn may_use(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<(), AccessDenial> {
        self.0.may_use(credential, organization, at)
    }

    fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
        self.0.plan(request, at)
    }

    fn warns(&self, request: Requested<'_>, at: Timestamp) -> bool {
        self.0.warns(request, at)
    }

    /// Of a candidate that cannot be read back from its snapshot there is none.
    fn snapshot(&self) -> Vec<u8> {
        let restored = self.0.through_snapshot();
        restored.map_or_else(|_| Vec::new(), |restored| snapshot::write(restored.enterprise()))
    }

    /// What a candidate keeps beside the core's state is not in a snapshot.
    fn restore(&self, snapshot: &[u8]) -> Result<Box<dyn Core>, SnapshotError> {
        let mut restored = C::default();
        *restored.enterprise_mut() = snapshot::read(snapshot)?;
        Ok(Box::new(Self(restored)))
    }

    fn write(&self, recorded: &RecordedEvent) -> Vec<u8> {
        C::write(recorded)
    }

    fn read(&self, lines: &[u8]) -> Vec<Result<RecordedEvent, LogError>> {
        C::read(lines)
    }

    fn audit(&self, history: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
        C::audit(history)
    }
}
