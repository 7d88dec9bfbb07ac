-- Since when the end of a license is contested and awaits a decision, so that such licenses are found without
-- evaluating every one that ended.
ALTER TABLE licenses ADD COLUMN contested_at TEXT;
CREATE INDEX licenses_contested ON licenses (implementation_id, id) WHERE contested_at IS NOT NULL;
