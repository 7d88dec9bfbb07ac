-- Without its group nothing says where such a role holds.
UPDATE staff_roles SET revoked_at = recorded_at WHERE organization_group IS NOT NULL AND revoked_at IS NULL;
DROP INDEX staff_roles_by_group;
ALTER TABLE staff_roles DROP COLUMN organization_group;
