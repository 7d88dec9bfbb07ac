//! License requests.

use diesel::prelude::*;

use super::{
    Result, Row, by_ids, compared_and_set, done, one, read_json, read_word, state_of, word,
};
use super::{all, json};
use crate::application::ports::{Page, RequestReads, RequestWrites, StateFilter, Visible};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::request::{LicenseRequest, RecordedState, RequestState};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::{implementations, license_requests};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = license_requests)]
struct RequestRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    person_id: Id,
    license_type: String,
    class: String,
    job_role: Option<String>,
    projects: String,
    attestations: String,
    requester: Id,
    requested_by: Option<Id>,
    channel: String,
    ticket_reference: Option<String>,
    reported_at: Instant,
    reporter: String,
    reason: Option<String>,
    submitted_at: Instant,
    state: String,
    next_change_at: Option<Instant>,
    generation: i64,
    open_key: Option<String>,
    version: i32,
    source: Option<String>,
}

/// What no two open requests may share.
fn open_key(record: &LicenseRequest) -> Option<String> {
    record.recorded.state.is_open().then(|| {
        format!(
            "{}:{}:{}",
            record.person_id, record.organization_id, record.license_type
        )
    })
}

impl Row for RequestRow {
    type Record = LicenseRequest;

    fn of(record: &LicenseRequest) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            person_id: Id::of(record.person_id),
            license_type: record.license_type.clone(),
            class: word(&record.class)?,
            job_role: record.job_role.clone(),
            projects: json(&record.projects)?,
            attestations: json(&record.attestations)?,
            requester: Id::of(record.requester),
            requested_by: record.requested_by.map(Id::of),
            channel: word(&record.channel)?,
            ticket_reference: record.ticket_reference.clone(),
            reported_at: Instant(record.reported_at),
            reporter: json(&record.reported_by)?,
            reason: record.reason.clone(),
            submitted_at: Instant(record.submitted_at),
            state: record.recorded.state.as_str().to_owned(),
            next_change_at: record.recorded.next_change_at.map(Instant),
            generation: record.recorded.generation,
            open_key: open_key(record),
            version: record.version,
            source: record.source.as_ref().map(json).transpose()?,
        })
    }

    fn read(self) -> Result<LicenseRequest> {
        Ok(LicenseRequest {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            person_id: self.person_id.to(),
            license_type: self.license_type,
            class: read_word(&self.class)?,
            job_role: self.job_role,
            projects: read_json(&self.projects)?,
            attestations: read_json(&self.attestations)?,
            requester: self.requester.to(),
            requested_by: self.requested_by.map(Id::to),
            channel: read_word(&self.channel)?,
            ticket_reference: self.ticket_reference,
            reported_at: self.reported_at.0,
            reported_by: read_json(&self.reporter)?,
            reason: self.reason,
            submitted_at: self.submitted_at.0,
            recorded: RecordedState {
                state: state_of(&RequestState::ALL, RequestState::as_str, &self.state)?,
                next_change_at: self.next_change_at.map(|at| at.0),
                generation: self.generation,
            },
            version: self.version,
            source: self.source.as_deref().map(read_json).transpose()?,
        })
    }
}

impl RequestReads for Session<'_> {
    fn request(&mut self, id: RequestId) -> Result<Option<LicenseRequest>> {
        one(license_requests::table
            .find(Id::of(id))
            .select(RequestRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn requests_of_people(&mut self, ids: &[PersonId]) -> Result<Vec<LicenseRequest>> {
        let mut found = by_ids(ids, |ids| {
            all::<RequestRow>(
                license_requests::table
                    .filter(license_requests::person_id.eq_any(ids))
                    .select(RequestRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|request| request.id);
        Ok(found)
    }

    fn requests(
        &mut self,
        visible: &Visible,
        filter: &StateFilter<RequestState>,
        page: Page,
    ) -> Result<Vec<LicenseRequest>> {
        recorded_states!(
            self.conn,
            license_requests,
            RequestRow,
            visible,
            filter,
            page,
            |query| query
        )
    }
}

impl RequestWrites for Session<'_> {
    fn insert_request(&mut self, row: &LicenseRequest) -> Result<()> {
        done(
            diesel::insert_into(license_requests::table)
                .values(RequestRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_request(&mut self, row: &LicenseRequest) -> Result<()> {
        compared_and_set(
            diesel::update(license_requests::table.find(Id::of(row.id)))
                .filter(license_requests::version.eq(row.version))
                .set((
                    license_requests::license_type.eq(&row.license_type),
                    license_requests::class.eq(word(&row.class)?),
                    license_requests::state.eq(row.recorded.state.as_str()),
                    license_requests::next_change_at.eq(row.recorded.next_change_at.map(Instant)),
                    license_requests::generation.eq(row.recorded.generation),
                    license_requests::open_key.eq(open_key(row)),
                    license_requests::version.eq(license_requests::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn record_request_outlook(&mut self, row: &LicenseRequest) -> Result<()> {
        compared_and_set(
            diesel::update(license_requests::table.find(Id::of(row.id)))
                .filter(license_requests::version.eq(row.version))
                .set((
                    license_requests::next_change_at.eq(row.recorded.next_change_at.map(Instant)),
                    license_requests::generation.eq(row.recorded.generation),
                ))
                .execute(self.conn),
        )
    }
}
