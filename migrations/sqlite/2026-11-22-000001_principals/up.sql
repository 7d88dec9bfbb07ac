-- Who is behind a credential. Everything that is recorded names the principal who recorded it.
CREATE TABLE principals (
    id TEXT NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    display_name TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    disabled_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (issuer, subject)
) STRICT;
