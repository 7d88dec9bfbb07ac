//! `/v1/sweeps`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::ends::DryRun;
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, Query};
use super::notices::NoticeKindName;
use super::problem::{BODY, KNOWN, LIST, ONE, POST, Problem};
use super::time::InstantText;
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::sweep::{self, SweepAsked};
use crate::application::{Call, Caller, Reply};
use crate::domain::ids::SweepId;
use crate::domain::sweep::{Sweep, Swept, SweptChange, SweptNotice};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_sweeps)
        .service(run_sweep)
        .service(get_sweep);
}

/// What to sweep.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RunSweepRequest {
    implementation_id: Uuid,
    /// What is due at this instant is looked at. Absent: now. It lies in the future only with `dry_run=true`.
    #[serde(default)]
    as_of: Option<InstantText>,
}

/// A state that time alone had changed.
#[derive(Serialize, ToSchema)]
#[schema(as = SweptChange)]
pub struct SweptChangeResponse {
    /// When it took effect.
    at: DateTime<Utc>,
    /// The license whose state changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// The license request whose state changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    person_id: Uuid,
    organization_id: Uuid,
    /// As recorded before. Absent: there was no license yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
}

impl From<&SweptChange> for SweptChangeResponse {
    fn from(change: &SweptChange) -> Self {
        let (license_id, license_request_id) = match change.of {
            Swept::License(id) => (Some(id.into()), None),
            Swept::LicenseRequest(id) => (None, Some(id.into())),
        };
        Self {
            at: change.at,
            license_id,
            license_request_id,
            person_id: change.person_id.into(),
            organization_id: change.organization_id.into(),
            from: change.from.clone(),
            to: change.to.clone(),
        }
    }
}

/// Something that people had to be told.
#[derive(Serialize, ToSchema)]
#[schema(as = SweptNotice)]
pub struct SweptNoticeResponse {
    /// Since when.
    due_at: DateTime<Utc>,
    license_id: Uuid,
    person_id: Uuid,
    organization_id: Uuid,
    kind: NoticeKindName,
    /// The rule it speaks for.
    rule: &'static str,
    /// The step of the inactivity rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    /// The requirement it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<String>,
    /// Earlier steps that were overtaken before anybody was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped_steps: Vec<usize>,
}

impl From<&SweptNotice> for SweptNoticeResponse {
    fn from(notice: &SweptNotice) -> Self {
        Self {
            due_at: notice.due_at,
            license_id: notice.license_id.into(),
            person_id: notice.person_id.into(),
            organization_id: notice.organization_id.into(),
            kind: notice.kind.into(),
            rule: notice.rule.as_str(),
            step: notice.step,
            requirement: notice.requirement.clone(),
            skipped_steps: notice.skipped.clone(),
        }
    }
}

/// Suspiciously many absences were about to take access away: they wait, and staff decide.
#[derive(Serialize, ToSchema)]
#[schema(as = SweptAbsenceHold)]
pub struct SweptHoldResponse {
    /// The absence hold. Absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// How many licenses would have lost access.
    affected: i64,
    /// How many had it.
    of: i64,
}

/// One pass over what was due.
#[derive(Serialize, ToSchema)]
#[schema(as = Sweep)]
pub struct SweepResponse {
    /// Absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    implementation_id: Uuid,
    /// What was due at this instant was looked at; a real sweep evaluates it as of now.
    as_of: DateTime<Utc>,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    /// How many people were evaluated.
    people: i64,
    /// How many of them could not be; the next sweep looks at them again.
    failed: i64,
    /// Whether nobody who was due was left out. If not, sweep again.
    complete: bool,
    /// By how many seconds the latest change was recorded after it took effect.
    late_by_seconds: i64,
    /// By instant.
    changes: Vec<SweptChangeResponse>,
    /// What people had to be told, queued in the list of notices. By instant.
    notices: Vec<SweptNoticeResponse>,
    /// The hold that it opened before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    absence_hold: Option<SweptHoldResponse>,
}

impl From<&Sweep> for SweepResponse {
    fn from(sweep: &Sweep) -> Self {
        Self {
            id: Some(sweep.id.into()),
            implementation_id: sweep.implementation_id.into(),
            as_of: sweep.as_of,
            started_at: sweep.started_at,
            finished_at: sweep.finished_at,
            people: sweep.people,
            failed: sweep.failed,
            complete: sweep.complete,
            late_by_seconds: sweep.late_by_seconds,
            changes: sweep.changes.iter().map(Into::into).collect(),
            notices: sweep.notices.iter().map(Into::into).collect(),
            absence_hold: sweep.absence_hold.map(|hold| SweptHoldResponse {
                id: Some(hold.id.into()),
                affected: hold.affected,
                of: hold.of,
            }),
        }
    }
}

