-- A supervisor's role may be granted for a named group of organizations. Which organizations that are, the policy says
-- by its dates; the grant keeps the group's code and names no organization.
ALTER TABLE staff_roles ADD COLUMN organization_group TEXT CHECK (
    organization_group IS NULL
    OR (role = 'supervisor' AND implementation_id IS NOT NULL AND organization_id IS NULL)
);
CREATE INDEX staff_roles_by_group ON staff_roles (implementation_id) WHERE organization_group IS NOT NULL;
