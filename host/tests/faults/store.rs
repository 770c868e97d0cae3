//! A store whose calls fail, wait, lose a race or kill their host, as a plan says.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, Page, Snapshot, Store, StoreError, Streams, Urgency,
};
use tokio::sync::watch;

use crate::chance::Chance;
use crate::rival;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Done,
    /// Others run before it is done.
    DoneLate,
    /// Others run before its answer arrives.
    AnsweredLate,
    FailsBefore,
    /// It is not done; of an append that is reported as unknown.
    UnknownBefore,
    /// It is done, and reported as failed; of an append as unknown.
    FailsAfter,
    /// Somebody else writes first.
    RivalFirst,
    /// The host dies, and it is not done.
    DiesBefore,
    /// It is done, and the host dies before it hears of it.
    DiesAfter,
}

/// Which fate the next call has.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    Calm,
    /// Nothing but delays.
    Delays(Chance),
    /// Anything; so many deaths and rivals at most.
    Anything {
        chance: Chance,
        deaths: u32,
        rivals: u32,
    },
    /// This fate for the call of this number, the first being 0.
    At(usize, Fate),
}

const DELAYS_MS: [u64; 5] = [0, 1, 7, 40, 150];
const OF_ANY_KIND: [Fate; 17] = {
    use Fate::{
        AnsweredLate, DiesAfter, DiesBefore, Done, DoneLate, FailsAfter, FailsBefore, RivalFirst, UnknownBefore,
    };
    [
        Done,
        Done,
        Done,
        Done,
        Done,
        Done,
        DoneLate,
        DoneLate,
        AnsweredLate,
        AnsweredLate,
        FailsBefore,
        UnknownBefore,
        FailsAfter,
        RivalFirst,
        RivalFirst,
        DiesBefore,
        DiesAfter,
    ]
};

impl Plan {
    pub(crate) const fn anything(seed: u64) -> Self {
        Self::Anything {
            chance: Chance::new(seed),
            deaths: 3,
            rivals: 4,
        }
    }

    fn next(&mut self, step: usize) -> (Fate, Duration) {
        let none = Duration::ZERO;
        match self {
            Self::Calm => (Fate::Done, none),
            Self::At(at, fate) => (if *at == step { *fate } else { Fate::Done }, none),
            Self::Delays(chance) => {
                let fate = chance.pick(&[Fate::Done, Fate::DoneLate, Fate::AnsweredLate]);
                (fate, Duration::from_millis(chance.pick(&DELAYS_MS)))
            }
            Self::Anything { chance, deaths, rivals } => {
                let fate = chance.pick(&OF_ANY_KIND);
                let left = match fate {
                    Fate::DiesBefore | Fate::DiesAfter => deaths,
                    Fate::RivalFirst => rivals,
                    _ => &mut 1,
                };
                let fate = if *left == 0 { Fate::DoneLate } else { fate };
                *left = left.saturating_sub(1);
                (fate, Duration::from_millis(chance.pick(&DELAYS_MS)))
            }
        }
    }
}

/// The plan of one run, and what came of it.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: Mutex<Plan>,
    pub(crate) record: Mutex<Record>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Record {
    /// Every call in its order, with its fate.
    pub(crate) trace: Vec<String>,
    pub(crate) fates: BTreeMap<Fate, usize>,
    pub(crate) appends: Vec<Append>,
    pub(crate) conflicts: usize,
}

/// An append as its caller knows it.
#[derive(Debug, Clone)]
pub(crate) struct Append {
    pub(crate) host: usize,
    pub(crate) expected: Position,
    pub(crate) lines: Vec<Vec<u8>>,
    /// Nothing where it failed, or was never answered. A conflict is an answer: no.
    pub(crate) answer: Option<bool>,
}

impl Faults {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            plan: Mutex::new(plan),
            record: Mutex::default(),
        })
    }

    /// Ends what chance does. What was planned for a certain step stays.
    pub(crate) fn calm(&self) {
        let mut plan = self.plan.lock().unwrap();
        if !matches!(*plan, Plan::At(..)) {
            *plan = Plan::Calm;
        }
    }

    fn next(&self, host: usize, call: &str) -> (Fate, Duration) {
        let mut record = self.record.lock().unwrap();
        let (fate, delay) = self.plan.lock().unwrap().next(record.trace.len());
        record.trace.push(format!("host {host}: {call}: {fate:?}"));
        *record.fates.entry(fate).or_default() += 1;
        (fate, delay)
    }

    fn rivals_so_far(&self) -> usize {
        let record = self.record.lock().unwrap();
        record.fates.get(&Fate::RivalFirst).copied().unwrap_or_default()
    }
}

