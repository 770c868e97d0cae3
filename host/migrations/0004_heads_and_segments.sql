-- Streams in segments, each with a head that commits to its lines. A row of the old table is a segment of one line, so that
-- no line is written again. What is made from the streams is made anew: the heads and the look-up by the program, in the
-- same transaction.
DROP TABLE snapshots;
DROP TABLE unfinished_revocations;
DROP TABLE fingerprints;

-- The streams. A segment holds the lines from `first` (where there is none: `last`) to `last`, joined by line feeds.
ALTER TABLE events RENAME TO segments;
ALTER TABLE segments RENAME COLUMN position TO last;
ALTER TABLE segments RENAME COLUMN line TO lines;
ALTER TABLE segments ADD COLUMN first INTEGER;

-- Where each stream ends: its last position, the right edge of the Merkle tree over its lines, the time of the last line in
-- milliseconds since 1970, and the number of unfinished revocations. `checksum` is of all the other columns.
ALTER TABLE enterprises RENAME TO heads;
ALTER TABLE heads RENAME COLUMN slug TO enterprise;
ALTER TABLE heads ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE heads ADD COLUMN frontier BLOB NOT NULL DEFAULT x'';
ALTER TABLE heads ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE heads ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE heads ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;

-- A projection of the CredentialIssued events: the position of the line that issues the credential with a fingerprint, in
-- each enterprise, and the first eight bytes of that line's leaf hash.
CREATE TABLE look_up (
    fingerprint TEXT NOT NULL,
    enterprise TEXT NOT NULL,
    position INTEGER NOT NULL,
    leaf INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, enterprise)
) STRICT, WITHOUT ROWID;

-- For each stream the state at one position, to begin with instead of the first event, in chunks. A cache: any row may be
-- deleted at any time. The row in `snapshots` is written last, and makes its chunks current.
CREATE TABLE snapshots (
    enterprise TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    chunks INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot_chunks (
    enterprise TEXT NOT NULL,
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (enterprise, position, number)
) STRICT;

-- One row, written to see whether the store can be written to.
CREATE TABLE probe (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0);
