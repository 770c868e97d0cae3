//! Which streams are to be signed, and when, and how far their lines are known to lead.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;

/// The pause after a first failure; it doubles with each that follows, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How soon a stream is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Haste {
    /// Before all that is not.
    Now,
    /// When its time has come.
    Then,
}

/// Lines of which this process knows that they lead from one tree to another: it has hashed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) from: Frontier,
    pub(super) to: Frontier,
}

#[derive(Debug, Default)]
pub(super) struct Agenda {
    streams: HashMap<EnterpriseSlug, Stream>,
    /// Those that are not at work, so that the first is the next: both are asked for within requests.
    due: Due,
}

/// When streams are due, those that are not to wait apart from those that are.
#[derive(Debug, Default)]
struct Due {
    now: BTreeSet<(Instant, EnterpriseSlug)>,
    then: BTreeSet<(Instant, EnterpriseSlug)>,
}

impl Due {
    const fn of(&mut self, haste: Haste) -> &mut BTreeSet<(Instant, EnterpriseSlug)> {
        match haste {
            Haste::Now => &mut self.now,
            Haste::Then => &mut self.then,
        }
    }

    fn firsts(&self) -> impl Iterator<Item = (Haste, &(Instant, EnterpriseSlug))> {
        let firsts = [(Haste::Now, self.now.first()), (Haste::Then, self.then.first())];
        firsts.into_iter().filter_map(|(haste, first)| Some((haste, first?)))
    }
}

#[derive(Debug, Default)]
struct Stream {
    due: Option<(Haste, Instant)>,
    is_at_work: bool,
    failures: u32,
    chain: Option<Chain>,
}

impl Agenda {
    /// Has a stream signed at `at`, or sooner if it is to be. One that was put off is not: a disk that is full would be
    /// written to with each event.
    pub(super) fn put(&mut self, enterprise: &EnterpriseSlug, haste: Haste, at: Instant) {
        let stream = self.streams.entry(enterprise.clone()).or_default();
        if stream.due.is_none() || stream.failures == 0 {
            self.set(enterprise, haste, at);
        }
    }

    fn set(&mut self, enterprise: &EnterpriseSlug, haste: Haste, at: Instant) {
        let stream = self.streams.entry(enterprise.clone()).or_default();
        let due = stream.due.map_or((haste, at), |due| due.min((haste, at)));
        let before = stream.due.replace(due);
        if stream.is_at_work {
            return;
        }
        if let Some((haste, at)) = before {
            self.due.of(haste).remove(&(at, enterprise.clone()));
        }
        self.due.of(due.0).insert((due.1, enterprise.clone()));
    }

    /// Notes that lines lead from one tree of a stream to another.
    pub(super) fn chain(&mut self, enterprise: &EnterpriseSlug, from: &Frontier, to: &Frontier) {
        let stream = self.streams.entry(enterprise.clone()).or_default();
        match &mut stream.chain {
            Some(chain) if chain.to == *from => chain.to = to.clone(),
            // The same may be told twice, and late.
            Some(chain) if chain.to.size() >= to.size() => {}
            // Somebody else has appended between: the store is asked for these lines.
            chain => {
                *chain = Some(Chain {
                    from: from.clone(),
                    to: to.clone(),
                });
            }
        }
    }

    /// The stream that is to be signed next, if its time has come and it is not being signed;
    /// and what is known of its lines.
    pub(super) fn take(&mut self, now: Instant) -> Option<(EnterpriseSlug, Option<Chain>)> {
        let (haste, _) = self.due.firsts().find(|(_, (at, _))| *at <= now)?;
        let (_, enterprise) = self.due.of(haste).pop_first()?;
        let stream = self.streams.get_mut(&enterprise)?;
        (stream.due, stream.is_at_work) = (None, true);
        let chain = stream.chain.clone();
        Some((enterprise, chain))
    }

