//! Events and snapshots that a request gives.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::value::RawValue;

use crate::enterprise::Enterprise;
use crate::event::RecordedEvent;
use crate::log::Decoder;
use crate::oracle::fault::{ErrorKind, Fault};
use crate::oracle::fields::Fields;
use crate::oracle::hex;

/// The events that a request gives, as the lines of a log: a list of `events`, or a text of `lines`.
pub(super) fn lines(fields: &mut Fields<'_>) -> Result<Option<Vec<u8>>, Fault> {
    let events: Option<Vec<&RawValue>> = fields.optional("events")?;
    let lines: Option<String> = fields.optional("lines")?;
    match (events, lines) {
        (None, None) => Ok(None),
        (None, Some(lines)) => Ok(Some(lines.into_bytes())),
        (Some(events), None) => {
            let mut lines = Vec::new();
            for event in events {
                // Of JSON a line feed is white space: inside of a text it is escaped.
                lines.extend(event.get().bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
                lines.push(b'\n');
            }
            Ok(Some(lines))
        }
        (Some(_), Some(_)) => {
            let message = "events are given as `events` or as `lines`, not as both";
            Err(Fault::of_field("lines", message))
        }
    }
}

/// Reads the lines that follow a state.
pub(super) fn next(enterprise: &Enterprise, lines: &[u8]) -> Result<Vec<RecordedEvent>, Fault> {
    let mut decoder = Decoder::resume(enterprise.position(), enterprise.last_at());
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    let recorded = lines.map(|line| decoder.decode(line));
    Ok(recorded.collect::<Result<_, _>>()?)
}

/// The snapshot that a request gives.
pub(super) fn snapshot(fields: &mut Fields<'_>) -> Result<Option<Vec<u8>>, Fault> {
    let Some(text) = fields.optional::<String>("snapshot")? else {
        return Ok(None);
    };
    let bytes = hex::read(&text).ok_or_else(|| {
        let message = format!(
            "a snapshot of {} characters is not written in hexadecimal digits",
            text.len()
        );
        Fault::new(ErrorKind::UnreadableSnapshot, message)
    });
    bytes.map(Some)
}
