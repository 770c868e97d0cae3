//! The background worker: records what accepted revocations have made pending, batch by batch.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::{Command, Enterprise, EnterpriseSlug, Event, Refusal, Timestamp};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::enterprises::{EnterpriseError, Enterprises, Patience};
use crate::error_chain::error_chain;
use crate::store::Store;

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

/// Among how many enterprises batches take turns; more wait until one of these has nothing left. Otherwise each turn could
/// find its state driven out of memory by the others'.
const TURNS_MAX: usize = 32;
/// The pause after a first failure; it doubles with each that follows, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Works on the unfinished revocations of every enterprise, one batch of each in turn, some enterprises at a time.
///
/// It keeps nothing that matters: killed at any moment, it finds in the streams what is left. Several may work on one
/// store, in as many processes; each batch is recorded once, because each append expects the position it was decided on.
#[derive(Debug)]
pub struct Worker<S> {
    enterprises: Arc<Enterprises<S>>,
    options: WorkerOptions,
    changes: UnboundedReceiver<EnterpriseSlug>,
    queue: VecDeque<Job>,
}

/// An enterprise to look at.
#[derive(Debug)]
struct Job {
    enterprise: EnterpriseSlug,
    due: Instant,
    failures: u32,
}

/// What one turn found.
enum Turn {
    /// Nothing is pending.
    Idle,
    /// A batch was recorded, which may have ended with a completion.
    Recorded(Option<Event>),
    /// The last batch was recorded: there is nothing left to look for.
    Done(Option<Event>),
    /// The core refused its own job.
    Refused(Refusal),
}

impl<S: Store> Worker<S> {
    /// A worker that is told of changes by `changes`, the receiver that came with `enterprises`.
    pub fn new(
        enterprises: Arc<Enterprises<S>>,
        changes: UnboundedReceiver<EnterpriseSlug>,
        options: WorkerOptions,
    ) -> Self {
        Self {
            enterprises,
            options,
            changes,
            queue: VecDeque::new(),
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
            while let Ok(enterprise) = self.changes.try_recv() {
                self.enqueue(enterprise);
            }
            if let Some(job) = self.next_due() {
                self.work(job, &mut stop).await;
                // A turn that never waits would keep the thread from everyone else.
                tokio::task::yield_now().await;
                continue;
            }
            let next = self
                .queue
                .iter()
                .map(|job| job.due)
                .min()
                .map_or(poll_at, |due| due.min(poll_at));
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                Some(enterprise) = self.changes.recv() => self.enqueue(enterprise),
                changed = stop.changed() => if changed.is_err() { return },
            }
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
    fn enqueue(&mut self, enterprise: EnterpriseSlug) {
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

    /// One batch of one enterprise, which then waits for its next turn.
    async fn work(&mut self, mut job: Job, stop: &mut watch::Receiver<bool>) {
        // A long stream takes long to load: that must not hold up a stop, and nothing is lost with it.
        let loaded = tokio::select! {
            loaded = self.enterprises.fresh(&job.enterprise) => loaded,
            () = stopped(stop) => return,
        };
        let turn = match loaded {
            Ok(_) => self.batch(&job.enterprise).await,
            Err(error) => Err(error),
        };
        match turn {
            Ok(Turn::Idle) => return,
            Ok(Turn::Done(last)) => return report(&job.enterprise, last.as_ref()),
            Ok(Turn::Recorded(last)) => {
                job.failures = 0;
                job.due = Instant::now();
                report(&job.enterprise, last.as_ref());
                self.queue.insert(self.queue.len().min(TURNS_MAX - 1), job);
                return;
            }
            Ok(Turn::Refused(refusal)) => {
                job.put_off();
                tracing::error!(enterprise = %job.enterprise, %refusal, "the core refuses its own job");
            }
            Err(error) => {
                job.put_off();
                report_failure(&job, &error);
            }
        }
        self.queue.push_back(job);
    }

    async fn batch(&self, enterprise: &EnterpriseSlug) -> Result<Turn, EnterpriseError> {
        let limit = self.options.batch;
        self.enterprises
            .decide(enterprise, Patience::WORKER, |enterprise, at| {
                decide(enterprise, at, limit)
            })
            .await
    }
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

/// A conflict is everyday life beside another process; anything else needs a person.
fn report_failure(job: &Job, error: &EnterpriseError) {
    let (enterprise, failures, chain) = (&job.enterprise, job.failures, error_chain(error));
    match error {
        EnterpriseError::Contended { .. } => {
            tracing::info!(%enterprise, failures, error = chain, "batch put off");
        }
        _ => tracing::error!(%enterprise, failures, error = chain, "batch failed, it will be tried again"),
    }
}
