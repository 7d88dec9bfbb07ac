//! `/v1/deactivations`.

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::ends::{
    self, AnnouncedEndResponse, CancelRequest, CauseName, DryRun, EndFilter, NewDate,
    RescheduleDeactivationRequest,
};
use super::extract::{
    Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Query, VersionedJson,
};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, moment};
use super::time::{DayText, InstantText};
use super::{State, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, EndKind, NewDeactivation};
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, LicenseId};

const DOOR: (EndKind, Action) = (EndKind::Deactivation, Action::Deactivate);

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_deactivations)
        .service(deactivate_license)
        .service(get_deactivation)
        .service(cancel_deactivation)
        .service(reschedule_deactivation);
}

/// A deactivation.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DeactivateLicenseRequest {
    license_id: Uuid,
    cause: CauseName,
    /// From when access is off. Absent, like `effective_on`: now.
    #[serde(default)]
    effective_at: Option<InstantText>,
    /// The last local day of access.
    #[serde(default)]
    effective_on: Option<DayText>,
    /// The deactivation that this one corrects; a reason is needed then. One that took effect stays
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

/// List deactivations
///
/// Deactivations that the caller may know of, those because employment ended included.
#[utoipa::path(
    tag = tags::DEACTIVATIONS,
    operation_id = "list_deactivations",
    params(EndFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of deactivations.",
            body = ListResponse<AnnouncedEndResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [ends::example("no_longer_needed", "scheduled", 1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/deactivations")]
async fn list_deactivations(
    state: web::Data<State>,
    list: List<EndFilter>,
) -> Result<HttpResponse, Problem> {
    ends::list(&state, list, DOOR.0).await
}

/// Deactivate a license
///
/// Ends access now or later. With cause `employment_ended` it is a departure by another door. What follows from a rule
/// (inactivity, a lapsed agreement, ...) is never named by hand, nor is what takes effect only after a notice that names
/// the day (`seat_reduction`).
#[utoipa::path(
    tag = tags::DEACTIVATIONS,
    operation_id = "deactivate_license",
    params(DryRun),
    request_body(
        content = DeactivateLicenseRequest,
        description = "The deactivation.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "cause": "no_longer_needed",
            "effective_at": "2026-06-30T17:00:00-04:00",
            "report": { "reason": "She moves to a position without data entry." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The deactivation as recorded.",
            body = AnnouncedEndResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(ends::example("no_longer_needed", "scheduled", 1)),
        ),
        (
            status = 200,
            description = "Dry run: what would be recorded and whom it would hit. Nothing was kept.",
            body = AnnouncedEndResponse,
            example = json!(ends::example("no_longer_needed", "scheduled", 1)),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/deactivations")]
async fn deactivate_license(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<DeactivateLicenseRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewDeactivation {
        license_id: LicenseId(request.license_id),
        cause: request.cause.into(),
        effective: moment(request.effective_at, request.effective_on, "effective")?,
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
            move |tx| licensing::deactivate(tx, &new, dry_run),
            |end| ends::recorded(end, "/v1/deactivations"),
        )
        .await?;
    Ok(super::responses::send(reply))
}

/// Get a deactivation
///
/// The deactivation as it stands now, after every move.
#[utoipa::path(
    tag = tags::DEACTIVATIONS,
    operation_id = "get_deactivation",
    params(("id" = Uuid, Path, description = "The deactivation.")),
    responses(
        (
            status = 200,
            description = "The deactivation.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("no_longer_needed", "effective", 1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/deactivations/{id}")]
async fn get_deactivation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    ends::get(&state, caller, id, seen, DOOR.0).await
}

/// Call a deactivation off
///
/// Only while it lies ahead. It stays on record, cancelled.
#[utoipa::path(
    tag = tags::DEACTIVATIONS,
    operation_id = "cancel_deactivation",
    params(("id" = Uuid, Path, description = "The deactivation.")),
    request_body(
        content = CancelRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "She stays after all." } }),
    ),
    responses(
        (
            status = 200,
            description = "The deactivation, cancelled.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("no_longer_needed", "cancelled", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/deactivations/{id}/cancel")]
async fn cancel_deactivation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<CancelRequest>,
) -> Result<HttpResponse, Problem> {
    ends::cancel(&state, caller, id, body, DOOR).await
}

/// Move a deactivation to another date
///
/// Only while it lies ahead. Moved into the past it acts at once, never back.
#[utoipa::path(
    tag = tags::DEACTIVATIONS,
    operation_id = "reschedule_deactivation",
    params(("id" = Uuid, Path, description = "The deactivation.")),
    request_body(
        content = RescheduleDeactivationRequest,
        description = "The version acted upon, and the new date.",
        example = json!({ "expected_version": 1, "effective_on": "2026-07-15" }),
    ),
    responses(
        (
            status = 200,
            description = "The deactivation with its new date.",
            body = AnnouncedEndResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(ends::example("no_longer_needed", "scheduled", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/deactivations/{id}/reschedule")]
async fn reschedule_deactivation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<RescheduleDeactivationRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let call = Call {
        caller,
        action: DOOR.1,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let date = NewDate {
        at: body.value.effective_at,
        on: body.value.effective_on,
        report: body.value.report,
        field: "effective",
    };
    ends::reschedule(&state, call, id, expected, date, DOOR.0).await
}
