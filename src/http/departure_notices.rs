//! `/v1/departure-notices`: somebody whom nobody verified said that a person left.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::ends::PrecisionName;
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse, moment, needed_moment};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{
    self, DepartureNoticeShown, NewDepartureNotice, NoticeDecision,
};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::departure_notice::{NoticeCommand, NoticeStanding};
use crate::domain::ids::{ContactId, FactId, OrganizationId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_departure_notices)
        .service(record_departure_notice)
        .service(get_departure_notice)
        .service(confirm_departure_notice)
        .service(reject_departure_notice);
}

/// Where a notice of departure stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DepartureNoticeStatus)]
pub enum DepartureNoticeStatusName {
    /// It waits for a supervisor or the authorized signer.
    Open,
    /// The departure stands.
    Confirmed,
    Rejected,
    /// Another notice took its place.
    Corrected,
}

impl From<NoticeStanding> for DepartureNoticeStatusName {
    fn from(standing: NoticeStanding) -> Self {
        match standing {
            NoticeStanding::Open => Self::Open,
            NoticeStanding::Confirmed => Self::Confirmed,
            NoticeStanding::Rejected => Self::Rejected,
            NoticeStanding::Corrected => Self::Corrected,
        }
    }
}

impl From<DepartureNoticeStatusName> for NoticeStanding {
    fn from(name: DepartureNoticeStatusName) -> Self {
        match name {
            DepartureNoticeStatusName::Open => Self::Open,
            DepartureNoticeStatusName::Confirmed => Self::Confirmed,
            DepartureNoticeStatusName::Rejected => Self::Rejected,
            DepartureNoticeStatusName::Corrected => Self::Corrected,
        }
    }
}

/// What somebody said whom nobody verified.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordDepartureNoticeRequest {
    person_id: Uuid,
    organization_id: Uuid,
    /// When employment ended; not in the future.
    #[serde(default)]
    ended_at: Option<InstantText>,
    /// The last local day of employment, where no instant is known; today at the latest.
    #[serde(default)]
    ended_on: Option<DayText>,
    /// The open notice that this one corrects; a reason is needed then. The hold ends no later because of it.
    #[serde(default)]
    supersedes: Option<Uuid>,
    /// Its `reported_by` is needed: who said so, by `name` and `contact`.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// What a supervisor or the authorized signer says to it.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmDepartureNoticeRequest {
    /// When employment ended. Absent, like `ended_on`: as the notice says.
    #[serde(default)]
    ended_at: Option<InstantText>,
    /// The last local day of employment.
    #[serde(default)]
    ended_on: Option<DayText>,
    /// The authorized signer who decided, where staff record it.
    #[serde(default)]
    signer_contact_id: Option<Uuid>,
    /// Staff name the supervisor who decided as its `reported_by`, unless the authorized signer did.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why it is not so.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RejectDepartureNoticeRequest {
    /// The authorized signer who decided, where staff record it.
    #[serde(default)]
    signer_contact_id: Option<Uuid>,
    /// Its `reason` is needed. Staff name the supervisor who decided as its `reported_by`, unless the authorized signer
    /// did.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A parked notice of departure as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = DepartureNotice)]
pub struct DepartureNoticeResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    status: DepartureNoticeStatusName,
    /// When employment is said to have ended. Where only a day is known, the end of that day.
    ended_at: DateTime<Utc>,
    precision: PrecisionName,
    /// Since when it waits, or waited, for a decision.
    parked_since: DateTime<Utc>,
    /// When its hold `departure_unverified` ends by itself, decided or not.
    holds_until: DateTime<Utc>,
    /// When it was confirmed or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<DateTime<Utc>>,
    /// The departure that confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    departure_id: Option<Uuid>,
    report: ReportResponse,
    /// Who decided, and how that became known.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<ReportResponse>,
    /// Rises with its confirmation, rejection or correction; `expected_version` is compared with it.
    version: i32,
}

impl From<&DepartureNoticeShown> for DepartureNoticeResponse {
    fn from(notice: &DepartureNoticeShown) -> Self {
        let settled = notice.settled.as_ref().map(|fact| &fact.envelope);
        Self {
            id: notice.fact.id.into(),
            implementation_id: notice.fact.implementation_id.into(),
            person_id: notice.fact.person_id.into(),
            organization_id: notice.fact.organization_id.map(Into::into),
            license_id: notice.fact.license_id.map(Into::into),
            status: notice.standing.into(),
            ended_at: notice.fact.envelope.occurred_at,
            precision: notice.fact.envelope.precision.into(),
            parked_since: notice.fact.envelope.recorded_at,
            holds_until: notice.holds_until,
            settled_at: settled.map(|envelope| envelope.recorded_at),
            departure_id: notice.departure.map(Into::into),
            report: (&notice.fact.envelope).into(),
            decision: settled.map(Into::into),
            version: notice.version,
        }
    }
}

