//! The servers of a store: which of them is the primary, and the connections to it.
//!
//! A primary is one run of one server. Whatever casts doubt on it ends it, with all its connections. The next one is
//! looked for among all servers. It is never of an older timeline than this process has seen.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_postgres::Row;

use super::PostgresOptions;
use super::config::{Server, Settings};
use super::facts::Facts;
use super::failure::{Failure, reason};
use super::session::{Commit, Parameters, Session};
use super::{pooler, search};
use crate::store::{Reads, StoreError};

pub(super) const CONNECT: &str = "connect to its primary";
/// How long it is taken for granted that there is no primary after none was found.
const NOT_FOUND_FOR: Duration = Duration::from_millis(200);
/// How often a read is asked again whose connection was lost.
const ATTEMPTS_MAX: u32 = 3;

#[derive(Debug)]
pub(super) struct Cluster {
    settings: Arc<Settings>,
    pub(super) options: PostgresOptions,
    current: Mutex<Option<Arc<Primary>>>,
    /// Held while a primary is looked for: when none was found last, and why.
    finding: tokio::sync::Mutex<Option<(Instant, String)>>,
    seen: Mutex<Seen>,
}

/// What this process has seen of all primaries, and will not go back behind.
#[derive(Debug, Default)]
struct Seen {
    timeline: i64,
    had_standbys: bool,
}

/// One run of one server, as long as nothing casts doubt on it.
#[derive(Debug)]
pub(super) struct Primary {
    server: Server,
    pub(super) facts: Facts,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
    over: watch::Sender<bool>,
}

