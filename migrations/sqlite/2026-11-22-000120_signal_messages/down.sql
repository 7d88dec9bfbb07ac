DROP INDEX access_signals_by_message;
ALTER TABLE access_signals DROP COLUMN message_id;
DELETE FROM messages WHERE organization_id IS NULL;
CREATE TABLE kept_notices (id TEXT NOT NULL PRIMARY KEY, message_id TEXT NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO kept_notices (id, message_id) SELECT id, message_id FROM queued_notices WHERE message_id IS NOT NULL;
CREATE TABLE kept_copies (id TEXT NOT NULL PRIMARY KEY, message_id TEXT NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO kept_copies (id, message_id) SELECT id, message_id FROM notice_copies WHERE message_id IS NOT NULL;
UPDATE queued_notices SET message_id = NULL WHERE message_id IS NOT NULL;
UPDATE notice_copies SET message_id = NULL WHERE message_id IS NOT NULL;
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
    lease_id, leased_until, subject, plain, failure, queued_at, settled_at, recorded_for, version, contact_id, kind, once)
SELECT id, implementation_id, person_id, organization_id, on_day, state, attempts, next_attempt_at,
    lease_id, leased_until, subject, plain, failure, queued_at, settled_at, recorded_for, version, contact_id, kind, once
FROM messages;
DROP TABLE messages;
ALTER TABLE new_messages RENAME TO messages;
UPDATE queued_notices SET message_id = kept.message_id FROM kept_notices AS kept WHERE kept.id = queued_notices.id;
UPDATE notice_copies SET message_id = kept.message_id FROM kept_copies AS kept WHERE kept.id = notice_copies.id;
DROP TABLE kept_notices;
DROP TABLE kept_copies;
CREATE INDEX messages_by_attempt ON messages (state, next_attempt_at);
CREATE INDEX messages_by_person ON messages (person_id, organization_id, on_day);
CREATE UNIQUE INDEX messages_once ON messages (once);
CREATE INDEX messages_by_organization ON messages (organization_id, on_day);
