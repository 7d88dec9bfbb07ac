-- Who is behind a credential. Everything that is recorded names the principal who recorded it.
CREATE TABLE principals (
    id uuid NOT NULL PRIMARY KEY,
    issuer text NOT NULL,
    subject text NOT NULL,
    display_name text NOT NULL,
    recorded_at timestamptz NOT NULL,
    disabled_at timestamptz,
    version integer NOT NULL CHECK (version > 0),
    UNIQUE (issuer, subject)
);
