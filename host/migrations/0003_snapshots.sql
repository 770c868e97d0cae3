-- For each stream the state at one position, to begin with instead of the first event. A cache: any row may be deleted at
-- any time, and nothing refers to one.
CREATE TABLE snapshots (
    enterprise TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    snapshot BLOB NOT NULL
) STRICT;
