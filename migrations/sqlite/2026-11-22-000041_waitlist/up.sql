-- The guard row of what an implementation has only so much of: seats and practice places. There is one from the first
-- policy version on that limits any.
CREATE TABLE waitlists (
    implementation_id TEXT NOT NULL PRIMARY KEY REFERENCES implementations (id),
    guard INTEGER NOT NULL
) STRICT;

-- Open requests that hold a place, or wait for one in the order of (joined_at, request_id). Made of facts; kept so that
-- places are counted without reading everybody's.
CREATE TABLE waitlist_entries (
    request_id TEXT NOT NULL REFERENCES license_requests (id),
    place TEXT NOT NULL CHECK (place IN ('seat', 'practice')),
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    license_type TEXT NOT NULL,
    changes_from TEXT,
    joined_at TEXT NOT NULL,
    may_take INTEGER NOT NULL CHECK (may_take IN (0, 1)),
    reserved_at TEXT,
    reserved_until TEXT,
    PRIMARY KEY (request_id, place),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id),
    FOREIGN KEY (person_id, implementation_id) REFERENCES people (id, implementation_id)
) STRICT;
CREATE INDEX waitlist_entries_by_implementation ON waitlist_entries (implementation_id);
CREATE INDEX waitlist_entries_by_person ON waitlist_entries (person_id);

-- Seats that stay with the organization of an ended license.
CREATE TABLE kept_seats (
    license_id TEXT NOT NULL PRIMARY KEY REFERENCES licenses (id),
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    license_type TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    until_at TEXT,
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
) STRICT;
CREATE INDEX kept_seats_by_implementation ON kept_seats (implementation_id);

-- Running licenses, counted by organization and type.
CREATE INDEX licenses_running ON licenses (implementation_id, organization_id, license_type)
    WHERE state IN ('active', 'warned', 'suspended');
