//! A core that can be judged by the laws: the real one, or a variant of it.

use core::fmt::Debug;
use std::vec::Vec;

use enterprise_credentials::audit::{Auditor, Report};
use enterprise_credentials::log::{self, LogError};
use enterprise_credentials::snapshot::{self, SnapshotError};
use enterprise_credentials::{
    AccessDenial, Caller, Command, CorruptHistory, CredentialDenial, CredentialId, Enterprise, Event, OrganizationId,
    PersonId, Plan, RecordedEvent, Refusal, Requested, Timestamp, rest,
};

/// What the laws judge: the core's face, function by function, around an [`Enterprise`].
///
/// Every function is by default the core's own, so a variant states only in what it differs: the
/// [wrong cores](crate::wrong) are written so. What is no variant of this core is compared with it through
/// [`foreign`](crate::foreign).
pub trait Candidate: Clone + Debug + Default + PartialEq {
    /// The state.
    fn enterprise(&self) -> &Enterprise;

    /// The state, to be changed.
    fn enterprise_mut(&mut self) -> &mut Enterprise;

    /// [`Enterprise::decide`]
    ///
    /// # Errors
    /// The refusal.
    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.enterprise().decide(command, at)
    }

    /// [`Enterprise::apply`]
    ///
    /// # Errors
    /// What does not fit.
    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.enterprise_mut().apply(recorded)
    }

    /// [`Enterprise::apply_all`]; by default [`Candidate::apply`] for one event after the other.
    ///
    /// # Errors
    /// What does not fit.
    fn apply_all(&mut self, history: &[RecordedEvent]) -> Result<(), CorruptHistory> {
        history.iter().try_for_each(|recorded| self.apply(recorded))
    }

    /// The state that a history makes, as an application rebuilds it at its start.
    ///
    /// # Errors
    /// What does not fit.
    fn replay(history: &[RecordedEvent]) -> Result<Self, CorruptHistory> {
        let mut state = Self::default();
        state.apply_all(history)?;
        Ok(state)
    }

    /// The state that is read back from its [snapshot].
    ///
    /// # Errors
    /// Why it is refused.
    fn through_snapshot(&self) -> Result<Self, SnapshotError> {
        let mut restored = self.clone();
        *restored.enterprise_mut() = snapshot::read(&snapshot::write(self.enterprise()))?;
        Ok(restored)
    }

    /// [`Enterprise::authenticates`]
    ///
    /// # Errors
    /// The denial.
    fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
        self.enterprise().authenticates(credential, at)
    }

    /// [`Enterprise::may_use`]
    ///
    /// # Errors
    /// The denial.
    fn may_use(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<(), AccessDenial> {
        self.enterprise().may_use(credential, organization, at)
    }

    /// [`Enterprise::plan`]
    fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
        self.enterprise().plan(request, at)
    }

    /// [`Enterprise::warns`]
    fn warns(&self, request: Requested<'_>, at: Timestamp) -> bool {
        self.enterprise().warns(request, at)
    }

    /// [`Enterprise::person_by_login`]
    fn person_by_login(&self, login: &str) -> Option<PersonId> {
        self.enterprise().person_by_login(login)
    }

    /// [`rest::handle`], for a token behind which the host found this caller, or none.
    fn handle(
        &self,
        request: &rest::Request<'_>,
        caller: Option<&Caller>,
        body: &[u8],
        at: Timestamp,
    ) -> rest::Outcome {
        let presented = caller.map(|caller| rest::Presented {
            enterprise: self.enterprise(),
            caller: caller.clone(),
        });
        rest::handle(request, presented.as_ref(), body, at)
    }

    /// [`log::write_line`]
    fn write(recorded: &RecordedEvent) -> Vec<u8> {
        let mut line = Vec::new();
        log::write_line(recorded, &mut line);
        line
    }

    /// [`log::read`]
    fn read(bytes: &[u8]) -> Vec<Result<RecordedEvent, LogError>> {
        log::read(bytes).collect()
    }

    /// An [`Auditor`] over a history.
    ///
    /// # Errors
    /// What does not fit.
    fn audit(history: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
        let mut auditor = Auditor::new();
        history.iter().try_for_each(|recorded| auditor.observe(recorded))?;
        Ok(auditor.finish())
    }
}

impl Candidate for Enterprise {
    fn enterprise(&self) -> &Enterprise {
        self
    }

    fn enterprise_mut(&mut self) -> &mut Enterprise {
        self
    }

    fn apply_all(&mut self, history: &[RecordedEvent]) -> Result<(), CorruptHistory> {
        Self::apply_all(self, history)
    }
}
