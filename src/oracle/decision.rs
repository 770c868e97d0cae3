//! A command, as it is asked and answered.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::value::RawValue;

use crate::command::Command;
use crate::event::{Actor, Event, RecordedEvent};
use crate::id::RevocationId;
use crate::oracle::answer::{Accepted, Decision};
use crate::oracle::cores::Core;
use crate::oracle::enterprises::Kept;
use crate::oracle::fault::Fault;
use crate::oracle::fields::Fields;
use crate::timestamp::Timestamp;

/// What is asked.
pub(super) struct Asked {
    command: Command,
    at: Timestamp,
    by: Option<Actor>,
}

/// What comes of it.
pub(super) struct Decided {
    pub(super) decision: Decision,
    pub(super) recorded: Vec<RecordedEvent>,
    /// Of the events' lines.
    pub(super) bytes: usize,
}

impl Asked {
    pub(super) fn read(fields: &mut Fields<'_>, kept: &Kept) -> Result<Self, Fault> {
        Ok(Self {
            command: fields.required("command")?,
            at: kept.time(fields)?,
            by: fields.optional("by")?,
        })
    }

    pub(super) fn decide(&self, core: &dyn Core) -> Decided {
        match core.decide(&self.command, self.at) {
            Ok(events) => self.accepted(core, events),
            Err(refusal) => Decided {
                decision: Decision::Refused(refusal.into()),
                recorded: Vec::new(),
                bytes: 0,
            },
        }
    }

    fn accepted(&self, core: &dyn Core, events: Vec<Event>) -> Decided {
        let recorded: Vec<_> = core.enterprise().record(events, self.at, self.by).collect();
        let lines: Vec<_> = recorded.iter().map(|event| core.write(event)).collect();
        let accepted = Accepted {
            events: lines
                .iter()
                .zip(&recorded)
                .map(|(line, event)| as_json(line, event))
                .collect(),
            revocation: self.revocation(core, &recorded),
            warned: (self.command.requested()).map(|request| core.warns(request, self.at)),
        };
        Decided {
            decision: Decision::Accepted(accepted),
            bytes: lines.iter().map(Vec::len).sum(),
            recorded,
        }
    }

    /// The revocation that a request is, or that it was before.
    fn revocation(&self, core: &dyn Core, recorded: &[RecordedEvent]) -> Option<RevocationId> {
        let request = self.command.requested()?;
        match recorded.first() {
            Some(recorded) => RevocationId::new(recorded.position.value()).ok(),
            None => core.enterprise().repeated_request(request, self.at),
        }
    }
}

/// The line without its line feed. Should a wrong core write what is no JSON, the event stands for it.
fn as_json(line: &[u8], recorded: &RecordedEvent) -> Box<RawValue> {
    let line = str::from_utf8(line).unwrap_or_default();
    let raw = RawValue::from_string(String::from(line.trim_ascii_end()));
    raw.or_else(|_| serde_json::value::to_raw_value(recorded))
        .unwrap_or_default()
}
