-- What each pass over due licenses and requests found and recorded. `changes` and `notices` are
-- JSON text: what changed its state, and what people had to be told.
CREATE TABLE sweeps (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    as_of timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    people bigint NOT NULL CHECK (people >= 0),
    failed bigint NOT NULL CHECK (failed >= 0),
    complete boolean NOT NULL,
    late_by_seconds bigint NOT NULL CHECK (late_by_seconds >= 0),
    changes text NOT NULL,
    notices text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id)
);
CREATE INDEX sweeps_by_implementation ON sweeps (implementation_id, id);
