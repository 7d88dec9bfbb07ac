-- Where logins are reported from: an HMIS front-end, or a nightly file. `complete_through`, `heartbeat_at` and
-- `lowered_at` repeat the last heartbeat and the last alarm, so that a list needs no look into the heartbeats.
CREATE TABLE login_sources (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hmis_frontend', 'nightly_file')),
    complete_through TEXT,
    heartbeat_at TEXT,
    lowered_at TEXT,
    guard INTEGER NOT NULL DEFAULT 0,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (implementation_id, code),
    UNIQUE (id, implementation_id)
) STRICT;
CREATE INDEX login_sources_by_implementation ON login_sources (implementation_id, id);

-- Each time a source was put into or taken out of service. Rows are never changed; a later one replaces what an earlier
-- one had announced for its instant or after.
CREATE TABLE login_source_services (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    login_source_id TEXT NOT NULL,
    in_service INTEGER NOT NULL,
    from_at TEXT NOT NULL,
    reason TEXT,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id)
) STRICT;
CREATE INDEX login_source_services_by_implementation ON login_source_services (implementation_id, recorded_at, id);

-- How far a source is complete, as it reported: append-only. `decisive`: its local day differs from the one reported
-- before, so that it decides when a cut-off takes effect; the others say nothing new about any day.
CREATE TABLE login_heartbeats (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    login_source_id TEXT NOT NULL,
    complete_through TEXT NOT NULL,
    lowered INTEGER NOT NULL,
    decisive INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id)
) STRICT;
CREATE INDEX login_heartbeats_by_implementation ON login_heartbeats (implementation_id, decisive, recorded_at);
CREATE INDEX login_heartbeats_by_source ON login_heartbeats (login_source_id, recorded_at, id);

-- Every login as it was reported, the unmatched ones too. What an accepted or refused one means is a fact.
CREATE TABLE login_events (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    login_source_id TEXT NOT NULL,
    source_event_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'signal', 'unmatched')),
    unmatched_reason TEXT CHECK (unmatched_reason IN ('unknown_external_id', 'before_go_live')),
    external_system TEXT,
    external_value TEXT,
    person_id TEXT,
    organization_id TEXT,
    fact_id TEXT REFERENCES facts (id),
    access_signal_id TEXT,
    occurred_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    UNIQUE (login_source_id, source_event_id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX login_events_by_implementation ON login_events (implementation_id, outcome, id);
CREATE INDEX login_events_by_source ON login_events (login_source_id, id);
CREATE INDEX login_events_by_person ON login_events (person_id, id);

-- Logins that nothing allowed by the facts recorded when they occurred: somebody must close each with a reason.
CREATE TABLE access_signals (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    login_event_id TEXT NOT NULL UNIQUE REFERENCES login_events (id),
    person_id TEXT NOT NULL,
    organization_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'explained', 'incident')),
    reason TEXT,
    closed_at TEXT,
    closed_by TEXT REFERENCES principals (id),
    occurred_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX access_signals_by_implementation ON access_signals (implementation_id, state, id);
CREATE INDEX access_signals_by_person ON access_signals (person_id, id);
