//! The limits on every value, and the error that each violation gives. A value that exists in this crate is within its
//! limits. Source: decision 0014.

use alloc::string::{String, ToString};

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The largest id and position: 2^53 − 1, so that ids survive JSON readers that keep numbers as doubles.
pub const ID_MAX: u64 = (1 << 53) - 1;
/// The longest enterprise slug, in characters.
pub const SLUG_LENGTH_MAX: usize = 60;
/// The longest login of a person or an organization, in characters.
pub const LOGIN_LENGTH_MAX: usize = 100;
/// The longest fingerprint, in characters.
pub const FINGERPRINT_LENGTH_MAX: usize = 128;
/// The most scopes that one credential carries.
pub const SCOPES_MAX: usize = 64;
/// The longest scope name, in characters.
pub const SCOPE_LENGTH_MAX: usize = 64;
/// The longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 255;
/// How long an idempotency key answers for its first request, in milliseconds: 24 hours of the stream's time.
pub const IDEMPOTENCY_WINDOW_MS: i64 = 24 * 60 * 60 * 1000;
/// The most unfinished revocations of one organization, each limited to it.
pub const UNFINISHED_OF_ORGANIZATION_MAX: usize = 1_000;
/// With how many unfinished revocations an enterprise takes no request for less than everything.
pub const UNFINISHED_FOR_NARROWER_MAX: usize = 50_000;
/// The most unfinished revocations of an enterprise.
pub const UNFINISHED_MAX: usize = 100_000;
/// The most idempotency keys that one requester, a person or an installation, first uses within 24 hours.
pub const KEYS_OF_REQUESTER_MAX: usize = 10_000;
/// The largest request body, in bytes: 64 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// The most commands that are decided together.
pub const COMMANDS_MAX: usize = 1_000;
/// The longest line of a log, in bytes: 64 KiB, of which the largest canonical event fills less than an eighth.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// How much of an offending value an error repeats, in characters.
const EXCERPT_LENGTH_MAX: usize = 80;

/// A value outside its limits. The message says which value, what is allowed and what was found.
///
/// [`Rule::ValuesWithinLimits`](crate::Rule::ValuesWithinLimits)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidValue {
    /// An id or a position outside 1 to 2^53 − 1.
    #[error("{what} must be 1 to {ID_MAX}, not `{found}`")]
    Id {
        /// Which id.
        what: &'static str,
        /// What was given.
        found: u64,
    },
    /// Text or a signed number that is no id or position.
    #[error("{what} must be 1 to {ID_MAX}, in digits alone, not `{found}`")]
    IdText {
        /// Which id.
        what: &'static str,
        /// What was given, shortened.
        found: String,
    },
    /// None of the names that a value may have.
    #[error("{what} must be {allowed}, not `{found}`")]
    Name {
        /// Which value.
        what: &'static str,
        /// Its names.
        allowed: String,
        /// What was given, shortened.
        found: String,
    },
    /// Not a slug.
    #[error(
        "an enterprise slug must be 1 to {SLUG_LENGTH_MAX} lower-case letters, digits or single inner hyphens, not \
         `{found}`"
    )]
    Slug {
        /// What was given, shortened.
        found: String,
    },
    /// A text of the wrong length, or with a character that is not visible ASCII.
    #[error("{what} must be 1 to {length_max} visible ASCII characters, not `{found}`")]
    Text {
        /// Which text.
        what: &'static str,
        /// The longest that is allowed, in characters.
        length_max: usize,
        /// What was given, shortened.
        found: String,
    },
    /// Too many scopes on one credential.
    #[error("a credential carries at most {SCOPES_MAX} scopes, not {found}")]
    Scopes {
        /// How many were given.
        found: usize,
    },
    /// Not a time in the one format of the log.
    #[error("a time must be written as `2026-03-10T09:00:00.000Z`, in UTC with three decimals, not `{found}`")]
    Time {
        /// What was given, shortened.
        found: String,
    },
    /// Not a time in RFC 3339.
    #[error(
        "a time must be written as in RFC 3339, with its offset from UTC, such as `2026-03-10T09:00:00+01:00`, not \
         `{found}`"
    )]
    Rfc3339 {
        /// What was given, shortened.
        found: String,
    },
    /// A time outside the years that the format can write.
    #[error("a time must lie in the years 0 to 9999, not {milliseconds} ms from 1970")]
    TimeRange {
        /// What was given, in milliseconds from 1970-01-01T00:00:00Z.
        milliseconds: i64,
    },
}

/// As `{"message":"…"}`.
impl Serialize for InvalidValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_entry("message", &self.to_string())?;
        object.end()
    }
}

/// The start of `text`, short enough for an error message, and without characters that would steer a terminal.
pub(crate) fn excerpt(text: &str) -> String {
    let mut characters = text.chars();
    let start = characters.by_ref().take(EXCERPT_LENGTH_MAX);
    let mut excerpt: String = start.flat_map(shown).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// A character as an error shows it: control characters escaped.
fn shown(character: char) -> impl Iterator<Item = char> {
    let escaped = character.is_control().then(|| character.escape_default());
    let plain = escaped.is_none().then_some(character);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_short_and_cannot_steer_a_terminal() {
        assert_eq!(excerpt("octo-corp"), "octo-corp");
        assert_eq!(excerpt(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!(excerpt(&"ä".repeat(81)), "ä".repeat(80) + "…");
        assert_eq!(excerpt("\u{1b}[2J\n"), "\\u{1b}[2J\\n");
    }
}
