//! The error of everything that reads a text.

use core::fmt;

/// A text that is not what it was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// What it was taken for, with its article.
    pub what: &'static str,
    /// The line that is wrong, counted from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, line, expected } = self;
        write!(f, "this is not {what}: line {line} should be {expected}")
    }
}

impl core::error::Error for Malformed {}

/// The lines of a text, each of which must end with a line feed.
pub(crate) struct Lines<'a> {
    what: &'static str,
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(crate) const fn of(what: &'static str, text: &'a str) -> Self {
        Self {
            what,
            rest: text,
            line: 0,
        }
    }

    /// The next line, read by `read`, which gives nothing for what is not `expected`.
    pub(crate) fn next<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Malformed> {
        self.line += 1;
        let (what, line) = (self.what, self.line);
        let wrong = Malformed { what, line, expected };
        let (text, rest) = self.rest.split_once('\n').ok_or(wrong)?;
        self.rest = rest;
        read(text).ok_or(wrong)
    }

    /// Fails where there is anything more.
    pub(crate) fn end(&self, expected: &'static str) -> Result<(), Malformed> {
        let (what, line) = (self.what, self.line + 1);
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed { what, line, expected })
        }
    }

    /// How many lines were read.
    pub(crate) const fn count(&self) -> usize {
        self.line
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }
}

/// A number as it is written: decimal digits, without a sign and without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { text.parse().ok() } else { None }
}

/// Bytes as text, of at most this length.
pub(crate) fn text<'a>(what: &'static str, bytes: &'a [u8], bytes_max: usize) -> Result<&'a str, Malformed> {
    let wrong = |line, expected| Malformed { what, line, expected };
    if bytes.len() > bytes_max {
        return Err(wrong(1, "shorter: the whole is longer than such a text can be"));
    }
    core::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        wrong(1 + before.filter(|byte| **byte == b'\n').count(), "text in UTF-8")
    })
}
