//! `/v1/license-requests`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::explanations::{self, ExplanationResponse, RequirementResponse};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::report::{ChannelName, ReportRequest};
use super::time::DayText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{
    self, Decision, NewRequest, PersonNamed, Reported, RequestShown,
};
use crate::application::ports::StateFilter;
use crate::application::{Call, Caller, Error, Reply, Tx};
use crate::domain::ids::{OrganizationId, PersonId, ProjectId, RequestId};
use crate::domain::request::{Attested, RequestClass, RequestState};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_license_requests)
        .service(submit_license_request)
        .service(get_license_request)
        .service(get_license_request_checklist)
        .service(get_license_request_explanation)
        .service(approve_license_request)
        .service(deny_license_request)
        .service(withdraw_license_request)
        .service(activate_license_request);
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseRequestState)]
pub enum StateName {
    Submitted,
    Onboarding,
    Practice,
    InReview,
    Corrections,
    Ready,
    Waitlisted,
    Fulfilled,
    Denied,
    Withdrawn,
    Lapsed,
}

impl From<StateName> for RequestState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Submitted => Self::Submitted,
            StateName::Onboarding => Self::Onboarding,
            StateName::Practice => Self::Practice,
            StateName::InReview => Self::InReview,
            StateName::Corrections => Self::Corrections,
            StateName::Ready => Self::Ready,
            StateName::Waitlisted => Self::Waitlisted,
            StateName::Fulfilled => Self::Fulfilled,
            StateName::Denied => Self::Denied,
            StateName::Withdrawn => Self::Withdrawn,
            StateName::Lapsed => Self::Lapsed,
        }
    }
}

impl From<RequestState> for StateName {
    fn from(state: RequestState) -> Self {
        match state {
            RequestState::Submitted => Self::Submitted,
            RequestState::Onboarding => Self::Onboarding,
            RequestState::Practice => Self::Practice,
            RequestState::InReview => Self::InReview,
            RequestState::Corrections => Self::Corrections,
            RequestState::Ready => Self::Ready,
            RequestState::Waitlisted => Self::Waitlisted,
            RequestState::Fulfilled => Self::Fulfilled,
            RequestState::Denied => Self::Denied,
            RequestState::Withdrawn => Self::Withdrawn,
            RequestState::Lapsed => Self::Lapsed,
        }
    }
}

/// What kind of road a request is, by the license facts at its submission.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LicenseRequestClass)]
pub enum ClassName {
    AddOn,
    TypeChange,
    Returning,
    Additional,
    Transfer,
    New,
}

impl From<RequestClass> for ClassName {
    fn from(class: RequestClass) -> Self {
        match class {
            RequestClass::AddOn => Self::AddOn,
            RequestClass::TypeChange => Self::TypeChange,
            RequestClass::Returning => Self::Returning,
            RequestClass::Additional => Self::Additional,
            RequestClass::Transfer => Self::Transfer,
            RequestClass::New => Self::New,
        }
    }
}

/// One thing attested about the trainee.
#[derive(Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = Attestation)]
pub struct AttestationDetails {
    /// A code of the policy: `job_need`, `at_least_18`, `background_check`, ...
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    code: String,
    /// The local day of what is attested, where its age matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<DayText>,
}

/// An identifier that another system uses for the person.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PersonExternalIdRequest {
    /// For example `hmis_user_id`.
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    system: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    value: String,
}

/// The trainee: by `id`, by `external_id`, or somebody new by name. Names never find anybody.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TraineeRequest {
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    external_id: Option<PersonExternalIdRequest>,
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    given_name: Option<String>,
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    family_name: Option<String>,
    /// The work e-mail address of somebody new.
    #[serde(default)]
    #[validate(custom(function = "checks::email"))]
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
}

impl TraineeRequest {
    fn read(self) -> Result<PersonNamed, Error> {
        match self {
            Self {
                id: Some(id),
                external_id: None,
                given_name: None,
                family_name: None,
                email: None,
            } => Ok(PersonNamed::Id(PersonId(id))),
            Self {
                id: None,
                external_id: Some(PersonExternalIdRequest { system, value }),
                given_name: None,
                family_name: None,
                email: None,
            } => Ok(PersonNamed::External { system, value }),
            Self {
                id: None,
                external_id: None,
                given_name: Some(given_name),
                family_name: Some(family_name),
                email,
            } => Ok(PersonNamed::New {
                given_name,
                family_name,
                email,
            }),
            _ => Err(Error::invalid(
                "/person",
                "give exactly one of: `id`; `external_id`; or `given_name` and `family_name` (with `email`) of somebody new",
            )),
        }
    }
}

/// A request for a license.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitLicenseRequestRequest {
    organization_id: Uuid,
    #[validate(nested)]
    person: TraineeRequest,
    /// A license type of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    license_type: String,
    /// A job role of the policy in force.
    #[serde(default)]
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    job_role: Option<String>,
    /// The projects of the organization that the license shall reach, as few as the job needs.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    project_ids: Vec<Uuid>,
    #[serde(default)]
    #[validate(nested, length(max = 20))]
    #[schema(max_items = 20)]
    attestations: Vec<AttestationDetails>,
    /// The supervisor it is made for, where the help desk records it.
    #[serde(default)]
    requested_by: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

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

