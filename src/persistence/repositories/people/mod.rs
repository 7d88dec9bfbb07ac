//! People with their names, addresses and external ids, and the guard row of each.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use uuid::Uuid;

pub(super) use self::rows::PersonRow;
use self::rows::{EmailRow, ExternalIdRow, NameRow};
use super::{
    Result, Row, all, all_present, beginning_with, by_ids, compared_and_set, done, ids, met, one,
    present, search_key, word,
};
use crate::application::ports::{
    Page, PersonFilter, PersonReads, PersonWrites, StoreError, Visible,
};
use crate::domain::fact::MatchedBy;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};
use crate::domain::roster::{ExternalId, ExternalKind, Person, PersonEmail, PersonName};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{external_ids, people, person_emails, person_names, waitlists};
use crate::persistence::types::{Id, Instant};

/// The people of whom a reader sees everything, not only what concerns an organization.
macro_rules! seen_whole {
    ($visible:expr) => {
        people::implementation_id
            .eq_any(ids(&$visible.implementations))
            .or(people::id.eq_any(ids(&$visible.people)))
    };
}

impl PersonReads for Session<'_> {
    fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        let id = present(self.conn, id)?;
        one(people::table
            .find(id)
            .select(PersonRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn people(
        &mut self,
        visible: &Visible,
        filter: &PersonFilter,
        page: Page,
    ) -> Result<Vec<Person>> {
        let mut query = visible_rows!(
            people::table
                .filter(people::merged_into.is_null())
                .select(PersonRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            people::implementation_id.eq_any(ids(&visible.implementations)),
            people::id.eq_any(ids(&visible.people)),
            belongs_to_any!(people::id, ids(&visible.organizations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(people::implementation_id.eq(Id::of(id)));
        }
        // Whom a reader knows through his organizations alone is not found by what he may not see of him: other
        // agencies, addresses confirmed for them, closed external ids.
        if let Some(id) = filter.organization_id {
            query = query.filter(belongs_to_any!(people::id, vec![Id::of(id)]));
            if !visible.everything && !visible.organizations.contains(&id) {
                query = query.filter(seen_whole!(visible));
            }
        }
        if let Some(name) = &filter.name {
            let (from, to) = beginning_with(name);
            let now = people::given_key
                .between(from.clone(), to.clone())
                .or(people::family_key.between(from.clone(), to.clone()));
            let ever = people::id.eq_any(
                person_names::table
                    .filter(
                        person_names::given_key
                            .between(from.clone(), to.clone())
                            .or(person_names::family_key.between(from, to)),
                    )
                    .select(person_names::person_id),
            );
            query = if visible.everything {
                query.filter(now.or(ever))
            } else {
                query.filter(now.or(ever.and(seen_whole!(visible))))
            };
        }
        if let Some(email) = &filter.email {
            let of_address = || {
                person_emails::table
                    .filter(person_emails::email_key.eq(search_key(email)))
                    .select(person_emails::person_id)
            };
            let any = people::id.eq_any(of_address());
            query = if visible.everything {
                query.filter(any)
            } else {
                let confirmed = of_address()
                    .filter(person_emails::organization_id.eq_any(ids(&visible.organizations)));
                query.filter(
                    any.and(seen_whole!(visible))
                        .or(people::id.eq_any(confirmed)),
                )
            };
        }
        if let Some((system, value)) = &filter.external_id {
            let kind = word(&ExternalKind::Person)?;
            let having = || {
                external_ids::table
                    .filter(external_ids::kind.eq(kind.clone()))
                    .filter(external_ids::system.eq(system))
                    .filter(external_ids::value.eq(value))
                    .select(external_ids::subject)
            };
            let ever = people::id.eq_any(having());
            query = if visible.everything {
                query.filter(ever)
            } else {
                let open = having().filter(external_ids::closed_at.is_null());
                query.filter(ever.and(seen_whole!(visible)).or(people::id.eq_any(open)))
            };
        }
        all(page_by!(query, people::id, page).load::<PersonRow>(self.conn))
    }

    fn people_by_id(&mut self, ids: &[PersonId]) -> Result<Vec<Person>> {
        let ids = all_present(self.conn, ids)?;
        by_ids(&ids, |ids| {
            all::<PersonRow>(
                people::table
                    .filter(people::id.eq_any(ids))
                    .order(people::id.asc())
                    .select(PersonRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn names(&mut self, id: PersonId) -> Result<Vec<PersonName>> {
        all::<NameRow>(
            person_names::table
                .filter(person_names::person_id.eq(Id::of(id)))
                .order((person_names::recorded_at.asc(), person_names::id.asc()))
                .select(NameRow::as_select())
                .load(self.conn),
        )
    }

    fn likely_same(
        &mut self,
        implementation: ImplementationId,
        (given_name, family_name): (&str, &str),
        email: Option<&str>,
    ) -> Result<Vec<(PersonId, Vec<MatchedBy>)>> {
        let (given, family) = (search_key(given_name), search_key(family_name));
        let here = Id::of(implementation);
        // The names of a record that is read as somebody else's are among those he had.
        let named: Vec<Id> = people::table
            .filter(people::merged_into.is_null())
            .filter(people::implementation_id.eq(here))
            .filter(people::family_key.eq(&family))
            .filter(people::given_key.eq(&given))
            .select(people::id)
            .load(self.conn)
            .map_err(map_error)?;
        let once_named: Vec<Id> = person_names::table
            .inner_join(people::table)
            .filter(people::implementation_id.eq(here))
            .filter(person_names::family_key.eq(&family))
            .filter(person_names::given_key.eq(&given))
            .select(people::id)
            .load(self.conn)
            .map_err(map_error)?;
        // Asked whether or not there is an address: how long the answer takes tells nothing.
        let addressed: Vec<Id> = person_emails::table
            .inner_join(people::table)
            .filter(people::implementation_id.eq(here))
            .filter(person_emails::email_key.eq(search_key(email.unwrap_or_default())))
            .select(people::id)
            .load(self.conn)
            .map_err(map_error)?;
        let mut found: BTreeMap<PersonId, BTreeSet<MatchedBy>> = BTreeMap::new();
        for (people, by) in [(&named, MatchedBy::Name), (&addressed, MatchedBy::Email)] {
            for person in people {
                found.entry(person.to()).or_default().insert(by);
            }
        }
        for person in once_named.iter().filter(|person| !named.contains(person)) {
            let by = found.entry(person.to()).or_default();
            by.insert(MatchedBy::FormerName);
        }
        Ok(found
            .into_iter()
            .map(|(person, by)| (person, by.into_iter().collect()))
            .collect())
    }

    fn emails(&mut self, ids: &[PersonId]) -> Result<Vec<PersonEmail>> {
        by_ids(ids, |ids| {
            all::<EmailRow>(
                person_emails::table
                    .filter(person_emails::person_id.eq_any(ids))
                    .order((
                        person_emails::person_id.asc(),
                        person_emails::recorded_at.asc(),
                        person_emails::id.asc(),
                    ))
                    .select(EmailRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn external_ids(&mut self, kind: ExternalKind, subjects: &[Uuid]) -> Result<Vec<ExternalId>> {
        let kind = word(&kind)?;
        by_ids(subjects, |subjects| {
            all::<ExternalIdRow>(
                external_ids::table
                    .filter(external_ids::kind.eq(&kind))
                    .filter(external_ids::subject.eq_any(subjects))
                    .order((
                        external_ids::subject.asc(),
                        external_ids::recorded_at.asc(),
                        external_ids::system.asc(),
                        external_ids::value.asc(),
                    ))
                    .select(ExternalIdRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn external_id(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
    ) -> Result<Option<ExternalId>> {
        one(external_ids::table
            .find((Id::of(implementation), word(&kind)?, system, value))
            .select(ExternalIdRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn external_ids_named(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        values: &[String],
    ) -> Result<Vec<ExternalId>> {
        all::<ExternalIdRow>(
            external_ids::table
                .filter(external_ids::implementation_id.eq(Id::of(implementation)))
                .filter(external_ids::kind.eq(word(&kind)?))
                .filter(external_ids::system.eq(system))
                .filter(external_ids::value.eq_any(values.to_vec()))
                .select(ExternalIdRow::as_select())
                .load(self.conn),
        )
    }

    fn external_ids_of_system(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
    ) -> Result<Vec<ExternalId>> {
        all::<ExternalIdRow>(
            external_ids::table
                .filter(external_ids::implementation_id.eq(Id::of(implementation)))
                .filter(external_ids::kind.eq(word(&kind)?))
                .filter(external_ids::system.eq(system))
                .order(external_ids::value.asc())
                .select(ExternalIdRow::as_select())
                .load(self.conn),
        )
    }
}

impl PersonWrites for Session<'_> {
    fn insert_person(&mut self, row: &Person) -> Result<()> {
        done(
            diesel::insert_into(people::table)
                .values(PersonRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_person(&mut self, row: &Person) -> Result<()> {
        compared_and_set(
            diesel::update(people::table.find(Id::of(row.id)))
                .filter(people::version.eq(row.version))
                .set((
                    people::given_name.eq(&row.given_name),
                    people::family_name.eq(&row.family_name),
                    people::given_key.eq(search_key(&row.given_name)),
                    people::family_key.eq(search_key(&row.family_name)),
                    people::version.eq(people::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_name(&mut self, row: &PersonName) -> Result<()> {
        done(
            diesel::insert_into(person_names::table)
                .values(NameRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn insert_email(&mut self, row: &PersonEmail) -> Result<()> {
        done(
            diesel::insert_into(person_emails::table)
                .values(EmailRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn confirm_email(
        &mut self,
        person: PersonId,
        email: &str,
        organization: OrganizationId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<usize> {
        let there = Some(Id::of(organization));
        for waiting in [there, None] {
            let live = person_emails::table
                .filter(person_emails::person_id.eq(Id::of(person)))
                .filter(person_emails::email_key.eq(search_key(email)))
                .filter(person_emails::confirmed_at.is_null())
                .filter(person_emails::retired_at.is_null());
            let changes = (
                person_emails::organization_id.eq(there),
                person_emails::confirmed_at.eq(Some(Instant(at))),
            );
            let confirmed = match waiting {
                Some(id) => {
                    diesel::update(live.filter(person_emails::organization_id.eq(Some(id))))
                        .set(changes)
                        .execute(self.conn)
                }
                None => diesel::update(live.filter(person_emails::organization_id.is_null()))
                    .set(changes)
                    .execute(self.conn),
            }
            .map_err(map_error)?;
            if confirmed > 0 {
                return Ok(confirmed);
            }
        }
        Ok(0)
    }

    fn retire_email(
        &mut self,
        person: PersonId,
        email: &str,
        organization: Option<OrganizationId>,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<usize> {
        let live = person_emails::table
            .filter(person_emails::person_id.eq(Id::of(person)))
            .filter(person_emails::email_key.eq(search_key(email)))
            .filter(person_emails::retired_at.is_null());
        let retired = person_emails::retired_at.eq(Some(Instant(at)));
        match organization {
            Some(id) => {
                diesel::update(live.filter(person_emails::organization_id.eq(Some(Id::of(id)))))
                    .set(retired)
                    .execute(self.conn)
            }
            None => diesel::update(live.filter(person_emails::organization_id.is_null()))
                .set(retired)
                .execute(self.conn),
        }
        .map_err(map_error)
    }

    fn insert_external_id(&mut self, row: &ExternalId) -> Result<()> {
        done(
            diesel::insert_into(external_ids::table)
                .values(ExternalIdRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn close_external_id(
        &mut self,
        implementation: ImplementationId,
        kind: ExternalKind,
        system: &str,
        value: &str,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<()> {
        // One that is closed stays closed since when it was.
        done(
            diesel::update(external_ids::table.find((
                Id::of(implementation),
                word(&kind)?,
                system,
                value,
            )))
            .filter(external_ids::closed_at.is_null())
            .set(external_ids::closed_at.eq(Instant(at)))
            .execute(self.conn),
        )
    }

    fn settle_external_id(
        &mut self,
        row: &ExternalId,
        at: chrono::DateTime<chrono::Utc>,
        reason: &str,
    ) -> Result<()> {
        met(
            diesel::update(external_ids::table.find((
                Id::of(row.implementation_id),
                word(&row.kind)?,
                &row.system,
                &row.value,
            )))
            .set((
                external_ids::settled_at.eq(Some(Instant(at))),
                external_ids::settle_reason.eq(Some(reason)),
            ))
            .execute(self.conn),
            "external id",
        )
    }

    fn lock_person(&mut self, id: PersonId) -> Result<()> {
        done(
            diesel::update(waitlists::table)
                .filter(
                    waitlists::implementation_id.eq_any(
                        people::table
                            .find(Id::of(id))
                            .select(people::implementation_id),
                    ),
                )
                .set(waitlists::guard.eq(waitlists::guard + 1))
                .execute(self.conn),
        )?;
        let locked = diesel::update(people::table.find(Id::of(id)))
            .filter(people::merged_into.is_null())
            .set(people::guard.eq(people::guard + 1))
            .execute(self.conn)
            .map_err(map_error)?;
        if locked == 0 && present(self.conn, id)? != Id::of(id) {
            return Err(StoreError::Retry);
        }
        met(Ok(locked), "person")
    }
}