/// A connection to a primary, for one use at a time. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Lent {
    session: Session,
    pub(super) primary: Arc<Primary>,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Lent {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Lent {
    /// Gives it back after use: every answer has come, and no transaction is open.
    pub(super) fn give_back(self) {
        if !self.session.is_closed() && !*self.primary.over.borrow() {
            self.primary.idle().push(self.session);
        }
    }
}

impl Primary {
    /// Waits until something casts doubt on it.
    pub(super) async fn ended(&self) {
        // The sender is here: it cannot be gone.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    pub(super) fn new(settings: Settings, options: PostgresOptions) -> Self {
        Self {
            settings: Arc::new(settings),
            options,
            current: Mutex::default(),
            finding: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// The primary, looked for where there is none.
    pub(super) async fn primary(&self) -> Result<Arc<Primary>, StoreError> {
        if let Some(primary) = self.known() {
            return Ok(primary);
        }
        let mut not_found = self.finding.lock().await;
        if let Some(primary) = self.known() {
            return Ok(primary);
        }
        if let Some((when, why)) = &*not_found
            && when.elapsed() < NOT_FOUND_FOR
        {
            return Err(StoreError::transient(CONNECT, why.clone()));
        }
        match self.find().await {
            Ok(primary) => {
                *not_found = None;
                *self.current() = Some(Arc::clone(&primary));
                Ok(primary)
            }
            Err(error) => {
                if matches!(error, StoreError::Transient { .. }) {
                    *not_found = Some((Instant::now(), reason(&error)));
                }
                Err(error)
            }
        }
    }

    /// Ends a primary: all its connections go, and who works on one is told.
    pub(super) fn end(&self, primary: &Arc<Primary>) {
        let mut current = self.current();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, primary)) {
            *current = None;
        }
        primary.over.send_replace(true);
        primary.idle().clear();
    }

    /// Lets go of all connections.
    pub(super) fn close(&self) {
        let current = self.current().clone();
        if let Some(primary) = current {
            self.end(&primary);
        }
    }

    /// Looks whether another server is the primary by now. If so, the old one is ended.
    pub(super) async fn look_around(&self) -> bool {
        let Some(known) = self.known() else { return true };
        // One who looks is enough.
        let Ok(_looking) = self.finding.try_lock() else {
            return false;
        };
        let found = search::primary(&self.settings, self.options.deadline).await;
        let is_other = found.is_ok_and(|(_, facts, _)| facts.follows(&known.facts));
        if is_other {
            self.end(&known);
        }
        is_other
    }

    /// Waits for what cannot be taken back, however long it takes, and now and then looks whether another server is the
    /// primary. Nothing once the server that it was asked of is not any more.
    pub(super) async fn wait_on<T>(&self, primary: &Primary, asked: impl Future<Output = T>) -> Option<T> {
        let mut asked = std::pin::pin!(asked);
        loop {
            tokio::select! {
                answered = &mut asked => return Some(answered),
                () = primary.ended() => return None,
                () = tokio::time::sleep(self.options.deadline) => {
                    self.look_around().await;
                }
            }
        }
    }

    /// A connection to the primary.
    pub(super) async fn lend(&self) -> Result<Lent, StoreError> {
        let primary = self.primary().await?;
        let waiting = tokio::time::timeout(self.options.deadline, Arc::clone(&primary.permits).acquire_owned());
        let Ok(Ok(permit)) = waiting.await else {
            return Err(StoreError::transient(
                CONNECT,
                "all connections are in use, and none came back in time",
            ));
        };
        let lent = |session, primary| Lent {
            session,
            primary,
            _permit: permit,
        };
        loop {
            let idle = primary.idle().pop();
            match idle {
                Some(session) if session.is_closed() => {}
                Some(session) => return Ok(lent(session, primary)),
                None => break,
            }
        }
        let session = self.connect(&primary).await?;
        Ok(lent(session, primary))
    }

    /// A new connection to a primary, which is checked to be one to this very run of it.
    pub(super) async fn connect(&self, primary: &Arc<Primary>) -> Result<Session, StoreError> {
        let connected = async {
            let session = Session::connect(&primary.server, &self.settings.tls).await?;
            let facts = Facts::read(&session).await?;
            self.check(&facts)?;
            if !facts.is_as(&primary.facts) {
                return Err(Failure::Lost(
                    "the server was started anew, set up otherwise, or is another".into(),
                ));
            }
            Ok(session)
        };
        self.in_time(connected).await.map_err(|failure| {
            self.end(primary);
            failure.told(CONNECT)
        })
    }

    /// Asks the primary with one statement that changes nothing, and again where the connection was lost.
    pub(super) async fn query(
        &self,
        action: &'static str,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let lent = self.lend().await?;
            let asked = tokio::time::timeout(self.options.deadline, lent.query(statement, parameters));
            match asked.await {
                Ok(Err(failure)) if failure.is_loss() => {
                    self.end(&lent.primary);
                    if attempt == ATTEMPTS_MAX {
                        return Err(failure.told(action));
                    }
                }
                Ok(answered) => {
                    lent.give_back();
                    return answered.map_err(|failure| failure.told(action));
                }
                Err(late) => {
                    self.look_around().await;
                    return Err(StoreError::transient(action, late));
                }
            }
        }
    }

    /// Ends the primary where the standbys that it waits for are others than when it was found: what it acknowledges,
    /// and whether it is to be believed, is judged anew.
    pub(super) fn check_standbys(&self, found: Option<&str>) -> Result<(), StoreError> {
        let Some(primary) = self
            .known()
            .filter(|primary| primary.facts.standbys.as_deref() != found)
        else {
            return Ok(());
        };
        self.end(&primary);
        Err(StoreError::transient(
            CONNECT,
            "`synchronous_standby_names` was changed on the server",
        ))
    }

    /// Changes something that may be forgotten.
    pub(super) async fn change(
        &self,
        action: &'static str,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.change_by(Commit::Forgettable, action, statement, parameters).await
    }

    /// Changes something that is to stay. Whoever is told that it failed may do the same again.
    pub(super) async fn change_durably(
        &self,
        action: &'static str,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.change_by(Commit::Durable, action, statement, parameters).await
    }

    async fn change_by(
        &self,
        commit: Commit,
        action: &'static str,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let lent = self.lend().await?;
        let changed = lent.alone(commit, statement, parameters);
        match tokio::time::timeout(self.options.deadline, changed).await {
            Ok(Err(failure)) if failure.is_loss() && lent.is_closed() => {
                self.end(&lent.primary);
                Err(StoreError::transient(action, "the connection was lost"))
            }
            Ok(changed) => {
                lent.give_back();
                changed.map_err(|failure| failure.told(action))
            }
            Err(late) => Err(StoreError::transient(action, late)),
        }
    }

    /// Fails where commits do not wait as they should, or have ceased to.
    pub(super) fn check(&self, facts: &Facts) -> Result<(), StoreError> {
        let had_standbys = self.seen().had_standbys;
        if had_standbys && !facts.has_standbys() {
            return Err(StoreError::transient(
                CONNECT,
                "`synchronous_standby_names` was emptied on the server, so a failover may lose what it has \
                 acknowledged: set it again, on every member",
            ));
        }
        if self.options.reads == Some(Reads::Fenced) && !facts.has_standbys() {
            return Err(StoreError::transient(
                CONNECT,
                "reads are to be fenced, but `synchronous_standby_names` is empty on the server, so a fence would \
                 prove nothing: set it, on every member",
            ));
        }
        if !facts.waits() {
            return Err(StoreError::permanent(
                CONNECT,
                "`synchronous_commit` cannot be set to `on`: what the server acknowledges could be lost",
            ));
        }
        Ok(())
    }

    /// A network that has ceased to pass anything on says nothing of it:
    /// a server that was reached may never go on answering.
    pub(super) async fn in_time<T>(&self, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let answered = tokio::time::timeout(self.options.deadline, asked).await;
        answered.unwrap_or_else(|late| Err(Failure::Lost(late.into())))
    }

    /// Whether it has been the primary without a break.
    pub(super) fn is_still(&self, primary: &Arc<Primary>) -> bool {
        self.known().is_some_and(|known| Arc::ptr_eq(&known, primary))
    }

    fn known(&self) -> Option<Arc<Primary>> {
        self.current().clone()
    }

    fn current(&self) -> MutexGuard<'_, Option<Arc<Primary>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find(&self) -> Result<Arc<Primary>, StoreError> {
        let (server, facts, session) = search::primary(&self.settings, self.options.deadline).await?;
        self.check(&facts)?;
        if facts.timeline < self.seen().timeline {
            return Err(StoreError::transient(
                CONNECT,
                format!("`{}` is a primary that another has taken the place of", server.name),
            ));
        }
        let checked = async {
            let other = Session::connect(&server, &self.settings.tls).await?;
            pooler::check(&session, &other).await?;
            Ok(other)
        };
        let other = self.in_time(checked).await.map_err(|failure| failure.told(CONNECT))?;
        search::tell(&self.settings, &server, &facts);
        {
            let mut seen = self.seen();
            seen.timeline = facts.timeline;
            seen.had_standbys |= facts.has_standbys();
        }
        Ok(Arc::new(Primary {
            server,
            facts,
            idle: Mutex::new(vec![session, other]),
            permits: Arc::new(Semaphore::new(self.options.connections_max)),
            over: watch::Sender::new(false),
        }))
    }
}
