-- A projection of the streams: the revocations that were requested and not yet completed. Whoever starts finds the work
-- there, without reading a stream.
CREATE TABLE unfinished_revocations (
    enterprise TEXT NOT NULL REFERENCES enterprises (slug),
    revocation INTEGER NOT NULL,
    PRIMARY KEY (enterprise, revocation)
) STRICT, WITHOUT ROWID;
