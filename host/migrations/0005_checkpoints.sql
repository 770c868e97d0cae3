-- What was signed of the streams, and may have been given out. `log` counts the logs of a stream: 1, and one more for each time that
-- its seal was begun anew. `frontier` is the right edge of the tree of the first `size` lines, from which proofs begin.
CREATE TABLE checkpoints (
    enterprise TEXT NOT NULL,
    log INTEGER NOT NULL,
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (enterprise, log, size)
) STRICT, WITHOUT ROWID;

-- What the logs of this store are called, once one was sealed: one row.
CREATE TABLE log_name (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL
) STRICT;
