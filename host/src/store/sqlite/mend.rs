//! A stream's rows made again from lines that are known to be right.

use std::path::{Path, PathBuf};
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use tokio::task::spawn_blocking;

use super::connection::{self, Sorts, set_sorts};
use super::failure::failed;
use super::look_up::LaidAside;
use super::{file, heads, segments};
use crate::store::mend::ahead::{self, Each};
use crate::store::mend::damage::{Comparison, Damage};
use crate::store::mend::{MEND, Mended, Mending};
use crate::store::segment::Segment;
use crate::store::{IfMissing, StoreError};

/// How long to wait for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the rows are compared again after they were mended. The second time finds nothing, unless the file itself
/// is damaged: there a row may not be found where it stands.
const ROUNDS_MAX: u32 = 4;

/// Mends a stream in one transaction.
pub(in crate::store) async fn mend(path: &Path, mending: Mending) -> Result<Mended, StoreError> {
    let path: PathBuf = path.to_owned();
    spawn_blocking(move || {
        file::check(&path, IfMissing::Fail)?;
        let refused = |error| file::refused(&path, &error);
        let connection = connection::writer(&path).map_err(refused)?;
        file::content(&connection).map_err(refused)?.check_migrated(&path)?;
        set_sorts(&connection, Sorts::InFile).map_err(failed(MEND))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed(MEND))?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed(MEND))?;
        // Without a commit the transaction ends with the connection.
        let mended = mend_within(&connection, &mending)?;
        connection
            .execute_batch("COMMIT")
            .map_err(|error| StoreError::unknown(MEND, error))?;
        Ok(mended)
    })
    .await
    .map_err(|error| StoreError::transient(MEND, error))?
}

fn mend_within(connection: &Connection, mending: &Mending) -> Result<Mended, StoreError> {
    let Mending {
        enterprise,
        found,
        head,
        lines,
    } = mending;
    let now = heads::read(connection, enterprise);
    mending.check_found(now)?;
    let mut mended = Mended::default();
    let mut laid_aside = LaidAside::default();
    let mut damage = compare(
        connection,
        mending,
        Box::new(|issued| laid_aside.add(connection, issued)),
    )?;
    mended.lines_beyond = damage.lines_beyond;
    for _ in 0..ROUNDS_MAX {
        if damage.is_none() {
            break;
        }
        for last in &damage.rows {
            take_out(connection, enterprise, last)?;
        }
        mended.segments += damage.rows.len() as u64;
        mended.lines += ahead::fill(lines, &damage.gaps, |after, page| {
            segments::insert(connection, enterprise, after, page).map_err(failed(MEND))
        })?;
        damage = compare(connection, mending, Box::new(|_| Ok(())))?;
    }
    if !damage.is_none() {
        let message = "its rows cannot be replaced: the file itself is damaged, as `verify` tells";
        return Err(StoreError::permanent(MEND, message));
    }
    (mended.look_up_removed, mended.look_up_added) = laid_aside.renew(connection, enterprise)?;
    if found.as_ref() != Some(head) {
        heads::write(connection, enterprise, head).map_err(failed(MEND))?;
        mended.head = true;
    }
    debug_assert_eq!(lines.size, head.position().value(), "the lines lead to the head");
    Ok(mended)
}

fn compare<'a>(connection: &Connection, mending: &'a Mending, each: Each<'a>) -> Result<Damage<Value>, StoreError> {
    let mut comparison = Comparison::begin(&mending.lines, each)?;
    let mut select = connection
        .prepare("SELECT coalesce(first, last), last, lines, last FROM segments WHERE enterprise = ? ORDER BY last")
        .map_err(failed(MEND))?;
    let mut rows = select.query([mending.enterprise.as_str()]).map_err(failed(MEND))?;
    while let Some(row) = rows.next().map_err(failed(MEND))? {
        let key: Value = row.get(3).map_err(failed(MEND))?;
        let parts = (|| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob()?)))();
        let segment = parts.ok().map(|(first, last, lines)| Segment { first, last, lines });
        comparison.row(key, segment.as_ref())?;
    }
    comparison.end()
}

fn take_out(connection: &Connection, enterprise: &EnterpriseSlug, last: &Value) -> Result<(), StoreError> {
    let key = params![enterprise.as_str(), last];
    let deleted = connection
        .execute("DELETE FROM segments WHERE enterprise = ? AND last = ?", key)
        .map_err(failed(MEND))?;
    if deleted == 0 {
        // It does not stand where its key belongs: it is found only by whoever looks at all.
        connection
            .execute("DELETE FROM segments WHERE +enterprise = ? AND +last = ?", key)
            .map_err(failed(MEND))?;
    }
    Ok(())
}
