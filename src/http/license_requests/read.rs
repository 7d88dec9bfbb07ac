//! Reading requests, their checklists and their explanations.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::{LicenseRequestResponse, StateName, example};
use crate::application::Caller;
use crate::application::actor::Action;
use crate::application::licensing::{self, RequestShown};
use crate::application::ports::StateFilter;
use crate::domain::ids::RequestId;
use crate::domain::request::RequestState;
use crate::http::explanations::{
    self, DeadlineResponse, ExplanationResponse, PracticeResponse, RequirementResponse,
};
use crate::http::extract::{Id, IfNoneMatch, List, ListParameters, ListResponse};
use crate::http::problem::{Code, KNOWN, LIST, ONE, Problem};
use crate::http::{State, responses, tags};

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
    /// The practice sets that are owed, by workflow.
    practice: Vec<PracticeResponse>,
    /// The deadlines that have started.
    deadlines: Vec<DeadlineResponse>,
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
            practice: evaluation.practice.iter().map(Into::into).collect(),
            deadlines: evaluation.deadlines.iter().map(Into::into).collect(),
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
pub(super) async fn list_license_requests(
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
        listed: false,
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
pub(super) async fn get_license_request(
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
                "practice": [],
                "deadlines": [],
                "needs": ["`hmis_user_training_series` is not passed"],
                "policy_version": 1,
            }),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/license-requests/{id}/checklist")]
pub(super) async fn get_license_request_checklist(
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
pub(super) async fn get_license_request_explanation(
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
