-- Dated grants: a token only identifies, these say what its principal may do. A grant that is limited to an
-- organization or a person is limited to their implementation.
CREATE TABLE staff_roles (
    id TEXT NOT NULL PRIMARY KEY,
    principal_id TEXT NOT NULL REFERENCES principals (id),
    role TEXT NOT NULL,
    implementation_id TEXT REFERENCES implementations (id),
    organization_id TEXT,
    person_id TEXT,
    from_at TEXT NOT NULL,
    until_at TEXT,
    granted_by TEXT NOT NULL REFERENCES principals (id),
    revoked_at TEXT,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id),
    CHECK (implementation_id IS NOT NULL OR (organization_id IS NULL AND person_id IS NULL))
) STRICT;
CREATE INDEX staff_roles_by_principal ON staff_roles (principal_id, id);
CREATE INDEX staff_roles_by_implementation ON staff_roles (implementation_id, id);
CREATE INDEX staff_roles_by_organization ON staff_roles (organization_id, id);
CREATE INDEX staff_roles_by_role ON staff_roles (role, implementation_id);
