//! Whose file it is. This is found out before a byte is written: a file of another program, or of a newer version of
//! this one, is not ours to change.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::connection;
use super::migrations::{FIRST_CHECKSUM, NEWEST};
use crate::store::{IfMissing, StoreError};

const OPEN: &str = "be opened";
/// How long a look waits for another process that is creating or recovering the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// What a database holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// No table, nor the mark of any program: its creation is under way, or was broken off.
    Nothing,
    /// The tables of this program, as this migration made them.
    Store { migration: i64 },
    /// Something else.
    Other,
}

/// Fails unless this version can open a store at `path` or, where that is asked for, create one. Leaves the file as it
/// is, and its directory too.
pub(super) fn check(path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    if !exists(path)? {
        return check_place(path, if_missing);
    }
    let was_in_use = has_write_ahead_log(path);
    // Takes no lock, recovers nothing, and puts no file beside this one.
    let unlocked = connection::untouched(path).and_then(|connection| content(&connection));
    if let Ok(content @ (Content::Store { .. } | Content::Other)) = &unlocked {
        content.check(path, if_missing)?;
    }
    let content = if was_in_use || has_write_ahead_log(path) {
        // The last commits are not in the file, and what is just put into it is torn.
        connection::reader(path, BUSY_TIMEOUT).and_then(|connection| content(&connection))
    } else {
        unlocked
    };
    content.map_err(|error| refused(path, &error))?.check(path, if_missing)
}

/// What an open database holds.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<Content> {
    let (marks, tables, migrated): (i64, i64, bool) = connection.query_row(
        "SELECT (SELECT user_version FROM pragma_user_version) | (SELECT application_id FROM pragma_application_id), \
         count(*), coalesce(max(type = 'table' AND name = '_sqlx_migrations'), 0) FROM sqlite_schema",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if marks == 0 && tables == 0 {
        return Ok(Content::Nothing);
    }
    if !migrated {
        return Ok(Content::Other);
    }
    let (is_ours, migration): (bool, i64) = connection.query_row(
        "SELECT coalesce(max(version = 1 AND checksum = ?), 0), coalesce(max(version), 0) FROM _sqlx_migrations",
        [FIRST_CHECKSUM.as_slice()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(if is_ours {
        Content::Store { migration }
    } else {
        Content::Other
    })
}

impl Content {
    /// Fails unless it is a store, of this version or an older one, or may become one.
    pub(super) fn check(self, path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
        let path = path.display();
        let message = match self {
            Self::Nothing if if_missing == IfMissing::Create => return Ok(()),
            Self::Nothing => format!("`{path}` is empty: create the store with `import`"),
            Self::Store { migration } if migration <= NEWEST => return Ok(()),
            Self::Store { .. } => format!("`{path}` was written by a newer version of this program: use that version"),
            Self::Other => format!("`{path}` is not a store of this program"),
        };
        Err(StoreError::permanent(OPEN, message))
    }

    /// Whether its tables are those of this version.
    pub(super) const fn is_current(self) -> bool {
        matches!(self, Self::Store { migration: NEWEST })
    }

    /// Fails unless its tables are those of this version: a reader cannot migrate.
    pub(super) fn check_migrated(self, path: &Path) -> Result<(), StoreError> {
        self.check(path, IfMissing::Fail)?;
        match self {
            Self::Store { migration } if migration < NEWEST => {
                let path = path.display();
                let message = format!(
                    "`{path}` was written by an older version of this program: open it once with `serve` or `import`, \
                     which bring its tables up to date"
                );
                Err(StoreError::permanent(OPEN, message))
            }
            _ => Ok(()),
        }
    }
}

/// Says what is wrong with the file and what to do, where SQLite has but a code for it.
pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.display();
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => format!(
            "this user cannot read and write `{path}` and its directory, where SQLite keeps two more files: allow \
             both; or, if you only want to `export`, copy the file to a directory of your own"
        ),
        Some(ErrorCode::NotADatabase) => format!("`{path}` is not a store of this program, nor any SQLite database"),
        _ => format!("`{path}`: {error}"),
    };
    StoreError::permanent(OPEN, message)
}

/// Whether there is a file. Where there is something else there can be no store.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    let cannot_open = |message: String| Err(StoreError::permanent(OPEN, message));
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => cannot_open(format!(
            "`{}` is a directory: name a file in it, such as `sqlite:{}`",
            path.display(),
            path.join("store.db").display()
        )),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => cannot_open(format!("`{}` cannot be looked at: {error}", path.display())),
    }
}

/// Fails unless a store may be created at `path`, where there is no file.
fn check_place(path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let message = match (if_missing, parent) {
        (_, Some(directory)) if !directory.is_dir() => {
            format!(
                "the directory `{}` does not exist: create it first, or name another",
                directory.display()
            )
        }
        (IfMissing::Fail, _) => format!("`{}` does not exist: create it with `import`", path.display()),
        (IfMissing::Create, _) => return Ok(()),
    };
    Err(StoreError::permanent(OPEN, message))
}

/// Whether commits may be kept beside the file: SQLite folds them into it when the last connection is closed.
pub(super) fn has_write_ahead_log(path: &Path) -> bool {
    // It lies beside the file itself, not beside a link to it.
    path.canonicalize().is_ok_and(|path| {
        let mut log = path.into_os_string();
        log.push("-wal");
        Path::new(&log).exists()
    })
}
