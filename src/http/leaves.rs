//! `/v1/leaves`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse, moment, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, LeaveShown, LeaveStatus, NewLeave};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::ids::{FactId, OrganizationId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_leaves)
        .service(record_leave)
        .service(get_leave)
        .service(return_from_leave)
        .service(cancel_leave);
}

/// Where a leave stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LeaveStatus)]
pub enum LeaveStatusName {
    /// It lies ahead, and can be cancelled.
    Scheduled,
    /// The person is away; the license is held.
    Running,
    /// The person is back.
    Returned,
    Cancelled,
    /// Another record replaced it.
    Corrected,
}

impl From<LeaveStatus> for LeaveStatusName {
    fn from(status: LeaveStatus) -> Self {
        match status {
            LeaveStatus::Scheduled => Self::Scheduled,
            LeaveStatus::Running => Self::Running,
            LeaveStatus::Returned => Self::Returned,
            LeaveStatus::Cancelled => Self::Cancelled,
            LeaveStatus::Corrected => Self::Corrected,
        }
    }
}

/// A leave. Say nothing about its kind.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordLeaveRequest {
    person_id: Uuid,
    organization_id: Uuid,
    /// When it begins or began.
    #[serde(default)]
    from_at: Option<InstantText>,
    /// The first local day of the leave.
    #[serde(default)]
    from_on: Option<DayText>,
    /// When it ends. Absent, like `until_on`: it is open until the return is recorded.
    #[serde(default)]
    until_at: Option<InstantText>,
    /// The last local day of the leave.
    #[serde(default)]
    until_on: Option<DayText>,
    /// The leave that this one corrects; a reason is needed then.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// When the person is back.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReturnFromLeaveRequest {
    #[serde(default)]
    returned_at: Option<InstantText>,
    /// The first local day back.
    #[serde(default)]
    returned_on: Option<DayText>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why a leave is called off.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelLeaveRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A leave as it stands now. Supervisors and the help desk see its dates only.
#[derive(Serialize, ToSchema)]
#[schema(as = Leave)]
pub struct LeaveResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    status: LeaveStatusName,
    from: DateTime<Utc>,
    /// The end that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// From when the person is back.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Rises with its return, cancellation or correction; `expected_version` is compared with it.
    version: i32,
}

impl From<&LeaveShown> for LeaveResponse {
    fn from(leave: &LeaveShown) -> Self {
        Self {
            id: leave.fact.id.into(),
            implementation_id: leave.fact.implementation_id.into(),
            person_id: leave.fact.person_id.into(),
            organization_id: leave.fact.organization_id.map(Into::into),
            license_id: leave.fact.license_id.map(Into::into),
            status: leave.status.into(),
            from: leave.from,
            until: leave.until,
            returned_at: leave.returned_at,
            report: (&leave.fact.envelope).into(),
            version: leave.version,
        }
    }
}

/// What narrows a list of leaves.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LeaveFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused, Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(status: &str) -> Value {
    let mut example = json!({
        "id": "0199f3c2-a500-7d00-8e00-6f6f6f6f6f05",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "status": status,
        "from": "2026-05-04T04:00:00Z",
        "until": "2026-08-01T04:00:00Z",
        "report": {
            "reported_at": "2026-04-20T13:00:00Z",
            "recorded_at": "2026-04-20T13:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
        },
        "version": if matches!(status, "scheduled" | "running") { 1 } else { 2 },
    });
    if status == "returned" {
        example["returned_at"] = json!("2026-07-20T12:00:00Z");
    }
    example
}

/// List leaves
///
/// Leaves that the caller may know of.
#[utoipa::path(
    tag = tags::LEAVES,
    operation_id = "list_leaves",
    params(LeaveFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of leaves.",
            body = ListResponse<LeaveResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("running")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/leaves")]
async fn list_leaves(
    state: web::Data<State>,
    list: List<LeaveFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLicense, move |rx| {
            licensing::leaves(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |leave| LeaveResponse::from(leave)))
}

/// Record a leave
///
/// From its beginning the license is held by itself, no warning is due, and what lapses meanwhile falls due ten business
/// days after the return.
#[utoipa::path(
    tag = tags::LEAVES,
    operation_id = "record_leave",
    request_body(
        content = RecordLeaveRequest,
        description = "The leave.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "from_on": "2026-05-04",
            "until_on": "2026-07-31",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The leave as recorded.",
            body = LeaveResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("scheduled")),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/leaves")]
async fn record_leave(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordLeaveRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewLeave {
        person_id: PersonId(request.person_id),
        organization_id: OrganizationId(request.organization_id),
        from: needed_moment(request.from_at, request.from_on, "from")?,
        until: moment(request.until_at, request.until_on, "until")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::ReportLeave, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::record_leave(tx, &new),
            |leave| {
                let path = format!("/v1/leaves/{}", leave.fact.id);
                responses::created(path, leave.version, &LeaveResponse::from(leave))
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a leave
///
/// The leave as it stands now.
#[utoipa::path(
    tag = tags::LEAVES,
    operation_id = "get_leave",
    params(("id" = Uuid, Path, description = "The leave.")),
    responses(
        (
            status = 200,
            description = "The leave.",
            body = LeaveResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("running")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/leaves/{id}")]
async fn get_leave(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let leave = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::leave(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        leave.version,
        &LeaveResponse::from(&leave),
    ))
}

/// Return from a leave
///
/// The hold of the leave ends by itself. After an absence longer than the inactivity limit it becomes a hold
/// `long_inactivity`, cured as the return ladder says.
#[utoipa::path(
    tag = tags::LEAVES,
    operation_id = "return_from_leave",
    params(("id" = Uuid, Path, description = "The leave.")),
    request_body(
        content = ReturnFromLeaveRequest,
        description = "The version acted upon, and when the person is back.",
        example = json!({ "expected_version": 1, "returned_at": "2026-07-20T08:00:00-04:00" }),
    ),
    responses(
        (
            status = 200,
            description = "The leave, with its return.",
            body = LeaveResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("returned")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/leaves/{id}/return")]
async fn return_from_leave(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ReturnFromLeaveRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let returned = needed_moment(body.value.returned_at, body.value.returned_on, "returned")?;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ReportLeave, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::return_from_leave(tx, id, expected, returned, &reported),
            |leave| responses::changed(leave.version, &LeaveResponse::from(leave)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Call a leave off
///
/// Only while it lies ahead. It stays on record, cancelled.
#[utoipa::path(
    tag = tags::LEAVES,
    operation_id = "cancel_leave",
    params(("id" = Uuid, Path, description = "The leave.")),
    request_body(
        content = CancelLeaveRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "The dates were another's." } }),
    ),
    responses(
        (
            status = 200,
            description = "The leave, cancelled.",
            body = LeaveResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("cancelled")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/leaves/{id}/cancel")]
async fn cancel_leave(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<CancelLeaveRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ReportLeave, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::cancel_leave(tx, id, expected, &reported),
            |leave| responses::changed(leave.version, &LeaveResponse::from(leave)),
        )
        .await?;
    Ok(responses::send(reply))
}
