-- When the service has something to tell about a license: `next_notice_at` is the earliest instant at which a notice or
-- reminder may be given, `next_warning_at` that of a warning which is not derived before the login sources are complete
-- up to it, `notices_counting` how many notices counted when what had to be told was last looked at: fewer of them call
-- for a retraction.
ALTER TABLE licenses ADD COLUMN next_notice_at timestamptz;
ALTER TABLE licenses ADD COLUMN next_warning_at timestamptz;
ALTER TABLE licenses ADD COLUMN notices_counting integer NOT NULL DEFAULT 0;
CREATE INDEX licenses_by_notice ON licenses (implementation_id, next_notice_at);
CREATE INDEX licenses_by_warning ON licenses (implementation_id, next_warning_at);

-- What gathers the notices to one person of one local day. The text is kept as it was last made.
CREATE TABLE messages (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    person_id uuid NOT NULL REFERENCES people (id),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    on_day date NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL,
    lease_id uuid,
    leased_until timestamptz,
    subject text,
    plain text,
    failure text,
    queued_at timestamptz NOT NULL,
    settled_at timestamptz,
    recorded_for uuid,
    version integer NOT NULL
);
CREATE INDEX messages_by_attempt ON messages (state, next_attempt_at);
CREATE INDEX messages_by_person ON messages (person_id, organization_id, on_day);

-- Notices that the service has to give, or gave: then the fact of the same id says so.
CREATE TABLE queued_notices (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    person_id uuid NOT NULL REFERENCES people (id),
    license_id uuid NOT NULL REFERENCES licenses (id),
    kind text NOT NULL,
    rule text NOT NULL,
    step integer,
    requirement text,
    anchor_on date NOT NULL,
    days_before integer,
    skipped text NOT NULL,
    retracts uuid,
    due_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    state text NOT NULL,
    message_id uuid REFERENCES messages (id),
    named_on date,
    settled_at timestamptz,
    recorded_for uuid,
    version integer NOT NULL
);
CREATE INDEX queued_notices_by_license ON queued_notices (license_id, state);
CREATE INDEX queued_notices_by_person ON queued_notices (person_id);
CREATE INDEX queued_notices_by_message ON queued_notices (message_id);
CREATE INDEX queued_notices_by_state ON queued_notices (implementation_id, state, id);
