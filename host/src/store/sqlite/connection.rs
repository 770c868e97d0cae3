//! Connections to the file, each with its settings.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Result};

/// Holds the pages that an import changes. Fingerprints come in no order: with SQLite's own 2 MiB their pages would be
/// written again and again.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// More than there are statements.
const STATEMENTS_CACHED: usize = 32;
/// How long opening waits for another process that is creating or recovering the file.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Where SQLite sorts what its memory does not hold. To change it deletes every temporary table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorts {
    /// In memory: a full `/tmp` fails no append.
    InMemory,
    /// In a temporary file: the fingerprints of an import are many.
    InFile,
}

/// Has a connection sort there from now on.
pub(super) fn set_sorts(connection: &Connection, sorts: Sorts) -> Result<()> {
    let value = match sorts {
        Sorts::InFile => 1,
        Sorts::InMemory => 2,
    };
    connection.pragma_update(None, "temp_store", value)
}

/// Opens the one connection that writes: every commit is synced to the disk before it is acknowledged, and nobody but
/// its owner waits for locks or makes checkpoints.
pub(super) fn writer(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(OPEN_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    set_sorts(&connection, Sorts::InMemory)?;
    // The tables that were renamed name each other; who belongs to whom is checked by the heads.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(connection)
}

/// Opens a connection that reads, and waits for locks as long as `busy` says.
pub(super) fn reader(path: &Path, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(connection)
}

/// Opens a file that nobody may be writing to: takes no lock, recovers nothing, and puts no file beside it.
pub(super) fn untouched(path: &Path) -> Result<Connection> {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(*byte)),
            // A String takes every byte that is written to it.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}
