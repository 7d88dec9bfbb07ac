//! Licenses, and which people wait for a new evaluation.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Result, Row, all, by_ids, compared_and_set, done, ids, one, state_of};
use crate::application::ports::{
    LicenseReads, LicenseWrites, Page, RosterFilter, StateFilter, Visible,
};
use crate::domain::ids::{ImplementationId, LicenseId, OrganizationId, PersonId};
use crate::domain::license::{License, LicenseStatus, NoticeOutlook};
use crate::domain::request::RecordedState;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{implementations, license_requests, licenses};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = licenses)]
struct LicenseRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    person_id: Id,
    license_type: String,
    state: String,
    next_change_at: Option<Instant>,
    generation: i64,
    contested_at: Option<Instant>,
    listed_from: Option<Instant>,
    next_notice_at: Option<Instant>,
    next_warning_at: Option<Instant>,
    notices_counting: i32,
    next_absence_at: Option<Instant>,
    recorded_at: Instant,
    version: i32,
    duplicate_of: Option<Id>,
}

impl Row for LicenseRow {
    type Record = License;

    fn of(record: &License) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            person_id: Id::of(record.person_id),
            license_type: record.license_type.clone(),
            state: record.recorded.state.as_str().to_owned(),
            next_change_at: record.recorded.next_change_at.map(Instant),
            generation: record.recorded.generation,
            contested_at: record.contested_at.map(Instant),
            listed_from: record.listed_from.map(Instant),
            next_notice_at: record.notices.next_at.map(Instant),
            next_warning_at: record.notices.next_warning_at.map(Instant),
            notices_counting: record.notices.counting,
            next_absence_at: record.next_absence_at.map(Instant),
            recorded_at: Instant(record.recorded_at),
            version: record.version,
            duplicate_of: record.duplicate_of.map(Id::of),
        })
    }

    fn read(self) -> Result<License> {
        Ok(License {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            person_id: self.person_id.to(),
            license_type: self.license_type,
            recorded: RecordedState {
                state: state_of(&LicenseStatus::ALL, LicenseStatus::as_str, &self.state)?,
                next_change_at: self.next_change_at.map(|at| at.0),
                generation: self.generation,
            },
            contested_at: self.contested_at.map(|at| at.0),
            listed_from: self.listed_from.map(|at| at.0),
            notices: NoticeOutlook {
                next_at: self.next_notice_at.map(|at| at.0),
                next_warning_at: self.next_warning_at.map(|at| at.0),
                counting: self.notices_counting,
            },
            next_absence_at: self.next_absence_at.map(|at| at.0),
            recorded_at: self.recorded_at.0,
            version: self.version,
            duplicate_of: self.duplicate_of.map(Id::to),
        })
    }
}

/// The rows of a table that were evaluated under an older generation than their implementation's.
macro_rules! stale {
    ($table:ident) => {
        $table::table
            .inner_join(implementations::table)
            .filter($table::generation.lt(implementations::generation))
    };
}

