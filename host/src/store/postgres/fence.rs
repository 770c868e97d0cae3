//! Heads that hold. A primary that was cut off from its standbys acknowledges nothing, but it still answers reads. A
//! host that believed it would honour a token that another primary has seen destroyed.
//!
//! So a head is read, and then, in the same transaction, something is written. The commit returns once a quorum has it.
//! A server that is no longer the primary finds no quorum. Whoever asks meanwhile is answered by the next transaction.
//! At any time one transaction of this process is under way, and it is for all who have asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::cluster::{Cluster, Primary};
use super::facts::{FACTS, Facts};
use super::failure::{Failure, failed, reason};
use super::heads;
use super::session::Session;
use crate::store::{Head, StoreError};

/// Transactional: the other form returns at once, and waits for nobody.
const WRITE: &str = "SELECT pg_logical_emit_message(true, 'enterprise-credentials', '')::text";
/// After how many more those who have given up are let go of.
const TIDY_EVERY: usize = 4_096;
/// How long to wait before a primary is looked for again.
const PAUSE: Duration = Duration::from_millis(50);

/// The task that reads, and the way to it.
#[derive(Debug)]
pub(super) struct Fence {
    asked: mpsc::UnboundedSender<Ask>,
    /// Why nobody could be answered last.
    why: Arc<Mutex<String>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// Somebody who waits.
#[derive(Debug)]
struct Ask {
    /// Whose head is asked for; nothing for who wants to know only whether the server is the primary.
    enterprise: Option<EnterpriseSlug>,
    answer: oneshot::Sender<Result<Option<Head>, StoreError>>,
}

impl Fence {
    pub(super) fn start(cluster: Arc<Cluster>) -> Self {
        let (asked, asks) = mpsc::unbounded_channel();
        let why = Arc::<Mutex<String>>::default();
        let task = tokio::spawn(run(cluster, asks, Arc::clone(&why)));
        Self {
            asked,
            why,
            task: Mutex::new(Some(task)),
        }
    }

    /// Where a stream ends, whichever server the primary is.
    pub(super) async fn head(
        &self,
        enterprise: &EnterpriseSlug,
        deadline: Instant,
    ) -> Result<Option<Head>, StoreError> {
        self.ask(Some(enterprise.clone()), deadline).await
    }

    /// Whether something can be written, and is kept by a quorum.
    pub(super) async fn probe(&self, deadline: Instant) -> Result<(), StoreError> {
        self.ask(None, deadline).await.map(drop)
    }

    pub(super) fn close(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        task.inspect(JoinHandle::abort);
    }

    async fn ask(&self, enterprise: Option<EnterpriseSlug>, deadline: Instant) -> Result<Option<Head>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let closed = || StoreError::transient(heads::READ, "the store is closed");
        self.asked.send(Ask { enterprise, answer }).map_err(|_| closed())?;
        match tokio::time::timeout_at(deadline, answered).await {
            Ok(answered) => answered.map_err(|_| closed())?,
            Err(_) => Err(StoreError::transient(heads::READ, self.why())),
        }
    }

    fn why(&self) -> String {
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        let why = if why.is_empty() {
            "its standbys do not answer it, or it was replaced"
        } else {
            &why
        };
        format!("no server of the URL could show in time that it is the primary: {why}")
    }
}

