//! The wall clock, compared with the clock that only counts. A leap of the wall clock must not get into a stream.
//!
//! A stream's time never runs backwards. Suppose that a clock leaps to 2040, and something is recorded. Then every
//! token that expires before 2040 is dead for good, and an idempotency key is answered as a repetition until then. So
//! the clocks are compared each second, and before each record. If the wall clock has moved further than the machine
//! has been running, it is *suspect*. Then nothing is recorded until it has come back, or until somebody accepts it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enterprise_credentials::{Enterprise, Timestamp};
use tokio::sync::watch;

/// How often the clocks are compared while nothing is recorded.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// From which step backwards on the log tells.
const BACKWARD_MS_MIN: i64 = 1_000;

/// What the two clocks show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The clock on the wall, in milliseconds since 1970.
    pub wall_ms: i64,
    /// How long the machine has been running, suspended or not, in milliseconds.
    pub running_ms: i64,
}

/// The clock on the wall is ahead of where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock has leapt forward by {} s: nothing is recorded until you set it right, or accept it by SIGHUP or a \
     restart",
    .ahead_ms / 1_000
)]
pub struct Suspect {
    /// By how much, in milliseconds.
    pub ahead_ms: i64,
}

/// A clock that notices leaps.
pub struct Clock {
    skew_max_ms: i64,
    read: Box<dyn Fn() -> Reading + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The last reading that was right.
    right: Reading,
    /// Whether the wall's clock is ahead of what followed from it.
    suspect: Option<Suspect>,
}

impl Clock {
    /// How far the clock on the wall may leap where nothing else is said.
    pub const SKEW_MAX_DEFAULT: Duration = Duration::from_secs(5 * 60);

    /// The machine's clocks. What they show now is taken for right.
    pub fn system(skew_max: Duration) -> Self {
        Self::new(skew_max, system_reading)
    }

    /// Clocks that `read` reads.
    pub fn new(skew_max: Duration, read: impl Fn() -> Reading + Send + Sync + 'static) -> Self {
        let right = read();
        Self {
            skew_max_ms: i64::try_from(skew_max.as_millis()).unwrap_or(i64::MAX),
            read: Box::new(read),
            state: Mutex::new(State { right, suspect: None }),
        }
    }

    /// The time now, if it can be relied on.
    ///
    /// # Errors
    /// [`Suspect`] while the clock is further ahead than it may leap.
    pub fn now(&self) -> Result<Timestamp, Suspect> {
        let reading = (self.read)();
        let (before, now) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *state;
            *state = before.after(reading, self.skew_max_ms);
            (before, *state)
        };
        tell(&before, &now, reading);
        match now.suspect {
            Some(suspect) => Err(suspect),
            None => Ok(timestamp(reading.wall_ms)),
        }
    }

    /// The time to decide at: the clock's, but never before the enterprise's last event.
    ///
    /// # Errors
    /// [`Suspect`], as above.
    pub fn time_for(&self, enterprise: &Enterprise) -> Result<Timestamp, Suspect> {
        Ok(self.now()?.max(enterprise.last_at().unwrap_or(Timestamp::MIN)))
    }

    /// Whether a time is further ahead of the clock than the clock may leap: two hosts' clocks differ a little.
    pub fn is_of_the_future(&self, at: Timestamp) -> bool {
        let now_ms = (self.read)().wall_ms;
        at.milliseconds().saturating_sub(now_ms) > self.skew_max_ms
    }

    /// Takes what the clocks show now for right. The log tells where that was in doubt.
    pub fn accept(&self) {
        let right = (self.read)();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Suspect { ahead_ms }) = state.suspect {
            tracing::warn!(ahead_ms, "the clock is accepted as it is");
        }
        *state = State { right, suspect: None };
    }

    /// Compares the clocks each second until `stop` turns true or its sender is gone.
    pub async fn watch(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let stopped = async {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let looking = async {
            loop {
                // The log has told what is wrong.
                let _ = self.now();
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = stopped => {}
            () = looking => {}
        }
    }
}

impl State {
    /// A small difference is followed, and so is a step backwards; a leap forward is not, for as long as it lasts.
    fn after(self, now: Reading, skew_max_ms: i64) -> Self {
        let ahead_ms = self.ahead_ms(now);
        if ahead_ms > skew_max_ms {
            let suspect = Some(Suspect { ahead_ms });
            return Self { suspect, ..self };
        }
        Self {
            right: now,
            suspect: None,
        }
    }

    /// How much further the wall's clock has moved than the machine has been running.
    const fn ahead_ms(&self, now: Reading) -> i64 {
        let wall = now.wall_ms.saturating_sub(self.right.wall_ms);
        wall.saturating_sub(now.running_ms.saturating_sub(self.right.running_ms))
    }
}

/// Tells the log what is new.
fn tell(before: &State, now: &State, reading: Reading) {
    let ahead_ms = before.ahead_ms(reading);
    match (before.suspect, now.suspect) {
        (None, Some(suspect)) => tracing::error!(ahead_ms, "{suspect}"),
        (Some(_), None) => tracing::info!("the clock is right again"),
        (None, None) if ahead_ms < -BACKWARD_MS_MIN => {
            tracing::warn!(
                back_ms = -ahead_ms,
                "the clock was set back: streams go on at the time of their last events"
            );
        }
        _ => {}
    }
}

fn timestamp(milliseconds: i64) -> Timestamp {
    // Where the clock shows no time that can be written, the stream's own time stands in.
    Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::MIN)
}

