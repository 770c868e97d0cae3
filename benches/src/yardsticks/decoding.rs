//! Ways to read the same JSON lines.

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Enterprise, RecordedEvent};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The yardstick Y: the fields that most events have, borrowed, nothing checked and nothing kept.
#[derive(Debug, Deserialize)]
pub struct Minimal<'a> {
    /// The position.
    pub position: u64,
    /// The time, as text.
    pub at: &'a str,
    /// The event's type.
    pub r#type: &'a str,
    /// The credential, of events that have one.
    pub credential: Option<u64>,
    /// The organization, of events that have one.
    pub organization: Option<u64>,
    /// The owner, of events that have one.
    pub owner: Option<u64>,
}

/// Parses each line into [`Minimal`], the whole checked as UTF-8 once: the sum of the positions.
pub fn parse_minimal(log: &[u8]) -> u64 {
    let lines = str::from_utf8(log).expect("UTF-8").lines();
    lines
        .map(|line| serde_json::from_str::<Minimal>(line).expect("an event").position)
        .sum()
}

/// Parses each line and builds nothing: the number of lines.
pub fn skip_all(log: &[u8]) -> usize {
    let lines = str::from_utf8(log).expect("UTF-8").lines();
    lines
        .filter(|line| serde_json::from_str::<IgnoredAny>(line).is_ok())
        .count()
}

/// The same log with white space before each line. The core reads such lines by its fallback, the JSON parser.
pub fn not_canonical(log: &[u8]) -> Vec<u8> {
    let lines = log.split_inclusive(|byte| *byte == b'\n');
    lines.flat_map(|line| [b" ", line]).flatten().copied().collect()
}

/// Decodes each line of a log: the number of lines.
pub fn decode_each(log: &[u8]) -> usize {
    let mut decoder = Decoder::new();
    let lines = str::from_utf8(log).expect("UTF-8").lines();
    lines.filter(|line| decoder.decode(line.as_bytes()).is_ok()).count()
}

/// Replays a log with the decoder that serde derives, into the same state.
pub fn replay_by_derive(log: &[u8]) -> Enterprise {
    let mut enterprise = Enterprise::new();
    for line in str::from_utf8(log).expect("UTF-8").lines() {
        let recorded: RecordedEvent = serde_json::from_str(line).expect("an event");
        enterprise.apply(&recorded).expect("it fits");
    }
    enterprise
}
