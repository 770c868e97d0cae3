//! What a module says when it dies: kept in a place of its own, since no memory may be left.

use core::fmt;

const BYTES_MAX: usize = 1_024;

/// A text of at most 1,024 bytes. What is longer is cut where a character ends.
#[derive(Debug, Clone)]
pub struct LastWords {
    bytes: [u8; BYTES_MAX],
    length: usize,
    full: bool,
}

impl Default for LastWords {
    fn default() -> Self {
        Self::new()
    }
}

impl LastWords {
    /// Nothing said yet.
    pub const fn new() -> Self {
        Self {
            bytes: [0; BYTES_MAX],
            length: 0,
            full: false,
        }
    }

    /// What was said, in UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Write for LastWords {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = BYTES_MAX - self.length;
        let taken = if self.full { 0 } else { text.floor_char_boundary(room) };
        self.full |= taken < text.len();
        let (Some(place), Some(words)) = (
            self.bytes.get_mut(self.length..self.length + taken),
            text.as_bytes().get(..taken),
        ) else {
            return Err(fmt::Error);
        };
        place.copy_from_slice(words);
        self.length += taken;
        Ok(())
    }
}
