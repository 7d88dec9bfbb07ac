-- One HMIS installation run by one HMIS lead. `guard` is raised to lock what concerns the whole implementation;
-- recorded states of an older `generation` than the implementation's wait for a new evaluation.
CREATE TABLE implementations (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    support_contact TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    guard INTEGER NOT NULL DEFAULT 0,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Versions of an implementation's policy. The document is JSON text.
CREATE TABLE policies (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    number INTEGER NOT NULL CHECK (number > 0),
    effective_from TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (implementation_id, number),
    UNIQUE (implementation_id, effective_from)
) STRICT;

-- `UNIQUE (id, implementation_id)` here and below lets the foreign keys of other tables carry the implementation, so
-- that no row can bind what belongs to two implementations.
CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    name TEXT NOT NULL,
    victim_service_provider INTEGER NOT NULL CHECK (victim_service_provider IN (0, 1)),
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (id, implementation_id)
) STRICT;
CREATE INDEX organizations_by_implementation ON organizations (implementation_id, id);

-- Dated and never overwritten: the latest record counts.
CREATE TABLE organization_participations (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    from_on TEXT NOT NULL,
    to_on TEXT,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id)
) STRICT;
CREATE INDEX participations_by_organization ON organization_participations (organization_id, recorded_at, id);

CREATE TABLE organization_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    duty TEXT NOT NULL CHECK (duty IN ('authorized_signer', 'security_officer', 'billing_contact')),
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    from_on TEXT NOT NULL,
    to_on TEXT,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
) STRICT;
CREATE INDEX contacts_by_implementation ON organization_contacts (implementation_id, id);
CREATE INDEX contacts_by_organization ON organization_contacts (organization_id, id);

CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    project_type INTEGER,
    operating_from_on TEXT,
    operating_to_on TEXT,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
) STRICT;
CREATE INDEX projects_by_implementation ON projects (implementation_id, id);
CREATE INDEX projects_by_organization ON projects (organization_id, id);

-- A human within one implementation. `guard` is raised to lock everything recorded about the person; the keys are the
-- names in lower case, for searches from the start.
CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    given_key TEXT NOT NULL,
    family_key TEXT NOT NULL,
    guard INTEGER NOT NULL DEFAULT 0,
    recorded_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (id, implementation_id)
) STRICT;
CREATE INDEX people_by_implementation ON people (implementation_id, id);
CREATE INDEX people_by_given_name ON people (given_key);
CREATE INDEX people_by_family_name ON people (family_key);

CREATE TABLE person_names (
    id INTEGER NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    given_key TEXT NOT NULL,
    family_key TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES principals (id)
) STRICT;
CREATE INDEX names_by_person ON person_names (person_id, recorded_at, id);
CREATE INDEX names_by_given_name ON person_names (given_key);
CREATE INDEX names_by_family_name ON person_names (family_key);

CREATE TABLE person_emails (
    id INTEGER NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    organization_id TEXT REFERENCES organizations (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    confirmed_at TEXT,
    retired_at TEXT,
    recorded_at TEXT NOT NULL
) STRICT;
CREATE INDEX emails_by_person ON person_emails (person_id, recorded_at, id);
CREATE INDEX emails_by_key ON person_emails (email_key);

-- Never given to anybody else, closed or not: hence a key without dates. `subject` is an organization, a project or a
-- person, as `kind` says.
CREATE TABLE external_ids (
    implementation_id TEXT NOT NULL REFERENCES implementations (id),
    kind TEXT NOT NULL CHECK (kind IN ('organization', 'project', 'person')),
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    subject TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    closed_at TEXT,
    PRIMARY KEY (implementation_id, kind, system, value)
) STRICT;
CREATE INDEX external_ids_by_subject ON external_ids (kind, subject);
CREATE INDEX external_ids_by_value ON external_ids (kind, system, value);
