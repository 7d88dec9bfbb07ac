-- One HMIS installation run by one HMIS lead. `guard` is raised to lock what concerns the whole implementation;
-- recorded states of an older `generation` than the implementation's wait for a new evaluation.
CREATE TABLE implementations (
    id uuid NOT NULL PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    time_zone text NOT NULL,
    support_contact text NOT NULL,
    generation bigint NOT NULL CHECK (generation >= 0),
    guard bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0)
);

-- Versions of an implementation's policy. The document is JSON text.
CREATE TABLE policies (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    number integer NOT NULL CHECK (number > 0),
    effective_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    document text NOT NULL,
    UNIQUE (implementation_id, number),
    UNIQUE (implementation_id, effective_from)
);

-- `UNIQUE (id, implementation_id)` here and below lets the foreign keys of other tables carry the implementation, so
-- that no row can bind what belongs to two implementations.
CREATE TABLE organizations (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    name text NOT NULL,
    victim_service_provider boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    UNIQUE (id, implementation_id)
);
CREATE INDEX organizations_by_implementation ON organizations (implementation_id, id);

-- Dated and never overwritten: the latest record counts.
CREATE TABLE organization_participations (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    from_on date NOT NULL,
    to_on date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id)
);
CREATE INDEX participations_by_organization ON organization_participations (organization_id, recorded_at, id);

CREATE TABLE organization_contacts (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    organization_id uuid NOT NULL,
    duty text NOT NULL CHECK (duty IN ('authorized_signer', 'security_officer', 'billing_contact')),
    name text NOT NULL,
    email text,
    phone text,
    from_on date NOT NULL,
    to_on date,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
);
CREATE INDEX contacts_by_implementation ON organization_contacts (implementation_id, id);
CREATE INDEX contacts_by_organization ON organization_contacts (organization_id, id);

CREATE TABLE projects (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    project_type smallint,
    operating_from_on date,
    operating_to_on date,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    FOREIGN KEY (organization_id, implementation_id) REFERENCES organizations (id, implementation_id)
);
CREATE INDEX projects_by_implementation ON projects (implementation_id, id);
CREATE INDEX projects_by_organization ON projects (organization_id, id);

-- A human within one implementation. `guard` is raised to lock everything recorded about the person; the keys are the
-- names in lower case, for searches from the start.
CREATE TABLE people (
    id uuid NOT NULL PRIMARY KEY,
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    given_name text NOT NULL,
    family_name text NOT NULL,
    given_key text COLLATE "C" NOT NULL,
    family_key text COLLATE "C" NOT NULL,
    guard bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    UNIQUE (id, implementation_id)
);
CREATE INDEX people_by_implementation ON people (implementation_id, id);
CREATE INDEX people_by_given_name ON people (given_key);
CREATE INDEX people_by_family_name ON people (family_key);

CREATE TABLE person_names (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    given_name text NOT NULL,
    family_name text NOT NULL,
    given_key text COLLATE "C" NOT NULL,
    family_key text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES principals (id)
);
CREATE INDEX names_by_person ON person_names (person_id, recorded_at, id);
CREATE INDEX names_by_given_name ON person_names (given_key);
CREATE INDEX names_by_family_name ON person_names (family_key);

CREATE TABLE person_emails (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    organization_id uuid REFERENCES organizations (id),
    email text NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    confirmed_at timestamptz,
    retired_at timestamptz,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX emails_by_person ON person_emails (person_id, recorded_at, id);
CREATE INDEX emails_by_key ON person_emails (email_key);

-- Never given to anybody else, closed or not: hence a key without dates. `subject` is an organization, a project or a
-- person, as `kind` says.
CREATE TABLE external_ids (
    implementation_id uuid NOT NULL REFERENCES implementations (id),
    kind text NOT NULL CHECK (kind IN ('organization', 'project', 'person')),
    system text NOT NULL,
    value text NOT NULL,
    subject uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (implementation_id, kind, system, value)
);
CREATE INDEX external_ids_by_subject ON external_ids (kind, subject);
CREATE INDEX external_ids_by_value ON external_ids (kind, system, value);
