//! `/v1/holds`.

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
use super::report::{ReportRequest, ReportResponse, moment};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, HoldShown, NewHold, hold_seen};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::HoldCause;
use crate::domain::ids::{FactId, LicenseId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_holds)
        .service(open_hold)
        .service(get_hold)
        .service(lift_hold);
}

/// Why a license is suspended.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HoldCause)]
pub enum HoldCauseName {
    RecertificationOverdue,
    AgreementLapsed,
    FeeUnpaid,
    Violation,
    Investigation,
    Leave,
    OrganizationSuspended,
    LastProjectRemoved,
    LongInactivity,
    EvidenceWithdrawn,
    DepartureUnverified,
    Unreachable,
}

impl From<HoldCauseName> for HoldCause {
    fn from(name: HoldCauseName) -> Self {
        match name {
            HoldCauseName::RecertificationOverdue => Self::RecertificationOverdue,
            HoldCauseName::AgreementLapsed => Self::AgreementLapsed,
            HoldCauseName::FeeUnpaid => Self::FeeUnpaid,
            HoldCauseName::Violation => Self::Violation,
            HoldCauseName::Investigation => Self::Investigation,
            HoldCauseName::Leave => Self::Leave,
            HoldCauseName::OrganizationSuspended => Self::OrganizationSuspended,
            HoldCauseName::LastProjectRemoved => Self::LastProjectRemoved,
            HoldCauseName::LongInactivity => Self::LongInactivity,
            HoldCauseName::EvidenceWithdrawn => Self::EvidenceWithdrawn,
            HoldCauseName::DepartureUnverified => Self::DepartureUnverified,
            HoldCauseName::Unreachable => Self::Unreachable,
        }
    }
}

/// A hold to open.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OpenHoldRequest {
    license_id: Uuid,
    /// One that staff open by hand: `violation`, `investigation`, `fee_unpaid`, `organization_suspended`,
    /// `last_project_removed` or `unreachable`. Any other follows from a rule or a fact of its own.
    cause: HoldCauseName,
    /// When it ends by itself. Absent, like `until_on`: when it is lifted.
    #[serde(default)]
    until_at: Option<InstantText>,
    /// The last local day of the hold.
    #[serde(default)]
    until_on: Option<DayText>,
    /// The hold that this one corrects; a reason is needed then. That one is lifted.
    #[serde(default)]
    supersedes: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why a hold is lifted.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LiftHoldRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A hold that somebody opened, as it stands now. Those that a rule opened are shown with their license.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedHold)]
pub struct RecordedHoldResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// A cause, or `contact_the_lead` where its reader may not know it.
    cause: &'static str,
    from: DateTime<Utc>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// Whether it holds the license now.
    open: bool,
    /// When it was lifted or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    report: ReportResponse,
    /// Rises with its lift; `expected_version` is compared with it.
    version: i32,
}

impl From<&HoldShown> for RecordedHoldResponse {
    fn from(hold: &HoldShown) -> Self {
        Self {
            id: hold.fact.id.into(),
            implementation_id: hold.fact.implementation_id.into(),
            person_id: hold.fact.person_id.into(),
            organization_id: hold.fact.organization_id.map(Into::into),
            license_id: hold.fact.license_id.map(Into::into),
            cause: hold_seen(hold.cause, hold.sight),
            from: hold.from,
            until: hold.until,
            open: hold.ended_at.is_none(),
            ended_at: hold.ended_at,
            report: (&hold.fact.envelope).into(),
            version: hold.version,
        }
    }
}

/// What narrows a list of holds.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HoldFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Only those of this license.
    license_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(lifted: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-a300-7d00-8e00-6f6f6f6f6f03",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "cause": "investigation",
        "from": "2026-04-14T13:00:00Z",
        "open": !lifted,
        "report": {
            "reported_at": "2026-04-14T13:00:00Z",
            "recorded_at": "2026-04-14T13:00:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "phone",
            "reason": "Sign-ins from two places at once.",
        },
        "version": if lifted { 2 } else { 1 },
    });
    if lifted {
        example["ended_at"] = json!("2026-04-16T15:30:00Z");
    }
    example
}

/// List holds
///
/// Holds that somebody opened, as far as the caller may know of them.
#[utoipa::path(
    tag = tags::HOLDS,
    operation_id = "list_holds",
    params(HoldFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of holds.",
            body = ListResponse<RecordedHoldResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/holds")]
async fn list_holds(
    state: web::Data<State>,
    list: List<HoldFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        license_id: list.filter.license_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadLicense, move |rx| {
            licensing::holds(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |hold| RecordedHoldResponse::from(hold)))
}

/// Open a hold
///
/// Suspends a license for a cause that staff see; it stays suspended while any hold is open, and curing one lifts no
/// other.
#[utoipa::path(
    tag = tags::HOLDS,
    operation_id = "open_hold",
    request_body(
        content = OpenHoldRequest,
        description = "The hold.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "cause": "investigation",
            "report": { "channel": "phone", "reason": "Sign-ins from two places at once." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The hold as recorded.",
            body = RecordedHoldResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/holds")]
async fn open_hold(
    caller: Caller,
    state: web::Data<State>,
    body: Json<OpenHoldRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewHold {
        license_id: LicenseId(request.license_id),
        cause: request.cause.into(),
        until: moment(request.until_at, request.until_on, "until")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::SuspendLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::open_hold(tx, &new),
            |hold| {
                let path = format!("/v1/holds/{}", hold.fact.id);
                responses::created(path, hold.version, &RecordedHoldResponse::from(hold))
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a hold
///
/// The hold as it stands now.
#[utoipa::path(
    tag = tags::HOLDS,
    operation_id = "get_hold",
    params(("id" = Uuid, Path, description = "The hold.")),
    responses(
        (
            status = 200,
            description = "The hold.",
            body = RecordedHoldResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/holds/{id}")]
async fn get_hold(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let hold = state
        .app
        .read(caller, Action::ReadLicense, move |rx| {
            licensing::hold(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        hold.version,
        &RecordedHoldResponse::from(&hold),
    ))
}

/// Lift a hold
///
/// Lifts this one, with a reason. The license gives access again when no other is open, and its inactivity clock
/// restarts.
#[utoipa::path(
    tag = tags::HOLDS,
    operation_id = "lift_hold",
    params(("id" = Uuid, Path, description = "The hold.")),
    request_body(
        content = LiftHoldRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "It was a shared kiosk." } }),
    ),
    responses(
        (
            status = 200,
            description = "The hold, lifted.",
            body = RecordedHoldResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/holds/{id}/lift")]
async fn lift_hold(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<LiftHoldRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::SuspendLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::lift_hold(tx, id, expected, &reported),
            |hold| responses::changed(hold.version, &RecordedHoldResponse::from(hold)),
        )
        .await?;
    Ok(responses::send(reply))
}
