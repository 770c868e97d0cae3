//! How the store is, as `health` says it: what the writer and the readers did last. It waits for neither.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a transaction or a read may take before the storage is said to hang.
const HANGS_AFTER: Duration = Duration::from_secs(1);
/// How long a commit vouches for the next.
const VOUCHES_FOR: Duration = Duration::from_secs(10);
/// How often the store is probed at most.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Status(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Since when the writer has been at what it does.
    busy: Option<Instant>,
    /// Since when it has not had the write lock, for which it waits, or last waited.
    waiting: Option<Instant>,
    /// When a commit last succeeded.
    committed: Instant,
    /// What failed since.
    failure: Option<String>,
    /// How long it may wait.
    patience: Duration,
    /// When it was last probed.
    probed: Option<Instant>,
}

/// What is known without asking.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// A commit has just succeeded.
    Well,
    /// Another process holds the write lock, for this long.
    Waits(Duration),
    /// It does not get on.
    Ill(String),
    /// It has to be probed.
    Unsure,
}

impl Status {
    pub(super) fn new(patience: Duration) -> Self {
        Self(Mutex::new(State {
            busy: None,
            waiting: None,
            committed: Instant::now(),
            failure: None,
            patience,
            probed: None,
        }))
    }

    /// The writer begins a transaction.
    pub(super) fn begins(&self) {
        self.state().busy = Some(Instant::now());
    }

    /// The writer has ended a transaction.
    pub(super) fn ends(&self) {
        self.state().busy = None;
    }

    /// The writer finds the write lock held elsewhere. Gives for how long now.
    pub(super) fn waits(&self) -> Duration {
        self.state().waiting.get_or_insert_with(Instant::now).elapsed()
    }

    /// The writer has the write lock.
    pub(super) fn has_lock(&self) {
        let mut state = self.state();
        if state.waiting.take().is_some() {
            state.busy = Some(Instant::now());
        }
    }

    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        (state.committed, state.failure) = (Instant::now(), None);
    }

    pub(super) fn failed(&self, failure: String) {
        self.state().failure = Some(failure);
    }

    pub(super) fn probes(&self) {
        self.state().probed = Some(Instant::now());
    }

    /// What is known now. `reading` is how long the longest read under way has taken.
    pub(super) fn known(&self, reading: Option<Duration>) -> Known {
        let state = self.state();
        if reading.is_some_and(|reading| reading > HANGS_AFTER) {
            return Known::Ill("a read does not end".to_owned());
        }
        let was_probed = state.probed.is_some_and(|probed| probed.elapsed() < PROBE_EVERY);
        if let Some(waiting) = state.waiting.map(|since| since.elapsed()) {
            return if state.busy.is_none() && !was_probed {
                // Those who waited have been told, and nobody has looked since.
                Known::Unsure
            } else if waiting >= state.patience {
                Known::Ill(format!(
                    "another process has held the write lock for {} s",
                    waiting.as_secs()
                ))
            } else {
                Known::Waits(waiting)
            };
        }
        if state.busy.is_some_and(|since| since.elapsed() > HANGS_AFTER) {
            return Known::Ill("a transaction does not end".to_owned());
        }
        match &state.failure {
            Some(failure) if was_probed => Known::Ill(failure.clone()),
            None if was_probed || state.committed.elapsed() < VOUCHES_FOR => Known::Well,
            _ => Known::Unsure,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
