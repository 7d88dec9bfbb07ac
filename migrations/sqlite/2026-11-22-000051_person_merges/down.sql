PRAGMA defer_foreign_keys = ON;
CREATE TABLE licenses_as_they_were AS SELECT * FROM licenses;
DROP TABLE licenses;
CREATE TABLE licenses (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    license_type TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'active', 'warned', 'suspended', 'deactivated', 'expired'
    )),
    next_change_at TEXT,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    contested_at TEXT,
    listed_from TEXT,
    UNIQUE (person_id, organization_id),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
INSERT INTO licenses (id, implementation_id, organization_id, person_id, license_type, state, next_change_at, generation,
    recorded_at, version, contested_at, listed_from)
    SELECT id, implementation_id, organization_id, person_id, license_type, state, next_change_at, generation,
    recorded_at, version, contested_at, listed_from FROM licenses_as_they_were;
DROP TABLE licenses_as_they_were;
CREATE INDEX licenses_by_implementation ON licenses (implementation_id, id);
CREATE INDEX licenses_by_organization ON licenses (organization_id, id);
CREATE INDEX licenses_by_state ON licenses (implementation_id, state, id);
CREATE INDEX licenses_by_change ON licenses (implementation_id, next_change_at);
CREATE INDEX licenses_by_generation ON licenses (implementation_id, generation, person_id);
CREATE INDEX licenses_contested ON licenses (implementation_id, id) WHERE contested_at IS NOT NULL;
CREATE INDEX licenses_listed ON licenses (implementation_id, listed_from) WHERE listed_from IS NOT NULL;
CREATE INDEX licenses_running ON licenses (implementation_id, organization_id, license_type)
    WHERE state IN ('active', 'warned', 'suspended');
ALTER TABLE external_ids DROP COLUMN recorded_for;
ALTER TABLE person_emails DROP COLUMN recorded_for;
ALTER TABLE person_names DROP COLUMN recorded_for;
DROP INDEX staff_roles_by_person;
ALTER TABLE staff_roles DROP COLUMN recorded_for;
ALTER TABLE access_signals DROP COLUMN recorded_for;
ALTER TABLE login_events DROP COLUMN recorded_for;
ALTER TABLE license_requests DROP COLUMN recorded_for;
DROP INDEX facts_merged;
ALTER TABLE facts DROP COLUMN recorded_for;
DROP INDEX people_merged;
ALTER TABLE people DROP COLUMN merged_into;
DROP TABLE person_merges;
