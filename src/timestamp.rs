//! The time of an event: milliseconds in UTC, written in one format only.

mod calendar;

use core::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{IDEMPOTENCY_WINDOW_MS, InvalidValue, excerpt};
use crate::name::TextVisitor;
use calendar::Date;

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

const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

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
        let time = self.0.abs_diff(MILLISECONDS_MIN);
        let Date { year, month, day } = Date::from_day(time / DAY_MS);
        let [y1, y2, y3, y4] = digits(year);
        let ([o1, o2], [d1, d2]) = (digits(month), digits(day));
        let time = time % DAY_MS;
        let ([h1, h2], [m1, m2]) = (digits(time / HOUR_MS), digits(time / MINUTE_MS % 60));
        let ([s1, s2], [f1, f2, f3]) = (digits(time / 1000 % 60), digits(time % 1000));
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
#[inline]
fn parse_rfc3339_milliseconds(text: &[u8; TEXT_LENGTH]) -> Option<i64> {
    let ([first, second, third], []) = text.as_chunks() else {
        return None;
    };
    let ([century, _, year, _, _, month, ..], misfits) = twos(*first, *b"0000-00-");
    let ([day, _, _, hour, _, _, minute, _], more_misfits) = twos(*second, *b"00T00:00");
    let ([_, second, _, _, hundredth, _, thousandth, _], even_more_misfits) = twos(*third, *b":00.000Z");
    if misfits | more_misfits | even_more_misfits != 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let year = u64::from(century) * 100 + u64::from(year);
    let (month, day) = (month.into(), day.into());
    let day = Date { year, month, day }.to_day()?;
    let time = u64::from(hour) * HOUR_MS + u64::from(minute) * MINUTE_MS + u64::from(second) * 1000;
    let time = day * DAY_MS + time + u64::from(hundredth) * 10 + u64::from(thousandth) / 10;
    Some(MILLISECONDS_MIN + i64::try_from(time).ok()?)
}

/// Reads eight bytes at once that should have this shape, where a `0` stands for any digit: at the place of each digit the
/// number that it makes with the digit after it, or with a zero. The second value is 0 only where the shape fits.
#[inline]
fn twos(bytes: [u8; 8], shape: [u8; 8]) -> ([u8; 8], u64) {
    const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    // Added to the largest value that fits, this is one less than what sets the byte's highest bit.
    let room = u64::from_le_bytes(shape.map(|byte| if byte == b'0' { 0x7f - 9 } else { 0x7f }));
    let values = u64::from_le_bytes(bytes) ^ u64::from_le_bytes(shape);
    let misfits = ((values & !HIGHEST_BITS).wrapping_add(room) | values) & HIGHEST_BITS;
    let twos = values.wrapping_mul(10).wrapping_add(values >> 8);
    (twos.to_le_bytes(), misfits)
}

/// The last `N` digits of a number.
fn digits<const N: usize>(mut number: u64) -> [u8; N] {
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
        deserializer.deserialize_str(TextVisitor::new(Self::parse))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use chrono::{DateTime, Datelike, NaiveDate};

    use super::{DAY_MS, MILLISECONDS_MAX, MILLISECONDS_MIN, Timestamp};

    #[test]
    fn every_day_that_can_be_written_is_the_calendars() {
        let day_ms = i64::try_from(DAY_MS).unwrap();
        let noon = day_ms / 2 + 1;
        for milliseconds in (MILLISECONDS_MIN + noon..MILLISECONDS_MAX).step_by(day_ms.try_into().unwrap()) {
            let date = DateTime::from_timestamp_millis(milliseconds).unwrap();
            let (year, month, day) = (date.year(), date.month(), date.day());
            let text = format!("{year:04}-{month:02}-{day:02}T12:00:00.001Z");
            let time = Timestamp::from_milliseconds(milliseconds).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::parse(&text), Ok(time));
        }
    }

    #[test]
    fn no_day_that_the_calendar_lacks_can_be_read() {
        for year in 0..=9999 {
            for (month, day) in (0..=13).flat_map(|month| [0, 1, 28, 29, 30, 31, 32].map(|day| (month, day))) {
                let read = Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T00:00:00.000Z"));
                let exists = NaiveDate::from_ymd_opt(year, month, day).is_some();
                assert_eq!(read.is_ok(), exists, "{year}-{month}-{day}");
            }
        }
    }
}
