//! `/v1/departures`.

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::ends::{
    self, AnnouncedEndResponse, CancelRequest, DryRun, EndFilter, NewDate,
    RescheduleDepartureRequest,
};
use super::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Query, VersionedJson,
};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, EndKind, NewDeparture};
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, OrganizationId, PersonId};

const DOOR: (EndKind, Action) = (EndKind::Departure, Action::ReportDeparture);

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_departures)
        .service(report_departure)
        .service(get_departure)
        .service(cancel_departure)
        .service(reschedule_departure);
}

/// A departure.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportDepartureRequest {
    person_id: Uuid,
    organization_id: Uuid,
    /// When employment ended or will end.
    #[serde(default)]
    ended_at: Option<InstantText>,
    /// The last local day of employment, where no instant is known; the 24 hours for the report start at its end.
    #[serde(default)]
    ended_on: Option<DayText>,
    /// The departure that this one corrects; a reason is needed then. One that took effect stays
    /// effective, contested, until staff decide.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

/// List departures
///
/// Departures that the caller may know of. Nobody sees his own before it takes effect.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "list_departures",
    params(EndFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of departures.",
            body = ListResponse<AnnouncedEndResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [ends::example("employment_ended", "scheduled", 1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/departures")]
async fn list_departures(
    state: web::Data<State>,
    list: List<EndFilter>,
) -> Result<HttpResponse, Problem> {
    ends::list(&state, list, DOOR.0).await
}

/// Report a departure
///
/// Employment of a person at an organization ended, or will. It ends the license there only, withdraws open requests there,
/// and says whether the report came in time. A repeated report is recorded too; of two the earliest end wins. A supervisor
/// dates his report at most 24 hours before its recording; staff record when it reached them.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "report_departure",
    params(DryRun),
    request_body(
        content = ReportDepartureRequest,
        description = "The departure.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "ended_at": "2026-06-30T17:00:00-04:00",
            "report": { "channel": "phone", "ticket_reference": "HD-1042" },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The departure as recorded.",
            body = AnnouncedEndResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(ends::example("employment_ended", "scheduled", 1)),
        ),
        (
            status = 200,
            description = "Dry run: what would be recorded and whom it would hit. Nothing was kept.",
            body = AnnouncedEndResponse,
            example = json!(ends::example("employment_ended", "scheduled", 1)),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/departures")]
async fn report_departure(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<ReportDepartureRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewDeparture {
        person_id: PersonId(request.person_id),
        organization_id: OrganizationId(request.organization_id),
        ended: needed_moment(request.ended_at, request.ended_on, "ended")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: DOOR.1,
        idempotency: body.idempotency,
        dry_run,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::report_departure(tx, &new, dry_run),
            |end| ends::recorded(end, "/v1/departures"),
        )
        .await?;
    Ok(super::responses::send(reply))
}

/// Get a departure
///
/// The departure as it stands now, after every move.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "get_departure",
    params(("id" = Uuid, Path, description = "The departure.")),
    responses(
        (
            status = 200,
            description = "The departure.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("employment_ended", "effective", 1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/departures/{id}")]
async fn get_departure(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    ends::get(&state, caller, id, seen, DOOR.0).await
}

/// Call a departure off
///
/// Only while it lies ahead. It stays on record, cancelled.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "cancel_departure",
    params(("id" = Uuid, Path, description = "The departure.")),
    request_body(
        content = CancelRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "She stays after all." } }),
    ),
    responses(
        (
            status = 200,
            description = "The departure, cancelled.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("employment_ended", "cancelled", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/departures/{id}/cancel")]
async fn cancel_departure(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<CancelRequest>,
) -> Result<HttpResponse, Problem> {
    ends::cancel(&state, caller, id, body, DOOR).await
}

/// Move a departure to another date
///
/// Moved into the past it acts at once, never back. One that took effect already stays effective: the move is recorded with
/// its reason, and contests the end of the license for staff to decide.
#[utoipa::path(
    tag = tags::DEPARTURES,
    operation_id = "reschedule_departure",
    params(("id" = Uuid, Path, description = "The departure.")),
    request_body(
        content = RescheduleDepartureRequest,
        description = "The version acted upon, and the new date.",
        example = json!({ "expected_version": 1, "ended_on": "2026-07-15" }),
    ),
    responses(
        (
            status = 200,
            description = "The departure with its new date.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("employment_ended", "scheduled", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/departures/{id}/reschedule")]
async fn reschedule_departure(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<RescheduleDepartureRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let call = Call {
        caller,
        action: DOOR.1,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let date = NewDate {
        at: body.value.ended_at,
        on: body.value.ended_on,
        report: body.value.report,
        field: "ended",
    };
    ends::reschedule(&state, call, id, expected, date, DOOR.0).await
}