fn system_reading() -> Reading {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Unlike the standard library's, this one goes on while the machine is suspended.
    let running = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Reading {
        wall_ms: i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX),
        running_ms: running
            .tv_sec
            .saturating_mul(1_000)
            .saturating_add(running.tv_nsec / 1_000_000),
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const MINUTE: i64 = 60_000;
    const YEAR: i64 = 365 * 24 * 60 * MINUTE;

    /// A clock whose hands are moved by hand.
    struct Hands {
        wall: Arc<AtomicI64>,
        running: Arc<AtomicI64>,
        clock: Clock,
    }

    impl Hands {
        fn new() -> Self {
            let wall = Arc::new(AtomicI64::new(1_800_000_000_000));
            let running = Arc::new(AtomicI64::new(5 * MINUTE));
            let (wall_read, running_read) = (Arc::clone(&wall), Arc::clone(&running));
            let clock = Clock::new(Clock::SKEW_MAX_DEFAULT, move || Reading {
                wall_ms: wall_read.load(Ordering::SeqCst),
                running_ms: running_read.load(Ordering::SeqCst),
            });
            Self { wall, running, clock }
        }

        /// Moves the wall's clock by `wall`, while the machine runs for `running`.
        fn pass(&self, wall: i64, running: i64) -> Result<Timestamp, Suspect> {
            self.wall.fetch_add(wall, Ordering::SeqCst);
            self.running.fetch_add(running, Ordering::SeqCst);
            self.clock.now()
        }
    }

    #[test]
    fn a_leap_forward_is_suspect_until_it_is_taken_back() {
        let hands = Hands::new();
        assert!(hands.pass(MINUTE, MINUTE).is_ok());
        let leap = 14 * YEAR;
        assert_eq!(hands.pass(leap, 0), Err(Suspect { ahead_ms: leap }));
        assert_eq!(
            hands.pass(MINUTE, MINUTE),
            Err(Suspect { ahead_ms: leap }),
            "it does not wear off"
        );
        let still = 6 * MINUTE;
        assert_eq!(hands.pass(still - leap, 0), Err(Suspect { ahead_ms: still }));
        assert!(hands.pass(-2 * MINUTE, 0).is_ok(), "within what it may leap");
        assert!(
            hands.pass(4 * MINUTE, 0).is_ok(),
            "what was right again is what is compared with"
        );
    }

    #[test]
    fn what_is_accepted_is_right() {
        let hands = Hands::new();
        assert!(hands.pass(YEAR, 0).is_err());
        hands.clock.accept();
        assert!(hands.pass(MINUTE, MINUTE).is_ok());
        assert!(hands.pass(YEAR, 0).is_err(), "and the next leap is suspect again");
    }

    #[test]
    fn months_without_a_record_suspension_and_slow_drift_are_followed() {
        let hands = Hands::new();
        assert!(hands.pass(YEAR, YEAR).is_ok(), "idle, or suspended: both clocks go on");
        for _ in 0..1_000 {
            assert!(hands.pass(MINUTE + 30_000, MINUTE).is_ok(), "a clock that runs fast");
        }
    }

    #[test]
    fn a_step_backwards_is_followed() {
        let hands = Hands::new();
        let before = hands.pass(MINUTE, MINUTE).unwrap();
        let after = hands.pass(-YEAR, 0).unwrap();
        assert!(after < before);
        assert!(hands.pass(4 * MINUTE, 0).is_ok());
        assert!(hands.pass(YEAR, 0).is_err(), "and from there a leap is a leap");
    }

    #[test]
    fn no_reading_makes_it_panic() {
        for wall in [i64::MIN, -1, 0, i64::MAX] {
            for running in [i64::MIN, 0, i64::MAX] {
                let hands = Hands::new();
                hands.wall.store(wall, Ordering::SeqCst);
                hands.running.store(running, Ordering::SeqCst);
                let _ = hands.clock.now();
                hands.clock.accept();
                let _ = hands.clock.now();
            }
        }
    }

    #[test]
    fn the_machines_own_clocks_go_together() {
        let clock = Clock::system(Clock::SKEW_MAX_DEFAULT);
        let before = clock.now().unwrap();
        assert!(clock.now().unwrap() >= before);
        assert!(before.milliseconds() > 1_700_000_000_000);
    }
}
