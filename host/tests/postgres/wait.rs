//! Waiting, and telling what was seen meanwhile.

use std::fmt;
use std::time::{Duration, Instant};

/// Asks again and again until it holds.
pub(crate) fn wait_until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let begun_at = Instant::now();
    while !holds() {
        assert!(begun_at.elapsed() < at_most, "still not so after {at_most:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a scenario shows, line by line, each with the seconds since it began.
pub(crate) struct Trace(Instant);

impl Trace {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn say(&self, what: impl fmt::Display) {
        println!("  {:7.2} s  {what}", self.0.elapsed().as_secs_f64());
    }
}
