//! A stream's rows made again from lines that are known to be right.

use enterprise_credentials::{EnterpriseSlug, Position};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_postgres::Row;

use super::PostgresStore;
use super::failure::{Failure, failed};
use super::session::{Commit, Parameters, Session};
use super::{heads, look_up, segments};
use crate::store::batch::Issued;
use crate::store::mend::ahead::{self, Each};
use crate::store::mend::damage::{Comparison, Damage};
use crate::store::mend::{MEND, Mended, Mending};
use crate::store::{Page, PostgresUrl, StoreError, Streams};

/// How many segments are compared at a time.
const SEGMENTS_AT_ONCE: i64 = 64;

const LOCK: &str = "SELECT 1 FROM heads WHERE enterprise = $1 FOR UPDATE";
const ROWS: &str =
    "SELECT first, last, lines FROM segments WHERE enterprise = $1 AND first > $2 ORDER BY first LIMIT $3";
const TAKE_OUT: &str = "DELETE FROM segments WHERE enterprise = $1 AND first = ANY ($2::bigint[])";

/// What the right lines issue, laid aside: the look-up is compared with it as a whole.
const LAY_ASIDE: &str = "CREATE TEMPORARY TABLE issued (fingerprint text COLLATE \"C\" NOT NULL, \
     position bigint NOT NULL, leaf bigint NOT NULL) ON COMMIT DROP";
const ADD: &str = "INSERT INTO pg_temp.issued (fingerprint, position, leaf) \
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])";
const INDEX: &str = "CREATE INDEX ON pg_temp.issued (fingerprint); ANALYZE pg_temp.issued";
const REMOVE_WRONG: &str = "DELETE FROM look_up AS l WHERE l.enterprise = $1 \
     AND NOT EXISTS (SELECT 1 FROM pg_temp.issued AS i \
     WHERE i.fingerprint = l.fingerprint AND i.position = l.position AND i.leaf = l.leaf) RETURNING 1";
const REMOVE_OF_NONE: &str = "DELETE FROM look_up AS l WHERE l.enterprise <> $1 \
     AND NOT EXISTS (SELECT 1 FROM heads AS h WHERE h.enterprise = l.enterprise) \
     AND NOT EXISTS (SELECT 1 FROM segments AS s WHERE s.enterprise = l.enterprise) RETURNING 1";
const ADD_MISSING: &str = "INSERT INTO look_up (fingerprint, enterprise, position, leaf) \
     SELECT i.fingerprint, $1::text, i.position, i.leaf FROM pg_temp.issued AS i ORDER BY i.fingerprint, i.position \
     ON CONFLICT (fingerprint, enterprise) DO NOTHING RETURNING 1";

/// Mends a stream in one transaction.
pub(in crate::store) async fn mend(url: &PostgresUrl, mending: Mending) -> Result<Mended, StoreError> {
    let store = PostgresStore::open_to_read(url).await?;
    let lent = store.cluster().lend().await?;
    let runtime = Handle::current();
    // The right lines are read by a thread that may block.
    let mended = spawn_blocking(move || {
        let transaction = Transaction {
            session: &lent,
            runtime: &runtime,
            enterprise: &mending.enterprise,
        };
        // Without a commit the transaction ends with the connection.
        let mended = transaction.mend(&mending)?;
        runtime.block_on(lent.commit()).map_err(|failure| failure.told(MEND))?;
        Ok(mended)
    });
    let mended = mended.await.map_err(|error| StoreError::transient(MEND, error))?;
    store.close().await;
    mended
}

struct Transaction<'a> {
    session: &'a Session,
    runtime: &'a Handle,
    enterprise: &'a EnterpriseSlug,
}

impl Transaction<'_> {
    fn mend(&self, mending: &Mending) -> Result<Mended, StoreError> {
        self.wait(self.session.execute(Commit::Durable.begin()))?;
        self.query(LOCK, &[&self.enterprise.as_str()])?;
        let found = self.query(heads::OF_SOME, &[&[self.enterprise.as_str()].as_slice()])?;
        let now = found.first().map_or(Ok(None), |row| heads::of(row, self.enterprise));
        mending.check_found(now)?;
        self.wait(self.session.execute(LAY_ASIDE))?;
        let damage = self.compare(mending, Box::new(|issued| self.lay_aside(issued)))?;
        let mut mended = Mended {
            lines_beyond: damage.lines_beyond,
            segments: damage.rows.len() as u64,
            ..Mended::default()
        };
        if !damage.is_none() {
            self.query(TAKE_OUT, &[&self.enterprise.as_str(), &damage.rows])?;
            mended.lines = ahead::fill(&mending.lines, &damage.gaps, |after, page| self.insert(after, page))?;
            if !self.compare(mending, Box::new(|_| Ok(())))?.is_none() {
                let message = "its rows cannot be replaced: the tables themselves are damaged, as `pg_amcheck` tells";
                return Err(StoreError::permanent(MEND, message));
            }
        }
        (mended.look_up_removed, mended.look_up_added) = self.renew_look_up()?;
        if mending.found.as_ref() != Some(&mending.head) {
            self.wait(heads::put(self.session, self.enterprise, &mending.head))?;
            mended.head = true;
        }
        Ok(mended)
    }

    fn compare<'b>(&self, mending: &'b Mending, each: Each<'b>) -> Result<Damage<i64>, StoreError> {
        let mut comparison = Comparison::begin(&mending.lines, each)?;
        let mut after = i64::MIN;
        loop {
            let rows = self.query(ROWS, &[&self.enterprise.as_str(), &after, &SEGMENTS_AT_ONCE])?;
            for row in &rows {
                after = row.try_get(0).map_err(failed(MEND))?;
                comparison.row(after, segments::segment(row).ok().as_ref())?;
            }
            if rows.is_empty() {
                return comparison.end();
            }
        }
    }

    fn insert(&self, after: Position, page: &Page) -> Result<(), StoreError> {
        self.wait(segments::insert(self.session, self.enterprise, after, page))
    }

    fn lay_aside(&self, issued: &[Issued]) -> Result<(), StoreError> {
        let look_up::Rows {
            fingerprints,
            positions,
            leaves,
        } = look_up::Rows::of(issued);
        self.query(ADD, &[&fingerprints, &positions, &leaves]).map(drop)
    }

    /// Has the look-up hold what was laid aside, and nothing else of the enterprise; nor anything of a stream that does
    /// not exist. Gives how many rows were taken out, and how many written.
    fn renew_look_up(&self) -> Result<(u64, u64), StoreError> {
        self.wait(self.session.execute(INDEX))?;
        let count = |statement| Ok::<_, StoreError>(self.query(statement, &[&self.enterprise.as_str()])?.len() as u64);
        let removed = count(REMOVE_WRONG)? + count(REMOVE_OF_NONE)?;
        Ok((removed, count(ADD_MISSING)?))
    }

    fn query(&self, statement: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>, StoreError> {
        self.wait(self.session.query(statement, parameters))
    }

    fn wait<T>(&self, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, StoreError> {
        self.runtime.block_on(asked).map_err(|failure| failure.told(MEND))
    }
}
