-- The committed answers to POSTs that carried an idempotency key.
CREATE TABLE idempotency_keys (
    principal_id uuid NOT NULL REFERENCES principals (id),
    key text NOT NULL,
    fingerprint text NOT NULL,
    authorized text NOT NULL,
    status integer NOT NULL,
    location text,
    etag text,
    body text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_keys_by_recording ON idempotency_keys (recorded_at);

-- The last number of each audit log: one log per implementation, and one for what concerns the whole deployment.
CREATE TABLE audit_heads (
    scope text NOT NULL PRIMARY KEY,
    number bigint NOT NULL CHECK (number >= 0)
);

-- `record` is canonical JSON text whose bytes never change.
CREATE TABLE audit_records (
    id uuid NOT NULL PRIMARY KEY,
    scope text NOT NULL REFERENCES audit_heads (scope),
    implementation_id uuid REFERENCES implementations (id),
    number bigint NOT NULL CHECK (number > 0),
    recorded_at timestamptz NOT NULL,
    record text NOT NULL,
    UNIQUE (scope, number)
);
CREATE INDEX audit_records_by_implementation ON audit_records (implementation_id, id);

-- The salts of the commitments in a record. Deleting one erases the value that it hides, not the record.
CREATE TABLE audit_salts (
    audit_record_id uuid NOT NULL REFERENCES audit_records (id),
    field text NOT NULL,
    salt text NOT NULL,
    PRIMARY KEY (audit_record_id, field)
);
