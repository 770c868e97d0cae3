//! Who speaks: the core, or a variant of it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::audit::{Auditor, Report};
use crate::command::{Command, Requested};
use crate::corrupt_history::CorruptHistory;
use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId};
use crate::log::{self, LogError};
use crate::plan::Plan;
use crate::refusal::{AccessDenial, CredentialDenial, Refusal};
use crate::rest::Decider;
use crate::snapshot::{self, SnapshotError};
use crate::timestamp::Timestamp;

/// What an [`Oracle`](crate::oracle::Oracle) asks. The core answers with its own functions; the test kit has cores that
/// are wrong on purpose in one of them.
///
/// An oracle is compiled once, whoever speaks: so a core is reached through its face, and makes others of its sort.
pub trait Core: Debug + Send {
    /// Another that is the same.
    fn copied(&self) -> Box<dyn Core>;

    /// The state, for what is only read of it.
    fn enterprise(&self) -> &Enterprise;

    /// The same core, as the operations over HTTP ask it.
    fn decider(&self) -> &dyn Decider;

    /// [`Enterprise::decide`]
    ///
    /// # Errors
    /// The refusal.
    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal>;

    /// [`Enterprise::apply`]
    ///
    /// # Errors
    /// What does not fit. Then nothing has changed.
    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory>;

    /// The state that a history makes, from its first event on.
    ///
    /// # Errors
    /// What does not fit.
    fn replay(&self, history: &[RecordedEvent]) -> Result<Box<dyn Core>, CorruptHistory>;

    /// [`Enterprise::authenticates`]
    ///
    /// # Errors
    /// The denial.
    fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial>;

    /// [`Enterprise::may_use`]
    ///
    /// # Errors
    /// The denial.
    fn may_use(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<(), AccessDenial>;

    /// [`Enterprise::plan`]
    fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan;

    /// [`Enterprise::warns`]
    fn warns(&self, request: Requested<'_>, at: Timestamp) -> bool;

    /// [`snapshot::write()`]
    fn snapshot(&self) -> Vec<u8>;

    /// [`snapshot::read`]
    ///
    /// # Errors
    /// Why it is refused.
    fn restore(&self, snapshot: &[u8]) -> Result<Box<dyn Core>, SnapshotError>;

    /// [`log::write_line`]
    fn write(&self, recorded: &RecordedEvent) -> Vec<u8>;

    /// [`log::read`]: the first error is the last item.
    fn read(&self, lines: &[u8]) -> Vec<Result<RecordedEvent, LogError>>;

    /// An [`Auditor`] over a history.
    ///
    /// # Errors
    /// What does not fit.
    fn audit(&self, history: &[RecordedEvent]) -> Result<Report, CorruptHistory>;
}

impl Core for Enterprise {
    fn copied(&self) -> Box<dyn Core> {
        Box::new(self.clone())
    }

    fn enterprise(&self) -> &Enterprise {
        self
    }

    fn decider(&self) -> &dyn Decider {
        self
    }

    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.decide(command, at)
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.apply(recorded)
    }

    fn replay(&self, history: &[RecordedEvent]) -> Result<Box<dyn Core>, CorruptHistory> {
        let mut state = Self::new();
        state.apply_all(history)?;
        Ok(Box::new(state))
    }

    fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
        self.authenticates(credential, at)
    }

    fn may_use(
        &self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<(), AccessDenial> {
        self.may_use(credential, organization, at)
    }

    fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
        self.plan(request, at)
    }

    fn warns(&self, request: Requested<'_>, at: Timestamp) -> bool {
        self.warns(request, at)
    }

    fn snapshot(&self) -> Vec<u8> {
        snapshot::write(self)
    }

    fn restore(&self, snapshot: &[u8]) -> Result<Box<dyn Core>, SnapshotError> {
        Ok(Box::new(snapshot::read(snapshot)?))
    }

    fn write(&self, recorded: &RecordedEvent) -> Vec<u8> {
        let mut line = Vec::new();
        log::write_line(recorded, &mut line);
        line
    }

    fn read(&self, lines: &[u8]) -> Vec<Result<RecordedEvent, LogError>> {
        log::read(lines).collect()
    }

    fn audit(&self, history: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
        let mut auditor = Auditor::new();
        history.iter().try_for_each(|recorded| auditor.observe(recorded))?;
        Ok(auditor.finish())
    }
}