/// What narrows a list of notices.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DepartureNoticeFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Only those that stand so; `open` for those that wait for a decision.
    #[param(inline)]
    status: Option<DepartureNoticeStatusName>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(RecordProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy, Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

fn example(status: &str) -> Value {
    let report = |recorded_at: &str| {
        json!({
            "reported_at": recorded_at,
            "recorded_at": recorded_at,
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "phone",
        })
    };
    let mut example = json!({
        "id": "0199f3c2-a480-7d00-8e00-6f6f6f6f6f14",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "status": status,
        "ended_at": "2026-04-11T04:00:00Z",
        "precision": "day",
        "parked_since": "2026-04-13T14:05:00Z",
        "holds_until": "2026-04-15T04:00:00Z",
        "report": report("2026-04-13T14:05:00Z"),
        "version": 1,
    });
    example["report"]["reported_by"] =
        json!({ "name": "A former colleague", "contact": "+1 313 555 0142" });
    if status != "open" {
        example["settled_at"] = json!("2026-04-13T18:20:00Z");
        example["decision"] = report("2026-04-13T18:20:00Z");
        example["version"] = json!(2);
    }
    if status == "confirmed" {
        example["departure_id"] = json!("0199f3c2-a200-7d00-8e00-6f6f6f6f6f02");
    }
    if status == "rejected" {
        example["decision"]["reason"] = json!("She is on the night shift this week.");
    }
    example
}

/// List notices of departure
///
/// Notices whose reporter nobody verified, in the order of their recording; those with `status=open` wait for a
/// decision, whether or not they still hold the license. Nobody sees what is said of him.
#[utoipa::path(
    tag = tags::DEPARTURE_NOTICES,
    operation_id = "list_departure_notices",
    params(DepartureNoticeFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of notices.",
            body = ListResponse<DepartureNoticeResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("open")], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/departure-notices")]
async fn list_departure_notices(
    state: web::Data<State>,
    list: List<DepartureNoticeFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let standing = list.filter.status.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(
            list.caller.clone(),
            Action::ReadDepartureNotice,
            move |rx| licensing::departure_notices(rx, &filter, standing, paging),
        )
        .await?;
    Ok(list.respond(&slice, |notice| DepartureNoticeResponse::from(notice)))
}

/// Record a notice of departure
///
/// For whoever is told by somebody unverified that a person left. The notice is parked and the license held at once,
/// through the end of the next business day at most. A supervisor or the authorized signer confirms or rejects it; until
/// then it stays listed. A report by a verified reporter belongs under `/v1/departures`.
#[utoipa::path(
    tag = tags::DEPARTURE_NOTICES,
    operation_id = "record_departure_notice",
    request_body(
        content = RecordDepartureNoticeRequest,
        description = "The notice, and who gave it.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "ended_on": "2026-04-10",
            "report": {
                "channel": "phone",
                "ticket_reference": "HD-1177",
                "reported_by": { "name": "A former colleague", "contact": "+1 313 555 0142" },
            },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The notice as parked.",
            body = DepartureNoticeResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("open")),
        ),
        RecordProblems,
    ),
)]
#[post("/v1/departure-notices")]
async fn record_departure_notice(
    caller: Caller,
    state: web::Data<State>,
    body: Json<RecordDepartureNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewDepartureNotice {
        person_id: PersonId(request.person_id),
        organization_id: OrganizationId(request.organization_id),
        ended: needed_moment(request.ended_at, request.ended_on, "ended")?,
        supersedes: request.supersedes.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::RecordDepartureNotice, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::notice_departure(tx, &new),
            |notice| {
                responses::created(
                    format!("/v1/departure-notices/{}", notice.fact.id),
                    notice.version,
                    &DepartureNoticeResponse::from(notice),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a notice of departure
///
/// The notice as it stands now.
#[utoipa::path(
    tag = tags::DEPARTURE_NOTICES,
    operation_id = "get_departure_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    responses(
        (
            status = 200,
            description = "The notice.",
            body = DepartureNoticeResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("open")),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/departure-notices/{id}")]
async fn get_departure_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let notice = state
        .app
        .read(caller, Action::ReadDepartureNotice, move |rx| {
            licensing::departure_notice(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        notice.version,
        &DepartureNoticeResponse::from(&notice),
    ))
}

/// Sends the answer to a decision about a notice.
async fn settle(
    state: &State,
    call: Call,
    decision: NoticeDecision,
) -> Result<HttpResponse, Problem> {
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::settle_departure_notice(tx, &decision),
            |notice| responses::changed(notice.version, &DepartureNoticeResponse::from(notice)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Confirm a notice of departure
///
/// The departure stands: it is recorded, the license ends, and whether it came in time is counted to this report. By a
/// supervisor of the organization, or by staff who name the supervisor or authorized signer who decided; neither by
/// whoever recorded the notice nor by the person concerned.
#[utoipa::path(
    tag = tags::DEPARTURE_NOTICES,
    operation_id = "confirm_departure_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    request_body(
        content = ConfirmDepartureNoticeRequest,
        description = "The version decided upon, and who decided where staff record it.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The notice, confirmed.",
            body = DepartureNoticeResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("confirmed")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/departure-notices/{id}/confirm")]
async fn confirm_departure_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<ConfirmDepartureNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let decision = NoticeDecision {
        notice: id,
        expected: body.expected,
        command: NoticeCommand::Confirm,
        ended: moment(request.ended_at, request.ended_on, "ended")?,
        signer: request.signer_contact_id.map(ContactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::SettleDepartureNotice, body.idempotency);
    settle(&state, call, decision).await
}

/// Reject a notice of departure
///
/// It was not so, with a reason: the hold ends at once. By whom it may be confirmed.
#[utoipa::path(
    tag = tags::DEPARTURE_NOTICES,
    operation_id = "reject_departure_notice",
    params(("id" = Uuid, Path, description = "The notice.")),
    request_body(
        content = RejectDepartureNoticeRequest,
        description = "The version decided upon, why, and who decided where staff record it.",
        example = json!({
            "expected_version": 1,
            "report": { "reason": "She is on the night shift this week." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The notice, rejected.",
            body = DepartureNoticeResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("rejected")),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/departure-notices/{id}/reject")]
async fn reject_departure_notice(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<RejectDepartureNoticeRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let decision = NoticeDecision {
        notice: id,
        expected: body.expected,
        command: NoticeCommand::Reject,
        ended: None,
        signer: request.signer_contact_id.map(ContactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::SettleDepartureNotice, body.idempotency);
    settle(&state, call, decision).await
}
