//! `/v1/absence-holds` and `/v1/batch-approvals`: the circuit breaker.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::notices::RuleName;
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ReportRequest, ReportResponse};
use super::time::{DayText, InstantText};
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::sweep::{self, AbsenceHoldShown, NewBatchApproval};
use crate::application::{Call, Caller};
use crate::domain::absence_hold::AbsenceDecision;
use crate::domain::fact::{FactBody, ImplementationFact};
use crate::domain::ids::FactId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_absence_holds)
        .service(open_absence_hold)
        .service(get_absence_hold)
        .service(proceed_absence_hold)
        .service(stop_absence_hold)
        .service(list_batch_approvals)
        .service(approve_batch);
}

/// Absences are to wait.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OpenAbsenceHoldRequest {
    implementation_id: Uuid,
    /// At most 72 hours ahead. Absent: in 72 hours.
    #[serde(default)]
    until: Option<InstantText>,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Why it is decided.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecideAbsenceHoldRequest {
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A rule will take access from many on one day, and that is right.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApproveBatchRequest {
    implementation_id: Uuid,
    /// `inactivity`, `recertification`, `campaign`, `agreement` or `term`.
    rule: RuleName,
    /// The first local day without access; today or later.
    on: DayText,
    /// Its `reason` is needed.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// Something that staff decided about what waits.
#[derive(Serialize, ToSchema)]
#[schema(as = AbsenceHoldDecision)]
pub struct DecisionResponse {
    id: Uuid,
    /// `proceed` or `stop`.
    decision: &'static str,
    report: ReportResponse,
}

/// Absences that wait, as the hold stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = AbsenceHold)]
pub struct AbsenceHoldResponse {
    id: Uuid,
    implementation_id: Uuid,
    from: DateTime<Utc>,
    /// When what waits happens. Absent: staff stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// Whether absences wait because of it now.
    open: bool,
    /// How many licenses would have lost access when it tripped. Absent, like `of`: staff opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    affected: Option<i64>,
    /// How many licenses gave access then.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<i64>,
    /// What staff decided, oldest first.
    decisions: Vec<DecisionResponse>,
    report: ReportResponse,
    /// Rises with each decision; `expected_version` is compared with it.
    version: i32,
}

fn word(decision: AbsenceDecision) -> &'static str {
    match decision {
        AbsenceDecision::Proceed => "proceed",
        AbsenceDecision::Stop => "stop",
    }
}

impl From<&AbsenceHoldShown> for AbsenceHoldResponse {
    fn from(shown: &AbsenceHoldShown) -> Self {
        let (fact, hold) = (&shown.fact, &shown.hold);
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            from: hold.from,
            until: hold.until,
            open: shown.open,
            affected: hold.tripped.map(|tripped| tripped.affected),
            of: hold.tripped.map(|tripped| tripped.of),
            decisions: shown
                .decisions
                .iter()
                .filter_map(|fact| match &fact.body {
                    FactBody::AbsenceHoldDecided { decision, .. } => Some(DecisionResponse {
                        id: fact.id.into(),
                        decision: word(*decision),
                        report: (&fact.envelope).into(),
                    }),
                    _ => None,
                })
                .collect(),
            report: (&fact.envelope).into(),
            version: hold.version,
        }
    }
}

/// A batch that staff approved beforehand.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchApproval)]
pub struct BatchApprovalResponse {
    id: Uuid,
    implementation_id: Uuid,
    /// The rule.
    rule: &'static str,
    /// The first local day without access.
    on: NaiveDate,
    report: ReportResponse,
}

impl BatchApprovalResponse {
    fn of(fact: &ImplementationFact) -> Self {
        let (rule, on) = match &fact.body {
            FactBody::BatchApproved { rule, on } => (rule.as_str(), *on),
            _ => ("", NaiveDate::default()),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            rule,
            on,
            report: (&fact.envelope).into(),
        }
    }
}

/// What narrows the lists.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AbsenceHoldFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(OpenProblems: KNOWN, BODY, POST, [Code::TransitionRefused]);
crate::problems!(DecideProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);
crate::problems!(ApproveProblems: KNOWN, BODY, POST, [Code::NoPolicy]);

fn report_example() -> Value {
    json!({
        "reported_at": "2026-04-08T03:00:00Z",
        "recorded_at": "2026-04-08T03:00:00Z",
        "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
        "reason": "The nightly file of logins was empty since Friday.",
    })
}

fn example(stopped: bool) -> Value {
    let mut example = json!({
        "id": "0199f3c2-d100-7d00-8e00-8d8d8d8d8d01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "from": "2026-04-08T03:00:00Z",
        "until": "2026-04-11T03:00:00Z",
        "open": true,
        "affected": 212,
        "of": 640,
        "decisions": [],
        "report": report_example(),
        "version": if stopped { 2 } else { 1 },
    });
    if stopped {
        if let Some(members) = example.as_object_mut() {
            members.remove("until");
        }
        example["decisions"] = json!([{
            "id": "0199f3c2-d200-7d00-8e00-8d8d8d8d8d02",
            "decision": "stop",
            "report": report_example(),
        }]);
    }
    example
}

fn approval_example() -> Value {
    json!({
        "id": "0199f3c2-d300-7d00-8e00-8d8d8d8d8d03",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "rule": "term",
        "on": "2026-07-01",
        "report": report_example(),
    })
}

