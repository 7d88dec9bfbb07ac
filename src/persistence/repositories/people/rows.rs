//! The rows behind a person.

use diesel::prelude::*;

use super::super::{Result, Row, read_word, search_key, word};
use crate::domain::roster::{ExternalId, Person, PersonEmail, PersonName};
use crate::persistence::schema::{external_ids, people, person_emails, person_names};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = people)]
pub struct PersonRow {
    id: Id,
    implementation_id: Id,
    given_name: String,
    family_name: String,
    given_key: String,
    family_key: String,
    recorded_at: Instant,
    version: i32,
}

impl Row for PersonRow {
    type Record = Person;

    fn of(record: &Person) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            given_name: record.given_name.clone(),
            family_name: record.family_name.clone(),
            given_key: search_key(&record.given_name),
            family_key: search_key(&record.family_name),
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<Person> {
        Ok(Person {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            given_name: self.given_name,
            family_name: self.family_name,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = person_names)]
pub struct NameRow {
    person_id: Id,
    given_name: String,
    family_name: String,
    given_key: String,
    family_key: String,
    recorded_at: Instant,
    recorded_by: Id,
}

impl Row for NameRow {
    type Record = PersonName;

    fn of(record: &PersonName) -> Result<Self> {
        Ok(Self {
            person_id: Id::of(record.person_id),
            given_name: record.given_name.clone(),
            family_name: record.family_name.clone(),
            given_key: search_key(&record.given_name),
            family_key: search_key(&record.family_name),
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<PersonName> {
        Ok(PersonName {
            person_id: self.person_id.to(),
            given_name: self.given_name,
            family_name: self.family_name,
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = person_emails)]
pub struct EmailRow {
    person_id: Id,
    organization_id: Option<Id>,
    email: String,
    email_key: String,
    confirmed_at: Option<Instant>,
    retired_at: Option<Instant>,
    recorded_at: Instant,
}

impl Row for EmailRow {
    type Record = PersonEmail;

    fn of(record: &PersonEmail) -> Result<Self> {
        Ok(Self {
            person_id: Id::of(record.person_id),
            organization_id: record.organization_id.map(Id::of),
            email: record.email.clone(),
            email_key: search_key(&record.email),
            confirmed_at: record.confirmed_at.map(Instant),
            retired_at: record.retired_at.map(Instant),
            recorded_at: Instant(record.recorded_at),
        })
    }

    fn read(self) -> Result<PersonEmail> {
        Ok(PersonEmail {
            person_id: self.person_id.to(),
            organization_id: self.organization_id.map(Id::to),
            email: self.email,
            confirmed_at: self.confirmed_at.map(|at| at.0),
            retired_at: self.retired_at.map(|at| at.0),
            recorded_at: self.recorded_at.0,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = external_ids)]
pub struct ExternalIdRow {
    implementation_id: Id,
    kind: String,
    system: String,
    value: String,
    subject: Id,
    recorded_at: Instant,
    closed_at: Option<Instant>,
    settled_at: Option<Instant>,
}

impl Row for ExternalIdRow {
    type Record = ExternalId;

    fn of(record: &ExternalId) -> Result<Self> {
        Ok(Self {
            implementation_id: Id::of(record.implementation_id),
            kind: word(&record.kind)?,
            system: record.system.clone(),
            value: record.value.clone(),
            subject: Id(record.subject),
            recorded_at: Instant(record.recorded_at),
            closed_at: record.closed_at.map(Instant),
            settled_at: record.settled_at.map(Instant),
        })
    }

    fn read(self) -> Result<ExternalId> {
        Ok(ExternalId {
            implementation_id: self.implementation_id.to(),
            kind: read_word(&self.kind)?,
            system: self.system,
            value: self.value,
            subject: self.subject.0,
            recorded_at: self.recorded_at.0,
            closed_at: self.closed_at.map(|at| at.0),
            settled_at: self.settled_at.map(|at| at.0),
        })
    }
}
