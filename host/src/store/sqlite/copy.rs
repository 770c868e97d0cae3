//! A file copied as it is at one moment, and put in place of another.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tokio::task::spawn_blocking;

use super::failure::{failed, is_busy};
use super::{connection, file, inspect};
use crate::store::{Alteration, Altered, Copied, Ends, Head, IfMissing, IfThere, Lost, Restored, StoreError};
use crate::whole_file::WholeFile;

const BACK_UP: &str = "be backed up";
const RESTORE: &str = "be restored";
/// How many pages are copied at a time.
const PAGES: i32 = 4_096;
/// How long to wait for another process that is recovering a file, and how often.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);
/// How long a restore waits for a process that is just closing the store.
const CLOSING: Duration = Duration::from_secs(1);

/// Copies the store at `store` to `target`, beside whoever uses it.
pub(in crate::store) async fn back_up(store: &Path, target: &Path, if_there: IfThere) -> Result<Copied, StoreError> {
    let (store, target) = (store.to_owned(), target.to_owned());
    spawn_blocking(move || {
        let source = open(&store)?;
        let target = free_target(&store, &target, if_there)?;
        let file = WholeFile::create(&target).map_err(|error| at(BACK_UP, &target, &error))?;
        let copied = copy(&source, file.temporary(), BACK_UP)?;
        drop(source);
        let put = match if_there {
            IfThere::Fail => file.put_in_free_place(),
            IfThere::Replace => file.put_in_place(),
        };
        put.map_err(|error| at(BACK_UP, &target, &error))?;
        Ok(copied)
    })
    .await
    .map_err(|error| StoreError::transient(BACK_UP, error))?
}

/// Puts a copy of `from` in place of the store at `store`, which nobody may be using.
pub(in crate::store) async fn restore(store: &Path, from: &Path) -> Result<Restored, StoreError> {
    let (store, from) = (store.to_owned(), from.to_owned());
    spawn_blocking(move || restore_file(&store, &from))
        .await
        .map_err(|error| StoreError::transient(RESTORE, error))?
}

fn restore_file(store: &Path, from: &Path) -> Result<Restored, StoreError> {
    if is_same(store, from) {
        return Err(refused(RESTORE, format!("`{}` is that store itself", from.display())));
    }
    let source = open(from)?;
    // What lies beside a file lies beside the file itself, not beside a link to it.
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    let is_there = file::exists(&store)?;
    let locked = if is_there { Some(Locked::lock(&store)?) } else { None };
    let here = |error: io::Error| at(RESTORE, &store, &error);
    let file = WholeFile::create(&store).map_err(here)?;
    let copied = copy(&source, file.temporary(), RESTORE)?;
    drop(source);
    if is_there {
        take_after(file.temporary(), &store).map_err(here)?;
    }
    let before = match &locked {
        Some(locked) => locked.fold()?,
        None => Vec::new(),
    };
    // From a log that is left SQLite would take the last commits of the file that it belonged to, and put them into
    // this one. The file there is complete without it by now: a crash here leaves that.
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(beside(&store, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(here(error)),
            _ => {}
        }
    }
    crate::whole_file::sync_directory(&store).map_err(here)?;
    let put = if is_there {
        file.put_in_place()
    } else {
        file.put_in_free_place()
    };
    put.map_err(here)?;
    // Only now may another process have the file that was replaced; it finds another one at its path.
    drop(locked);
    let lost = Lost::of(before, &copied);
    Ok(Restored { copied, lost })
}

/// A store that nobody else has open, nor can open.
struct Locked {
    connection: Connection,
    path: PathBuf,
}

