//! Audits. Every history that the core writes is clean. Every altered one is found out, or the core could have written
//! it.

use std::format;

use crate::candidate::Candidate;
use crate::laws::tampering::{Tampered, tamper};
use crate::laws::{Law, Violation};
use crate::model::Model;
use crate::run::Run;
use enterprise_credentials::audit::command_of;
use enterprise_credentials::{Position, RecordedEvent, Timestamp};

pub(crate) fn audit<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let report = C::audit(&run.history);
    let clean = report.as_ref().is_ok_and(|report| report.is_clean());
    Law::Audit.of(clean, || format!("what the core wrote is no clean history: {report:?}"))?;
    for Tampered { how, history } in tamper(&run.history) {
        let accepted = C::audit(&history).is_ok_and(|report| report.is_clean());
        let harmless = could_have_been_written(&history);
        Law::Audit.of(accepted == harmless, || {
            let findings = C::audit(&history).map(|report| report.findings);
            format!("{how}\n  could have been written so: {harmless}, but the audit says: {findings:?}")
        })?;
    }
    Ok(())
}

/// Whether the model would have answered each event to the command that asks for it, at its place and time.
///
/// Which command that is, the audit and its law take from one place; what the answer is, each finds in its own way.
fn could_have_been_written(history: &[RecordedEvent]) -> bool {
    let mut model = Model::new();
    let (mut last, mut last_at) = (Position::START, Timestamp::MIN);
    for recorded in history {
        let follows = recorded.position == last.next() && recorded.at >= last_at;
        let answer = model.decide(&command_of(&recorded.event), recorded.at);
        if !follows || answer.as_deref() != Ok(core::slice::from_ref(&recorded.event)) {
            return false;
        }
        model.apply(&recorded.event, recorded.at);
        (last, last_at) = (recorded.position, recorded.at);
    }
    true
}
