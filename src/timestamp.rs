//! The time of an event: milliseconds in UTC, written in one format only.

use alloc::string::String;
use core::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{IDEMPOTENCY_WINDOW_MS, InvalidValue, excerpt};

/// A time in UTC with millisecond precision, in the years 0 to 9999.
///
/// Written and read as RFC 3339 with exactly three decimals: `2026-03-10T09:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The length of `2026-03-10T09:00:00.000Z`.
const TEXT_LENGTH: usize = 24;

/// 0000-01-01T00:00:00.000Z
const MILLISECONDS_MIN: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z
const MILLISECONDS_MAX: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The earliest time that can be written.
    pub const MIN: Self = Self(MILLISECONDS_MIN);

    /// Takes milliseconds from 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidValue::TimeRange`] outside the years 0 to 9999.
    pub const fn from_milliseconds(milliseconds: i64) -> Result<Self, InvalidValue> {
        if milliseconds >= MILLISECONDS_MIN && milliseconds <= MILLISECONDS_MAX {
            Ok(Self(milliseconds))
        } else {
            Err(InvalidValue::TimeRange { milliseconds })
        }
    }

    /// Milliseconds from 1970-01-01T00:00:00Z.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Reads the one format that is written, `2026-03-10T09:00:00.000Z`.
    ///
    /// # Errors
    /// [`InvalidValue::Time`] for any other text, and for dates that do not exist.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let time = text.as_bytes().try_into().ok().and_then(Self::from_bytes);
        time.ok_or_else(|| InvalidValue::Time { found: excerpt(text) })
    }

    /// Reads the bytes of the one format; nothing for any others.
    pub(crate) fn from_bytes(text: &[u8; TEXT_LENGTH]) -> Option<Self> {
        parse_rfc3339_milliseconds(text).map(Self)
    }

    /// The bytes of the one format.
    pub(crate) fn to_bytes(self) -> [u8; TEXT_LENGTH] {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        let [y1, y2, y3, y4] = digits(time.year().unsigned_abs());
        let ([o1, o2], [d1, d2]) = (digits(time.month()), digits(time.day()));
        let ([h1, h2], [m1, m2], [s1, s2]) = (digits(time.hour()), digits(time.minute()), digits(time.second()));
        let [f1, f2, f3] = digits(time.timestamp_subsec_millis());
        [
            y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3,
            b'Z',
        ]
    }

    /// Whether an idempotency key first used at `self` still answers at `now`: within 24 hours, their end excluded.
    pub(crate) const fn answers_at(self, now: Self) -> bool {
        now.0 - self.0 < IDEMPOTENCY_WINDOW_MS
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SS.mmmZ` into milliseconds from 1970, or nothing.
fn parse_rfc3339_milliseconds(text: &[u8; TEXT_LENGTH]) -> Option<i64> {
    let (date, time) = text.split_first_chunk()?;
    let &[y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2] = date else {
        return None;
    };
    let &[b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, b'Z'] = time else {
        return None;
    };
    let year = i32::try_from(number([y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number([o1, o2])?, number([d1, d2])?)?;
    let (hour, minute, second) = (number([h1, h2])?, number([m1, m2])?, number([s1, s2])?);
    let time = date.and_hms_milli_opt(hour, minute, second, number([f1, f2, f3])?)?;
    Some(time.and_utc().timestamp_millis())
}

fn number<const N: usize>(digits: [u8; N]) -> Option<u32> {
    digits.into_iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// The last `N` digits of a number.
fn digits<const N: usize>(mut number: u32) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        let [last, ..] = (number % 10).to_le_bytes();
        *digit += last;
        number /= 10;
    }
    digits
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.to_bytes()).map_err(|_| fmt::Error)?)
    }
}

impl core::str::FromStr for Timestamp {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = InvalidValue;

    /// Drops what is finer than a millisecond.
    fn try_from(time: DateTime<Utc>) -> Result<Self, InvalidValue> {
        Self::from_milliseconds(time.timestamp_millis())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
