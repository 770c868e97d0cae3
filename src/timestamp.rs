//! The time of an event: milliseconds in UTC, written in one format only.

mod calendar;

use alloc::format;
use alloc::string::String;
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
pub(crate) const TEXT_LENGTH: usize = 24;

/// 0000-01-01T00:00:00.000Z
const MILLISECONDS_MIN: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z
const MILLISECONDS_MAX: i64 = 253_402_300_799_999;

const MINUTE_MS: u32 = 60 * 1000;
const HOUR_MS: u32 = 60 * MINUTE_MS;
const DAY_MS: u32 = 24 * HOUR_MS;

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

    /// Reads any time that RFC 3339 allows, in any offset, with any number of decimals or none: for times that come
    /// from databases and other services. What is finer than a millisecond is dropped, towards the past.
    ///
    /// Offsets are read as databases write them, too: `+00`, `+0530` and ` UTC`. A time without any offset is refused,
    /// because nobody can tell which hour is meant: whoever knows that a column is in UTC appends a `Z`.
    ///
    /// The log and commands are read by [`Timestamp::parse`], which knows one format: one time, one text.
    ///
    /// # Errors
    /// [`InvalidValue::Rfc3339`] for any other text, and [`InvalidValue::TimeRange`] outside the years 0 to 9999 in
    /// UTC.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidValue> {
        let time = DateTime::parse_from_rfc3339(text).or_else(|strictly| {
            with_whole_offset(text).map_or(Err(strictly), |text| DateTime::parse_from_rfc3339(&text))
        });
        let time = time.map_err(|_| InvalidValue::Rfc3339 { found: excerpt(text) })?;
        Self::from_milliseconds(time.timestamp_millis())
    }

    /// Reads the bytes of the one format; nothing for any others.
    pub(crate) fn from_bytes(text: &[u8; TEXT_LENGTH]) -> Option<Self> {
        Self::near(text, &mut KnownDay::first())
    }

    /// Reads the bytes of the one format as [`Timestamp::from_bytes`] does,
    /// and faster where they are of the known day, which becomes theirs.
    #[inline]
    pub(crate) fn near(text: &[u8; TEXT_LENGTH], known: &mut KnownDay) -> Option<Self> {
        parse_rfc3339_milliseconds(text, known).map(Self)
    }

    /// The bytes of the one format.
    pub(crate) fn to_bytes(self) -> [u8; TEXT_LENGTH] {
        let time = self.0.abs_diff(MILLISECONDS_MIN);
        let Date { year, month, day } = Date::from_day(time / u64::from(DAY_MS));
        let [y1, y2, y3, y4] = digits(year);
        let ([o1, o2], [d1, d2]) = (digits(month), digits(day));
        let time = time % u64::from(DAY_MS);
        let (hour, minute) = (time / u64::from(HOUR_MS), time / u64::from(MINUTE_MS) % 60);
        let ([h1, h2], [m1, m2]) = (digits(hour), digits(minute));
        let ([s1, s2], [f1, f2, f3]) = (digits(time / 1000 % 60), digits(time));
        [
            y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3,
            b'Z',
        ]
    }

    /// Whether an idempotency key first used at `self` still answers at `now`: within 24 hours, their end excluded.
    ///
    /// [`Rule::IdempotentFor24Hours`](crate::Rule::IdempotentFor24Hours)
    pub(crate) const fn answers_at(self, now: Self) -> bool {
        now.0 - self.0 < IDEMPOTENCY_WINDOW_MS
    }
}

/// The text of a time whose offset is shorter than RFC 3339 wants it;
/// nothing where it does not end with such an offset.
fn with_whole_offset(text: &str) -> Option<String> {
    if let Some(time) = text.strip_suffix(" UTC") {
        return Some(format!("{time}Z"));
    }
    let sign = text.rfind(['+', '-'])?;
    let (time, offset) = text.split_at_checked(sign + 1)?;
    match offset.len() {
        2 => Some(format!("{time}{offset}:00")),
        4 => offset
            .split_at_checked(2)
            .map(|(hours, minutes)| format!("{time}{hours}:{minutes}")),
        _ => None,
    }
}

/// The day of the time that was read last: most times of a log are of the same day as the one before,
/// and need no calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownDay {
    /// Its year and month as they are written: `2026-03-`.
    year_and_month: [u8; 8],
    day: u8,
    /// When it begins, in milliseconds from 1970.
    begin_ms: i64,
}

impl KnownDay {
    /// The first day that can be written.
    pub(crate) const fn first() -> Self {
        Self {
            year_and_month: *b"0000-01-",
            day: 1,
            begin_ms: MILLISECONDS_MIN,
        }
    }

    /// When this day begins, which becomes the known one; nothing for a date that does not exist.
    #[inline]
    fn begin_ms(&mut self, year_and_month: [u8; 8], day: u8) -> Option<i64> {
        if self.year_and_month != year_and_month || self.day != day {
            let begin_ms = begin_ms(year_and_month, day)?;
            *self = Self {
                year_and_month,
                day,
                begin_ms,
            };
        }
        Some(self.begin_ms)
    }
}

