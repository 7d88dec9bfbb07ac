-- A closed external id resolves until staff settle it, with a reason. It is still nobody else's.
ALTER TABLE external_ids ADD COLUMN settled_at timestamptz;
ALTER TABLE external_ids ADD COLUMN settle_reason text;
