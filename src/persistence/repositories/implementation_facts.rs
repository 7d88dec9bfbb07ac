//! Facts about whole implementations. Rows are inserted and read, never changed.

use diesel::prelude::*;

use super::{Result, Row, all, done, ids, json, one, read_json, read_word, word};
use crate::application::ports::{ImplementationFactReads, ImplementationFactWrites, Page, Visible};
use crate::domain::calendar::{Instant as At, Precision};
use crate::domain::fact::{Envelope, FactKind, ImplementationFact};
use crate::domain::ids::{FactId, ImplementationId};
use crate::domain::license::LicenseStatus;
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::error::map_error;
use crate::persistence::schema::{implementation_facts, implementations, licenses};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = implementation_facts)]
struct ImplementationFactRow {
    id: Id,
    implementation_id: Id,
    about_id: Option<Id>,
    kind: String,
    payload: String,
    reported_at: Instant,
    recorded_at: Instant,
    reporter: String,
    recorded_by: Id,
    channel: String,
    ticket_reference: Option<String>,
    reason: Option<String>,
}

impl Row for ImplementationFactRow {
    type Record = ImplementationFact;

    fn of(record: &ImplementationFact) -> Result<Self> {
        let envelope = &record.envelope;
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            about_id: record.about().map(Id::of),
            kind: record.body.kind().as_str().to_owned(),
            payload: json(&record.body)?,
            reported_at: Instant(envelope.reported_at),
            recorded_at: Instant(envelope.recorded_at),
            reporter: json(&envelope.reported_by)?,
            recorded_by: Id::of(envelope.recorded_by),
            channel: word(&envelope.channel)?,
            ticket_reference: envelope.ticket_reference.clone(),
            reason: envelope.reason.clone(),
        })
    }

    fn read(self) -> Result<ImplementationFact> {
        Ok(ImplementationFact {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            envelope: Envelope {
                occurred_at: self.recorded_at.0,
                precision: Precision::Instant,
                reported_at: self.reported_at.0,
                recorded_at: self.recorded_at.0,
                reported_by: read_json(&self.reporter)?,
                recorded_by: self.recorded_by.to(),
                // Deputies stand in for supervisors, who decide nothing for a whole implementation.
                on_behalf_of: None,
                channel: read_word(&self.channel)?,
                ticket_reference: self.ticket_reference,
                reason: self.reason,
                supersedes: None,
            },
            body: read_json(&self.payload)?,
        })
    }
}

impl ImplementationFactReads for Session<'_> {
    fn implementation_fact(&mut self, id: FactId) -> Result<Option<ImplementationFact>> {
        one(implementation_facts::table
            .find(Id::of(id))
            .select(ImplementationFactRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn facts_of_implementation(&mut self, id: ImplementationId) -> Result<Vec<ImplementationFact>> {
        all::<ImplementationFactRow>(
            implementation_facts::table
                .filter(implementation_facts::implementation_id.eq(Id::of(id)))
                .order((
                    implementation_facts::recorded_at.asc(),
                    implementation_facts::id.asc(),
                ))
                .select(ImplementationFactRow::as_select())
                .load(self.conn),
        )
    }

    fn implementation_facts(
        &mut self,
        visible: &Visible,
        kind: FactKind,
        implementation: Option<ImplementationId>,
        page: Page,
    ) -> Result<Vec<ImplementationFact>> {
        let mut query = visible_rows!(
            implementation_facts::table
                .select(ImplementationFactRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            implementation_facts::implementation_id.eq_any(ids(&visible.implementations)),
        );
        query = query.filter(implementation_facts::kind.eq(kind.as_str()));
        if let Some(id) = implementation {
            query = query.filter(implementation_facts::implementation_id.eq(Id::of(id)));
        }
        all(page_by!(query, implementation_facts::id, page)
            .load::<ImplementationFactRow>(self.conn))
    }

    fn absences_by(&mut self, implementation: ImplementationId, at: At, limit: i64) -> Result<i64> {
        // What was recorded under older rules, or before a hold, says nothing about what comes.
        let generation: i64 = implementations::table
            .find(Id::of(implementation))
            .select(implementations::generation)
            .first(self.conn)
            .map_err(map_error)?;
        // Rows are fetched, at most `limit` of them: a count would go on beyond what anybody asks.
        let found: Vec<Id> = licenses::table
            .filter(licenses::implementation_id.eq(Id::of(implementation)))
            .filter(licenses::next_absence_at.le(Instant(at)))
            .filter(licenses::generation.eq(generation))
            .select(licenses::id)
            .limit(limit)
            .load(self.conn)
            .map_err(map_error)?;
        Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
    }

    fn licenses_with_access(&mut self, implementation: ImplementationId) -> Result<i64> {
        let states = [LicenseStatus::Active, LicenseStatus::Warned].map(LicenseStatus::as_str);
        licenses::table
            .filter(licenses::implementation_id.eq(Id::of(implementation)))
            .filter(licenses::state.eq_any(states))
            .count()
            .get_result(self.conn)
            .map_err(map_error)
    }
}

impl ImplementationFactWrites for Session<'_> {
    fn insert_implementation_fact(&mut self, row: &ImplementationFact) -> Result<()> {
        done(
            diesel::insert_into(implementation_facts::table)
                .values(ImplementationFactRow::of(row)?)
                .execute(self.conn),
        )
    }
}
