//! Sweeps, and what is due for one.

use std::collections::BTreeSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::{Result, Row, all, done, ids, json, one, read_json};
use crate::application::ports::{Due, DueAt, Page, SweepReads, SweepWrites, Visible};
use crate::domain::ids::{ImplementationId, PersonId, SweepId};
use crate::domain::sweep::Sweep;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{implementations, license_requests, licenses, sweeps};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sweeps)]
struct SweepRow {
    id: Id,
    implementation_id: Id,
    as_of: Instant,
    started_at: Instant,
    finished_at: Instant,
    people: i64,
    failed: i64,
    complete: bool,
    late_by_seconds: i64,
    changes: String,
    notices: String,
    absence_hold: Option<String>,
    recorded_by: Id,
}

impl Row for SweepRow {
    type Record = Sweep;

    fn of(record: &Sweep) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            as_of: Instant(record.as_of),
            started_at: Instant(record.started_at),
            finished_at: Instant(record.finished_at),
            people: record.people,
            failed: record.failed,
            complete: record.complete,
            late_by_seconds: record.late_by_seconds,
            changes: json(&record.changes)?,
            notices: json(&record.notices)?,
            absence_hold: record.absence_hold.as_ref().map(json).transpose()?,
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<Sweep> {
        Ok(Sweep {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            as_of: self.as_of.0,
            started_at: self.started_at.0,
            finished_at: self.finished_at.0,
            people: self.people,
            failed: self.failed,
            complete: self.complete,
            late_by_seconds: self.late_by_seconds,
            changes: read_json(&self.changes)?,
            notices: read_json(&self.notices)?,
            absence_hold: self.absence_hold.as_deref().map(read_json).transpose()?,
            recorded_by: self.recorded_by.to(),
        })
    }
}

/// The due rows of one of the tables that record states, found by their index.
macro_rules! due_at {
    ($conn:expr, $table:ident, $at:ident, $implementation:expr, $as_of:expr, $after:expr, $limit:expr) => {{
        let mut query = $table::table
            .filter($table::implementation_id.eq(Id::of($implementation)))
            .filter($table::$at.le(Instant($as_of)))
            .select(($table::$at.assume_not_null(), $table::id, $table::person_id))
            .into_boxed::<MultiBackend>();
        if let Some((at, id)) = $after {
            query = query.filter(
                $table::$at
                    .gt(Instant(at))
                    .or($table::$at.eq(Instant(at)).and($table::id.gt(Id::of(id)))),
            );
        }
        query
            .order(($table::$at.asc(), $table::id.asc()))
            .limit($limit)
            .load::<(Instant, Id, Id)>($conn)
    }};
}

impl SweepReads for Session<'_> {
    fn due_at(
        &mut self,
        due: Due,
        implementation: ImplementationId,
        as_of: chrono::DateTime<chrono::Utc>,
        after: Option<(chrono::DateTime<chrono::Utc>, Uuid)>,
        limit: i64,
    ) -> Result<Vec<DueAt>> {
        let rows = match due {
            Due::Licenses => {
                due_at!(
                    self.conn,
                    licenses,
                    next_change_at,
                    implementation,
                    as_of,
                    after,
                    limit
                )
            }
            Due::LicenseRequests => {
                due_at!(
                    self.conn,
                    license_requests,
                    next_change_at,
                    implementation,
                    as_of,
                    after,
                    limit
                )
            }
            Due::Notices => {
                due_at!(
                    self.conn,
                    licenses,
                    next_notice_at,
                    implementation,
                    as_of,
                    after,
                    limit
                )
            }
            Due::Warnings => {
                due_at!(
                    self.conn,
                    licenses,
                    next_warning_at,
                    implementation,
                    as_of,
                    after,
                    limit
                )
            }
        };
        let rows = rows.map_err(map_error)?.into_iter();
        Ok(rows
            .map(|(due_at, id, person)| DueAt {
                due_at: due_at.0,
                id: id.to(),
                person_id: person.to(),
            })
            .collect())
    }

    fn stale_people_of(
        &mut self,
        implementation: ImplementationId,
        limit: i64,
    ) -> Result<Vec<PersonId>> {
        let generation: i64 = implementations::table
            .find(Id::of(implementation))
            .select(implementations::generation)
            .first(self.conn)
            .map_err(map_error)?;
        // The generation is a value here, so that the index by implementation and generation is walked.
        macro_rules! stale {
            ($table:ident) => {
                $table::table
                    .filter($table::implementation_id.eq(Id::of(implementation)))
                    .filter($table::generation.lt(generation))
                    .select($table::person_id)
                    .distinct()
                    .limit(limit)
                    .load::<Id>(self.conn)
                    .map_err(map_error)?
            };
        }
        let mut people: BTreeSet<Id> = stale!(licenses).into_iter().collect();
        people.extend(stale!(license_requests));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(people.into_iter().take(limit).map(Id::to).collect())
    }

    fn sweep(&mut self, id: SweepId) -> Result<Option<Sweep>> {
        one(sweeps::table
            .find(Id::of(id))
            .select(SweepRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn sweeps(
        &mut self,
        visible: &Visible,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<Sweep>> {
        let mut query = visible_rows!(
            sweeps::table
                .select(SweepRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            sweeps::implementation_id.eq_any(ids(&visible.implementations)),
        );
        if let Some(id) = implementation {
            query = query.filter(sweeps::implementation_id.eq(Id::of(id)));
        }
        all(page_by!(query, sweeps::id, page).load::<SweepRow>(self.conn))
    }
}

impl SweepWrites for Session<'_> {
    fn insert_sweep(&mut self, row: &Sweep) -> Result<()> {
        done(
            diesel::insert_into(sweeps::table)
                .values(SweepRow::of(row)?)
                .execute(self.conn),
        )
    }
}
