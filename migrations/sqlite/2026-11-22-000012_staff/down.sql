DROP INDEX licenses_contested;
ALTER TABLE licenses DROP COLUMN contested_at;
