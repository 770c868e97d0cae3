//! What SQLite's errors mean to the port.

use std::error::Error;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// A failure that several callers are told.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    action: &'static str,
    source: Arc<dyn Error + Send + Sync>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transient,
    Unknown,
    Permanent,
    /// Of the file's content: perhaps of one stream's part of it alone.
    Damage,
}

impl Failure {
    /// Of anything but a commit: nothing is kept.
    pub(super) fn of(action: &'static str, error: rusqlite::Error) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Kind::Damage,
            Some(ErrorCode::NotADatabase | ErrorCode::ReadOnly | ErrorCode::Unknown) => Kind::Permanent,
            Some(_) => Kind::Transient,
            // A column holds another type than was written.
            None => Kind::Damage,
        };
        Self {
            action,
            source: Arc::new(error),
            kind,
        }
    }

    /// Of a commit: it may be found to have happened.
    pub(super) fn of_commit(action: &'static str, error: rusqlite::Error) -> Self {
        Self {
            action,
            source: Arc::new(error),
            kind: Kind::Unknown,
        }
    }

    /// That may be over in a moment.
    pub(super) fn transient(action: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            action,
            source: Arc::new(source),
            kind: Kind::Transient,
        }
    }

    /// Whether it may concern one stream alone.
    pub(super) fn is_damage(&self) -> bool {
        self.kind == Kind::Damage
    }

    /// What a caller is told.
    pub(super) fn told(&self) -> StoreError {
        let (action, source) = (self.action, Arc::clone(&self.source));
        match self.kind {
            Kind::Transient => StoreError::transient(action, source),
            Kind::Unknown => StoreError::unknown(action, source),
            Kind::Permanent | Kind::Damage => StoreError::permanent(action, source),
        }
    }
}

/// Of an error that is of the storage; the others are one caller's own.
impl TryFrom<StoreError> for Failure {
    type Error = StoreError;

    fn try_from(error: StoreError) -> Result<Self, StoreError> {
        let (action, source, kind) = match error {
            StoreError::Transient { action, source } => (action, source, Kind::Transient),
            StoreError::Unknown { action, source } => (action, source, Kind::Unknown),
            StoreError::Permanent { action, source } => (action, source, Kind::Damage),
            own => return Err(own),
        };
        let source = Arc::from(source);
        Ok(Self { action, source, kind })
    }
}

/// Names what was being done, beside what SQLite said: for everything but a commit.
pub(super) fn failed(action: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| Failure::of(action, error).told()
}

/// Whether another connection holds a lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
