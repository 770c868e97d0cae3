//! A stream's rows made again from lines that are known to be right.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Position};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use tokio::task::spawn_blocking;

use super::connection::{self, Sorts, set_sorts};
use super::failure::failed;
use super::look_up::LaidAside;
use super::segments::{self, Segment, integer};
use super::{file, heads};
use crate::store::mend::{Mended, Mending, RightLines};
use crate::store::{IfMissing, Page, StoreError};

const MEND: &str = "mend a stream";
/// How long to wait for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the rows are compared again after they were mended. The second time finds nothing, unless the file itself is
/// damaged: there a row may not be found where it stands.
const ROUNDS_MAX: u32 = 4;
/// How many lines are written at a time.
const LINES_AT_ONCE: u64 = 4_096;

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
    let is_as_found = match (heads::read(connection, enterprise), found) {
        (Ok(Some(now)), Some(found)) => now == *found,
        (Err(StoreError::Altered(_)), None) => true,
        (Ok(_) | Err(StoreError::Altered(_)), _) => false,
        (Err(error), _) => return Err(error),
    };
    if !is_as_found {
        let now = heads::read(connection, enterprise)?.unwrap_or_default();
        return Err(StoreError::Conflict {
            enterprise: enterprise.clone(),
            expected: head.position(),
            actual: now.position(),
        });
    }
    let mut mended = Mended::default();
    let mut laid_aside = LaidAside::default();
    let mut damage = compare(connection, mending, Some(&mut laid_aside))?;
    mended.lines_beyond = damage.lines_beyond;
    for _ in 0..ROUNDS_MAX {
        if damage.is_none() {
            break;
        }
        for last in &damage.rows {
            take_out(connection, enterprise, last)?;
        }
        mended.segments += damage.rows.len() as u64;
        mended.lines += write(connection, mending, &damage.gaps)?;
        damage = compare(connection, mending, None)?;
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

/// What is wrong with a stream's rows.
#[derive(Default)]
struct Damage {
    /// The keys of those that hold something wrong, or what another holds.
    rows: Vec<Value>,
    /// The lines that no other row holds.
    gaps: Vec<RangeInclusive<u64>>,
    /// How many lines there are behind the end.
    lines_beyond: u64,
}

impl Damage {
    const fn is_none(&self) -> bool {
        self.rows.is_empty() && self.gaps.is_empty()
    }

    fn gap(&mut self, lines: RangeInclusive<u64>) {
        if lines.is_empty() {
            return;
        }
        match self.gaps.last_mut() {
            Some(before) if before.end() + 1 == *lines.start() => *before = *before.start()..=*lines.end(),
            _ => self.gaps.push(lines),
        }
    }
}

fn compare(
    connection: &Connection,
    mending: &Mending,
    laid_aside: Option<&mut LaidAside>,
) -> Result<Damage, StoreError> {
    let size = mending.lines.size;
    let mut right = Ahead::open(connection, &mending.lines, laid_aside)?;
    let mut damage = Damage::default();
    let mut next = 1;
    let mut select = connection
        .prepare("SELECT coalesce(first, last), last, lines, last FROM segments WHERE enterprise = ? ORDER BY last")
        .map_err(failed(MEND))?;
    let mut rows = select.query([mending.enterprise.as_str()]).map_err(failed(MEND))?;
    while let Some(row) = rows.next().map_err(failed(MEND))? {
        let key: Value = row.get(3).map_err(failed(MEND))?;
        let parts = (|| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob()?)))();
        let segment = parts.ok().and_then(|(first, last, lines): (i64, i64, _)| {
            let (first, last) = (u64::try_from(first).ok()?, u64::try_from(last).ok()?);
            Segment::holds(first, last, lines).then_some((first..=last, lines))
        });
        let Some((held, lines)) = segment else {
            damage.rows.push(key);
            continue;
        };
        if *held.end() > size {
            damage.lines_beyond += held.end() - (*held.start()).max(size + 1) + 1;
        }
        if *held.start() < next || *held.end() > size {
            damage.rows.push(key);
            continue;
        }
        right.skip(held.start() - next)?;
        damage.gap(next..=held.start() - 1);
        if right.take(held.end() - held.start() + 1)? != lines {
            damage.rows.push(key);
            damage.gap(held.clone());
        }
        next = held.end() + 1;
    }
    // To the end, so that all that they issue is laid aside.
    right.skip((size + 1).saturating_sub(next))?;
    damage.gap(next..=size);
    Ok(damage)
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

/// Writes the lines of the gaps, and gives how many.
fn write(connection: &Connection, mending: &Mending, gaps: &[RangeInclusive<u64>]) -> Result<u64, StoreError> {
    let mut right = Ahead::open(connection, &mending.lines, None)?;
    let (mut next, mut written) = (1, 0);
    for gap in gaps {
        right.skip(gap.start() - next)?;
        next = *gap.start();
        while next <= *gap.end() {
            let count = (gap.end() - next + 1).min(LINES_AT_ONCE);
            let mut page = Page::default();
            page.push_joined(right.take(count)?);
            let after = Position::new(next - 1).map_err(|error| StoreError::permanent(MEND, error))?;
            segments::insert(connection, &mending.enterprise, after, &page).map_err(failed(MEND))?;
            (next, written) = (next + count, written + count);
        }
    }
    Ok(written)
}

/// The right lines, one after the other.
struct Ahead<'a> {
    connection: &'a Connection,
    batches: crate::store::mend::Batches<'a>,
    laid_aside: Option<&'a mut LaidAside>,
    /// What was read of them, each with its line feed; those before `begin` are taken.
    bytes: Vec<u8>,
    begin: usize,
}

impl<'a> Ahead<'a> {
    fn open(
        connection: &'a Connection,
        lines: &'a RightLines,
        laid_aside: Option<&'a mut LaidAside>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            batches: (lines.open)()?,
            laid_aside,
            bytes: Vec::new(),
            begin: 0,
        })
    }

    /// Takes the next lines, joined by line feeds.
    fn take(&mut self, count: u64) -> Result<&[u8], StoreError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.bytes.drain(..self.begin);
        self.begin = 0;
        let (mut lines, mut searched) = (0, 0);
        loop {
            let unsearched = self.bytes.get(searched..).unwrap_or_default();
            for end in memchr::memchr_iter(b'\n', unsearched) {
                lines += 1;
                if lines == count {
                    let end = searched + end;
                    self.begin = end + 1;
                    return Ok(self.bytes.get(..end).unwrap_or_default());
                }
            }
            searched = self.bytes.len();
            self.read()?;
        }
    }

    fn skip(&mut self, mut count: u64) -> Result<(), StoreError> {
        while count > 0 {
            let some = count.min(LINES_AT_ONCE);
            self.take(some)?;
            count -= some;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let Some(batch) = self.batches.next() else {
            return Err(StoreError::permanent(MEND, "the log was changed while it was read"));
        };
        let batch = batch?;
        if let Some(laid_aside) = &mut self.laid_aside {
            laid_aside.add(self.connection, batch.issued())?;
        }
        self.bytes.extend_from_slice(batch.page().bytes());
        Ok(())
    }
}

impl Segment<'_> {
    /// Whether a row holds as many lines as it says.
    fn holds(first: u64, last: u64, lines: &[u8]) -> bool {
        let segment = Segment {
            first: integer(first),
            last: integer(last),
            lines,
        };
        first > 0 && segment.place_of(first) == Some(0)
    }
}
