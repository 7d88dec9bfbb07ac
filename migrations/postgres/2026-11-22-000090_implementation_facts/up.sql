-- What holds for a whole implementation and is read by each of its people like a fact of their own: recertification
-- campaigns, absence holds, and what was decided about them. Rows are inserted and read, never changed. `about_id` is the
-- campaign or hold that a decision is about.
CREATE TABLE implementation_facts (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    about_id uuid REFERENCES implementation_facts (id),
    kind text NOT NULL,
    payload text NOT NULL,
    reported_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    reporter text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    channel text NOT NULL,
    ticket_reference text,
    reason text
);
CREATE INDEX implementation_facts_by_implementation ON implementation_facts (implementation_id, recorded_at, id);
CREATE INDEX implementation_facts_by_kind ON implementation_facts (kind, id);

-- When an absence takes access away next, as last recorded: what the circuit breaker counts.
ALTER TABLE licenses ADD COLUMN next_absence_at timestamptz;
CREATE INDEX licenses_by_absence ON licenses (implementation_id, next_absence_at) WHERE next_absence_at IS NOT NULL;

-- The hold that a sweep opened, as JSON text.
ALTER TABLE sweeps ADD COLUMN absence_hold text;
