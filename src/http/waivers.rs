//! `/v1/waivers`: requirements that staff waive for one person at one organization.

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
use crate::application::licensing::{self, NewWaiver, Reported};
use crate::application::ports::FactFilter;
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, OrganizationId, PersonId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_waivers)
        .service(waive_requirement)
        .service(get_waiver);
}

/// A fact is never changed, so its version never rises.
const VERSION: i32 = 1;

/// A requirement to be waived.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WaiveRequirementRequest {
    person_id: Uuid,
    organization_id: Uuid,
    /// As explanations name it: `course:privacy_and_security`, `agreement:...`, `practice:...`.
    #[validate(length(min = 1, max = 100), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 100)]
    requirement: String,
    /// The last local day of the waiver. Absent: without end.
    #[serde(default)]
    until_on: Option<DayText>,
    /// The waiver that this one corrects; both stay on record.
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

/// A waiver as recorded. What it waives shows as `waived` until it runs out.
#[derive(Serialize, ToSchema)]
#[schema(as = Waiver)]
pub struct WaiverResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    requirement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<NaiveDate>,
    granted_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for WaiverResponse {
    fn from(fact: &Fact) -> Self {
        let (requirement, until_on) = match &fact.body {
            FactBody::Waived {
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
            requirement,
            until_on,
            granted_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

/// What narrows the list of waivers.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WaiverFilter {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only those at this organization.
    organization_id: Option<Uuid>,
    /// Only those of this person.
    person_id: Option<Uuid>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(WaiveProblems: KNOWN, BODY, POST, [Code::OwnCase]);

fn example() -> Value {
    json!({
        "id": "0199f3c2-8d40-7c00-8b00-4d4d4d4d4d14",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "requirement": "course:hmis_user_training_series",
        "until_on": "2026-06-30",
        "granted_at": "2026-03-04T14:30:00Z",
        "report": {
            "reported_at": "2026-03-04T14:30:00Z",
            "recorded_at": "2026-03-04T14:30:00Z",
            "recorded_by": "0199f3c2-6000-7a00-9000-aaaaaaaaaa01",
            "channel": "api",
            "reason": "Trained the series herself until January.",
        },
    })
}

/// List waivers
///
/// Waivers that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::WAIVERS,
    operation_id = "list_waivers",
    params(WaiverFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of waivers.",
            body = ListResponse<WaiverResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/waivers")]
async fn list_waivers(
    state: web::Data<State>,
    list: List<WaiverFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = FactFilter {
        kinds: vec![FactKind::Waived],
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
        person_id: list.filter.person_id.map(Into::into),
        ..FactFilter::default()
    };
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| WaiverResponse::from(fact)))
}

/// Waive a requirement
///
/// Staff waive one requirement that a person owes at an organization, for an open request or a license, where the
/// policy allows it. A waiver that runs out unmet acts as a missed recertification of that requirement.
#[utoipa::path(
    tag = tags::WAIVERS,
    operation_id = "waive_requirement",
    request_body(
        content = WaiveRequirementRequest,
        description = "The waiver.",
        example = json!({
            "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
            "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
            "requirement": "course:hmis_user_training_series",
            "until_on": "2026-06-30",
            "reason": "Trained the series herself until January.",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The waiver as recorded.",
            body = WaiverResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        WaiveProblems,
    ),
)]
#[post("/v1/waivers")]
async fn waive_requirement(
    caller: Caller,
    state: web::Data<State>,
    body: Json<WaiveRequirementRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewWaiver {
        person_id: PersonId(request.person_id),
        organization_id: OrganizationId(request.organization_id),
        requirement: request.requirement,
        until_on: request.until_on.map(|day| day.0),
        supersedes: request.supersedes.map(FactId),
        reported: Reported {
            reason: Some(request.reason),
            ticket_reference: request.ticket_reference,
            ..Reported::default()
        },
    };
    let call = Call::new(caller, Action::WaiveRequirement, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::waive_requirement(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/waivers/{}", fact.id),
                    VERSION,
                    &WaiverResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a waiver
///
/// One recorded waiver.
#[utoipa::path(
    tag = tags::WAIVERS,
    operation_id = "get_waiver",
    params(("id" = Uuid, Path, description = "The waiver.")),
    responses(
        (
            status = 200,
            description = "The waiver.",
            body = WaiverResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/waivers/{id}")]
async fn get_waiver(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::Waived)
        })
        .await?;
    Ok(responses::one(&seen, VERSION, &WaiverResponse::from(&fact)))
}
