-- Texts that staff wrote instead of the built-in ones. A version is never overwritten; the last one is used. Without
-- text it puts the built-in one back.
CREATE TABLE message_templates (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT,
    plain TEXT,
    html TEXT,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    UNIQUE (implementation_id, kind, number)
) STRICT;
