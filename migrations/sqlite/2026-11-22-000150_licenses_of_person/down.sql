CREATE INDEX licenses_duplicate ON licenses (person_id) WHERE duplicate_of IS NOT NULL;
DROP INDEX licenses_of_person;
