ALTER TABLE login_events DROP COLUMN activity;
DROP INDEX licenses_listed;
ALTER TABLE licenses DROP COLUMN listed_from;
