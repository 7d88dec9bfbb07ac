-- Messages go to supervisors, authorized signers and the lead too. `once` is what may be there only once.
ALTER TABLE messages ALTER COLUMN person_id DROP NOT NULL;
ALTER TABLE messages ADD COLUMN contact_id uuid REFERENCES organization_contacts (id);
ALTER TABLE messages ADD COLUMN kind text NOT NULL DEFAULT 'own';
ALTER TABLE messages ADD COLUMN once text;
CREATE UNIQUE INDEX messages_once ON messages (once);
CREATE INDEX messages_by_organization ON messages (organization_id, on_day);

-- Whom a notice tells, as words of the policy.
ALTER TABLE queued_notices ADD COLUMN tells text NOT NULL DEFAULT '["user"]';

-- A notice as it goes to somebody other than the holder: to a person, a contact, or, with neither, the lead.
CREATE TABLE notice_copies (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    notice_id uuid NOT NULL REFERENCES queued_notices (id),
    person_id uuid REFERENCES people (id),
    contact_id uuid REFERENCES organization_contacts (id),
    state text NOT NULL,
    message_id uuid REFERENCES messages (id),
    queued_at timestamptz NOT NULL,
    settled_at timestamptz,
    recorded_for uuid,
    version integer NOT NULL
);
CREATE INDEX notice_copies_by_notice ON notice_copies (notice_id);
CREATE INDEX notice_copies_by_message ON notice_copies (message_id);
CREATE INDEX notice_copies_by_state ON notice_copies (state, message_id, id);
CREATE INDEX notice_copies_by_person ON notice_copies (person_id);
