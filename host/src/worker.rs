//! The background worker. It records what accepted revocations have made pending, batch by batch.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::{Command, Enterprise, EnterpriseSlug, Event, Refusal, Timestamp};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::enterprises::{Changes, EnterpriseError, Enterprises, Patience};
use crate::error_chain::error_chain;
use crate::store::{Store, StoreError};

/// How the worker works.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// How many credentials one batch takes.
    pub batch: NonZeroU32,
    /// How often the store is asked for what other processes have accepted.
    pub poll: Duration,
}

impl WorkerOptions {
    /// The batch where none is named.
    pub const BATCH_DEFAULT: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);
    /// The poll where none is named.
    pub const POLL_DEFAULT: Duration = Duration::from_secs(1);
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            batch: Self::BATCH_DEFAULT,
            poll: Self::POLL_DEFAULT,
        }
    }
}

/// Among how many enterprises batches take turns; more wait until one of these has nothing left. Otherwise each turn
/// could find its state driven out of memory by the others'.
const TURNS_MAX: usize = 32;
/// How many of them are under way at once: their appends are committed together, with one wait for the disk.
const IN_FLIGHT_MAX: usize = 16;
/// How long a stop waits for the batches under way.
const STOP_MAX: Duration = Duration::from_secs(10);
/// The pause after a first failure; it doubles with each that follows, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Works on the unfinished revocations of every enterprise, one batch of each in turn, some enterprises at a time.
///
/// It keeps nothing that matters: killed at any moment, it finds in the streams what is left. Several may work on one
/// store, in as many processes; each batch is recorded once, because each append expects the position it was decided
/// on. A store may lease the work on an enterprise, which saves them from deciding the same batches.
#[derive(Debug)]
pub struct Worker<S> {
    enterprises: Arc<Enterprises<S>>,
    options: WorkerOptions,
    changes: Changes,
    queue: VecDeque<Job>,
    /// The enterprises whose turns are under way.
    under_way: HashMap<EnterpriseSlug, UnderWay>,
    turns: JoinSet<(Job, Result<Turn, EnterpriseError>)>,
}

/// An enterprise to look at.
#[derive(Debug)]
struct Job {
    enterprise: EnterpriseSlug,
    due: Instant,
    failures: u32,
}

/// A turn that has begun.
#[derive(Debug)]
struct UnderWay {
    task: Id,
    /// Whether the enterprise has been asked for since.
    is_due_again: bool,
}

/// What one turn found.
#[derive(Debug)]
enum Turn {
    /// Nothing is pending.
    Idle,
    /// Another process works on the enterprise. A poll finds what is left of it, if that process does not get on.
    Elsewhere,
    /// A batch was recorded, which may have ended with a completion.
    Recorded(Option<Event>),
    /// The last batch was recorded: there is nothing left to look for.
    Done(Option<Event>),
    /// The core refused its own job.
    Refused(Refusal),
}

impl<S: Store> Worker<S> {
    /// A worker that is told of changes by `changes`, which came with `enterprises`.
    pub fn new(enterprises: Arc<Enterprises<S>>, changes: Changes, options: WorkerOptions) -> Self {
        Self {
            enterprises,
            options,
            changes,
            queue: VecDeque::new(),
            under_way: HashMap::new(),
            turns: JoinSet::new(),
        }
    }

