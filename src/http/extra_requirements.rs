//! `/v1/extra-requirements`: what staff ask of one request beyond the policy.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::ReportResponse;
use super::time::DayText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewExtraRequirement, Reported};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, RequestId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_extra_requirements)
        .service(add_requirement)
        .service(get_extra_requirement);
}

/// A fact is never changed, so its version never rises.
const VERSION: i32 = 1;

/// A requirement to be added to a request.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AddRequirementRequest {
    license_request_id: Uuid,
    /// A course, personal agreement or practice set of the policy: `course:data_quality`, `agreement:...`,
    /// `practice:...`.
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    requirement: String,
    /// The last local day on which it is owed. Absent: without end.
    #[serde(default)]
    until_on: Option<DayText>,
    /// The extra requirement that this one corrects; both stay on record.
    #[serde(default)]
    supersedes: Option<Uuid>,
    /// Why. Name no clients and no health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// The help-desk ticket it came by.
    #[serde(default)]
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    ticket_reference: Option<String>,
}

/// An extra requirement as recorded. The request owes it through its last day.
#[derive(Serialize, ToSchema)]
#[schema(as = ExtraRequirement)]
pub struct ExtraRequirementResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    requirement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<NaiveDate>,
    added_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for ExtraRequirementResponse {
    fn from(fact: &Fact) -> Self {
        let (requirement, until_on) = match &fact.body {
            FactBody::RequirementAdded {
                requirement,
                until_on,
            } => (requirement.clone(), *until_on),
            _ => (String::new(), None),
        };
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_request_id: fact.request_id.map(Into::into),
            requirement,
            until_on,
            added_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

/// What narrows the list of extra requirements.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExtraRequirementFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those at this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
    /// Only those of this request.
    license_request_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(AddProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy, Code::TransitionRefused]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-8d40-7c00-8b00-4d4d4d4d4d14",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
        "requirement": "course:data_quality",
        "until_on": "2026-06-30",
        "added_at": "2026-03-04T14:30:00Z",
        "report": {
            "reported_at": "2026-03-04T14:30:00Z",
            "recorded_at": "2026-03-04T14:30:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
            "reason": "Will correct the records of others too.",
        },
    })
}

/// List extra requirements
///
/// Extra requirements that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::EXTRA_REQUIREMENTS,
    operation_id = "list_extra_requirements",
    params(ExtraRequirementFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of extra requirements.",
            body = ListResponse<ExtraRequirementResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/extra-requirements")]
async fn list_extra_requirements(
    state: web::Data<State>,
    list: List<ExtraRequirementFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        kinds: vec![FactKind::RequirementAdded],
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        request_id: list.filter.license_request_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| ExtraRequirementResponse::from(fact)))
}

/// Add a requirement
///
/// Staff ask one course, agreement or practice set of the policy more of one open request. License holders owe it not.
#[utoipa::path(
    tag = tags::EXTRA_REQUIREMENTS,
    operation_id = "add_requirement",
    request_body(
        content = AddRequirementRequest,
        description = "The requirement.",
        example = json!({
            "license_request_id": "0199f3c2-7d10-7a11-8c21-3b5d9a2c4e01",
            "requirement": "course:data_quality",
            "until_on": "2026-06-30",
            "reason": "Will correct the records of others too.",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The extra requirement as recorded.",
            body = ExtraRequirementResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        AddProblems,
    ),
)]
#[post("/v1/extra-requirements")]
async fn add_requirement(
    caller: Caller,
    state: web::Data<State>,
    body: Json<AddRequirementRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewExtraRequirement {
        request_id: RequestId(request.license_request_id),
        requirement: request.requirement,
        until_on: request.until_on.map(|day| day.0),
        supersedes: request.supersedes.map(FactId),
        reported: Reported {
            reason: Some(request.reason),
            ticket_reference: request.ticket_reference,
            ..Reported::default()
        },
    };
    let call = Call::new(caller, Action::AddRequirement, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::add_requirement(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/extra-requirements/{}", fact.id),
                    VERSION,
                    &ExtraRequirementResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get an extra requirement
///
/// One recorded extra requirement.
#[utoipa::path(
    tag = tags::EXTRA_REQUIREMENTS,
    operation_id = "get_extra_requirement",
    params(("id" = Uuid, Path, description = "The extra requirement.")),
    responses(
        (
            status = 200,
            description = "The extra requirement.",
            body = ExtraRequirementResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/extra-requirements/{id}")]
async fn get_extra_requirement(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::RequirementAdded)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &ExtraRequirementResponse::from(&fact),
    ))
}
