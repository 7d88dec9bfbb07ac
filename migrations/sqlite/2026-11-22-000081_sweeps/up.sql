-- What each pass over due licenses and requests found and recorded. `changes` and `notices` are
-- JSON text: what changed its state, and what people had to be told.
CREATE TABLE sweeps (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    as_of TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    people INTEGER NOT NULL CHECK (people >= 0),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    late_by_seconds INTEGER NOT NULL CHECK (late_by_seconds >= 0),
    changes TEXT NOT NULL,
    notices TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id)
) STRICT;
CREATE INDEX sweeps_by_implementation ON sweeps (implementation_id, id);
