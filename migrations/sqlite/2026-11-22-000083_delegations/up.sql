-- A supervisor names somebody of the same organization who acts in his place for stated dates. Both are named by grants
-- of theirs: the one the deputy stands for, without which he may do nothing, and one that says who the deputy is.
CREATE TABLE delegations (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    supervisor_role_id TEXT NOT NULL REFERENCES staff_roles (id),
    deputy_role_id TEXT NOT NULL REFERENCES staff_roles (id),
    from_at TEXT NOT NULL,
    until_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    named_by TEXT NOT NULL REFERENCES principals (id),
    ended_at TEXT,
    ended_by TEXT REFERENCES principals (id),
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    CHECK (from_at < until_at),
    CHECK (supervisor_role_id <> deputy_role_id)
) STRICT;
CREATE INDEX delegations_by_deputy ON delegations (deputy_role_id);
CREATE INDEX delegations_by_supervisor ON delegations (supervisor_role_id);
CREATE INDEX delegations_by_implementation ON delegations (implementation_id, id);
CREATE INDEX delegations_by_organization ON delegations (organization_id, id);

-- The supervisor for whom a deputy recorded it.
ALTER TABLE facts ADD COLUMN on_behalf_of TEXT;