/// One life of a host: from its start until it dies.
#[derive(Debug, Clone)]
pub(crate) struct Life(watch::Sender<bool>);

impl Life {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) async fn ended(&self) {
        let _ = self.0.subscribe().wait_for(|ended| *ended).await;
    }
}

/// The store that one host has, in one of its lives.
#[derive(Debug, Clone)]
pub(crate) struct Faulty<S> {
    pub(crate) inner: S,
    pub(crate) faults: Arc<Faults>,
    pub(crate) host: usize,
    pub(crate) life: Life,
}

impl<S: Store> Faulty<S> {
    async fn call<T>(
        &self,
        call: String,
        act: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.call_or(call, failed, act).await
    }

    /// `unsure` is what a caller is told who is not to know whether it was done.
    async fn call_or<T>(
        &self,
        call: String,
        unsure: fn() -> StoreError,
        act: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.alive().await;
        let (fate, delay) = self.faults.next(self.host, &call);
        match fate {
            Fate::Done => act.await,
            Fate::DoneLate => {
                tokio::time::sleep(delay).await;
                self.alive().await;
                act.await
            }
            Fate::AnsweredLate => {
                let answer = act.await;
                tokio::time::sleep(delay).await;
                self.alive().await;
                answer
            }
            Fate::FailsBefore => Err(failed()),
            Fate::UnknownBefore => Err(unsure()),
            Fate::FailsAfter => {
                act.await?;
                Err(unsure())
            }
            Fate::RivalFirst => {
                rival::write(&self.inner, self.faults.rivals_so_far()).await;
                act.await
            }
            Fate::DiesBefore => self.die().await,
            Fate::DiesAfter => {
                let _ = act.await;
                self.die().await
            }
        }
    }

    /// The dead do nothing more.
    async fn alive(&self) {
        if *self.life.0.borrow() {
            pending().await
        }
    }

    async fn die<T>(&self) -> T {
        self.life.0.send_replace(true);
        pending().await
    }
}

impl<S: Store> Streams for Faulty<S> {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        self.call("head".to_string(), self.inner.head(enterprise)).await
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        let call = format!("read behind {after}");
        self.call(call, self.inner.read(enterprise, after, limit)).await
    }
}

impl<S: Store> Store for Faulty<S> {
    type Append = S::Append;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        self.alive().await;
        let lines: Vec<Vec<u8>> = batch.page().lines().map(<[u8]>::to_vec).collect();
        let call = format!("append {} behind {}", lines.len(), expected.position());
        let index = {
            let mut record = self.faults.record.lock().unwrap();
            record.appends.push(Append {
                host: self.host,
                expected: expected.position(),
                lines,
                answer: None,
            });
            record.appends.len() - 1
        };
        let append = self.inner.append(enterprise, expected, batch, urgency);
        let answer = self.call_or(call, unsure, append).await;
        let mut record = self.faults.record.lock().unwrap();
        record.appends[index].answer = match &answer {
            Ok(_) => Some(true),
            Err(StoreError::Conflict { .. }) => Some(false),
            Err(_) => None,
        };
        record.conflicts += usize::from(record.appends[index].answer == Some(false));
        answer
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<S::Append, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.call("list".to_string(), self.inner.unfinished()).await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.call("newest".to_string(), self.inner.newest()).await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        self.call("look up".to_string(), self.inner.holders(fingerprint)).await
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        let call = format!("keep snapshot at {}", snapshot.frontier.size());
        self.call(call, self.inner.keep_snapshot(slug, snapshot)).await
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        self.call("snapshot".to_string(), self.inner.snapshot(slug)).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.inner.health().await
    }
}

pub(crate) fn failed() -> StoreError {
    StoreError::transient("do as the plan says", "a fault")
}

fn unsure() -> StoreError {
    StoreError::unknown("do as the plan says", "a fault")
}
