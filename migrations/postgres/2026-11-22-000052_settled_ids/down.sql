ALTER TABLE external_ids DROP COLUMN settle_reason;
ALTER TABLE external_ids DROP COLUMN settled_at;
