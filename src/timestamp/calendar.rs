//! The Gregorian calendar from year 0 on, in whole numbers. Times are read and written too often for a general library.

/// A date; one that exists, where it was made from a day.
pub(super) struct Date {
    pub(super) year: u64,
    pub(super) month: u64,
    pub(super) day: u64,
}

/// 400 years, after which the calendar repeats itself.
const CYCLE_DAYS: u64 = 146_097;
/// From 1 March of the year -400 to 0000-01-01: the sums below count from there, so that nothing in them is negative.
const DAYS_BEFORE: u64 = CYCLE_DAYS - 60;

impl Date {
    /// The days from 0000-01-01 to this date; nothing for a date that does not exist.
    pub(super) fn to_day(&self) -> Option<u64> {
        if self.day == 0 || self.day > self.month_days()? {
            return None;
        }
        // A year that begins in March ends with its leap day, which then moves no other.
        let (year, month) = match self.month {
            1 | 2 => (self.year + 399, self.month + 9),
            _ => (self.year + 400, self.month - 3),
        };
        let year_days = year * 365 + year / 4 - year / 100 + year / 400;
        Some(year_days + month_start(month) + self.day - 1 - DAYS_BEFORE)
    }

    /// The date so many days after 0000-01-01.
    pub(super) fn from_day(day: u64) -> Self {
        let day = day + DAYS_BEFORE;
        let (cycle, day) = (day / CYCLE_DAYS, day % CYCLE_DAYS);
        // Without the leap days up to it, a day tells its year.
        let year = (day - day / 1460 + day / 36_524 - day / (CYCLE_DAYS - 1)) / 365;
        let day = day - (year * 365 + year / 4 - year / 100);
        let month = (day * 5 + 2) / 153;
        let (year_after, month_name) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
        Self {
            year: cycle * 400 + year + year_after - 400,
            month: month_name,
            day: day - month_start(month) + 1,
        }
    }

    fn month_days(&self) -> Option<u64> {
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
            4 | 6 | 9 | 11 => Some(30),
            2 if self.is_leap_year() => Some(29),
            2 => Some(28),
            _ => None,
        }
    }

    const fn is_leap_year(&self) -> bool {
        self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400))
    }
}

/// The days from 1 March to the first of a month, where March is 0: the lengths 31, 30, 31, 30, 31 repeat.
const fn month_start(month: u64) -> u64 {
    (month * 153 + 2) / 5
}
