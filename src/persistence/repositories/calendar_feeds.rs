//! Secret addresses of calendars.

use diesel::prelude::*;

use super::{Result, Row, all, compared_and_set, done, ids, one};
use crate::application::ports::{
    CalendarFeed, CalendarFeedReads, CalendarFeedWrites, Page, RosterFilter, Visible,
};
use crate::domain::ids::CalendarFeedId;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::calendar_feeds;
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = calendar_feeds)]
struct CalendarFeedRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    principal_id: Id,
    staff_role_id: Id,
    secret_sha256: String,
    recorded_at: Instant,
    revoked_at: Option<Instant>,
    version: i32,
}

impl Row for CalendarFeedRow {
    type Record = CalendarFeed;

    fn of(record: &CalendarFeed) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            principal_id: Id::of(record.principal_id),
            staff_role_id: Id::of(record.staff_role_id),
            secret_sha256: record.secret_sha256.clone(),
            recorded_at: Instant(record.recorded_at),
            revoked_at: record.revoked_at.map(Instant),
            version: record.version,
        })
    }

    fn read(self) -> Result<CalendarFeed> {
        Ok(CalendarFeed {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            principal_id: self.principal_id.to(),
            staff_role_id: self.staff_role_id.to(),
            secret_sha256: self.secret_sha256,
            recorded_at: self.recorded_at.0,
            revoked_at: self.revoked_at.map(|at| at.0),
            version: self.version,
        })
    }
}

impl CalendarFeedReads for Session<'_> {
    fn calendar_feed(&mut self, id: CalendarFeedId) -> Result<Option<CalendarFeed>> {
        one(calendar_feeds::table
            .find(Id::of(id))
            .select(CalendarFeedRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn calendar_feeds(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<CalendarFeed>> {
        let mut query = visible_rows!(
            calendar_feeds::table
                .select(CalendarFeedRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            calendar_feeds::implementation_id.eq_any(ids(&visible.implementations)),
            calendar_feeds::organization_id.eq_any(ids(&visible.organizations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(calendar_feeds::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(calendar_feeds::organization_id.eq(Id::of(id)));
        }
        all(page_by!(query, calendar_feeds::id, page).load::<CalendarFeedRow>(self.conn))
    }
}

impl CalendarFeedWrites for Session<'_> {
    fn insert_calendar_feed(&mut self, row: &CalendarFeed) -> Result<()> {
        done(
            diesel::insert_into(calendar_feeds::table)
                .values(CalendarFeedRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_calendar_feed(&mut self, row: &CalendarFeed) -> Result<()> {
        compared_and_set(
            diesel::update(calendar_feeds::table.find(Id::of(row.id)))
                .filter(calendar_feeds::version.eq(row.version))
                .set((
                    calendar_feeds::revoked_at.eq(row.revoked_at.map(Instant)),
                    calendar_feeds::version.eq(calendar_feeds::version + 1),
                ))
                .execute(self.conn),
        )
    }
}
