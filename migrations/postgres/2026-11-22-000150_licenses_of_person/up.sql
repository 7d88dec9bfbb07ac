-- A person's licenses are read whole, duplicates too: neither partial index serves that.
CREATE INDEX licenses_of_person ON licenses (person_id);
DROP INDEX licenses_duplicate;
