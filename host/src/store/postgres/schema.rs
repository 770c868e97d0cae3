//! The tables, and their version.
//!
//! They are in the first schema of the search path: `public`, or the one that the URL names with
//! `options=-csearch_path=…`.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::cluster::Cluster;
use super::failure::Failure;
use super::session::{Commit, Session};
use crate::store::{IfMissing, StoreError};

const OPEN: &str = "be opened";
/// The version of the tables. Every append checks it, so that a host of an older version stops at a change that it
/// cannot know.
pub(super) const EPOCH: i32 = 1;

const READ_EPOCH: &str = "SELECT epoch FROM schema_epoch";
const BEGIN_EPOCH: &str = "CREATE TABLE IF NOT EXISTS schema_epoch (\
     one integer CONSTRAINT schema_epoch_key PRIMARY KEY CHECK (one = 1), epoch integer NOT NULL)";
/// Who creates or migrates holds this row to the end: of two processes that start together one finds the work done.
const LOCK_EPOCH: &str = "INSERT INTO schema_epoch (one, epoch) VALUES (1, 0) ON CONFLICT (one) DO NOTHING; \
     UPDATE schema_epoch SET epoch = epoch WHERE one = 1";

/// Names are compared byte by byte: a standby whose system sorts otherwise would lose rows of an index.
const TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS heads (
    enterprise text COLLATE "C" CONSTRAINT heads_key PRIMARY KEY,
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    last_at bigint NOT NULL,
    running bigint NOT NULL,
    checksum bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS heads_running ON heads (enterprise) WHERE running <> 0;
CREATE TABLE IF NOT EXISTS segments (
    enterprise text COLLATE "C" NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    lines bytea NOT NULL,
    CONSTRAINT segments_key PRIMARY KEY (enterprise, first)
);
CREATE TABLE IF NOT EXISTS look_up (
    fingerprint text COLLATE "C" NOT NULL,
    enterprise text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT look_up_key PRIMARY KEY (fingerprint, enterprise)
);
CREATE TABLE IF NOT EXISTS snapshots (
    enterprise text COLLATE "C" CONSTRAINT snapshots_key PRIMARY KEY,
    position bigint NOT NULL,
    frontier bytea NOT NULL,
    id text NOT NULL,
    chunks bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS snapshot_chunks (
    enterprise text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT snapshot_chunks_key PRIMARY KEY (enterprise, id, number)
);
CREATE TABLE IF NOT EXISTS leases (
    enterprise text COLLATE "C" CONSTRAINT leases_key PRIMARY KEY,
    owner text NOT NULL,
    until timestamptz NOT NULL
);
"#;

/// What was signed. These tables came later: a store without them gets them, and hosts that do not know them go on.
const SEAL: &str = r#"
CREATE TABLE IF NOT EXISTS checkpoints (
    enterprise text COLLATE "C" NOT NULL,
    log bigint NOT NULL,
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoints_key PRIMARY KEY (enterprise, log, size)
);
CREATE TABLE IF NOT EXISTS log_name (
    one integer CONSTRAINT log_name_key PRIMARY KEY CHECK (one = 1),
    name text NOT NULL
);
"#;
const HAS_SEAL: &str = "SELECT 1 FROM log_name";

/// Heads change in place, where their pages have room for it. Lines compress well, and fast by LZ4; PostgreSQL's own
/// compression takes longer than to write them as they are.
const STORAGE: &str = "ALTER TABLE heads SET (fillfactor = 50); \
     ALTER TABLE snapshot_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL";
const LINES_BY_LZ4: &str = "ALTER TABLE segments ALTER COLUMN lines SET COMPRESSION lz4";
const LINES_AS_THEY_ARE: &str = "ALTER TABLE segments ALTER COLUMN lines SET STORAGE EXTERNAL";
const HAS_LZ4: &str =
    "SELECT 'lz4' = ANY (enumvals) FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression'";

/// Creates the tables where they are missing and may be created. Tells whether it did.
pub(super) async fn prepare(cluster: &Cluster, if_missing: IfMissing) -> Result<bool, StoreError> {
    let lent = cluster.lend().await?;
    let prepared = match epoch(&lent).await {
        Ok(Some(epoch)) => match check_epoch(Some(epoch)) {
            Ok(()) => cluster.in_time(add_seal(&lent)).await.map(|()| false),
            Err(error) => Err(Failure::Told(error)),
        },
        Ok(None) if if_missing == IfMissing::Fail => Err(Failure::Told(StoreError::permanent(
            OPEN,
            "there is no store in this database: `import` creates one",
        ))),
        Ok(None) => cluster.in_time(create(&lent, lent.primary.facts.can_fence)).await,
        Err(failure) => Err(failure),
    };
    match prepared {
        Ok(is_new) => {
            lent.give_back();
            Ok(is_new)
        }
        // Where a transaction is open, it ends with the connection.
        Err(failure) => Err(failure.told(OPEN)),
    }
}

/// Takes the tables away again, unless there is a stream in them or somebody else is connected to the database.
pub(super) async fn abandon(cluster: &Cluster) -> Result<(), StoreError> {
    const CONNECTED: &str = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND coalesce(backend_type, 'client backend') = 'client backend')";
    const FILLED: &str = "SELECT EXISTS (SELECT 1 FROM heads) OR EXISTS (SELECT 1 FROM segments)";
    /// An append that is being committed is waited for, and then seen.
    const LOCK_TABLES: &str = "LOCK TABLE heads, segments IN ACCESS EXCLUSIVE MODE";
    // Our own other connections would be somebody else's too.
    let primary = cluster.primary().await?;
    cluster.close();
    let session = cluster.connect(&primary).await?;
    let abandoned = async {
        // A server under load ends a connection some time after its client has closed it.
        for _ in 0..LEAVING_LOOKS {
            if !is_so(&session, CONNECTED).await? {
                break;
            }
            tokio::time::sleep(LEAVING_PAUSE).await;
        }
        session.execute(Commit::Durable.begin()).await?;
        session.execute(LOCK_EPOCH).await?;
        session.execute(LOCK_TABLES).await?;
        if !is_so(&session, CONNECTED).await? && !is_so(&session, FILLED).await? {
            let tables = "DROP TABLE schema_epoch, heads, segments, look_up, snapshots, snapshot_chunks, leases, \
                checkpoints, log_name";
            session.execute(tables).await?;
        }
        session.commit().await
    };
    abandoned.await.map_err(|failure: Failure| failure.told("be given up"))
}

/// How often it is asked whether our own connections have ended, and how long it waits between.
const LEAVING_LOOKS: u32 = 20;
const LEAVING_PAUSE: Duration = Duration::from_millis(50);

/// The answer to a question whose one column is a boolean. No answer counts as yes: nothing is given up then.
async fn is_so(session: &Session, question: &'static str) -> Result<bool, Failure> {
    let rows = session.query(question, &[]).await?;
    let answer = rows.first().map_or(Ok(true), |row| row.try_get(0));
    answer.map_err(Failure::of)
}

/// The version of the tables; nothing where there are none.
async fn epoch(session: &Session) -> Result<Option<i32>, Failure> {
    match session.query(READ_EPOCH, &[]).await {
        Ok(rows) => rows.first().map(|row| row.try_get(0)).transpose().map_err(Failure::of),
        Err(failure) if failure.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Fails unless the tables are of this version.
pub(super) fn check_epoch(epoch: Option<i32>) -> Result<(), StoreError> {
    match epoch.unwrap_or_default() {
        EPOCH => Ok(()),
        other => Err(of_another_version(other)),
    }
}

/// The tables are of another version.
fn of_another_version(epoch: i32) -> StoreError {
    let said = format!(
        "its tables are of version {epoch}, and this program knows version {EPOCH}: use the program of that version"
    );
    StoreError::permanent(OPEN, said)
}

/// Adds the tables that a store of an earlier version lacks. Who may not goes on without them, and cannot seal: whoever
/// only reads needs no more rights than before.
async fn add_seal(session: &Session) -> Result<(), Failure> {
    match session.query(HAS_SEAL, &[]).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.code() == Some(&SqlState::UNDEFINED_TABLE) => {}
        Err(failure) if failure.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => return Ok(()),
        Err(failure) => return Err(failure),
    }
    let added = async {
        session.execute(Commit::Durable.begin()).await?;
        session.execute(LOCK_EPOCH).await?;
        session.execute(SEAL).await?;
        session.commit().await
    };
    match added.await {
        Err(failure) if failure.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => session.execute("ROLLBACK").await,
        added => added,
    }
}

async fn create(session: &Session, is_postgresql: bool) -> Result<bool, Failure> {
    match session.execute(BEGIN_EPOCH).await {
        // Another process creates it at the same moment.
        Err(failure) if failure.duplicate_of().is_some() => {}
        begun => begun?,
    }
    let by_lz4 = if is_postgresql {
        let rows = session.query(HAS_LZ4, &[]).await?;
        rows.first()
            .map_or(Ok(None), |row| row.try_get::<_, Option<bool>>(0))
            .map_err(Failure::of)?
    } else {
        None
    };
    session.execute(Commit::Durable.begin()).await?;
    session.execute(LOCK_EPOCH).await?;
    let found = epoch(session).await?.unwrap_or_default();
    if found == 0 {
        session.execute(TABLES).await?;
        session.execute(SEAL).await?;
        if is_postgresql {
            session.execute(STORAGE).await?;
            let lines = if by_lz4 == Some(true) {
                LINES_BY_LZ4
            } else {
                LINES_AS_THEY_ARE
            };
            session.execute(lines).await?;
        }
        session
            .execute(&format!("UPDATE schema_epoch SET epoch = {EPOCH}"))
            .await?;
    }
    session.commit().await?;
    if found != 0 {
        check_epoch(Some(found))?;
    }
    Ok(found == 0)
}
