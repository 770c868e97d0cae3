//! The lines of a log as the event-sourcing crates read theirs.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::plain::{Actor, Enterprise, Recorded};

/// A line as the stores of all three crates keep an event: its envelope in columns, its payload as a JSON document.
pub(crate) struct Document {
    pub(crate) position: u64,
    pub(crate) at: String,
    pub(crate) by: Value,
    pub(crate) payload: Value,
}

impl Document {
    pub(crate) fn parse(line: &str) -> serde_json::Result<Self> {
        let mut payload: Value = serde_json::from_str(line)?;
        let position = payload.get("position").and_then(Value::as_u64).unwrap_or_default();
        let at = match payload.get_mut("at").map(Value::take) {
            Some(Value::String(at)) => at,
            _ => String::new(),
        };
        let by = payload.get_mut("by").map(Value::take).unwrap_or_default();
        Ok(Self {
            position,
            at,
            by,
            payload,
        })
    }
}

/// The envelope alone.
#[derive(Debug, Deserialize)]
struct Envelope {
    position: u64,
    at: DateTime<Utc>,
    by: Option<Actor>,
}

/// The event in its envelope. To read the line twice takes less than one struct with a flattened event, of which serde
/// keeps every field twice before it knows the type.
pub(crate) fn parse(line: &str) -> serde_json::Result<Recorded> {
    let Envelope { position, at, by } = serde_json::from_str(line)?;
    Ok(Recorded {
        position,
        at,
        by,
        event: serde_json::from_str(line)?,
    })
}

/// The plain decider's state after a log.
pub(crate) fn replay(log: &str) -> serde_json::Result<Enterprise> {
    let mut enterprise = Enterprise::default();
    for line in log.lines() {
        enterprise.apply(parse(line)?);
    }
    Ok(enterprise)
}
