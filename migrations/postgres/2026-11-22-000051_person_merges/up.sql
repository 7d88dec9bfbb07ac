-- Two records of one human, read as one person since `recorded_at`. The record of the duplicate stays, and its id answers as
-- the survivor's. `reporter` is the JSON text of who told the service, as in `facts`.
CREATE TABLE person_merges (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    survivor_id uuid NOT NULL,
    duplicate_id uuid NOT NULL,
    reported_at timestamptz NOT NULL,
    reporter text NOT NULL,
    channel text NOT NULL,
    ticket_reference text,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    undone_at timestamptz,
    undone_by uuid REFERENCES principals (id),
    undo_reason text,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (survivor_id, implementation_id) REFERENCES people (id, implementation_id),
    FOREIGN KEY (duplicate_id, implementation_id) REFERENCES people (id, implementation_id)
);
CREATE INDEX person_merges_by_implementation ON person_merges (implementation_id, id);
CREATE INDEX person_merges_by_survivor ON person_merges (survivor_id, id);
CREATE INDEX person_merges_by_duplicate ON person_merges (duplicate_id, id);

-- As whom the person is read now.
ALTER TABLE people ADD COLUMN merged_into uuid;
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;

-- `person_id` says under whom a row is read; `recorded_for`, where that is another, for whom it was recorded.
ALTER TABLE facts ADD COLUMN recorded_for uuid;
CREATE INDEX facts_merged ON facts (person_id) WHERE recorded_for IS NOT NULL;
ALTER TABLE license_requests ADD COLUMN recorded_for uuid;
ALTER TABLE login_events ADD COLUMN recorded_for uuid;
ALTER TABLE access_signals ADD COLUMN recorded_for uuid;
ALTER TABLE staff_roles ADD COLUMN recorded_for uuid;
CREATE INDEX staff_roles_by_person ON staff_roles (person_id) WHERE person_id IS NOT NULL;
ALTER TABLE person_names ADD COLUMN recorded_for uuid;
ALTER TABLE person_emails ADD COLUMN recorded_for uuid;
ALTER TABLE external_ids ADD COLUMN recorded_for uuid;

-- Of two licenses of one person at one organization one stays; the other ended as its duplicate.
ALTER TABLE licenses ADD COLUMN recorded_for uuid;
ALTER TABLE licenses ADD COLUMN duplicate_of uuid;
ALTER TABLE licenses DROP CONSTRAINT licenses_person_id_organization_id_key;
CREATE UNIQUE INDEX licenses_by_person ON licenses (person_id, organization_id) WHERE duplicate_of IS NULL;
CREATE INDEX licenses_duplicate ON licenses (person_id) WHERE duplicate_of IS NOT NULL;
