-- Secret addresses of calendars: each shows what is due at an organization to whoever has a role there, for as long as
-- he has it. Only a digest of the secret is kept.
CREATE TABLE calendar_feeds (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    principal_id TEXT NOT NULL REFERENCES principals (id),
    staff_role_id TEXT NOT NULL REFERENCES staff_roles (id),
    secret_sha256 TEXT NOT NULL CHECK (length(secret_sha256) = 64),
    recorded_at TEXT NOT NULL,
    revoked_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
) STRICT;
CREATE INDEX calendar_feeds_by_implementation ON calendar_feeds (implementation_id, id);
CREATE INDEX calendar_feeds_by_organization ON calendar_feeds (organization_id, id);
