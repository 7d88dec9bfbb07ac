-- Texts that staff wrote instead of the built-in ones. A version is never overwritten; the last one is used. Without
-- text it puts the built-in one back.
CREATE TABLE message_templates (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    kind text NOT NULL,
    number integer NOT NULL,
    subject text,
    plain text,
    html text,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    UNIQUE (implementation_id, kind, number)
);