/// A request with its state now.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseRequest)]
pub struct LicenseRequestResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    person_id: Uuid,
    license_type: String,
    class: ClassName,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_role: Option<String>,
    project_ids: Vec<Uuid>,
    attestations: Vec<AttestationDetails>,
    /// The supervisor it was made for, where the help desk recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_by: Option<Uuid>,
    /// The principal who recorded it.
    requester: Uuid,
    channel: ChannelName,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_reference: Option<String>,
    submitted_at: DateTime<Utc>,
    state: StateName,
    /// Since when it is in this state.
    since: DateTime<Utc>,
    /// What keeps it from activation, each a sentence.
    needs: Vec<String>,
    /// The license it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&RequestShown> for LicenseRequestResponse {
    fn from(shown: &RequestShown) -> Self {
        let request = &shown.request;
        Self {
            id: request.id.into(),
            implementation_id: request.implementation_id.into(),
            organization_id: request.organization_id.into(),
            person_id: request.person_id.into(),
            license_type: request.license_type.clone(),
            class: request.class.into(),
            job_role: request.job_role.clone(),
            project_ids: request.projects.iter().map(|id| id.0).collect(),
            attestations: request
                .attestations
                .iter()
                .map(|given| AttestationDetails {
                    code: given.code.clone(),
                    on: given.on.map(DayText),
                })
                .collect(),
            requested_by: request.requested_by.map(Into::into),
            requester: request.requester.into(),
            channel: request.channel.into(),
            ticket_reference: request.ticket_reference.clone(),
            submitted_at: request.submitted_at,
            state: shown.evaluation.state.into(),
            since: shown.evaluation.since,
            needs: shown.evaluation.needs.clone(),
            license_id: shown.license_id.map(Into::into),
            version: request.version,
        }
    }
}

/// What is met and what is missing: the worksheet that leads keep for each trainee.
#[derive(Serialize, ToSchema)]
#[schema(as = Checklist)]
pub struct ChecklistResponse {
    license_request_id: Uuid,
    state: StateName,
    /// Approvals given so far.
    approvals_given: usize,
    /// Approvals that the policy asks for.
    approvals_needed: usize,
    requirements: Vec<RequirementResponse>,
    /// What keeps the request from activation, each a sentence.
    needs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_version: Option<u32>,
}

impl From<&RequestShown> for ChecklistResponse {
    fn from(shown: &RequestShown) -> Self {
        let evaluation = &shown.evaluation;
        Self {
            license_request_id: shown.request.id.into(),
            state: evaluation.state.into(),
            approvals_given: evaluation.approvals.given.len(),
            approvals_needed: evaluation.approvals.steps.len(),
            requirements: evaluation.requirements.iter().map(Into::into).collect(),
            needs: evaluation.needs.clone(),
            policy_version: evaluation.policy,
        }
    }
}

/// What narrows the list of requests.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LicenseRequestFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those of this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// The state now.
    #[param(inline)]
    state: Option<StateName>,
    /// Only those of this license type of the policy.
    #[validate(length(min = 1, max = 64))]
    #[param(min_length = 1, max_length = 64)]
    license_type: Option<String>,
}

crate::problems!(ListProblems: KNOWN, LIST, [Code::Reindexing]);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(SubmitProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy, Code::Duplicate, Code::TransitionRefused]);
crate::problems!(DecideProblems: KNOWN, BODY, POST, VERSIONED, [Code::OwnCase, Code::TransitionRefused]);

/// The example of this resource, in a state.
fn example(state: &str, version: i32) -> Value {
    let mut example = json!({
        "id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "license_type": "end_user",
        "class": "new",
        "job_role": "case_manager",
        "project_ids": ["0199f3c2-7b44-7d20-8f10-77aa55cc3301"],
        "attestations": [{ "code": "job_need" }],
        "requester": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
        "channel": "api",
        "submitted_at": "2026-03-02T15:00:00Z",
        "state": state,
        "since": "2026-03-02T15:00:00Z",
        "needs": [],
        "version": version,
    });
    if state == "submitted" {
        example["needs"] = json!(["approval 1 of 1 is open: by a system administrator"]);
    }
    if state == "fulfilled" {
        example["license_id"] = json!("0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01");
    }
    example
}