/// List absence holds
///
/// The circuit breaker opens one where a sweep finds that more than 20 licenses and more than a tenth of those that give
/// access would lose it within a day for something that did not happen. They wait until staff let them proceed, 72
/// hours at most; stopped, until staff do.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "list_absence_holds",
    params(AbsenceHoldFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of holds.",
            body = ListResponse<AbsenceHoldResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example(false)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/absence-holds")]
async fn list_absence_holds(
    state: web::Data<State>,
    list: List<AbsenceHoldFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadAbsenceHold, move |rx| {
            sweep::list_absence_holds(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, |hold| AbsenceHoldResponse::from(hold)))
}

/// Hold absences by hand
///
/// For whoever knows that a login feed or a course list is dead: what absences would bring about, and warn of, waits. It
/// reopens nothing that took effect before.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "open_absence_hold",
    request_body(
        content = OpenAbsenceHoldRequest,
        description = "Where, until when at most, and why.",
        example = json!({
            "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
            "report": { "reason": "The nightly file of logins was empty since Friday." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The hold as recorded.",
            body = AbsenceHoldResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example(false)),
        ),
        OpenProblems,
    ),
)]
#[post("/v1/absence-holds")]
async fn open_absence_hold(
    caller: Caller,
    state: web::Data<State>,
    body: Json<OpenAbsenceHoldRequest>,
) -> Result<HttpResponse, Problem> {
    let implementation = body.value.implementation_id.into();
    let until = body.value.until.map(|until| until.0);
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageAbsenceHold, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| sweep::open_absence_hold(tx, implementation, until, &reported),
            |hold| {
                let path = format!("/v1/absence-holds/{}", hold.fact.id);
                responses::created(path, hold.hold.version, &AbsenceHoldResponse::from(hold))
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get an absence hold
///
/// The hold as it stands now.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "get_absence_hold",
    params(("id" = Uuid, Path, description = "The hold.")),
    responses(
        (
            status = 200,
            description = "The hold.",
            body = AbsenceHoldResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/absence-holds/{id}")]
async fn get_absence_hold(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let hold = state
        .app
        .read(caller, Action::ReadAbsenceHold, move |rx| {
            sweep::absence_hold(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        hold.hold.version,
        &AbsenceHoldResponse::from(&hold),
    ))
}

/// Let what waits proceed
///
/// From now on it takes effect; a login until now saves.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "proceed_absence_hold",
    params(("id" = Uuid, Path, description = "The hold.")),
    request_body(
        content = DecideAbsenceHoldRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "The file was right: the agency closed." } }),
    ),
    responses(
        (
            status = 200,
            description = "The hold, over.",
            body = AbsenceHoldResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(false)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/absence-holds/{id}/proceed")]
async fn proceed_absence_hold(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideAbsenceHoldRequest>,
) -> Result<HttpResponse, Problem> {
    decide(caller, &state, id, body, AbsenceDecision::Proceed).await
}

/// Stop what waits
///
/// It waits beyond the 72 hours, until staff let it proceed.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "stop_absence_hold",
    params(("id" = Uuid, Path, description = "The hold.")),
    request_body(
        content = DecideAbsenceHoldRequest,
        description = "The version acted upon, and why.",
        example = json!({ "expected_version": 1, "report": { "reason": "The vendor repairs the file." } }),
    ),
    responses(
        (
            status = 200,
            description = "The hold, open until staff decide.",
            body = AbsenceHoldResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example(true)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/absence-holds/{id}/stop")]
async fn stop_absence_hold(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    body: VersionedJson<DecideAbsenceHoldRequest>,
) -> Result<HttpResponse, Problem> {
    decide(caller, &state, id, body, AbsenceDecision::Stop).await
}

async fn decide(
    caller: Caller,
    state: &State,
    id: FactId,
    body: VersionedJson<DecideAbsenceHoldRequest>,
    decision: AbsenceDecision,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let reported = ReportRequest::read(body.value.report)?;
    let call = Call::new(caller, Action::ManageAbsenceHold, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| sweep::decide_absence_hold(tx, id, expected, decision, &reported),
            |hold| responses::changed(hold.hold.version, &AbsenceHoldResponse::from(hold)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// List batch approvals
///
/// What staff approved beforehand, in the order of its recording.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "list_batch_approvals",
    params(AbsenceHoldFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of approvals.",
            body = ListResponse<BatchApprovalResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [approval_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/batch-approvals")]
async fn list_batch_approvals(
    state: web::Data<State>,
    list: List<AbsenceHoldFilter>,
) -> Result<HttpResponse, Problem> {
    let implementation = list.filter.implementation_id.map(Into::into);
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadAbsenceHold, move |rx| {
            sweep::batch_approvals(rx, implementation, paging)
        })
        .await?;
    Ok(list.respond(&slice, BatchApprovalResponse::of))
}

/// Approve a batch beforehand
///
/// A rule will take access from many on one local day, as a fixed yearly date does, and staff know it: the circuit
/// breaker does not count it.
#[utoipa::path(
    tag = tags::ABSENCE_HOLDS,
    operation_id = "approve_batch",
    request_body(
        content = ApproveBatchRequest,
        description = "Which rule, on which day, and why.",
        example = json!({
            "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
            "rule": "term",
            "on": "2026-07-01",
            "report": { "reason": "All licenses end on 30 June; who renewed is known." },
        }),
    ),
    responses(
        (
            status = 200,
            description = "The approval as recorded.",
            body = BatchApprovalResponse,
            example = json!(approval_example()),
        ),
        ApproveProblems,
    ),
)]
#[post("/v1/batch-approvals")]
async fn approve_batch(
    caller: Caller,
    state: web::Data<State>,
    body: Json<ApproveBatchRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewBatchApproval {
        implementation_id: request.implementation_id.into(),
        rule: request.rule.into(),
        on: request.on.0,
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::ManageAbsenceHold, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| sweep::approve_batch(tx, &new),
            |fact| responses::outcome(&BatchApprovalResponse::of(fact)),
        )
        .await?;
    Ok(responses::send(reply))
}
