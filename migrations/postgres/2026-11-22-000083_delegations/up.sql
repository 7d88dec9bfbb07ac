-- A supervisor names somebody of the same organization who acts in his place for stated dates. Both are named by grants
-- of theirs: the one the deputy stands for, without which he may do nothing, and one that says who the deputy is.
CREATE TABLE delegations (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    organization_id uuid NOT NULL,
    supervisor_role_id uuid NOT NULL REFERENCES staff_roles (id),
    deputy_role_id uuid NOT NULL REFERENCES staff_roles (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    reason text NOT NULL,
    named_by uuid NOT NULL REFERENCES principals (id),
    ended_at timestamptz,
    ended_by uuid REFERENCES principals (id),
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    CHECK (from_at < until_at),
    CHECK (supervisor_role_id <> deputy_role_id)
);
CREATE INDEX delegations_by_deputy ON delegations (deputy_role_id);
CREATE INDEX delegations_by_supervisor ON delegations (supervisor_role_id);
CREATE INDEX delegations_by_implementation ON delegations (implementation_id, id);
CREATE INDEX delegations_by_organization ON delegations (organization_id, id);

-- The supervisor for whom a deputy recorded it.
ALTER TABLE facts ADD COLUMN on_behalf_of uuid;
