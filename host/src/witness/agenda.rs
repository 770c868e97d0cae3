//! When which stream is shown to a witness.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use tokio::time::Instant;

use super::submission::Known;

/// The pause after the first failure; it doubles with each that follows.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The streams that a witness is shown, in the order in which they are due.
#[derive(Debug)]
pub(super) struct Agenda {
    again_after: Duration,
    turns: HashMap<EnterpriseSlug, Turn>,
    due: BTreeSet<(Instant, EnterpriseSlug)>,
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    due: Instant,
    known: Known,
    /// In a row.
    failures: u32,
}

impl Agenda {
    /// Shows each stream again after this time, also where it has not changed. After failures too it waits no longer.
    pub(super) fn new(again_after: Duration) -> Self {
        Self {
            again_after,
            turns: HashMap::new(),
            due: BTreeSet::new(),
        }
    }

    /// There is something new of a stream: it is due now, unless it failed before, for then its pause goes on.
    pub(super) fn changed(&mut self, enterprise: EnterpriseSlug) {
        let mut turn = self.turns.get(&enterprise).copied().unwrap_or(Turn {
            due: Instant::now(),
            known: Known::default(),
            failures: 0,
        });
        if turn.failures == 0 {
            turn.due = turn.due.min(Instant::now());
        }
        self.put(enterprise, turn);
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The stream that is due first, and what is known of it.
    pub(super) fn first(&self) -> Option<(EnterpriseSlug, Known)> {
        let (_, enterprise) = self.due.first()?;
        let turn = self.turns.get(enterprise)?;
        Some((enterprise.clone(), turn.known))
    }

    /// It was shown.
    pub(super) fn shown(&mut self, enterprise: EnterpriseSlug, known: Known) {
        let due = Instant::now() + self.again_after;
        self.put(
            enterprise,
            Turn {
                due,
                known,
                failures: 0,
            },
        );
    }

    /// It was not, and gets its next turn after a pause, of at most `pause_max`. Gives that.
    pub(super) fn failed(&mut self, enterprise: EnterpriseSlug, known: Known, pause_max: Duration) -> Duration {
        let failures = self.turns.get(&enterprise).map_or(0, |turn| turn.failures);
        let pause = pause(failures, self.again_after.min(pause_max));
        let due = Instant::now() + pause;
        let failures = failures.saturating_add(1);
        self.put(enterprise, Turn { due, known, failures });
        pause
    }

    /// It has no checkpoint: there is nothing to show until there is.
    pub(super) fn forget(&mut self, enterprise: &EnterpriseSlug) {
        if let Some(turn) = self.turns.remove(enterprise) {
            self.due.remove(&(turn.due, enterprise.clone()));
        }
    }

    fn put(&mut self, enterprise: EnterpriseSlug, turn: Turn) {
        self.forget(&enterprise);
        self.due.insert((turn.due, enterprise.clone()));
        self.turns.insert(enterprise, turn);
    }
}

/// How long to wait after so many failures before this one.
pub(super) fn pause(failures: u32, max: Duration) -> Duration {
    let doubled = PAUSE_MIN.checked_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    doubled.unwrap_or(max).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn slug(slug: &str) -> EnterpriseSlug {
        slug.parse().unwrap()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds = [0, 1, 2, 5, 11, 12, 31, 32, u32::MAX].map(|failures| pause(failures, HOUR).as_secs());
        assert_eq!(seconds, [1, 2, 4, 32, 2048, 3600, 3600, 3600, 3600]);
        assert_eq!(pause(3, Duration::from_millis(20)), Duration::from_millis(20));
    }

    #[tokio::test(start_paused = true)]
    async fn what_changed_is_shown_at_once_and_what_did_not_after_an_hour_and_what_failed_after_its_pause() {
        let mut agenda = Agenda::new(HOUR);
        assert_eq!((agenda.next(), agenda.first()), (None, None));
        let begin = Instant::now();
        agenda.changed(slug("octo"));
        agenda.changed(slug("octo"));
        assert_eq!(agenda.next(), Some(begin));
        assert_eq!(agenda.first(), Some((slug("octo"), Known::default())));
        agenda.shown(slug("octo"), Known::default());
        assert_eq!(agenda.next(), Some(begin + HOUR), "also when idle");
        agenda.changed(slug("octo"));
        assert_eq!(agenda.next(), Some(begin));
        agenda.failed(slug("octo"), Known::default(), HOUR);
        agenda.failed(slug("octo"), Known::default(), HOUR);
        agenda.changed(slug("octo"));
        assert_eq!(agenda.next(), Some(begin + 2 * PAUSE_MIN), "news do not end the pause");
        agenda.changed(slug("acme"));
        assert_eq!(
            agenda.first(),
            Some((slug("acme"), Known::default())),
            "and others need not wait"
        );
        agenda.forget(&slug("acme"));
        assert_eq!(agenda.first(), Some((slug("octo"), Known::default())));
        agenda.shown(slug("octo"), Known::default());
        agenda.failed(slug("octo"), Known::default(), HOUR);
        assert_eq!(agenda.next(), Some(begin + PAUSE_MIN), "a success ends the doubling");
        for _ in 0..20 {
            agenda.failed(slug("octo"), Known::default(), Duration::from_secs(60));
        }
        assert_eq!(
            agenda.next(),
            Some(begin + Duration::from_secs(60)),
            "the longest pause is the caller's"
        );
    }
}
