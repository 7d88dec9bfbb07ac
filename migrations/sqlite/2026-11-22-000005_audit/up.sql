-- The committed answers to POSTs that carried an idempotency key.
CREATE TABLE idempotency_keys (
    principal_id TEXT NOT NULL REFERENCES principals (id),
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    authorized TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (principal_id, key)
) STRICT;
CREATE INDEX idempotency_keys_by_recording ON idempotency_keys (recorded_at);

-- The last number of each audit log: one log per implementation, and one for what concerns the whole deployment.
CREATE TABLE audit_heads (
    scope TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL CHECK (number >= 0)
) STRICT;

-- `record` is canonical JSON text whose bytes never change.
CREATE TABLE audit_records (
    id TEXT NOT NULL PRIMARY KEY,
    scope TEXT NOT NULL REFERENCES audit_heads (scope),
    implementation_id TEXT REFERENCES implementations (id),
    number INTEGER NOT NULL CHECK (number > 0),
    recorded_at TEXT NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (scope, number)
) STRICT;
CREATE INDEX audit_records_by_implementation ON audit_records (implementation_id, id);

-- The salts of the commitments in a record. Deleting one erases the value that it hides, not the record.
CREATE TABLE audit_salts (
    audit_record_id TEXT NOT NULL REFERENCES audit_records (id),
    field TEXT NOT NULL,
    salt TEXT NOT NULL,
    PRIMARY KEY (audit_record_id, field)
) STRICT;