fn begin_ms(year_and_month: [u8; 8], day: u8) -> Option<i64> {
    let ([century, _, year, _, _, month, ..], misfits) = twos(year_and_month, *b"0000-00-");
    if misfits != 0 {
        return None;
    }
    let year = u64::from(century) * 100 + u64::from(year);
    let (month, day) = (month.into(), day.into());
    let days = Date { year, month, day }.to_day()?;
    Some(MILLISECONDS_MIN + i64::try_from(days).ok()? * i64::from(DAY_MS))
}

/// Reads `YYYY-MM-DDTHH:MM:SS.mmmZ` into milliseconds from 1970, or nothing.
#[inline]
fn parse_rfc3339_milliseconds(text: &[u8; TEXT_LENGTH], known: &mut KnownDay) -> Option<i64> {
    let ([year_and_month, second, third], []) = text.as_chunks() else {
        return None;
    };
    let ([day, _, _, hour, _, _, minute, _], misfits) = twos(*second, *b"00T00:00");
    let ([_, second, _, _, hundredth, _, thousandth, _], more_misfits) = twos(*third, *b":00.000Z");
    if misfits | more_misfits != 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let time = u32::from(hour) * HOUR_MS + u32::from(minute) * MINUTE_MS + u32::from(second) * 1000;
    let time = time + u32::from(hundredth) * 10 + u32::from(thousandth) / 10;
    Some(known.begin_ms(*year_and_month, day)? + i64::from(time))
}

/// Reads eight bytes at once that should have this shape, where a `0` stands for any digit: at the place of each digit
/// the number that it makes with the digit after it, or with a zero. The second value is 0 only where the shape fits.
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

    /// Drops what is finer than a millisecond, towards the past.
    fn try_from(time: DateTime<Utc>) -> Result<Self, InvalidValue> {
        Self::from_milliseconds(time.timestamp_millis())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        let converted = Self::from_timestamp_millis(time.0);
        debug_assert!(converted.is_some(), "chrono knows more years than {time} is of");
        converted.unwrap_or_default()
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
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use chrono::{DateTime, Datelike, NaiveDate};

    use super::{DAY_MS, KnownDay, MILLISECONDS_MAX, MILLISECONDS_MIN, TEXT_LENGTH, Timestamp};

    #[test]
    fn every_day_that_can_be_written_is_the_calendars() {
        let day_ms = i64::from(DAY_MS);
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
    fn a_known_day_changes_nothing_but_the_time_that_reading_takes() {
        let dates = [
            "2026-03-10",
            "2026-03-11",
            "2026-04-10",
            "2025-03-10",
            "2026-03-32",
            "2026-02-30",
            "0000-01-01",
        ];
        let times = ["T00:00:00.000Z", "T23:59:59.999Z", "T24:00:00.000Z", "t00:00:00.000Z"];
        let texts = dates.iter().flat_map(|date| times.map(|time| format!("{date}{time}")));
        let texts: Vec<String> = texts.chain([format!("{}T00:00:00.000Z", "\0".repeat(10))]).collect();
        for before in &texts {
            for text in &texts {
                let mut known = KnownDay::first();
                for text in [before, text] {
                    let read = Timestamp::near(text.as_bytes().try_into().unwrap(), &mut known);
                    assert_eq!(read, Timestamp::parse(text).ok(), "{text} after {before}");
                }
            }
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

    #[test]
    fn every_second_of_a_day_is_the_clocks() {
        for second in 0..24 * 60 * 60 {
            let (hour, minute, thousandths) = (second / 3600, second / 60 % 60, second * 7 % 1000);
            let text = format!("1970-01-01T{hour:02}:{minute:02}:{:02}.{thousandths:03}Z", second % 60);
            let time = Timestamp::from_milliseconds(second * 1000 + thousandths).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::parse(&text), Ok(time));
        }
    }

    #[test]
    fn no_time_that_the_clock_lacks_can_be_read() {
        for number in 0..100 {
            let [hour, minute, second] = [
                format!("{number:02}:00:00"),
                format!("00:{number:02}:00"),
                format!("00:00:{number:02}"),
            ]
            .map(|time| Timestamp::parse(&format!("1970-01-01T{time}.000Z")).is_ok());
            assert_eq!(
                [hour, minute, second],
                [number < 24, number < 60, number < 60],
                "{number}"
            );
        }
    }

    /// Eight bytes are judged at once: what is wrong with one must not make up for what is wrong with another.
    #[test]
    fn no_one_and_no_two_bytes_may_be_others() {
        const TEXT: &[u8; TEXT_LENGTH] = b"1111-11-11T11:11:11.111Z";
        assert!(Timestamp::from_bytes(TEXT).is_some());
        // Each makes of a 1 what is no digit, the neighbours of 0 and 9 among them.
        for bits in [b'1' ^ b'/', b'1' ^ b':', 0x10, 0x40, 0x80, 0xff] {
            for first in 0..TEXT_LENGTH {
                let mut text = *TEXT;
                text[first] ^= bits;
                assert_eq!(Timestamp::from_bytes(&text), None, "{}", text.escape_ascii());
                for second in first + 1..TEXT_LENGTH {
                    let mut text = text;
                    text[second] ^= bits;
                    assert_eq!(Timestamp::from_bytes(&text), None, "{}", text.escape_ascii());
                }
            }
        }
    }
}
