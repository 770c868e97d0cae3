//! A connection, and what its server says beside its answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Row, Statement};

use super::config::Server;
use super::failure::Failure;
use super::tls::Tls;

/// What every connection is set to, whatever its role, its database or its server would have: a commit waits for the
/// standbys that are synchronous, nothing cuts that wait short, and warnings are sent.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = 0; SET client_min_messages = warning; \
     SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off";

/// How long the commit of a transaction waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// Until it is durable.
    Durable,
    /// Not at all: it may be forgotten.
    Forgettable,
}

impl Commit {
    /// Begins a transaction of this kind. The settings are made again:
    /// a pooler between could have lost those of the connection.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Durable => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = on; \
                 SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '5s'; \
                 SET LOCAL client_min_messages = warning"
            }
            Self::Forgettable => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off; \
                 SET LOCAL lock_timeout = '5s'"
            }
        }
    }
}

/// Parameters of a statement.
pub(super) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection. Dropped, it is closed, and a transaction that is open ends with it.
pub(super) struct Session {
    client: Client,
    warnings: Arc<Warnings>,
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// The warnings that came, in the order of the answers: how many, and the last.
#[derive(Debug, Default)]
struct Warnings(Mutex<(u64, String)>);

impl Session {
    /// Connects, and makes the settings.
    pub(super) async fn connect(server: &Server, tls: &Tls) -> Result<Self, Failure> {
        let config = server.with_ssl_mode(tls.ssl_mode());
        let warnings = Arc::<Warnings>::default();
        let client = match &tls.connector {
            Some(connector) => {
                let (client, connection) = config.connect(connector.clone()).await.map_err(Failure::of)?;
                drive(connection, Arc::clone(&warnings));
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(Failure::of)?;
                drive(connection, Arc::clone(&warnings));
                client
            }
        };
        client.batch_execute(SETTINGS).await.map_err(Failure::of)?;
        Ok(Self {
            client,
            warnings,
            statements: Mutex::default(),
        })
    }

    /// Whether it is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// One statement that changes nothing.
    pub(super) async fn query(&self, statement: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(statement).await?;
        self.client.query(&statement, parameters).await.map_err(Failure::of)
    }

    /// Statements without parameters.
    pub(super) async fn execute(&self, statements: &str) -> Result<(), Failure> {
        self.client.batch_execute(statements).await.map_err(Failure::of)
    }

    /// One statement in a transaction of its own, all in one round trip.
    pub(super) async fn alone(
        &self,
        commit: Commit,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(statement).await?;
        let warned = self.warned();
        // What is sent first is executed first: each is sent when it is first polled,
        // and they are polled in this order.
        let (begun, rows, committed) = tokio::join! {
            biased;
            self.client.batch_execute(commit.begin()),
            self.client.query(&statement, parameters),
            self.client.batch_execute("COMMIT"),
        };
        begun.map_err(Failure::of_commit)?;
        let rows = rows.map_err(Failure::of_commit)?;
        committed.map_err(Failure::of_commit)?;
        self.check_warnings(warned)?;
        Ok(rows)
    }

    /// Ends a transaction that is open.
    pub(super) async fn commit(&self) -> Result<(), Failure> {
        let warned = self.warned();
        self.client.batch_execute("COMMIT").await.map_err(Failure::of_commit)?;
        self.check_warnings(warned)
    }

    /// Two statements that read, and one that writes, in one transaction and one round trip.
    pub(super) async fn read_then_write(
        &self,
        reads: [(&'static str, Parameters<'_>); 2],
        write: &'static str,
    ) -> Result<[Vec<Row>; 2], Failure> {
        let [(first, of_first), (second, of_second)] = reads;
        let (first, second) = (self.prepared(first).await?, self.prepared(second).await?);
        let write = self.prepared(write).await?;
        let warned = self.warned();
        let (begun, first, second, written, committed) = tokio::join! {
            biased;
            self.client.batch_execute(Commit::Durable.begin()),
            self.client.query(&first, of_first),
            self.client.query(&second, of_second),
            self.client.query(&write, &[]),
            self.client.batch_execute("COMMIT"),
        };
        begun.map_err(Failure::of)?;
        let rows = [first.map_err(Failure::of)?, second.map_err(Failure::of)?];
        written.map_err(Failure::of)?;
        committed.map_err(Failure::of)?;
        self.check_warnings(warned)?;
        Ok(rows)
    }

    fn warned(&self) -> u64 {
        self.warnings.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// A commit whose wait for the standbys was cut short succeeds, with a warning that comes before its answer.
    fn check_warnings(&self, before: u64) -> Result<(), Failure> {
        let warnings = self.warnings.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.0 == before {
            return Ok(());
        }
        Err(Failure::Unknown(format!("the server warned: {}", warnings.1).into()))
    }

    async fn prepared(&self, text: &'static str) -> Result<Statement, Failure> {
        let known = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(text)
            .cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(text).await.map_err(Failure::of)?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.insert(text, statement.clone());
        Ok(statement)
    }
}

/// Lets a connection work, on a task of its own, until it is closed.
/// A notice is noted before the answer behind it is handed on.
fn drive<S, T>(mut connection: Connection<S, T>, warnings: Arc<Warnings>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notice(notice)) if notice.parsed_severity() == Some(Severity::Warning) => {
                    let mut warnings = warnings.0.lock().unwrap_or_else(PoisonError::into_inner);
                    *warnings = (warnings.0 + 1, notice.message().to_owned());
                }
                Ok(_) => {}
                // Whoever waits for an answer is told.
                Err(_) => return,
            }
        }
    });
}
