-- The road to activation. `open_key` is "person:organization:type" while the request is open and absent once it
-- ended, so that no two open requests want the same. `reporter` is the JSON text of who told the service, as in `facts`.
CREATE TABLE license_requests (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    license_type TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN (
        'add_on', 'type_change', 'returning', 'additional', 'transfer', 'new'
    )),
    job_role TEXT,
    projects TEXT NOT NULL,
    attestations TEXT NOT NULL,
    requester TEXT NOT NULL REFERENCES principals (id),
    requested_by TEXT,
    channel TEXT NOT NULL,
    ticket_reference TEXT,
    reported_at TEXT NOT NULL,
    reporter TEXT NOT NULL,
    reason TEXT,
    submitted_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'submitted', 'onboarding', 'practice', 'in_review', 'corrections', 'ready', 'waitlisted',
        'fulfilled', 'denied', 'withdrawn', 'lapsed'
    )),
    next_change_at TEXT,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    open_key TEXT UNIQUE,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id),
    FOREIGN KEY (requested_by, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX requests_by_implementation ON license_requests (implementation_id, id);
CREATE INDEX requests_by_organization ON license_requests (organization_id, id);
CREATE INDEX requests_by_person ON license_requests (person_id, id);
CREATE INDEX requests_by_state ON license_requests (implementation_id, state, id);
CREATE INDEX requests_by_change ON license_requests (implementation_id, next_change_at);
CREATE INDEX requests_by_generation ON license_requests (implementation_id, generation, person_id);

-- One per person and organization: a key, and the state as last recorded. Everything else about it is facts.
CREATE TABLE licenses (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    license_type TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'active', 'warned', 'suspended', 'deactivated', 'expired'
    )),
    next_change_at TEXT,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (person_id, organization_id),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX licenses_by_implementation ON licenses (implementation_id, id);
CREATE INDEX licenses_by_organization ON licenses (organization_id, id);
CREATE INDEX licenses_by_state ON licenses (implementation_id, state, id);
CREATE INDEX licenses_by_change ON licenses (implementation_id, next_change_at);
CREATE INDEX licenses_by_generation ON licenses (implementation_id, generation, person_id);

-- What happened, when, who said so, and when the service learned of it: one table for every kind. `payload` is the
-- JSON text of what the fact says, `reporter` that of who told the service. Rows are never changed.
CREATE TABLE facts (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    person_id TEXT NOT NULL,
    organization_id TEXT,
    request_id TEXT REFERENCES license_requests (id),
    license_id TEXT REFERENCES licenses (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    precision TEXT NOT NULL CHECK (precision IN ('instant', 'day')),
    reported_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    reporter TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id),
    channel TEXT NOT NULL,
    ticket_reference TEXT,
    reason TEXT,
    supersedes TEXT REFERENCES facts (id),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX facts_by_person ON facts (person_id, recorded_at, id);
CREATE INDEX facts_by_implementation ON facts (implementation_id, kind, id);
CREATE INDEX facts_by_organization ON facts (organization_id, kind, id);
CREATE INDEX facts_by_request ON facts (request_id, id);
CREATE INDEX facts_by_license ON facts (license_id, id);
