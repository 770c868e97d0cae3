-- One row for each stream there is.
CREATE TABLE enterprises (
    slug TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The streams. `line` holds the bytes of the log's line as they were read, without the line feed: an export gives back
-- what was imported. The key is what makes a conflicting append fail.
CREATE TABLE events (
    enterprise TEXT NOT NULL REFERENCES enterprises (slug),
    position INTEGER NOT NULL CHECK (position >= 1),
    line BLOB NOT NULL,
    PRIMARY KEY (enterprise, position)
) STRICT, WITHOUT ROWID;

-- A projection of the CredentialIssued events: which credential a fingerprint stands for, across all enterprises.
CREATE TABLE fingerprints (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    enterprise TEXT NOT NULL REFERENCES enterprises (slug),
    credential INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
