//! The lines of a log as the event-sourcing crates read theirs.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::plain::{Enterprise, Event};

/// A line as the stores of all three crates keep an event: its envelope in columns, its payload as a JSON document.
pub(crate) struct Document {
    pub(crate) position: u64,
    pub(crate) at: String,
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
        Ok(Self { position, at, payload })
    }
}

/// The envelope alone. With [`parse`] after it this takes less than one struct with a flattened event, of which serde
/// keeps every field twice before it knows the type.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) position: i32,
    pub(crate) at: DateTime<Utc>,
}

/// The event alone, its envelope passed over.
pub(crate) fn parse(line: &str) -> serde_json::Result<Event> {
    serde_json::from_str(line)
}

/// The plain decider's state after a log.
pub(crate) fn replay(log: &str) -> serde_json::Result<Enterprise> {
    let mut enterprise = Enterprise::default();
    for line in log.lines() {
        enterprise.apply(parse(line)?);
    }
    Ok(enterprise)
}
