-- Dated grants: a token only identifies, these say what its principal may do. A grant that is limited to an
-- organization or a person is limited to their implementation.
CREATE TABLE staff_roles (
    id uuid NOT NULL PRIMARY KEY,
    principal_id uuid NOT NULL REFERENCES principals (id),
    role text NOT NULL,
    implementation_id uuid REFERENCES implementations (id),
    organization_id uuid,
    person_id uuid,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    granted_by uuid NOT NULL REFERENCES principals (id),
    revoked_at timestamptz,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id),
    CHECK (implementation_id IS NOT NULL OR (organization_id IS NULL AND person_id IS NULL))
);
CREATE INDEX staff_roles_by_principal ON staff_roles (principal_id, id);
CREATE INDEX staff_roles_by_implementation ON staff_roles (implementation_id, id);
CREATE INDEX staff_roles_by_organization ON staff_roles (organization_id, id);
CREATE INDEX staff_roles_by_role ON staff_roles (role, implementation_id);
