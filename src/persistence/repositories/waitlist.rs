//! Seats and practice places: who waits, who holds one, what organizations keep.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{Result, Row, all, done, read_word, word};
use crate::application::ports::{WaitlistReads, WaitlistWrites};
use crate::domain::ids::{ImplementationId, LicenseId, PersonId, RequestId};
use crate::domain::license::LicenseStatus;
use crate::domain::seat::{KeptSeat, Place, Running, WaitlistEntry};
use crate::persistence::Session;
use crate::persistence::error::map_error;
use crate::persistence::schema::{
    kept_seats, license_requests, licenses, waitlist_entries, waitlists,
};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = waitlist_entries)]
struct EntryRow {
    request_id: Id,
    place: String,
    implementation_id: Id,
    organization_id: Id,
    person_id: Id,
    license_type: String,
    changes_from: Option<String>,
    joined_at: Instant,
    may_take: bool,
    reserved_at: Option<Instant>,
    reserved_until: Option<Instant>,
}

impl Row for EntryRow {
    type Record = WaitlistEntry;

    fn of(record: &WaitlistEntry) -> Result<Self> {
        Ok(Self {
            request_id: Id::of(record.request_id),
            place: word(&record.place)?,
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            person_id: Id::of(record.person_id),
            license_type: record.license_type.clone(),
            changes_from: record.changes_from.clone(),
            joined_at: Instant(record.joined_at),
            may_take: record.may_take,
            reserved_at: record.reserved_at.map(Instant),
            reserved_until: record.reserved_until.map(Instant),
        })
    }

    fn read(self) -> Result<WaitlistEntry> {
        Ok(WaitlistEntry {
            request_id: self.request_id.to(),
            place: read_word(&self.place)?,
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            person_id: self.person_id.to(),
            license_type: self.license_type,
            changes_from: self.changes_from,
            joined_at: self.joined_at.0,
            may_take: self.may_take,
            reserved_at: self.reserved_at.map(|at| at.0),
            reserved_until: self.reserved_until.map(|at| at.0),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = kept_seats)]
struct KeptRow {
    license_id: Id,
    implementation_id: Id,
    organization_id: Id,
    license_type: String,
    kept_at: Instant,
    until_at: Option<Instant>,
}

impl Row for KeptRow {
    type Record = KeptSeat;

    fn of(record: &KeptSeat) -> Result<Self> {
        Ok(Self {
            license_id: Id::of(record.license_id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            license_type: record.license_type.clone(),
            kept_at: Instant(record.kept_at),
            until_at: record.until.map(Instant),
        })
    }

    fn read(self) -> Result<KeptSeat> {
        Ok(KeptSeat {
            license_id: self.license_id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            license_type: self.license_type,
            kept_at: self.kept_at.0,
            until: self.until_at.map(|at| at.0),
        })
    }
}

impl WaitlistReads for Session<'_> {
    fn waitlist(&mut self, id: ImplementationId) -> Result<Vec<WaitlistEntry>> {
        all::<EntryRow>(
            waitlist_entries::table
                .filter(waitlist_entries::implementation_id.eq(Id::of(id)))
                .select(EntryRow::as_select())
                .load(self.conn),
        )
    }

    fn waitlist_of_person(&mut self, id: PersonId) -> Result<Vec<WaitlistEntry>> {
        all::<EntryRow>(
            waitlist_entries::table
                .filter(waitlist_entries::person_id.eq(Id::of(id)))
                .select(EntryRow::as_select())
                .load(self.conn),
        )
    }

    fn running_licenses(&mut self, id: ImplementationId) -> Result<Vec<Running>> {
        let running = LicenseStatus::ALL
            .iter()
            .filter(|state| state.is_running())
            .map(|state| state.as_str());
        let rows: Vec<(Id, String, i64)> = licenses::table
            .filter(licenses::implementation_id.eq(Id::of(id)))
            .filter(licenses::state.eq_any(running.collect::<Vec<_>>()))
            .group_by((licenses::organization_id, licenses::license_type))
            .select((
                licenses::organization_id,
                licenses::license_type,
                count_star(),
            ))
            .load(self.conn)
            .map_err(map_error)?;
        Ok(rows
            .into_iter()
            .map(|(organization, license_type, licenses)| Running {
                organization_id: organization.to(),
                license_type,
                licenses: u32::try_from(licenses).unwrap_or(u32::MAX),
            })
            .collect())
    }

    fn kept_seats(
        &mut self,
        id: ImplementationId,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Vec<KeptSeat>> {
        all::<KeptRow>(
            kept_seats::table
                .filter(kept_seats::implementation_id.eq(Id::of(id)))
                .filter(
                    kept_seats::until_at
                        .is_null()
                        .or(kept_seats::until_at.gt(Instant(now))),
                )
                .select(KeptRow::as_select())
                .load(self.conn),
        )
    }

    fn implementations_with_waitlists(&mut self) -> Result<Vec<ImplementationId>> {
        let found: Vec<Id> = waitlists::table
            .select(waitlists::implementation_id)
            .order(waitlists::implementation_id.asc())
            .load(self.conn)
            .map_err(map_error)?;
        Ok(found.into_iter().map(Id::to).collect())
    }

    fn people_due_in_waitlist(
        &mut self,
        id: ImplementationId,
        now: chrono::DateTime<chrono::Utc>,
        limit: i64,
    ) -> Result<Vec<PersonId>> {
        let found: Vec<Id> = waitlist_entries::table
            .inner_join(license_requests::table)
            .filter(waitlist_entries::implementation_id.eq(Id::of(id)))
            .filter(license_requests::next_change_at.le(Instant(now)))
            .select(waitlist_entries::person_id)
            .distinct()
            .limit(limit)
            .load(self.conn)
            .map_err(map_error)?;
        Ok(found.into_iter().map(Id::to).collect())
    }
}

impl WaitlistWrites for Session<'_> {
    fn lock_waitlist(&mut self, id: ImplementationId) -> Result<()> {
        done(
            diesel::update(waitlists::table.find(Id::of(id)))
                .set(waitlists::guard.eq(waitlists::guard + 1))
                .execute(self.conn),
        )
    }

    fn put_waitlist_entry(&mut self, row: &WaitlistEntry) -> Result<()> {
        self.remove_waitlist_entry(row.request_id, row.place)?;
        done(
            diesel::insert_into(waitlist_entries::table)
                .values(EntryRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn remove_waitlist_entry(&mut self, request: RequestId, place: Place) -> Result<()> {
        done(
            diesel::delete(waitlist_entries::table.find((Id::of(request), word(&place)?)))
                .execute(self.conn),
        )
    }

    fn keep_seat(&mut self, row: &KeptSeat) -> Result<()> {
        self.release_kept_seat(row.license_id)?;
        done(
            diesel::insert_into(kept_seats::table)
                .values(KeptRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn release_kept_seat(&mut self, license: LicenseId) -> Result<()> {
        done(diesel::delete(kept_seats::table.find(Id::of(license))).execute(self.conn))
    }
}