impl LicenseReads for Session<'_> {
    fn license(&mut self, id: LicenseId) -> Result<Option<License>> {
        one(licenses::table
            .find(Id::of(id))
            .select(LicenseRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn license_of(
        &mut self,
        person: PersonId,
        organization: OrganizationId,
    ) -> Result<Option<License>> {
        one(licenses::table
            .filter(licenses::person_id.eq(Id::of(person)))
            .filter(licenses::organization_id.eq(Id::of(organization)))
            .filter(licenses::duplicate_of.is_null())
            .select(LicenseRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn licenses_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<License>> {
        let mut found = by_ids(ids, |ids| {
            all::<LicenseRow>(
                licenses::table
                    .filter(licenses::person_id.eq_any(ids))
                    .select(LicenseRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|license| license.id);
        Ok(found)
    }

    fn licenses(
        &mut self,
        visible: &Visible,
        filter: &StateFilter<LicenseStatus>,
        page: Page,
    ) -> Result<Vec<License>> {
        recorded_states!(
            self.conn,
            licenses,
            LicenseRow,
            visible,
            filter,
            page,
            |query| if filter.listed {
                query.filter(
                    licenses::listed_from
                        .le(Instant(filter.now))
                        .or(licenses::next_change_at.le(Instant(filter.now)))
                        .or(licenses::generation.lt(implementations::generation)),
                )
            } else {
                query
            }
        )
    }

    fn contested_licenses(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<License>> {
        let mut query = visible_rows!(
            licenses::table
                .filter(licenses::contested_at.is_not_null())
                .select(LicenseRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            licenses::implementation_id.eq_any(ids(&visible.implementations)),
            licenses::organization_id.eq_any(ids(&visible.organizations)),
            licenses::person_id.eq_any(ids(&visible.people)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(licenses::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(licenses::organization_id.eq(Id::of(id)));
        }
        all(page_by!(query, licenses::id, page).load::<LicenseRow>(self.conn))
    }

    fn stale_count(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
    ) -> Result<i64> {
        macro_rules! counted {
            ($table:ident) => {{
                let mut query = visible_rows!(
                    stale!($table).count().into_boxed::<MultiBackend>(),
                    visible,
                    $table::implementation_id.eq_any(ids(&visible.implementations)),
                    $table::organization_id.eq_any(ids(&visible.organizations)),
                    $table::person_id.eq_any(ids(&visible.people)),
                );
                if let Some(id) = implementation {
                    query = query.filter($table::implementation_id.eq(Id::of(id)));
                }
                query.get_result::<i64>(self.conn).map_err(map_error)?
            }};
        }
        Ok(counted!(licenses) + counted!(license_requests))
    }

    fn stale_people(&mut self, limit: i64) -> Result<Vec<PersonId>> {
        // Unordered, so that each call costs what it returns and not what is stale in all.
        let mut people: BTreeSet<Id> = stale!(licenses)
            .select(licenses::person_id)
            .limit(limit)
            .load(self.conn)
            .map_err(map_error)?
            .into_iter()
            .collect();
        let limit = usize::try_from(limit).unwrap_or(0);
        if people.len() < limit {
            let requesting: Vec<Id> = stale!(license_requests)
                .select(license_requests::person_id)
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .load(self.conn)
                .map_err(map_error)?;
            people.extend(requesting);
        }
        Ok(people.into_iter().take(limit).map(Id::to).collect())
    }
}

impl LicenseWrites for Session<'_> {
    fn insert_license(&mut self, row: &License) -> Result<()> {
        done(
            diesel::insert_into(licenses::table)
                .values(LicenseRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_license(&mut self, row: &License) -> Result<()> {
        compared_and_set(
            diesel::update(licenses::table.find(Id::of(row.id)))
                .filter(licenses::version.eq(row.version))
                .set((
                    licenses::license_type.eq(&row.license_type),
                    licenses::state.eq(row.recorded.state.as_str()),
                    licenses::next_change_at.eq(row.recorded.next_change_at.map(Instant)),
                    licenses::generation.eq(row.recorded.generation),
                    licenses::contested_at.eq(row.contested_at.map(Instant)),
                    licenses::listed_from.eq(row.listed_from.map(Instant)),
                    licenses::next_notice_at.eq(row.notices.next_at.map(Instant)),
                    licenses::next_warning_at.eq(row.notices.next_warning_at.map(Instant)),
                    licenses::notices_counting.eq(row.notices.counting),
                    licenses::next_absence_at.eq(row.next_absence_at.map(Instant)),
                    licenses::version.eq(licenses::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn record_license_outlook(&mut self, row: &License) -> Result<()> {
        compared_and_set(
            diesel::update(licenses::table.find(Id::of(row.id)))
                .filter(licenses::version.eq(row.version))
                .set((
                    licenses::next_change_at.eq(row.recorded.next_change_at.map(Instant)),
                    licenses::generation.eq(row.recorded.generation),
                    licenses::contested_at.eq(row.contested_at.map(Instant)),
                    licenses::listed_from.eq(row.listed_from.map(Instant)),
                    licenses::next_notice_at.eq(row.notices.next_at.map(Instant)),
                    licenses::next_warning_at.eq(row.notices.next_warning_at.map(Instant)),
                    licenses::notices_counting.eq(row.notices.counting),
                    licenses::next_absence_at.eq(row.next_absence_at.map(Instant)),
                ))
                .execute(self.conn),
        )
    }
}
