-- From when staff see a license on their list, if nothing is recorded: something is due that does no more. Such licenses
-- are found without evaluating every one.
ALTER TABLE licenses ADD COLUMN listed_from TEXT;
CREATE INDEX licenses_listed ON licenses (implementation_id, listed_from) WHERE listed_from IS NOT NULL;
-- What a login source reported besides logins, by the name of the source.
ALTER TABLE login_events ADD COLUMN activity TEXT;
