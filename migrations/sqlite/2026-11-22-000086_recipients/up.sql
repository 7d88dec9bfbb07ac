-- Messages go to supervisors, authorized signers and the lead too. `once` is what may be there only once. SQLite lifts
-- no NOT NULL from a column, so the table is made anew; what refers to it is set aside meanwhile.
CREATE TABLE kept_messages AS SELECT id, message_id FROM queued_notices WHERE message_id IS NOT NULL;
UPDATE queued_notices SET message_id = NULL;
CREATE TABLE new_messages (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    person_id TEXT REFERENCES people (id),
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
    version INTEGER NOT NULL,
    contact_id TEXT REFERENCES organization_contacts (id),
    kind TEXT NOT NULL DEFAULT 'own',
    once TEXT
) STRICT;
INSERT INTO new_messages (id, implementation_id, person_id, organization_id, on_day, state, attempts, next_attempt_at,
    lease_id, leased_until, subject, plain, failure, queued_at, settled_at, recorded_for, version)
SELECT id, implementation_id, person_id, organization_id, on_day, state, attempts, next_attempt_at, lease_id,
    leased_until, subject, plain, failure, queued_at, settled_at, recorded_for, version FROM messages;
DROP TABLE messages;
ALTER TABLE new_messages RENAME TO messages;
UPDATE queued_notices
SET message_id = (SELECT kept.message_id FROM kept_messages AS kept WHERE kept.id = queued_notices.id);
DROP TABLE kept_messages;
CREATE INDEX messages_by_attempt ON messages (state, next_attempt_at);
CREATE INDEX messages_by_person ON messages (person_id, organization_id, on_day);
CREATE UNIQUE INDEX messages_once ON messages (once);
CREATE INDEX messages_by_organization ON messages (organization_id, on_day);

-- Whom a notice tells, as words of the policy.
ALTER TABLE queued_notices ADD COLUMN tells TEXT NOT NULL DEFAULT '["user"]';

-- A notice as it goes to somebody other than the holder: to a person, a contact, or, with neither, the lead.
CREATE TABLE notice_copies (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    notice_id TEXT NOT NULL REFERENCES queued_notices (id),
    person_id TEXT REFERENCES people (id),
    contact_id TEXT REFERENCES organization_contacts (id),
    state TEXT NOT NULL,
    message_id TEXT REFERENCES messages (id),
    queued_at TEXT NOT NULL,
    settled_at TEXT,
    recorded_for TEXT,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_copies_by_notice ON notice_copies (notice_id);
CREATE INDEX notice_copies_by_message ON notice_copies (message_id);
CREATE INDEX notice_copies_by_state ON notice_copies (state, message_id, id);
CREATE INDEX notice_copies_by_person ON notice_copies (person_id);
