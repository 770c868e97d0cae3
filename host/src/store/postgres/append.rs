//! An append in one statement. Either the head moves and the lines stand behind it, or neither.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use tokio::time::Instant;
use tokio_postgres::Row;

use super::cluster::{Cluster, Lent, Primary};
use super::failure::{Failure, failed};
use super::session::{Commit, Session};
use super::{heads, look_up, schema, segments};
use crate::store::head_row::HeadRow;
use crate::store::segment::position;
use crate::store::{Batch, Head, StoreError};

pub(super) const APPEND: &str = "append to a stream";

/// How often an append is tried again at once, after the server could not put two transactions in an order, or the
/// head's row was not quite the one expected.
const ATTEMPTS_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_millis(5);

/// What may be appended where: under tables of this version, on a server that waits for standbys if it did, and behind
/// lines that end where the head does.
macro_rules! allowed {
    () => {
        " EXISTS (SELECT 1 FROM schema_epoch WHERE epoch = $13) \
         AND (NOT $14::boolean OR coalesce(current_setting('synchronous_standby_names', true), '') <> '') \
         AND coalesce((SELECT s.last FROM segments AS s WHERE s.enterprise = $1 ORDER BY s.first DESC LIMIT 1), 0) "
    };
}

/// Puts the lines behind the head that `h` has moved.
macro_rules! behind {
    () => {
        "), s AS (INSERT INTO segments (enterprise, first, last, lines) \
         SELECT $1::text, o.first, o.last, o.lines \
         FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS o (first, last, lines) \
         WHERE EXISTS (SELECT 1 FROM h)), \
         l AS (INSERT INTO look_up (fingerprint, enterprise, position, leaf) \
         SELECT o.fingerprint, $1::text, o.position, o.leaf \
         FROM unnest($5::text[], $6::bigint[], $7::bigint[]) AS o (fingerprint, position, leaf) \
         WHERE EXISTS (SELECT 1 FROM h)) \
         SELECT count(*) FROM h"
    };
}

const GO_ON: &str = concat!(
    "WITH h AS (UPDATE heads SET size = $8, frontier = $9, last_at = $10, running = $11, checksum = $12 \
     WHERE enterprise = $1 AND size = $15 AND frontier = $16 AND checksum = $17 \
     AND last_at = $18 AND running = $19 AND",
    allowed!(),
    "= $15 RETURNING 1",
    behind!()
);
const BEGIN: &str = concat!(
    "WITH h AS (INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) \
     SELECT $1::text, $8::bigint, $9::bytea, $10::bigint, $11::bigint, $12::bigint WHERE",
    allowed!(),
    "= 0 ON CONFLICT (enterprise) DO NOTHING RETURNING 1",
    behind!()
);

/// A batch on its way into a stream.
#[derive(Debug, Clone)]
pub(super) struct Appending {
    pub(super) enterprise: EnterpriseSlug,
    /// The head that it stands behind.
    pub(super) expected: Head,
    pub(super) batch: Arc<Batch>,
    /// The head behind it.
    pub(super) head: Head,
}

impl Appending {
    /// Appends it, and tries again as often as the server asks for it.
    pub(super) async fn append(&self, cluster: &Arc<Cluster>, deadline: Instant) -> Result<Head, Failure> {
        let mut appending = self.clone();
        for attempt in 1..=ATTEMPTS_MAX {
            match appending.send(cluster, deadline).await {
                Ok(true) => return Ok(appending.head),
                Ok(false) => appending = appending.refused(cluster).await?,
                Err(failure) if failure.is_retried() && attempt < ATTEMPTS_MAX => {
                    tokio::time::sleep(PAUSE * attempt).await;
                }
                Err(failure) => match failure.duplicate_of() {
                    // The second lock: somebody else has put lines there.
                    Some("segments_key") => appending = appending.refused(cluster).await?,
                    Some("look_up_key") => {
                        let issued = self.batch.issued();
                        if let Some(error) = look_up::first_duplicate(cluster, &self.enterprise, issued).await? {
                            return Err(Failure::Told(error));
                        }
                    }
                    _ => return Err(failure),
                },
            }
        }
        Err(Failure::Told(StoreError::transient(
            APPEND,
            "others appended again and again, or their transactions stood in the way",
        )))
    }

    /// Sends it once. What was sent is not taken back: at the deadline nobody waits any longer, but the connection
    /// stays in use until the server has answered, so that those who wait for standbys in vain are no more than there
    /// are connections.
    async fn send(&self, cluster: &Arc<Cluster>, deadline: Instant) -> Result<bool, Failure> {
        let lent = cluster.lend().await?;
        let primary = Arc::clone(&lent.primary);
        let sent = tokio::spawn(send(lent, self.clone(), Arc::clone(cluster)));
        let answered = tokio::select! {
            answered = sent => answered,
            () = primary.ended() => return Err(Failure::Unknown("the server is not the primary any more".into())),
            () = tokio::time::sleep_until(deadline) => {
                return Err(Failure::Unknown("the server did not answer in time".into()));
            }
        };
        answered.unwrap_or_else(|ended| Err(Failure::Unknown(ended.into())))
    }