impl Locked {
    /// Every connection to a file with a write-ahead log has a shared lock on it, for as long as it is open.
    fn lock(path: &Path) -> Result<Self, StoreError> {
        let cannot_read = |error: rusqlite::Error| {
            let path = path.display();
            let message = format!(
                "what is at `{path}` cannot be read as a store ({error}): move it away, and with it `{path}-wal` and \
                 `{path}-shm`, and restore again"
            );
            StoreError::permanent(RESTORE, message)
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(cannot_read)?;
        connection.busy_timeout(CLOSING).map_err(cannot_read)?;
        let locked = connection
            .pragma_update(None, "locking_mode", "EXCLUSIVE")
            .and_then(|()| connection.execute_batch("BEGIN EXCLUSIVE"));
        match locked {
            Ok(()) => {}
            Err(error) if is_busy(&error) => {
                let message = format!("`{}` is in use: stop every process that has it open", path.display());
                return Err(StoreError::transient(RESTORE, message));
            }
            Err(error) => return Err(cannot_read(error)),
        }
        let content = file::content(&connection).map_err(cannot_read)?;
        content.check(path, IfMissing::Create)?;
        connection.execute_batch("ROLLBACK").map_err(cannot_read)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Folds the log into the file, which is whole by itself then. Gives where its streams end,
    /// as far as that is known.
    fn fold(&self) -> Result<Vec<(EnterpriseSlug, Option<Head>)>, StoreError> {
        let heads = heads_before(&self.connection);
        let folded = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        folded.map_err(|error| refused(RESTORE, format!("`{}`: {error}", self.path.display())))?;
        Ok(heads)
    }
}

/// Damage is no reason to restore nothing over it.
fn heads_before(connection: &Connection) -> Vec<(EnterpriseSlug, Option<Head>)> {
    let mut heads = Vec::new();
    let mut name = String::new();
    while let Ok(Some(next)) = inspect::next_name(connection, &name)
        && next > name
    {
        if let Ok(enterprise) = EnterpriseSlug::new(&next) {
            let head = inspect::ends(connection, &enterprise)
                .ok()
                .and_then(|ends| ends.head.ok());
            heads.push((enterprise, head.flatten()));
        }
        name = next;
    }
    heads
}

/// Opens a store of this version to copy it.
fn open(path: &Path) -> Result<Connection, StoreError> {
    file::check(path, IfMissing::Fail)?;
    let refused = |error| file::refused(path, &error);
    let connection = if file::has_write_ahead_log(path) {
        connection::reader(path, BUSY_TIMEOUT)
    } else {
        connection::untouched(path)
    };
    let connection = connection.map_err(refused)?;
    file::content(&connection).map_err(refused)?.check_migrated(path)?;
    Ok(connection)
}

/// Copies what `source` sees at one moment into the empty file at `target`, and examines the copy:
/// what is damaged is no backup.
fn copy(source: &Connection, target: &Path, action: &'static str) -> Result<Copied, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(target, flags).map_err(failed(action))?;
    // Nobody sees it before it is whole and synced.
    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .map_err(failed(action))?;
    // Without a transaction around it a copy begins again with each commit of another process.
    let moment = source.unchecked_transaction().map_err(failed(action))?;
    moment
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(failed(action))?;
    {
        let backup = Backup::new(&moment, &mut copy).map_err(failed(action))?;
        loop {
            match backup.step(PAGES).map_err(failed(action))? {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
                _ => {}
            }
        }
    }
    drop(moment);
    copy.close().map_err(|(_, error)| failed(action)(error))?;
    examine(target, action)
}

/// Fails unless the file, which nobody else knows, is a store that is well as far as its heads say.
fn examine(path: &Path, action: &'static str) -> Result<Copied, StoreError> {
    let connection = connection::untouched(path).map_err(failed(action))?;
    if let Some(fault) = inspect::faults(&connection).map_err(failed(action))?.first() {
        return Err(refused(
            action,
            format!("its file is damaged: {fault}; `verify` tells more"),
        ));
    }
    let mut heads = Vec::new();
    let mut name = String::new();
    while let Some(next) = inspect::next_name(&connection, &name).map_err(failed(action))? {
        let enterprise = EnterpriseSlug::new(&next).map_err(|_| {
            refused(
                action,
                format!("rows stand under the name `{next}`, which no enterprise can have"),
            )
        })?;
        let Ends { head, lines } = inspect::ends(&connection, &enterprise)?;
        let head = head?.unwrap_or_default();
        if head.position() != lines {
            let alteration = if lines > head.position() {
                let head = head.position();
                Alteration::Beyond { head, lines }
            } else {
                Alteration::Missing { position: lines }
            };
            return Err(Altered { enterprise, alteration }.into());
        }
        heads.push((enterprise, head));
        name = next;
    }
    let bytes = path.metadata().map_err(|error| at(action, path, &error))?.len();
    Ok(Copied { bytes, heads })
}

/// Fails unless a backup may be put to `target`, which is given back as a path that is no link.
fn free_target(store: &Path, target: &Path, if_there: IfThere) -> Result<PathBuf, StoreError> {
    let metadata = match target.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target.to_owned()),
        Err(error) => return Err(at(BACK_UP, target, &error)),
        Ok(metadata) => metadata,
    };
    let path = target.display();
    let target = target.canonicalize().map_err(|error| at(BACK_UP, target, &error))?;
    let message = if if_there == IfThere::Fail {
        format!("`{path}` exists: name another file, or replace it with `--force`")
    } else if !metadata.is_file() {
        format!("`{path}` is no file")
    } else if is_same(store, &target) {
        format!("`{path}` is the store itself")
    } else if beside(&target, "-wal").exists() {
        format!("`{path}` is a store that may be in use, because `{path}-wal` exists: to replace it, use `restore`")
    } else {
        return Ok(target);
    };
    Err(refused(BACK_UP, message))
}

/// Gives a new file the owner and the permissions of the one that it replaces.
fn take_after(new: &Path, old: &Path) -> io::Result<()> {
    let (old, now) = (old.metadata()?, new.metadata()?);
    if (old.uid(), old.gid()) != (now.uid(), now.gid()) {
        chown(new, Some(old.uid()), Some(old.gid()))?;
    }
    fs::set_permissions(new, old.permissions())
}

fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.metadata().map(|file| (file.dev(), file.ino())).ok();
    place(one).is_some_and(|one| place(other) == Some(one))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn refused(action: &'static str, message: String) -> StoreError {
    StoreError::permanent(action, message)
}

fn at(action: &'static str, path: &Path, error: &io::Error) -> StoreError {
    refused(action, format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::migrate;
    use super::*;

    /// A crash between the removal of the old log and the new file's taking its place leaves the old file alone.
    #[test]
    fn folded_the_file_that_is_replaced_is_whole_without_its_log() {
        let name = format!("enterprise-credentials-fold-{}.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        let killed = path.with_extension("killed");
        fs::write(&path, "").unwrap();
        let connection = connection::writer(&path).unwrap();
        migrate::prepare(&connection, &path, IfMissing::Create).unwrap();
        connection.execute_batch("UPDATE probe SET at = 7").unwrap();
        for suffix in ["", "-wal"] {
            fs::copy(beside(&path, suffix), beside(&killed, suffix)).unwrap();
        }
        drop(connection);

        let locked = Locked::lock(&killed).unwrap();
        locked.fold().unwrap();
        fs::remove_file(beside(&killed, "-wal")).unwrap();
        let alone = connection::untouched(&killed).unwrap();
        let at: i64 = alone.query_row("SELECT at FROM probe", [], |row| row.get(0)).unwrap();
        assert_eq!(at, 7);
        drop(locked);
        for file in [path, killed] {
            fs::remove_file(file).unwrap();
        }
    }
}
