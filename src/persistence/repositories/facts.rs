//! Facts: one table for every kind. Rows are inserted and read, never changed.

use diesel::prelude::*;

use super::{Result, Row, all, by_ids, done, ids, json, one, present, read_json, read_word, word};
use crate::application::ports::{FactFilter, FactReads, FactWrites, Page, StoreError, Visible};
use crate::domain::fact::{Envelope, Fact, FactBody};
use crate::domain::ids::{FactId, PersonId};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::facts;
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = facts)]
struct FactRow {
    id: Id,
    implementation_id: Id,
    person_id: Id,
    organization_id: Option<Id>,
    request_id: Option<Id>,
    license_id: Option<Id>,
    kind: String,
    payload: String,
    occurred_at: Instant,
    precision: String,
    reported_at: Instant,
    recorded_at: Instant,
    reporter: String,
    recorded_by: Id,
    channel: String,
    ticket_reference: Option<String>,
    reason: Option<String>,
    supersedes: Option<Id>,
    on_behalf_of: Option<Id>,
}

impl Row for FactRow {
    type Record = Fact;

    fn of(record: &Fact) -> Result<Self> {
        let envelope = &record.envelope;
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            person_id: Id::of(record.person_id),
            organization_id: record.organization_id.map(Id::of),
            request_id: record.request_id.map(Id::of),
            license_id: record.license_id.map(Id::of),
            kind: record.body.kind().as_str().to_owned(),
            payload: json(&record.body)?,
            occurred_at: Instant(envelope.occurred_at),
            precision: word(&envelope.precision)?,
            reported_at: Instant(envelope.reported_at),
            recorded_at: Instant(envelope.recorded_at),
            reporter: json(&envelope.reported_by)?,
            recorded_by: Id::of(envelope.recorded_by),
            channel: word(&envelope.channel)?,
            ticket_reference: envelope.ticket_reference.clone(),
            reason: envelope.reason.clone(),
            supersedes: envelope.supersedes.map(Id::of),
            on_behalf_of: envelope.on_behalf_of.map(Id::of),
        })
    }

    fn read(self) -> Result<Fact> {
        let body: FactBody = read_json(&self.payload)?;
        if body.kind().as_str() != self.kind {
            return Err(StoreError::Corrupt(format!(
                "a fact stored as `{}` says `{}`",
                self.kind,
                body.kind().as_str()
            )));
        }
        Ok(Fact {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            person_id: self.person_id.to(),
            organization_id: self.organization_id.map(Id::to),
            request_id: self.request_id.map(Id::to),
            license_id: self.license_id.map(Id::to),
            envelope: Envelope {
                occurred_at: self.occurred_at.0,
                precision: read_word(&self.precision)?,
                reported_at: self.reported_at.0,
                recorded_at: self.recorded_at.0,
                reported_by: read_json(&self.reporter)?,
                recorded_by: self.recorded_by.to(),
                channel: read_word(&self.channel)?,
                ticket_reference: self.ticket_reference,
                reason: self.reason,
                supersedes: self.supersedes.map(Id::to),
                on_behalf_of: self.on_behalf_of.map(Id::to),
            },
            body,
        })
    }
}

impl FactReads for Session<'_> {
    fn fact(&mut self, id: FactId) -> Result<Option<Fact>> {
        one(facts::table
            .find(Id::of(id))
            .select(FactRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn facts_of_person(&mut self, id: PersonId) -> Result<Vec<Fact>> {
        all::<FactRow>(
            facts::table
                .filter(facts::person_id.eq(Id::of(id)))
                .order((facts::recorded_at.asc(), facts::id.asc()))
                .select(FactRow::as_select())
                .load(self.conn),
        )
    }

    fn last_recording(
        &mut self,
        ids: &[PersonId],
    ) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        let last = by_ids(ids, |ids| {
            facts::table
                .filter(facts::person_id.eq_any(ids))
                .order(facts::recorded_at.desc())
                .select(facts::recorded_at)
                .limit(1)
                .load::<Instant>(self.conn)
                .map_err(map_error)
        })?;
        Ok(last.into_iter().map(|at| at.0).max())
    }

    fn facts_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<Fact>> {
        let mut found = by_ids(ids, |ids| {
            all::<FactRow>(
                facts::table
                    .filter(facts::person_id.eq_any(ids))
                    .select(FactRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
        Ok(found)
    }

    fn facts(&mut self, visible: &Visible, filter: &FactFilter, page: Page) -> Result<Vec<Fact>> {
        // What belongs to a person everywhere is seen at each organization the person belongs to.
        let mut query = visible_rows!(
            facts::table
                .select(FactRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            facts::implementation_id.eq_any(ids(&visible.implementations)),
            facts::person_id.eq_any(ids(&visible.people)),
            facts::organization_id.eq_any(ids(&visible.organizations)),
            facts::organization_id.is_null().and(belongs_to_any!(
                facts::person_id,
                ids(&visible.organizations)
            )),
        );
        if !filter.kinds.is_empty() {
            let kinds: Vec<&'static str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
            query = query.filter(facts::kind.eq_any(kinds));
        }
        if let Some(id) = filter.implementation_id {
            query = query.filter(facts::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(facts::organization_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.person_id {
            let person = present(self.conn, id)?;
            query = query.filter(facts::person_id.eq(person));
        }
        if let Some(id) = filter.request_id {
            query = query.filter(facts::request_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.license_id {
            query = query.filter(facts::license_id.eq(Id::of(id)));
        }
        all(page_by!(query, facts::id, page).load::<FactRow>(self.conn))
    }
}

/// How many facts go into one statement: PostgreSQL binds at most 65,535 values.
const FACTS_PER_STATEMENT: usize = 1_000;

impl FactWrites for Session<'_> {
    fn insert_facts(&mut self, rows: &[Fact]) -> Result<()> {
        let rows: Vec<FactRow> = rows.iter().map(FactRow::of).collect::<Result<_>>()?;
        on_backend!(
            self.conn,
            postgres: |conn| {
                for rows in rows.chunks(FACTS_PER_STATEMENT) {
                    done(diesel::insert_into(facts::table).values(rows).execute(conn))?;
                }
                Ok(())
            },
            // SQLite has nothing to gain from a longer statement, and caches the short one.
            sqlite: |conn| {
                for row in &rows {
                    done(diesel::insert_into(facts::table).values(row).execute(conn))?;
                }
                Ok(())
            },
        )
    }
}
