-- Two records of one human, read as one person since `recorded_at`. The record of the duplicate stays, and its id answers as
-- the survivor's. `reporter` is the JSON text of who told the service, as in `facts`.
CREATE TABLE person_merges (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    survivor_id TEXT NOT NULL,
    duplicate_id TEXT NOT NULL,
    reported_at TEXT NOT NULL,
    reporter TEXT NOT NULL,
    channel TEXT NOT NULL,
    ticket_reference TEXT,
    reason TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    undone_at TEXT,
    undone_by TEXT REFERENCES principals (id),
    undo_reason TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (survivor_id, implementation_id) REFERENCES people (id, implementation_id),
    FOREIGN KEY (duplicate_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX person_merges_by_implementation ON person_merges (implementation_id, id);
CREATE INDEX person_merges_by_survivor ON person_merges (survivor_id, id);
CREATE INDEX person_merges_by_duplicate ON person_merges (duplicate_id, id);

-- As whom the person is read now.
ALTER TABLE people ADD COLUMN merged_into TEXT;
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;

-- `person_id` says under whom a row is read; `recorded_for`, where that is another, for whom it was recorded.
ALTER TABLE facts ADD COLUMN recorded_for TEXT;
CREATE INDEX facts_merged ON facts (person_id) WHERE recorded_for IS NOT NULL;
ALTER TABLE license_requests ADD COLUMN recorded_for TEXT;
ALTER TABLE login_events ADD COLUMN recorded_for TEXT;
ALTER TABLE access_signals ADD COLUMN recorded_for TEXT;
ALTER TABLE staff_roles ADD COLUMN recorded_for TEXT;
CREATE INDEX staff_roles_by_person ON staff_roles (person_id) WHERE person_id IS NOT NULL;
ALTER TABLE person_names ADD COLUMN recorded_for TEXT;
ALTER TABLE person_emails ADD COLUMN recorded_for TEXT;
ALTER TABLE external_ids ADD COLUMN recorded_for TEXT;

-- Of two licenses of one person at one organization one stays; the other ended as its duplicate.
-- SQLite drops no table constraint, so the table is made anew. Facts and kept seats refer to licenses: what dropping the old table leaves
-- unmatched, inserting the same ids into the new one matches again before the migration commits.
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
    recorded_for TEXT,
    duplicate_of TEXT,
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
CREATE UNIQUE INDEX licenses_by_person ON licenses (person_id, organization_id) WHERE duplicate_of IS NULL;
CREATE INDEX licenses_duplicate ON licenses (person_id) WHERE duplicate_of IS NOT NULL;
