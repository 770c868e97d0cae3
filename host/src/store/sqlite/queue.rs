//! What waits for the writer: first the appends of callers, then those of jobs, then everything else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Frontier, KeyName};
use tokio::sync::oneshot;

use super::pieces::Session;
use super::snapshots::{Done, Step};
use crate::store::{Batch, Head, KeptCheckpoint, StoreError, Urgency};

/// How much one transaction takes.
const GROUP_APPENDS_MAX: usize = 64;
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An append that waits for its turn.
#[derive(Debug)]
pub(super) struct Appending {
    pub(super) enterprise: EnterpriseSlug,
    pub(super) expected: Head,
    pub(super) batch: Arc<Batch>,
    pub(super) frontier: Growing,
    pub(super) deadline: Instant,
    pub(super) answer: oneshot::Sender<Result<Head, StoreError>>,
}

/// The frontier behind a batch: hashing a long one takes as long as to insert it, and is done meanwhile.
#[derive(Debug)]
pub(super) enum Growing {
    Grown(Frontier),
    Growing(mpsc::Receiver<Frontier>),
}

impl Growing {
    /// Waits for the hashes. Nothing where the runtime that computes them has ended.
    pub(super) fn grown(&mut self) -> Option<&Frontier> {
        if let Self::Growing(coming) = self {
            *self = Self::Grown(coming.recv().ok()?);
        }
        match self {
            Self::Grown(frontier) => Some(frontier),
            Self::Growing(_) => None,
        }
    }
}

/// What the writer does but for appends, each in a transaction of its own.
#[derive(Debug)]
pub(super) enum Other {
    /// An append in pieces.
    Session(Session),
    /// A step to a snapshot.
    Snapshot {
        enterprise: EnterpriseSlug,
        position: u64,
        step: Step,
        answer: oneshot::Sender<Result<Done, StoreError>>,
    },
    /// What was signed of a stream.
    Checkpoint {
        enterprise: EnterpriseSlug,
        checkpoint: KeptCheckpoint,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    /// What the logs are called.
    NameLogs {
        name: KeyName,
        answer: oneshot::Sender<Result<KeyName, StoreError>>,
    },
    /// A committed row, to see whether the store can be written to.
    Probe(oneshot::Sender<Result<(), StoreError>>),
    /// A look at whether the files are still the right ones.
    Examine(oneshot::Sender<Result<(), StoreError>>),
}

/// What the writer does next.
#[derive(Debug)]
pub(super) enum Next {
    Group(VecDeque<Appending>),
    Other(Other),
    /// Nothing came for as long as it was willing to wait.
    Idle,
    /// Nothing is left, and nothing will come.
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: VecDeque<Appending>,
    jobs: VecDeque<Appending>,
    others: VecDeque<Other>,
    is_others_turn: bool,
    is_closed: bool,
}

impl Queue {
    /// Puts an append to the others of its urgency. False after the close: then nothing will become of it.
    pub(super) fn push(&self, append: Appending, urgency: Urgency) -> bool {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        match urgency {
            Urgency::Request => waiting.requests.push_back(append),
            Urgency::Job => waiting.jobs.push_back(append),
        }
        self.arrived.notify_one();
        true
    }

    /// Puts something else behind all others. After the close it is dropped, and so is its answer's sender.
    pub(super) fn push_other(&self, other: Other) {
        let mut waiting = self.waiting();
        if !waiting.is_closed {
            waiting.others.push_back(other);
            self.arrived.notify_one();
        }
    }

    /// Lets the writer end once it has done what waits.
    pub(super) fn close(&self) {
        self.waiting().is_closed = true;
        self.arrived.notify_one();
    }

    /// What is next, once there is something.
    pub(super) fn next(&self, idle_max: Duration) -> Next {
        let waiting = self.waiting();
        let (mut waiting, _) = self
            .arrived
            .wait_timeout_while(waiting, idle_max, |waiting| waiting.is_empty() && !waiting.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        // In turns: under load there is always another group.
        waiting.is_others_turn = !waiting.is_others_turn;
        if waiting.is_others_turn
            && let Some(other) = waiting.others.pop_front()
        {
            return Next::Other(other);
        }
        let group = waiting.group();
        if !group.is_empty() {
            return Next::Group(group);
        }
        match waiting.others.pop_front() {
            Some(other) => Next::Other(other),
            None if waiting.is_closed => Next::Closed,
            None => Next::Idle,
        }
    }

    /// Takes out the appends that have waited too long by `now`.
    pub(super) fn take_late(&self, now: Instant) -> Vec<Appending> {
        let mut waiting = self.waiting();
        let waiting = &mut *waiting;
        let mut late = take_late(&mut waiting.requests, now);
        late.append(&mut take_late(&mut waiting.jobs, now));
        late
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes out of `appends` those that have waited too long by `now`. They stand in the order of their arrival.
pub(super) fn take_late(appends: &mut VecDeque<Appending>, now: Instant) -> Vec<Appending> {
    let late = appends.partition_point(|append| append.deadline <= now);
    appends.drain(..late).collect()
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.jobs.is_empty() && self.others.is_empty()
    }

    /// As many appends as one transaction takes, and at least one if there is any.
    fn group(&mut self) -> VecDeque<Appending> {
        let mut group = VecDeque::new();
        let mut bytes = 0;
        for queue in [&mut self.requests, &mut self.jobs] {
            while group.len() < GROUP_APPENDS_MAX
                && let Some(append) = queue.front()
            {
                bytes += append.batch.page().bytes().len();
                if bytes > GROUP_BYTES_MAX && !group.is_empty() {
                    return group;
                }
                group.extend(queue.pop_front());
            }
        }
        group
    }
}
