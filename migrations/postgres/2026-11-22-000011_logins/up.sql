-- Where logins are reported from: an HMIS front-end, or a nightly file. `complete_through`, `heartbeat_at` and
-- `lowered_at` repeat the last heartbeat and the last alarm, so that a list needs no look into the heartbeats.
CREATE TABLE login_sources (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('hmis_frontend', 'nightly_file')),
    complete_through timestamptz,
    heartbeat_at timestamptz,
    lowered_at timestamptz,
    guard bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    version integer NOT NULL CHECK (version > 0),
    UNIQUE (implementation_id, code),
    UNIQUE (id, implementation_id)
);
CREATE INDEX login_sources_by_implementation ON login_sources (implementation_id, id);

-- Each time a source was put into or taken out of service. Rows are never changed; a later one replaces what an earlier
-- one had announced for its instant or after.
CREATE TABLE login_source_services (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    login_source_id uuid NOT NULL,
    in_service boolean NOT NULL,
    from_at timestamptz NOT NULL,
    reason text,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id)
);
CREATE INDEX login_source_services_by_implementation ON login_source_services (implementation_id, recorded_at, id);

-- How far a source is complete, as it reported: append-only. `decisive`: its local day differs from the one reported
-- before, so that it decides when a cut-off takes effect; the others say nothing new about any day.
CREATE TABLE login_heartbeats (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    login_source_id uuid NOT NULL,
    complete_through timestamptz NOT NULL,
    lowered boolean NOT NULL,
    decisive boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id)
);
CREATE INDEX login_heartbeats_by_implementation ON login_heartbeats (implementation_id, decisive, recorded_at);
CREATE INDEX login_heartbeats_by_source ON login_heartbeats (login_source_id, recorded_at, id);

-- Every login as it was reported, the unmatched ones too. What an accepted or refused one means is a fact.
CREATE TABLE login_events (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    login_source_id uuid NOT NULL,
    source_event_id text NOT NULL,
    fingerprint text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'signal', 'unmatched')),
    unmatched_reason text CHECK (unmatched_reason IN ('unknown_external_id', 'before_go_live')),
    external_system text,
    external_value text,
    person_id uuid,
    organization_id uuid,
    fact_id uuid REFERENCES facts (id),
    access_signal_id uuid,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id),
    UNIQUE (login_source_id, source_event_id),
    FOREIGN KEY (login_source_id, implementation_id) REFERENCES login_sources (id, implementation_id),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
);
CREATE INDEX login_events_by_implementation ON login_events (implementation_id, outcome, id);
CREATE INDEX login_events_by_source ON login_events (login_source_id, id);
CREATE INDEX login_events_by_person ON login_events (person_id, id);

-- Logins that nothing allowed by the facts recorded when they occurred: somebody must close each with a reason.
CREATE TABLE access_signals (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    login_event_id uuid NOT NULL UNIQUE REFERENCES login_events (id),
    person_id uuid NOT NULL,
    organization_id uuid,
    state text NOT NULL CHECK (state IN ('open', 'explained', 'incident')),
    reason text,
    closed_at timestamptz,
    closed_by uuid REFERENCES principals (id),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
);
CREATE INDEX access_signals_by_implementation ON access_signals (implementation_id, state, id);
CREATE INDEX access_signals_by_person ON access_signals (person_id, id);
