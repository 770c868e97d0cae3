//! What PostgreSQL's errors mean to the port.

use std::error::Error;

use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::store::StoreError;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said no: nothing of it is kept.
    Refused(tokio_postgres::Error),
    /// The connection is gone, or was no use, before anything could be kept.
    Lost(Box<dyn Error + Send + Sync>),
    /// It may have been kept.
    Unknown(Box<dyn Error + Send + Sync>),
    /// It is an error of the port's already.
    Told(StoreError),
}

impl Failure {
    /// Of anything but a commit.
    pub(super) fn of(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) if !ends_connection(said) => Self::Refused(error),
            _ => Self::Lost(error.into()),
        }
    }

    /// Of a commit, or of what was sent together with one. The server's word that it has rolled back is a certain one.
    pub(super) fn of_commit(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) if !ends_connection(said) => Self::Refused(error),
            _ => Self::Unknown(error.into()),
        }
    }

    /// Whether the same is to be tried again at once: two transactions stood in each other's way,
    /// or the connection was gone before it was sent.
    pub(super) fn is_retried(&self) -> bool {
        let codes = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        matches!(self, Self::Lost(_)) || self.code().is_some_and(|code| codes.contains(code))
    }

    /// The constraint that it would have broken.
    pub(super) fn duplicate_of(&self) -> Option<&str> {
        match self {
            Self::Refused(error) => {
                let said = error.as_db_error()?;
                (*said.code() == SqlState::UNIQUE_VIOLATION).then(|| said.constraint().unwrap_or_default())
            }
            _ => None,
        }
    }

    /// Whether the connection, and perhaps its server, is no use any more.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Unknown(_)) || self.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    /// What the server called it.
    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Refused(error) => error.code(),
            _ => None,
        }
    }

    /// What the caller is told.
    pub(super) fn told(self, action: &'static str) -> StoreError {
        match self {
            Self::Refused(error) if is_permanent(error.code()) => StoreError::permanent(action, error),
            Self::Refused(error) => StoreError::transient(action, error),
            Self::Lost(error) => StoreError::transient(action, error),
            Self::Unknown(error) => StoreError::unknown(action, error),
            Self::Told(error) => error,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

/// Names what was being done, beside what the server said.
pub(super) fn failed(action: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError {
    move |error| Failure::of(error).told(action)
}

/// What the storage said, without what it was asked for.
pub(super) fn reason(error: &StoreError) -> String {
    let source = error.source();
    source.map_or_else(|| error.to_string(), crate::error_chain)
}

/// The server stops, or ends this one connection: with or without what was asked of it.
fn ends_connection(said: &DbError) -> bool {
    let is_fatal = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    // Who connects in vain is told so by a fatal error too: that one has a meaning of its own.
    let is_refused = ["28", "3D", "53"]
        .iter()
        .any(|class| said.code().code().starts_with(class));
    (is_fatal && !is_refused) || said.code().code().starts_with("08")
}

/// Classes and codes that stay until a person does something.
fn is_permanent(code: Option<&SqlState>) -> bool {
    let Some(code) = code.map(SqlState::code) else {
        return false;
    };
    // Wrong logins, missing rights, tables and databases, other types than expected, damaged data.
    ["28", "42", "3D", "3F", "22", "0A", "XX001", "XX002"]
        .iter()
        .any(|class| code.starts_with(class))
}