    async fn execute(&self, session: &Session, waits: bool) -> Result<bool, Failure> {
        let segments = segments::Rows::of(self.batch.expected(), self.batch.page());
        let issued = look_up::Rows::of(self.batch.issued());
        let (row, expected) = (
            HeadRow::of(&self.enterprise, &self.head),
            HeadRow::of(&self.enterprise, &self.expected),
        );
        let enterprise = self.enterprise.as_str();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 19] = [
            &enterprise,
            &segments.firsts,
            &segments.lasts,
            &segments.lines,
            &issued.fingerprints,
            &issued.positions,
            &issued.leaves,
            &row.size,
            &row.frontier,
            &row.last_at,
            &row.running,
            &row.checksum,
            &schema::EPOCH,
            &waits,
            &expected.size,
            &expected.frontier,
            &expected.checksum,
            &expected.last_at,
            &expected.running,
        ];
        // What begins a stream has nothing to compare with.
        let (statement, count) = match self.expected == Head::EMPTY {
            true => (BEGIN, 14),
            false => (GO_ON, parameters.len()),
        };
        let rows = session
            .alone(Commit::Durable, statement, parameters.get(..count).unwrap_or_default())
            .await?;
        let moved: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(Failure::of)?;
        Ok(moved > 0)
    }

    /// Why nothing was appended; or the same behind the head as it stands there, where that is the one expected but for
    /// what it says of its last line.
    async fn refused(&self, cluster: &Cluster) -> Result<Self, StoreError> {
        let rows = cluster.query(APPEND, heads::LOOK, &[&self.enterprise.as_str()]).await?;
        let Some(row) = rows.first() else {
            return Err(StoreError::transient(APPEND, "the server answers nothing"));
        };
        let found = check(cluster, row, &self.enterprise, &self.expected).await?;
        Ok(Self {
            head: found.behind(&self.batch, self.head.frontier().clone()),
            expected: found,
            ..self.clone()
        })
    }
}

/// Fails unless what [`heads::LOOK`] gave is the expected head, under which may be appended.
/// Gives it as it stands there.
async fn check(cluster: &Cluster, row: &Row, enterprise: &EnterpriseSlug, expected: &Head) -> Result<Head, StoreError> {
    let columns = || Ok::<_, tokio_postgres::Error>((row.try_get(7)?, row.try_get(8)?, row.try_get(9)?));
    let (lines, epoch, standbys): (i64, Option<i32>, Option<String>) = columns().map_err(failed(APPEND))?;
    schema::check_epoch(epoch)?;
    let head = heads::of(row, enterprise)?.unwrap_or_default();
    let lines = position(u64::try_from(lines).unwrap_or_default());
    head.check_expected(enterprise, lines, expected)?;
    let primary = cluster.primary().await?;
    check_waits(cluster, &primary, standbys)?;
    Ok(head)
}

/// Fails where tables are of another version, or the server has ceased to wait for standbys, since the transaction that
/// is open began: a long one outlives both.
pub(super) async fn check_still_allowed(cluster: &Cluster, lent: &Lent) -> Result<(), Failure> {
    const SET_UP: &str = "SELECT (SELECT epoch FROM schema_epoch), current_setting('synchronous_standby_names', true)";
    let rows = lent.query(SET_UP, &[]).await?;
    let columns = |row: &Row| Ok::<_, tokio_postgres::Error>((row.try_get(0)?, row.try_get(1)?));
    let found = rows.first().map(columns).transpose().map_err(Failure::of)?;
    let (epoch, standbys): (Option<i32>, Option<String>) = found.unwrap_or_default();
    schema::check_epoch(epoch)?;
    Ok(check_waits(cluster, &lent.primary, standbys)?)
}

fn check_waits(cluster: &Cluster, primary: &Arc<Primary>, standbys: Option<String>) -> Result<(), StoreError> {
    if primary.facts.has_standbys() && standbys.is_none_or(|names| names.is_empty()) {
        cluster.end(primary);
        return Err(StoreError::transient(
            APPEND,
            "`synchronous_standby_names` was emptied on the server: what it acknowledges could be lost",
        ));
    }
    Ok(())
}

async fn send(lent: Lent, appending: Appending, cluster: Arc<Cluster>) -> Result<bool, Failure> {
    let sent = appending.execute(&lent, lent.primary.facts.has_standbys()).await;
    match &sent {
        Err(failure) if failure.is_loss() && lent.is_closed() => cluster.end(&lent.primary),
        Err(failure) if failure.is_loss() => {}
        _ => lent.give_back(),
    }
    sent
}

/// Takes the lock on a stream's head in the transaction that is open, and fails unless it is the one expected.
pub(super) async fn lock(
    cluster: &Cluster,
    lent: &Lent,
    enterprise: &EnterpriseSlug,
    expected: &Head,
) -> Result<(), Failure> {
    const LOCK: &str = "SELECT 1 FROM heads WHERE enterprise = $1 FOR UPDATE";
    /// Nobody sees this row: it is written anew before the commit. Until then whoever begins the same stream waits.
    const TAKE: &str = "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) \
         SELECT $1::text, 0, ''::bytea, 0, 0, 0 WHERE $2::boolean ON CONFLICT (enterprise) DO NOTHING RETURNING 1";
    let enterprise_name = enterprise.as_str();
    let locked = lent.query(LOCK, &[&enterprise_name]).await?;
    let looked = lent.query(heads::LOOK, &[&enterprise_name]).await?;
    let row = looked
        .first()
        .ok_or_else(|| Failure::Lost("the server answers nothing".into()))?;
    check(cluster, row, enterprise, expected).await?;
    let begins = *expected == Head::EMPTY;
    let taken = lent.query(TAKE, &[&enterprise_name, &begins]).await?;
    if locked.is_empty() && taken.is_empty() {
        // Somebody else has begun it meanwhile: where it ends now, the error says.
        let looked = lent.query(heads::LOOK, &[&enterprise_name]).await?;
        let row = looked
            .first()
            .ok_or_else(|| Failure::Lost("the server answers nothing".into()))?;
        check(cluster, row, enterprise, expected).await?;
        return Err(Failure::Told(StoreError::transient(
            APPEND,
            "somebody else begins the stream",
        )));
    }
    Ok(())
}
