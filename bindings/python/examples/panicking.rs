//! A module for the package's tests alone: an oracle that panics whenever it is asked for more than a new enterprise.
#![expect(clippy::panic, reason = "it is there to panic")]

use enterprise_credentials::audit::Report;
use enterprise_credentials::log::LogError;
use enterprise_credentials::oracle::{Core, Oracle};
use enterprise_credentials::rest::Decider;
use enterprise_credentials::snapshot::SnapshotError;
use enterprise_credentials::{
    AccessDenial, Command, CorruptHistory, CredentialDenial, CredentialId, Enterprise, Event, OrganizationId, PersonId,
    Plan, RecordedEvent, Refusal, Requested, Timestamp,
};
use enterprise_credentials_python::Native;
use pyo3::prelude::{Bound, PyModuleMethods, PyResult, pyfunction, pymodule, wrap_pyfunction};
use pyo3::types::PyModule;

#[derive(Debug)]
struct Panicking(Enterprise);

impl Core for Panicking {
    fn copied(&self) -> Box<dyn Core> {
        Box::new(Self(self.0.clone()))
    }

    fn enterprise(&self) -> &Enterprise {
        &self.0
    }

    fn decider(&self) -> &dyn Decider {
        panic!()
    }

    fn replay(&self, _: &[RecordedEvent]) -> Result<Box<dyn Core>, CorruptHistory> {
        Ok(self.copied())
    }

    fn decide(&self, command: &Command, _: Timestamp) -> Result<Vec<Event>, Refusal> {
        panic!("no answer to {command:?}")
    }

    fn apply(&mut self, _: &RecordedEvent) -> Result<(), CorruptHistory> {
        panic!()
    }

    fn authenticates(&self, _: CredentialId, _: Timestamp) -> Result<PersonId, CredentialDenial> {
        std::panic::panic_any(7)
    }

    fn may_use(&self, _: CredentialId, _: OrganizationId, _: Timestamp) -> Result<(), AccessDenial> {
        panic!()
    }

    fn plan(&self, _: Requested<'_>, _: Timestamp) -> Plan {
        panic!()
    }

    fn warns(&self, _: Requested<'_>, _: Timestamp) -> bool {
        panic!()
    }

    fn snapshot(&self) -> Vec<u8> {
        panic!()
    }

    fn restore(&self, _: &[u8]) -> Result<Box<dyn Core>, SnapshotError> {
        panic!("no snapshot is read")
    }

    fn write(&self, _: &RecordedEvent) -> Vec<u8> {
        panic!()
    }

    fn read(&self, _: &[u8]) -> Vec<Result<RecordedEvent, LogError>> {
        Vec::new()
    }

    fn audit(&self, _: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
        panic!()
    }
}

/// One that dies in place of the package's own.
#[pyfunction]
fn native() -> Native {
    Native::of(Oracle::of(Box::new(Panicking(Enterprise::new())), 0))
}

#[pymodule]
fn panicking(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(native, module)?)
}
