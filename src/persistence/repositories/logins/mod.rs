//! Login sources with their service and heartbeats, reported logins, and access signals.

mod rows;

use diesel::prelude::*;

pub(super) use self::rows::SignalRow;
use self::rows::{EventRow, HeartbeatRow, ServiceRow, SourceRow};
use super::{Result, Row, all, by_ids, compared_and_set, done, ids, met, one, present};
use crate::application::ports::{
    LoginFilter, LoginReads, LoginWrites, Page, SignalFilter, Visible,
};
use crate::domain::ids::{AccessSignalId, ImplementationId, LoginEventId, LoginSourceId};
use crate::domain::login::{AccessSignal, HeartbeatRecord, LoginEvent, ServiceAct, SourceRecord};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::{
    access_signals, login_events, login_heartbeats, login_source_services, login_sources,
};
use crate::persistence::types::{Id, Instant};

impl LoginReads for Session<'_> {
    fn login_source(&mut self, id: LoginSourceId) -> Result<Option<SourceRecord>> {
        one(login_sources::table
            .find(Id::of(id))
            .select(SourceRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn login_sources(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<SourceRecord>> {
        let mut query = visible_rows!(
            login_sources::table
                .select(SourceRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            login_sources::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = implementation {
            query = query.filter(login_sources::implementation_id.eq(Id::of(id)));
        }
        all(page_by!(query, login_sources::id, page).load::<SourceRow>(self.conn))
    }

    fn login_source_services(
        &mut self,
        implementation: ImplementationId,
    ) -> Result<Vec<ServiceAct>> {
        all::<ServiceRow>(
            login_source_services::table
                .filter(login_source_services::implementation_id.eq(Id::of(implementation)))
                .order((
                    login_source_services::recorded_at.asc(),
                    login_source_services::id.asc(),
                ))
                .select(ServiceRow::as_select())
                .load(self.conn),
        )
    }

    fn services_of_sources(&mut self, ids: &[LoginSourceId]) -> Result<Vec<ServiceAct>> {
        let mut found = by_ids(ids, |ids| {
            all::<ServiceRow>(
                login_source_services::table
                    .filter(login_source_services::login_source_id.eq_any(ids))
                    .select(ServiceRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|act| (act.recorded_at, act.id));
        Ok(found)
    }

    fn last_heartbeats(
        &mut self,
        implementation: ImplementationId,
    ) -> Result<Vec<HeartbeatRecord>> {
        all::<HeartbeatRow>(
            login_heartbeats::table
                .inner_join(login_sources::table)
                .filter(login_sources::implementation_id.eq(Id::of(implementation)))
                .filter(
                    login_heartbeats::recorded_at
                        .nullable()
                        .eq(login_sources::heartbeat_at),
                )
                .order(login_heartbeats::id.asc())
                .select(HeartbeatRow::as_select())
                .load(self.conn),
        )
    }

    fn decisive_heartbeats(
        &mut self,
        implementation: ImplementationId,
        since: chrono::DateTime<chrono::Utc>,
    ) -> Result<Vec<HeartbeatRecord>> {
        all::<HeartbeatRow>(
            login_heartbeats::table
                .filter(login_heartbeats::implementation_id.eq(Id::of(implementation)))
                .filter(login_heartbeats::decisive.eq(true))
                .filter(login_heartbeats::recorded_at.ge(Instant(since)))
                .order((
                    login_heartbeats::recorded_at.asc(),
                    login_heartbeats::id.asc(),
                ))
                .select(HeartbeatRow::as_select())
                .load(self.conn),
        )
    }

    fn login_event(&mut self, id: LoginEventId) -> Result<Option<LoginEvent>> {
        one(login_events::table
            .find(Id::of(id))
            .select(EventRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn login_events_of_source(
        &mut self,
        source: LoginSourceId,
        source_event_ids: &[String],
    ) -> Result<Vec<LoginEvent>> {
        all::<EventRow>(
            login_events::table
                .filter(login_events::login_source_id.eq(Id::of(source)))
                .filter(login_events::source_event_id.eq_any(source_event_ids.to_vec()))
                .select(EventRow::as_select())
                .load(self.conn),
        )
    }

    fn login_events(
        &mut self,
        visible: &Visible,
        filter: &LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginEvent>> {
        let mut query = visible_rows!(
            login_events::table
                .select(EventRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            login_events::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(login_events::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.login_source_id {
            query = query.filter(login_events::login_source_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            let person = present(self.conn, id)?;
            query = query.filter(login_events::person_id.eq(person));
        }
        if let Some(outcome) = filter.outcome {
            query = query.filter(login_events::outcome.eq(outcome.as_str()));
        }
        all(page_by!(query, login_events::id, page).load::<EventRow>(self.conn))
    }

    fn access_signal(&mut self, id: AccessSignalId) -> Result<Option<AccessSignal>> {
        one(access_signals::table
            .find(Id::of(id))
            .select(SignalRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn access_signals(
        &mut self,
        visible: &Visible,
        filter: &SignalFilter,
        page: Page,
    ) -> Result<Vec<AccessSignal>> {
        let mut query = visible_rows!(
            access_signals::table
                .select(SignalRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            access_signals::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(access_signals::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            let person = present(self.conn, id)?;
            query = query.filter(access_signals::person_id.eq(person));
        }
        if let Some(state) = filter.state {
            query = query.filter(access_signals::state.eq(state.as_str()));
        }
        all(page_by!(query, access_signals::id, page).load::<SignalRow>(self.conn))
    }
}

/// How many rows go into one statement: PostgreSQL binds at most 65,535 values.
const ROWS_PER_STATEMENT: usize = 1_000;

impl LoginWrites for Session<'_> {
    fn insert_login_source(&mut self, row: &SourceRecord) -> Result<()> {
        done(
            diesel::insert_into(login_sources::table)
                .values(SourceRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn lock_login_source(&mut self, id: LoginSourceId) -> Result<()> {
        met(
            diesel::update(login_sources::table.find(Id::of(id)))
                .set(login_sources::guard.eq(login_sources::guard + 1))
                .execute(self.conn),
            "login source",
        )
    }

    fn touch_login_source(&mut self, row: &SourceRecord) -> Result<()> {
        compared_and_set(
            diesel::update(login_sources::table.find(Id::of(row.id)))
                .filter(login_sources::version.eq(row.version))
                .set(login_sources::version.eq(login_sources::version + 1))
                .execute(self.conn),
        )
    }

    fn insert_service_act(&mut self, row: &ServiceAct) -> Result<()> {
        done(
            diesel::insert_into(login_source_services::table)
                .values(ServiceRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn insert_heartbeat(&mut self, row: &HeartbeatRecord) -> Result<()> {
        done(
            diesel::insert_into(login_heartbeats::table)
                .values(HeartbeatRow::of(row)?)
                .execute(self.conn),
        )?;
        let lowered_at = row.lowered.then_some(Instant(row.recorded_at));
        let source = login_sources::table.find(Id::of(row.login_source_id));
        let last = (
            login_sources::complete_through.eq(Instant(row.complete_through)),
            login_sources::heartbeat_at.eq(Instant(row.recorded_at)),
        );
        done(match lowered_at {
            Some(at) => diesel::update(source)
                .set((last, login_sources::lowered_at.eq(at)))
                .execute(self.conn),
            None => diesel::update(source).set(last).execute(self.conn),
        })
    }

    fn insert_login_events(&mut self, rows: &[LoginEvent]) -> Result<()> {
        let rows: Vec<EventRow> = rows.iter().map(EventRow::of).collect::<Result<_>>()?;
        on_backend!(
            self.conn,
            postgres: |conn| {
                for rows in rows.chunks(ROWS_PER_STATEMENT) {
                    done(diesel::insert_into(login_events::table).values(rows).execute(conn))?;
                }
                Ok(())
            },
            sqlite: |conn| {
                for row in &rows {
                    done(diesel::insert_into(login_events::table).values(row).execute(conn))?;
                }
                Ok(())
            },
        )
    }

    fn insert_access_signals(&mut self, rows: &[AccessSignal]) -> Result<()> {
        let rows: Vec<SignalRow> = rows.iter().map(SignalRow::of).collect::<Result<_>>()?;
        on_backend!(
            self.conn,
            postgres: |conn| {
                for rows in rows.chunks(ROWS_PER_STATEMENT) {
                    done(diesel::insert_into(access_signals::table).values(rows).execute(conn))?;
                }
                Ok(())
            },
            sqlite: |conn| {
                for row in &rows {
                    done(diesel::insert_into(access_signals::table).values(row).execute(conn))?;
                }
                Ok(())
            },
        )
    }

    fn update_access_signal(&mut self, row: &AccessSignal) -> Result<()> {
        compared_and_set(
            diesel::update(access_signals::table.find(Id::of(row.id)))
                .filter(access_signals::version.eq(row.version))
                .set((
                    access_signals::state.eq(row.state.as_str()),
                    access_signals::reason.eq(&row.reason),
                    access_signals::closed_at.eq(row.closed_at.map(Instant)),
                    access_signals::closed_by.eq(row.closed_by.map(Id::of)),
                    access_signals::version.eq(access_signals::version + 1),
                ))
                .execute(self.conn),
        )
    }
}