async fn run(cluster: Arc<Cluster>, mut asks: mpsc::UnboundedReceiver<Ask>, why: Arc<Mutex<String>>) {
    let mut waiting: Vec<Ask> = Vec::new();
    let mut on: Option<(Arc<Primary>, Session)> = None;
    loop {
        // Whoever is told of a deadline waits no more.
        waiting.retain(|ask| !ask.answer.is_closed());
        if waiting.is_empty() {
            match asks.recv().await {
                Some(ask) => waiting.push(ask),
                None => return,
            }
        }
        while let Ok(ask) = asks.try_recv() {
            waiting.push(ask);
        }
        let mut next = Vec::new();
        let read = {
            let mut read = std::pin::pin!(read(&cluster, &mut on, &waiting));
            loop {
                tokio::select! {
                    read = &mut read => break read,
                    Some(ask) = asks.recv() => {
                        next.push(ask);
                        // It may take long, and whoever is told of a deadline asks again.
                        if next.len().is_multiple_of(TIDY_EVERY) {
                            next.retain(|ask: &Ask| !ask.answer.is_closed());
                        }
                    }
                }
            }
        };
        *why.lock().unwrap_or_else(PoisonError::into_inner) = read.as_ref().err().map(reason).unwrap_or_default();
        match read {
            Ok(rows) => answer(&mut waiting, rows),
            Err(error @ StoreError::Permanent { .. }) => tell(&mut waiting, &error),
            Err(error) => {
                on = None;
                if matches!(error, StoreError::Unknown { .. }) {
                    // It was cut short: what was read is worth nothing, and who cut it has a reason.
                    tell(&mut waiting, &error);
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        waiting.append(&mut next);
    }
}

/// Reads the heads that are asked for, and then writes, in one transaction on one connection.
async fn read(
    cluster: &Arc<Cluster>,
    on: &mut Option<(Arc<Primary>, Session)>,
    waiting: &[Ask],
) -> Result<Vec<tokio_postgres::Row>, StoreError> {
    let (primary, session) = match on.take() {
        Some((primary, session)) if !session.is_closed() => (primary, session),
        _ => {
            let primary = cluster.primary().await?;
            let session = cluster.connect(&primary).await?;
            (primary, session)
        }
    };
    let mut names: Vec<&str> = waiting
        .iter()
        .filter_map(|ask| Some(ask.enterprise.as_ref()?.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&names];
    let fenced = session.read_then_write([(heads::OF_SOME, &parameters), (FACTS, &[])], WRITE);
    // It is not given up at a deadline, for it would go on all the same.
    let Some(fenced) = cluster.wait_on(&primary, fenced).await else {
        return Err(StoreError::transient(
            heads::READ,
            "the server is not the primary any more",
        ));
    };
    let [rows, facts] = fenced.map_err(|failure| lost(cluster, &primary, failure))?;
    let facts = facts
        .first()
        .map_or(Ok(Facts::default()), Facts::of)
        .map_err(failed(heads::READ))?;
    if !facts.is_run_of(&primary.facts) {
        cluster.end(&primary);
        return Err(StoreError::transient(
            heads::READ,
            "the server was started anew, or is another",
        ));
    }
    if let Err(error) = cluster.check(&facts) {
        cluster.end(&primary);
        return Err(StoreError::permanent(heads::READ, reason(&error)));
    }
    if !facts.is_as(&primary.facts) {
        cluster.end(&primary);
        return Err(StoreError::transient(
            heads::READ,
            "the server was set up otherwise meanwhile",
        ));
    }
    *on = Some((primary, session));
    Ok(rows)
}

fn lost(cluster: &Cluster, primary: &Arc<Primary>, failure: Failure) -> StoreError {
    if failure.is_loss() && !matches!(failure, Failure::Unknown(_)) {
        cluster.end(primary);
    }
    failure.told(heads::READ)
}

/// Answers all who asked, each from its own row.
fn answer(waiting: &mut Vec<Ask>, rows: Vec<tokio_postgres::Row>) {
    let by_name: std::collections::HashMap<&str, &tokio_postgres::Row> = rows
        .iter()
        .filter_map(|row| Some((row.try_get(0).ok()?, row)))
        .collect();
    for ask in waiting.drain(..) {
        let head = match &ask.enterprise {
            Some(enterprise) => match by_name.get(enterprise.as_str()) {
                Some(row) => heads::of(row, enterprise),
                None => Err(StoreError::transient(heads::READ, "the server did not say")),
            },
            None => Ok(None),
        };
        // Who has given up is not there.
        let _ = ask.answer.send(head);
    }
}

fn tell(waiting: &mut Vec<Ask>, error: &StoreError) {
    let said = reason(error);
    for ask in waiting.drain(..) {
        let _ = ask.answer.send(Err(StoreError::transient(heads::READ, said.clone())));
    }
}
