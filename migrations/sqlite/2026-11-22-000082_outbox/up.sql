-- When the service has something to tell about a license: `next_notice_at` is the earliest instant at which a notice or
-- reminder may be given, `next_warning_at` that of a warning which is not derived before the login sources are complete
-- up to it, `notices_counting` how many notices counted when what had to be told was last looked at: fewer of them call
-- for a retraction.
ALTER TABLE licenses ADD COLUMN next_notice_at TEXT;
ALTER TABLE licenses ADD COLUMN next_warning_at TEXT;
ALTER TABLE licenses ADD COLUMN notices_counting INTEGER NOT NULL DEFAULT 0;
CREATE INDEX licenses_by_notice ON licenses (implementation_id, next_notice_at);
CREATE INDEX licenses_by_warning ON licenses (implementation_id, next_warning_at);

-- What gathers the notices to one person of one local day. The text is kept as it was last made.
CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    on_day TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_attempt_at TEXT NOT NULL,
    lease_id TEXT,
    leased_until TEXT,
    subject TEXT,
    plain TEXT,
    failure TEXT,
    queued_at TEXT NOT NULL,
    settled_at TEXT,
    recorded_for TEXT,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_attempt ON messages (state, next_attempt_at);
CREATE INDEX messages_by_person ON messages (person_id, organization_id, on_day);

-- Notices that the service has to give, or gave: then the fact of the same id says so.
CREATE TABLE queued_notices (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    license_id TEXT NOT NULL REFERENCES licenses (id),
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    step INTEGER,
    requirement TEXT,
    anchor_on TEXT NOT NULL,
    days_before INTEGER,
    skipped TEXT NOT NULL,
    retracts TEXT,
    due_at TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id TEXT REFERENCES messages (id),
    named_on TEXT,
    settled_at TEXT,
    recorded_for TEXT,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX queued_notices_by_license ON queued_notices (license_id, state);
CREATE INDEX queued_notices_by_person ON queued_notices (person_id);
CREATE INDEX queued_notices_by_message ON queued_notices (message_id);
CREATE INDEX queued_notices_by_state ON queued_notices (implementation_id, state, id);