/// What narrows the list of sweeps.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SweepFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RunProblems: KNOWN, BODY, POST);

fn example() -> Value {
    json!({
        "id": "0199f3c2-b100-7d00-8e00-7a7a7a7a7a01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "as_of": "2026-04-09T04:00:00Z",
        "started_at": "2026-04-09T04:00:12Z",
        "finished_at": "2026-04-09T04:00:12Z",
        "people": 1,
        "failed": 0,
        "complete": true,
        "late_by_seconds": 12,
        "changes": [{
            "at": "2026-04-09T04:00:00Z",
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "from": "warned",
            "to": "deactivated",
        }],
        "notices": [],
    })
}

/// List sweeps
///
/// The service sweeps by itself twice a minute; a sweep is kept where it found a change or somebody asked for it.
#[utoipa::path(
    tag = tags::SWEEPS,
    operation_id = "list_sweeps",
    params(SweepFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of sweeps.",
            body = ListResponse<SweepResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/sweeps")]
async fn list_sweeps(
    state: web::Data<State>,
    list: List<SweepFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadSweep, move |rx| {
            sweep::sweeps(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |sweep| SweepResponse::from(sweep)))
}

/// Run a sweep
///
/// Evaluates everybody of whom something is due and records the states that time alone had changed, and queues the
/// notices that are due. Access decisions never wait for it. With `dry_run=true` nothing is kept, and the answer says what a sweep at `as_of` would find.
#[utoipa::path(
    tag = tags::SWEEPS,
    operation_id = "run_sweep",
    params(DryRun),
    request_body(
        content = RunSweepRequest,
        description = "What to sweep.",
        example = json!({ "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20" }),
    ),
    responses(
        (
            status = 201,
            description = "What the sweep found, recorded.",
            body = SweepResponse,
            headers(("Location" = String, description = "The sweep.")),
            example = json!(example()),
        ),
        (
            status = 200,
            description = "Dry run: what a sweep at `as_of` would find. Nothing was kept.",
            body = SweepResponse,
            example = json!({
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
                "as_of": "2026-04-30T04:00:00Z",
                "started_at": "2026-04-09T13:00:00Z",
                "finished_at": "2026-04-09T13:00:00Z",
                "people": 0,
                "failed": 0,
                "complete": true,
                "late_by_seconds": 0,
                "changes": [],
                "notices": [],
            }),
        ),
        RunProblems,
    ),
)]
#[post("/v1/sweeps")]
async fn run_sweep(
    caller: Caller,
    state: web::Data<State>,
    Query(DryRun { dry_run }): Query<DryRun>,
    body: Json<RunSweepRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = SweepAsked {
        implementation: body.value.implementation_id.into(),
        as_of: body.value.as_of.map(|at| at.0),
    };
    let call = Call {
        caller,
        action: Action::RunSweep,
        idempotency: body.idempotency,
        dry_run,
    };
    let render = if dry_run { tried } else { recorded };
    let reply = state.app.sweep_for(call, asked, render).await?;
    Ok(responses::send(reply))
}

fn tried(sweep: &Sweep) -> Reply {
    let mut response = SweepResponse::from(sweep);
    response.id = None;
    if let Some(hold) = &mut response.absence_hold {
        hold.id = None;
    }
    responses::outcome(&response)
}

fn recorded(sweep: &Sweep) -> Reply {
    let location = format!("/v1/sweeps/{}", sweep.id);
    responses::created(location, 1, &SweepResponse::from(sweep))
}

/// Get a sweep
///
/// What it found and recorded.
#[utoipa::path(
    tag = tags::SWEEPS,
    operation_id = "get_sweep",
    params(("id" = Uuid, Path, description = "The sweep.")),
    responses(
        (
            status = 200,
            description = "The sweep.",
            body = SweepResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/sweeps/{id}")]
async fn get_sweep(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<SweepId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let sweep = state
        .app
        .read(caller, Action::ReadSweep, move |rx| sweep::sweep(rx, id))
        .await?;
    Ok(responses::one(&seen, 1, &SweepResponse::from(&sweep)))
}