    /// When the next one is due that is not being signed.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.due.firsts().map(|(_, (at, _))| *at).min()
    }

    /// A stream was signed as far as `signed`, or there was nothing to sign. `known` is what [`Agenda::take`] gave.
    pub(super) fn done(&mut self, enterprise: &EnterpriseSlug, known: Option<&Chain>, signed: Option<&Frontier>) {
        let Some(stream) = self.streams.get_mut(enterprise) else {
            return;
        };
        (stream.is_at_work, stream.failures) = (false, 0);
        let size = signed.map_or(0, Frontier::size);
        stream.chain = stream.chain.take().filter(|chain| chain.to.size() > size);
        // What was signed is where the chain stood when it was taken. If nobody else has appended since,
        // the rest leads on from there.
        if let (Some(chain), Some(known), Some(signed)) = (&mut stream.chain, known, signed)
            && chain.from == known.from
            && known.to == *signed
        {
            chain.from = signed.clone();
        }
        if let Some((haste, at)) = stream.due {
            self.due.of(haste).insert((at, enterprise.clone()));
        }
        if stream.due.is_none() && stream.chain.is_none() {
            self.streams.remove(enterprise);
        }
    }

    /// A stream could not be signed: it is put off.
    pub(super) fn failed(&mut self, enterprise: &EnterpriseSlug, now: Instant) {
        let stream = self.streams.entry(enterprise.clone()).or_default();
        let pause = PAUSE_MIN.saturating_mul(1 << stream.failures.min(16)).min(PAUSE_MAX);
        stream.failures = stream.failures.saturating_add(1);
        (stream.is_at_work, stream.due) = (false, None);
        self.set(enterprise, Haste::Then, now + pause);
    }

    /// Has everything signed that waits for its time.
    pub(super) fn hurry(&mut self, now: Instant) {
        let waiting = self.streams.iter().filter(|(_, stream)| stream.due.is_some());
        let waiting: Vec<EnterpriseSlug> = waiting.map(|(enterprise, _)| enterprise.clone()).collect();
        for enterprise in waiting {
            self.set(&enterprise, Haste::Then, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(name: &str) -> EnterpriseSlug {
        EnterpriseSlug::new(name).unwrap()
    }

    fn tree(lines: u8) -> Frontier {
        let mut frontier = Frontier::EMPTY;
        for line in 0..lines {
            frontier.push_line(&[line]).unwrap();
        }
        frontier
    }

    fn take(agenda: &mut Agenda, now: Instant) -> Option<String> {
        agenda.take(now).map(|(enterprise, _)| enterprise.to_string())
    }

    #[test]
    fn what_is_in_haste_goes_first_and_no_stream_twice_at_once() {
        let (mut agenda, now) = (Agenda::default(), Instant::now());
        let later = now + Duration::from_secs(60);
        agenda.put(&slug("a"), Haste::Then, now);
        agenda.put(&slug("b"), Haste::Then, later);
        agenda.put(&slug("c"), Haste::Now, now);
        agenda.put(&slug("b"), Haste::Then, later + Duration::from_secs(60));
        assert_eq!(take(&mut agenda, now).as_deref(), Some("c"));
        assert_eq!(take(&mut agenda, now).as_deref(), Some("a"));
        assert_eq!(take(&mut agenda, now), None);
        assert_eq!(agenda.next_at(), Some(later));
        agenda.put(&slug("a"), Haste::Now, now);
        assert_eq!(take(&mut agenda, now), None, "it is being signed");
        agenda.done(&slug("a"), None, None);
        assert_eq!(take(&mut agenda, now).as_deref(), Some("a"));
        agenda.hurry(now);
        assert_eq!(take(&mut agenda, now).as_deref(), Some("b"));
    }

    #[test]
    fn what_failed_waits_whoever_asks() {
        let (mut agenda, now) = (Agenda::default(), Instant::now());
        agenda.put(&slug("a"), Haste::Now, now);
        for pause in [100, 200, 400, 800] {
            assert_eq!(take(&mut agenda, now + PAUSE_MAX).as_deref(), Some("a"));
            agenda.failed(&slug("a"), now);
            agenda.put(&slug("a"), Haste::Now, now);
            assert_eq!(agenda.next_at(), Some(now + Duration::from_millis(pause)));
        }
    }

    #[test]
    fn a_chain_goes_on_from_what_was_signed_unless_somebody_else_appended() {
        let (a, now) = (slug("a"), Instant::now());
        let chained = |agenda: &mut Agenda| {
            agenda.put(&a, Haste::Now, now);
            let chain = agenda.take(now).unwrap().1;
            chain.map(|chain| (chain.from.size(), chain.to.size()))
        };
        let mut agenda = Agenda::default();
        agenda.chain(&a, &tree(1), &tree(2));
        agenda.chain(&a, &tree(2), &tree(4));
        agenda.put(&a, Haste::Now, now);
        let (_, known) = agenda.take(now).unwrap();
        agenda.chain(&a, &tree(4), &tree(5));
        agenda.done(&a, known.as_ref(), Some(&tree(4)));
        assert_eq!(chained(&mut agenda), Some((4, 5)));
        let known = Some(Chain {
            from: tree(4),
            to: tree(5),
        });
        agenda.chain(&a, &tree(7), &tree(8));
        agenda.done(&a, known.as_ref(), Some(&tree(5)));
        assert_eq!(chained(&mut agenda), Some((7, 8)), "lines 6 and 7 are somebody else's");
        agenda.done(&a, None, Some(&tree(8)));
        assert_eq!(chained(&mut agenda), None);
    }
}
