//! A clock that leaps, is set back, and was wrong at the start.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use enterprise_credentials_host::clock::{Clock, Reading};

use crate::common::history::{History, TOKEN_OWNER, TOKEN_OWNER_OAUTH};
use crate::common::http::{Answer, get, revoke_all};
use crate::running::{Running, SLUG};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const YEARS: i64 = 14 * 365 * DAY;

/// A host whose clock on the wall is off by so many milliseconds, and both whose clocks stand still otherwise.
struct Leaping {
    running: Running,
    off_by: Arc<AtomicI64>,
}

impl Leaping {
    fn new() -> Self {
        let off_by = Arc::new(AtomicI64::new(0));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let (read, now_ms) = (Arc::clone(&off_by), i64::try_from(now.as_millis()).unwrap());
        let clock = Clock::new(Clock::SKEW_MAX_DEFAULT, move || Reading {
            wall_ms: now_ms + read.load(Ordering::SeqCst),
            running_ms: DAY,
        });
        let running = Running::with_clock(&[History::sample(SLUG, "")], |_| {}, clock);
        Self { running, off_by }
    }

    fn leap(&self, milliseconds: i64) {
        self.off_by.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn post(&self, token: &str, key: &str) -> Answer {
        revoke_all(self.running.address, SLUG, token, "", &[("Idempotency-Key", key)])
    }

    fn health(&self) -> u16 {
        get(self.running.address, "/healthz", "").status
    }

    fn accept(&self) {
        self.running.host.as_ref().unwrap().clock().accept();
    }
}

#[test]
fn nothing_is_recorded_while_the_clock_is_suspect() {
    let host = Leaping::new();
    host.leap(YEARS);
    assert_eq!(host.post(TOKEN_OWNER, "incident-1").status, 503);
    assert_eq!(host.health(), 503);
    assert_eq!(host.running.requests(), 0);

    host.leap(-YEARS);
    assert_eq!(host.post(TOKEN_OWNER, "incident-1").status, 202);
    assert_eq!(host.health(), 200);
    assert_eq!(host.running.requests(), 1);
}

#[test]
fn a_leap_that_is_accepted_is_the_time() {
    let host = Leaping::new();
    host.leap(YEARS);
    assert_eq!(host.health(), 503);
    host.accept();
    assert_eq!(host.health(), 200);
    assert_eq!(host.post(TOKEN_OWNER, "incident-1").status, 202);
}

#[test]
fn a_key_of_the_future_is_no_repetition() {
    let host = Leaping::new();
    host.leap(YEARS);
    host.accept();
    assert_eq!(host.post(TOKEN_OWNER, "runbook").status, 202);
    assert_eq!(
        host.post(TOKEN_OWNER, "runbook").status,
        202,
        "a repetition within a day"
    );
    assert_eq!(host.running.requests(), 1);

    host.leap(-YEARS);
    let refused = host.post(TOKEN_OWNER_OAUTH, "runbook");
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.message().contains("ahead of the clock"), "{refused:?}");
    assert_eq!(host.running.requests(), 1);
    assert_eq!(host.post(TOKEN_OWNER_OAUTH, "another").status, 202);
    assert_eq!(host.running.requests(), 2, "another key revokes");
}

#[test]
fn a_clock_that_is_a_little_off_repeats_as_always() {
    let host = Leaping::new();
    host.leap(60_000);
    assert_eq!(host.post(TOKEN_OWNER, "incident-1").status, 202);
    host.leap(-60_000);
    assert_eq!(host.post(TOKEN_OWNER, "incident-1").status, 202);
    assert_eq!(host.running.requests(), 1);
}