/// List license requests
///
/// Requests that the caller may know of, each with its state now.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "list_license_requests",
    params(LicenseRequestFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of requests.",
            body = ListResponse<LicenseRequestResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("submitted", 1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/license-requests")]
async fn list_license_requests(
    state: web::Data<State>,
    list: List<LicenseRequestFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = StateFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        license_type: list.filter.license_type.clone(),
        states: list
            .filter
            .state
            .map(RequestState::from)
            .into_iter()
            .collect(),
        now: state.app.now(),
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadRequest, move |rx| {
            licensing::requests(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |shown| LicenseRequestResponse::from(shown)))
}

/// Submit a license request
///
/// Asks for a license for a person at an organization. The requester is never the trainee; which roles may request,
/// what must be attested and whether a ticket must be named is the policy's word.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "submit_license_request",
    request_body(
        content = SubmitLicenseRequestRequest,
        description = "The request.",
        example = json!({
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "person": { "external_id": { "system": "hmis_user_id", "value": "41" } },
            "license_type": "end_user",
            "job_role": "case_manager",
            "project_ids": ["0199f3c2-7b44-7d20-8f10-77aa55cc3301"],
            "attestations": [{ "code": "job_need" }],
        }),
    ),
    responses(
        (
            status = 201,
            description = "The request as recorded.",
            body = LicenseRequestResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("submitted", 1)),
        ),
        SubmitProblems,
    ),
)]
#[post("/v1/license-requests")]
async fn submit_license_request(
    caller: Caller,
    state: web::Data<State>,
    body: Json<SubmitLicenseRequestRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewRequest {
        organization_id: OrganizationId(request.organization_id),
        person: request.person.read()?,
        license_type: request.license_type,
        job_role: request.job_role,
        projects: request.project_ids.into_iter().map(ProjectId).collect(),
        attestations: request
            .attestations
            .into_iter()
            .map(|given| Attested {
                code: given.code,
                on: given.on.map(|day| day.0),
            })
            .collect(),
        requested_by: request.requested_by.map(PersonId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call {
        caller,
        action: Action::SubmitRequest,
        idempotency: body.idempotency,
        dry_run: false,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::submit(tx, &new),
            |shown| {
                responses::created(
                    format!("/v1/license-requests/{}", shown.request.id),
                    shown.request.version,
                    &LicenseRequestResponse::from(shown),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a license request
///
/// The request with its state now and what it still needs.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "get_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    responses(
        (
            status = 200,
            description = "The request.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("submitted", 1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/license-requests/{id}")]
async fn get_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadRequest, move |rx| {
            licensing::request(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.request.version,
        &LicenseRequestResponse::from(&shown),
    ))
}

/// Get the checklist of a license request
///
/// Each requirement met, due or waived with its evidence, and what is missing.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "get_license_request_checklist",
    params(("id" = Uuid, Path, description = "The request.")),
    responses(
        (
            status = 200,
            description = "The checklist.",
            body = ChecklistResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!({
                "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
                "state": "onboarding",
                "approvals_given": 1,
                "approvals_needed": 1,
                "requirements": explanations::example()["requirements"],
                "needs": ["`hmis_user_training_series` is not passed"],
                "policy_version": 1,
            }),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/license-requests/{id}/checklist")]
async fn get_license_request_checklist(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let shown = state
        .app
        .read(caller, Action::ReadRequest, move |rx| {
            licensing::request(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        shown.request.version,
        &ChecklistResponse::from(&shown),
    ))
}

/// Explain a license request
///
/// What is met, what is missing, who can act and what comes next, as far as the reader may see.
#[utoipa::path(
    tag = tags::LICENSE_REQUESTS,
    operation_id = "explain_license_request",
    params(("id" = Uuid, Path, description = "The request.")),
    responses(
        (
            status = 200,
            description = "The explanation.",
            body = ExplanationResponse,
            example = json!(explanations::example()),
        ),
        GetProblems,
    ),
)]
#[get("/v1/license-requests/{id}/explanation")]
async fn get_license_request_explanation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    let explanation = state
        .app
        .read(caller, Action::ReadRequest, move |rx| {
            licensing::explain_request(rx, id)
        })
        .await?;
    Ok(responses::send(responses::outcome(
        &ExplanationResponse::from(&explanation),
    )))
}

/// Sends the answer to a decision about a request.
async fn decide(
    state: &State,
    call: Call,
    id: RequestId,
    decision: Decision,
    work: fn(&mut Tx<'_>, RequestId, &Decision) -> Result<RequestShown, Error>,
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
    let call = Call {
        caller,
        action,
        idempotency: body.idempotency,
        dry_run: false,
    };
    Ok((call, decision))
}

/// Approve a license request
///
/// Gives the approval step that is next. With the last one the trainee may train: the request is `onboarding`.
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
async fn approve_license_request(
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
async fn deny_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DenyRequest>,
) -> Result<HttpResponse, Problem> {
    let decision = Decision {
        expected: body.expected,
        reported: Reported {
            reason: Some(body.value.reason),
            ..Reported::default()
        },
    };
    let call = Call {
        caller,
        action: Action::DenyRequest,
        idempotency: body.idempotency,
        dry_run: false,
    };
    decide(&state, call, id, decision, licensing::deny).await
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
async fn withdraw_license_request(
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
/// Every requirement is checked again; what lapsed meanwhile is named. From then on the license gives access.
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
            description = "The request, fulfilled, with the license it led to.",
            body = LicenseRequestResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("fulfilled", 4)),
        ),
        DecideProblems,
    ),
)]
#[post("/v1/license-requests/{id}/activate")]
async fn activate_license_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<RequestId>,
    body: VersionedJson<DecisionRequest>,
) -> Result<HttpResponse, Problem> {
    let (call, decision) = decision(caller, Action::ActivateLicense, body)?;
    decide(&state, call, id, decision, licensing::activate).await
}