    /// Works until `stop` turns true or its sender is gone; a batch that has begun is finished, a stream that is being
    /// loaded is not.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut poll_at = Instant::now();
        while !*stop.borrow() {
            if poll_at <= Instant::now() {
                self.poll().await;
                poll_at = Instant::now() + self.options.poll;
            }
            for enterprise in self.changes.take() {
                self.enqueue(enterprise);
            }
            while self.turns.len() < IN_FLIGHT_MAX
                && let Some(job) = self.next_due()
            {
                self.begin_turn(job, stop.clone());
            }
            let next = self
                .queue
                .iter()
                .filter(|_| self.turns.len() < IN_FLIGHT_MAX)
                .map(|job| job.due)
                .min()
                .map_or(poll_at, |due| due.min(poll_at));
            tokio::select! {
                Some(ended) = self.turns.join_next() => self.end_turn(ended),
                () = tokio::time::sleep_until(next) => {}
                enterprises = self.changes.recv() => enterprises.into_iter().for_each(|it| self.enqueue(it)),
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        let ending = async {
            while let Some(ended) = self.turns.join_next().await {
                self.end_turn(ended);
            }
        };
        if tokio::time::timeout(STOP_MAX, ending).await.is_err() {
            tracing::warn!("batches were still under way at the stop");
        }
    }

    /// Looks for what was left unfinished, here or by another process, and for requests that another has accepted.
    async fn poll(&mut self) {
        match self.enterprises.store().unfinished().await {
            Ok(unfinished) => {
                for enterprise in unfinished {
                    // What failed waits for its own time.
                    if !self.queue.iter().any(|job| job.enterprise == enterprise) {
                        self.enqueue(enterprise);
                    }
                }
            }
            Err(error) => tracing::warn!(error = error_chain(&error), "cannot look for unfinished revocations"),
        }
    }

    /// Makes the enterprise due, even where its last turn failed and it was put off.
    /// One whose turn is under way is due again after it.
    fn enqueue(&mut self, enterprise: EnterpriseSlug) {
        if let Some(turn) = self.under_way.get_mut(&enterprise) {
            turn.is_due_again = true;
            return;
        }
        let due = Instant::now();
        match self.queue.iter_mut().find(|job| job.enterprise == enterprise) {
            Some(job) => job.due = due,
            None => self.queue.push_back(Job {
                enterprise,
                due,
                failures: 0,
            }),
        }
    }

    fn next_due(&mut self) -> Option<Job> {
        let now = Instant::now();
        let index = self.queue.iter().position(|job| job.due <= now)?;
        self.queue.remove(index)
    }

    /// Begins one batch of one enterprise.
    fn begin_turn(&mut self, job: Job, stop: watch::Receiver<bool>) {
        let (enterprises, limit) = (Arc::clone(&self.enterprises), self.options.batch);
        let enterprise = job.enterprise.clone();
        let task = self.turns.spawn(async move {
            let turn = take_turn(&enterprises, &job.enterprise, limit, stop).await;
            (job, turn)
        });
        let turn = UnderWay {
            task: task.id(),
            is_due_again: false,
        };
        self.under_way.insert(enterprise, turn);
    }

    /// Lets an enterprise wait for its next turn, if it needs one.
    fn end_turn(&mut self, ended: Result<(Job, Result<Turn, EnterpriseError>), JoinError>) {
        let (mut job, turn) = match ended {
            Ok(ended) => ended,
            // The next poll finds what is left.
            Err(error) => {
                tracing::error!(%error, "a turn ended unexpectedly");
                return self.under_way.retain(|_, turn| turn.task != error.id());
            }
        };
        let turn_ended = self.under_way.remove(&job.enterprise);
        let is_due_again = turn_ended.is_some_and(|turn| turn.is_due_again);
        match turn {
            Ok(Turn::Idle) if is_due_again => self.enqueue(job.enterprise),
            Ok(Turn::Idle | Turn::Elsewhere) => {}
            Ok(Turn::Done(last)) => {
                report(&job.enterprise, last.as_ref());
                self.enterprises.keep_snapshot_of(&job.enterprise);
                if is_due_again {
                    self.enqueue(job.enterprise);
                }
            }
            Ok(Turn::Recorded(last)) => {
                job.failures = 0;
                job.due = Instant::now();
                report(&job.enterprise, last.as_ref());
                let place = (TURNS_MAX - 1).saturating_sub(self.turns.len());
                self.queue.insert(self.queue.len().min(place), job);
            }
            Ok(Turn::Refused(refusal)) => {
                job.put_off();
                tracing::error!(enterprise = %job.enterprise, %refusal, "the core refuses its own job");
                self.queue.push_back(job);
            }
            Err(error) => {
                job.put_off();
                report_failure(&job, &error);
                self.queue.push_back(job);
            }
        }
    }
}

/// One batch of one enterprise.
async fn take_turn<S: Store>(
    enterprises: &Enterprises<S>,
    enterprise: &EnterpriseSlug,
    limit: NonZeroU32,
    mut stop: watch::Receiver<bool>,
) -> Result<Turn, EnterpriseError> {
    if !enterprises.store().lease(enterprise).await? {
        return Ok(Turn::Elsewhere);
    }
    if !enterprises.holds(enterprise) {
        // A long stream takes long to load: that must not hold up a stop, and nothing is lost with it.
        tokio::select! {
            loaded = enterprises.fresh(enterprise) => drop(loaded?),
            () = stopped(&mut stop) => return Ok(Turn::Idle),
        }
    }
    let turn = enterprises
        .decide(enterprise, Patience::WORKER, |enterprise, at| {
            decide(enterprise, at, limit)
        })
        .await?;
    if matches!(turn, Turn::Idle | Turn::Done(_)) {
        enterprises.store().release(enterprise).await;
    }
    Ok(turn)
}

/// Returns once it is to stop, or nobody is left who could say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Job {
    fn put_off(&mut self) {
        let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + pause;
    }
}

/// The next batch of the earliest unfinished revocation: jobs run in the order of their cuts.
fn decide(enterprise: &Enterprise, at: Timestamp, limit: NonZeroU32) -> (Vec<Event>, Turn) {
    let mut pending = enterprise.pending_revocations();
    let Some(revocation) = pending.next() else {
        return (Vec::new(), Turn::Idle);
    };
    match enterprise.decide(&Command::ContinueRevocation { revocation, limit }, at) {
        Ok(events) => {
            let last = events.last().cloned();
            let is_completion = matches!(last, Some(Event::RevocationCompleted { .. }));
            if is_completion && pending.next().is_none() {
                (events, Turn::Done(last))
            } else {
                (events, Turn::Recorded(last))
            }
        }
        Err(refusal) => (Vec::new(), Turn::Refused(refusal)),
    }
}

fn report(enterprise: &EnterpriseSlug, last: Option<&Event>) {
    if let Some(Event::RevocationCompleted {
        revocation,
        authorizations_revoked,
        credentials_destroyed,
    }) = last
    {
        tracing::info!(
            %enterprise,
            revocation = revocation.value(),
            authorizations_revoked,
            credentials_destroyed,
            "revocation completed"
        );
    }
}

/// A conflict is everyday life beside another process, and of an altered stream the log tells where it is found;
/// anything else needs a person.
fn report_failure(job: &Job, error: &EnterpriseError) {
    let (enterprise, failures, chain) = (&job.enterprise, job.failures, error_chain(error));
    match error {
        EnterpriseError::Contended { .. } | EnterpriseError::Store(StoreError::Altered(_)) => {
            tracing::info!(%enterprise, failures, error = chain, "batch put off");
        }
        _ => tracing::error!(%enterprise, failures, error = chain, "batch failed, it will be tried again"),
    }
}
