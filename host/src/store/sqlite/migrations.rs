//! The migrations, and where a store says which of them it has had.

use std::sync::LazyLock;

use sha2::{Digest, Sha384};

/// The migrations in their order: the name of each, and its SQL. What has been released is never changed.
pub(super) const MIGRATIONS: [(&str, &str); 5] = [
    ("streams", include_str!("../../../migrations/0001_streams.sql")),
    (
        "unfinished revocations",
        include_str!("../../../migrations/0002_unfinished_revocations.sql"),
    ),
    ("snapshots", include_str!("../../../migrations/0003_snapshots.sql")),
    (
        "heads and segments",
        include_str!("../../../migrations/0004_heads_and_segments.sql"),
    ),
    ("checkpoints", include_str!("../../../migrations/0005_checkpoints.sql")),
];
/// The number of the newest migration; the first has 1.
pub(super) const NEWEST: i64 = 5;
/// The migration that brings the tables whose content is computed here.
pub(super) const HEADS: i64 = 4;

/// The SHA-384 of the first migration: by it, in the table of migrations, a store of this program is known.
pub(super) static FIRST_CHECKSUM: LazyLock<[u8; 48]> = LazyLock::new(|| {
    let [(_, first), ..] = MIGRATIONS;
    Sha384::digest(first).into()
});

/// The table in which earlier versions of this program kept, by a library, which migrations a store has had. They still
/// read it, and refuse a store that has had more than they know.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, \
     description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
     checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
