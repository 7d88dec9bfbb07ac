//! Approving, denying, withdrawing and activating.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{ClassName, LicenseRequestResponse, example};
use crate::application::actor::Action;
use crate::application::licensing::{self, Decision, Reported, RequestShown};
use crate::application::{Call, Caller, Error, Idempotency, Reply, Tx};
use crate::domain::ids::RequestId;
use crate::http::extract::{Id, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem, VERSIONED};
use crate::http::report::ReportRequest;
use crate::http::{State, checks, responses, tags};

/// A decision about a request.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A decision that needs its reason.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DenyRequest {
    /// Why; the requester reads it.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

crate::problems!(pub(super) DecideProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

/// Sends the answer to a decision about a request.
pub(super) async fn decide(
    state: &State,
    call: Call,
    id: RequestId,
    decision: Decision,
    work: impl Fn(&mut Tx<'_>, RequestId, &Decision) -> Result<RequestShown, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let reply: Reply = state
        .app
        .write(
            call,
            move |tx| work(tx, id, &decision),
            |shown| responses::changed(shown.request.version, &LicenseRequestResponse::from(shown)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// What a decision's body and headers say.
fn decision(
    caller: Caller,
    action: Action,
    body: VersionedJson<DecisionRequest>,
) -> Result<(Call, Decision), Problem> {
    let decision = Decision {
        expected: body.expected,
        reported: ReportRequest::read(body.value.report)?,
    };
    let call = Call::new(caller, action, body.idempotency);
    Ok((call, decision))
}

/// A decision about one version that needs a reason, and the ticket it came by.
pub(super) fn reasoned(
    (caller, action): (Caller, Action),
    (expected, idempotency): (i32, Option<Idempotency>),
    (reason, ticket_reference): (String, Option<String>),
) -> (Call, Decision) {
    let reported = Reported {
        reason: Some(reason),
        ticket_reference,
        ..Reported::default()
    };
    let call = Call::new(caller, action, idempotency);
    (call, Decision { expected, reported })
}

/// Confirm a license request
///
/// Stands by a request that the trainee or the pass of a course made. Whom the policy names may, and the lead, never the
/// trainee; without it the request lapses after its day. What the authorized signer says, staff record, and name the
/// contact in `report.reported_by.contact_id`.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "confirm_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = DecisionRequest,
        description = "The version decided upon, and how the decision came about.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("submitted", 2)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/confirm")]
pub(super) async fn confirm_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = decision(caller, Action::ApproveRequest, body)?;
    decide(&state, call, id, decision, licensing::confirm).await
}

/// Approve a license request
///
/// Gives the approval step that is next. With the last one the trainee may train: the request is `onboarding`. A step of
/// a contact of the organization is recorded by staff, who name the contact in `report.reported_by.contact_id`.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "approve_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = DecisionRequest,
        description = "The version decided upon, and how the decision came about.",
        example = json!({ "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("onboarding", 2)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/approve")]
pub(super) async fn approve_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = decision(caller, Action::ApproveRequest, body)?;
    decide(&state, call, id, decision, licensing::approve).await
}

/// Deny a license request
///
/// Turns the request down, with a reason. A new request may follow.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "deny_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = DenyRequest,
        description = "The version decided upon, and why.",
        example = json!({ "expected_version": 1, "reason": "The position does not enter data." }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("denied", 2)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/deny")]
pub(super) async fn deny_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DenyRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = reasoned(
        (caller, Action::DenyRequest),
        (body.expected, body.idempotency),
        (body.value.reason, None),
    );
    decide(&state, call, id, decision, licensing::deny).await
}

/// Another class, and why.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReclassifyRequest {
    class: ClassName,
    /// Why; it stays with the request.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Reclassify a license request
///
/// The class is computed from license facts at submission and says what is owed. Staff may give the request another one
/// that its license type knows and the license facts do not contradict.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "reclassify_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = ReclassifyRequest,
        description = "The version decided upon, the class, and why.",
        example = json!({
            "expected_version": 1,
            "class": "returning",
            "reason": "She held a license here before our records begin.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("submitted", 2)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/reclassify")]
pub(super) async fn reclassify_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<ReclassifyRequest>,
) -> Result<HttpResponse, Problem> {
    let class = body.value.class.into();
    let (call, decision) = reasoned(
        (caller, Action::ReclassifyRequest),
        (body.expected, body.idempotency),
        (body.value.reason, None),
    );
    decide(&state, call, id, decision, move |tx, id, decision| {
        licensing::reclassify(tx, id, class, decision)
    })
    .await
}

/// Withdraw a license request
///
/// The organization no longer asks for it.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "withdraw_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = DecisionRequest,
        description = "The version acted upon.",
        example = json!({ "expected_version": 2, "report": { "reason": "The candidate took another job." } }),
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("withdrawn", 3)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/withdraw")]
pub(super) async fn withdraw_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = decision(caller, Action::WithdrawRequest, body)?;
    decide(&state, call, id, decision, licensing::withdraw).await
}

/// Activate the license of a request
///
/// Every requirement is checked again; what lapsed meanwhile is named. From then on the license gives access. Where the
/// policy has `accepted_workflows_only`, what all projects share is met and a workflow's practice is accepted, the
/// license begins with `may_begin_with_project_ids`; the request stays open for the others, and each is added as soon as
/// what its workflow owes is recorded. If the rest lapses, the license keeps what it has.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "activate_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    request_body(
        content = DecisionRequest,
        description = "The version acted upon.",
        example = json!({ "expected_version": 3 }),
    ),
    responses(
        (
            status = 200,
            description = "The request, fulfilled or open for the projects left out, with the license it led to.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("fulfilled", 4)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/activate")]
pub(super) async fn activate_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = decision(caller, Action::ActivateLicense, body)?;
    decide(&state, call, id, decision, licensing::activate).await
}
