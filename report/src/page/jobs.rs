//! When the jobs of revocations recorded what: enough to draw it, however long the history is.

use std::collections::BTreeMap;

use enterprise_credentials::{Event, RecordedEvent, RevocationId, Timestamp};

/// How many bars there are at most. An even number: two neighbours become one when time runs on.
const BARS_MAX: usize = 60;

/// The jobs of a history.
#[derive(Debug, Clone, Default)]
pub struct Jobs(BTreeMap<RevocationId, Job>);

/// One job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    begin: Timestamp,
    /// When the first and the last item was recorded.
    pub(super) items: Option<(Timestamp, Timestamp)>,
    /// How long one bar is, in milliseconds.
    pub(super) bar_ms: i64,
    /// What was recorded in each stretch of that length, from the request on.
    pub(super) bars: Vec<Bar>,
}

/// What was recorded in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) authorizations: u64,
    pub(super) credentials: u64,
}

impl Bar {
    pub(super) const fn sum(self) -> u64 {
        self.authorizations + self.credentials
    }
}

impl Jobs {
    /// Takes the next event.
    pub fn observe(&mut self, recorded: &RecordedEvent) {
        match &recorded.event {
            Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => {
                if let Ok(id) = RevocationId::new(recorded.position.value()) {
                    self.0.insert(id, Job::begin(recorded.at));
                }
            }
            Event::AuthorizationRevoked {
                revocation: Some(id), ..
            } => self.add(*id, recorded.at, |bar| bar.authorizations += 1),
            Event::CredentialDestroyed {
                revocation: Some(id), ..
            } => self.add(*id, recorded.at, |bar| bar.credentials += 1),
            _ => {}
        }
    }

    pub(super) fn of(&self, id: RevocationId) -> Option<&Job> {
        self.0.get(&id)
    }

    fn add(&mut self, id: RevocationId, at: Timestamp, count: impl FnOnce(&mut Bar)) {
        if let Some(job) = self.0.get_mut(&id) {
            job.add(at, count);
        }
    }
}

impl Job {
    const fn begin(at: Timestamp) -> Self {
        Self {
            begin: at,
            items: None,
            bar_ms: 1,
            bars: Vec::new(),
        }
    }

    fn add(&mut self, at: Timestamp, count: impl FnOnce(&mut Bar)) {
        let first = self.items.map_or(at, |(first, _)| first);
        self.items = Some((first, at));
        let after_ms = (at.milliseconds() - self.begin.milliseconds()).max(0);
        let place = |bar_ms: i64| usize::try_from(after_ms / bar_ms).unwrap_or(usize::MAX);
        while place(self.bar_ms) >= BARS_MAX {
            self.bar_ms *= 2;
            self.bars = (self.bars.chunks(2))
                .map(|pair| Bar {
                    authorizations: pair.iter().map(|bar| bar.authorizations).sum(),
                    credentials: pair.iter().map(|bar| bar.credentials).sum(),
                })
                .collect();
        }
        let place = place(self.bar_ms);
        if place >= self.bars.len() {
            self.bars.resize(place + 1, Bar::default());
        }
        if let Some(bar) = self.bars.get_mut(place) {
            count(bar);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_however_long_a_job_takes() {
        let at = |ms: i64| Timestamp::from_milliseconds(ms).unwrap();
        let mut job = Job::begin(at(1_000));
        let mut items = 0;
        for step in 0..40 {
            let after = 1_i64 << step.min(35);
            job.add(at(1_000 + after), |bar| bar.authorizations += 2);
            job.add(at(1_000 + after), |bar| bar.credentials += 1);
            items += 3;
            assert_eq!(job.bars.iter().map(|bar| bar.sum()).sum::<u64>(), items);
            assert!(job.bars.len() <= BARS_MAX && job.bars.last().unwrap().sum() > 0);
        }
        assert_eq!(job.items, Some((at(1_001), at(1_000 + (1 << 35)))));
    }

    #[test]
    fn an_item_stands_in_the_bar_of_its_time() {
        let at = |ms: i64| Timestamp::from_milliseconds(ms).unwrap();
        let mut job = Job::begin(at(0));
        for ms in 0..240 {
            job.add(at(ms), |bar| bar.credentials += 1);
        }
        assert_eq!((job.bar_ms, job.bars.len()), (4, 60));
        assert!(job.bars.iter().all(|bar| bar.credentials == 4), "{:?}", job.bars);
    }
}
