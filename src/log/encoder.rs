//! One line after the other: what need not be made again for each line.

use alloc::vec::Vec;

use super::canonical;
use crate::event::RecordedEvent;
use crate::timestamp::{TEXT_LENGTH, Timestamp};

/// Writes the canonical lines of events in turn, each as [`write_line`](super::write_line) writes it.
///
/// It remembers the text of the last event's time, which is more than a third of the work of a line:
/// the events of a batch have one time.
#[derive(Debug, Clone)]
pub struct Encoder {
    at: Timestamp,
    at_text: [u8; TEXT_LENGTH],
}

impl Encoder {
    /// Starts before the first line.
    pub const fn new() -> Self {
        Self {
            at: Timestamp::MIN,
            at_text: *b"0000-01-01T00:00:00.000Z",
        }
    }

    /// Appends the event's canonical line to `bytes`, its line feed included.
    pub fn encode(&mut self, recorded: &RecordedEvent, bytes: &mut Vec<u8>) {
        if self.at != recorded.at {
            self.at = recorded.at;
            self.at_text = recorded.at.to_bytes();
        }
        canonical::write(recorded, &self.at_text, bytes);
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}
