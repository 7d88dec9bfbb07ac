//! `/v1/keep-requests`: licenses that stay although nobody logged in.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::evidence::{EvidenceFilter, VERSION, report_example};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem};
use super::report::{ReportRequest, ReportResponse};
use super::time::InstantText;
use super::{State, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewKeepRequest};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{FactId, LicenseId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_keep_requests)
        .service(keep_license)
        .service(get_keep_request);
}

/// A license is to be kept although nobody logged in.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct KeepLicenseRequest {
    license_id: Uuid,
    /// When the supervisor asked; not in the future. Absent: now.
    #[serde(default)]
    asked_at: Option<InstantText>,
    /// A reason is needed; whoever records it for a supervisor names him.
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A keep request as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = KeepRequest)]
pub struct KeepRequestResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    asked_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for KeepRequestResponse {
    fn from(fact: &Fact) -> Self {
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            asked_at: fact.envelope.occurred_at,
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(KeepProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::TransitionRefused]);

fn keep_example() -> Value {
    let mut report = report_example();
    report["reason"] = json!("She is back from training next week.");
    json!({
        "id": "0199f3c2-9a40-7e21-9a10-5c5c5c5c5c61",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "asked_at": "2026-04-03T14:00:00Z",
        "report": report,
    })
}

/// List keep requests
///
/// Keep requests that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::KEEP_REQUESTS,
    operation_id = "list_keep_requests",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of keep requests.",
            body = ListResponse<KeepRequestResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [keep_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/keep-requests")]
async fn list_keep_requests(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::KeepRequested), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| KeepRequestResponse::from(fact)))
}

/// Ask to keep a license
///
/// A supervisor stops the running inactivity warning of a license, as often as the policy allows until somebody logs in;
/// the clock starts anew. The absence itself goes on, for the day on which the holder comes back. What was asked before
/// the cut-off and is recorded after it lifts the hold, or contests the end.
#[utoipa::path(
    tag = tags::KEEP_REQUESTS,
    operation_id = "keep_license",
    request_body(
        content = KeepLicenseRequest,
        description = "The license, and why it stays.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "report": { "reason": "She is back from training next week." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The keep request as recorded.",
            body = KeepRequestResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(keep_example()),
        ),
        KeepProblems,
    ),
)]
#[post("/v1/keep-requests")]
async fn keep_license(
    caller: Caller,
    state: web::Data<State>,
    body: Json<KeepLicenseRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewKeepRequest {
        license_id: LicenseId(request.license_id),
        asked_at: request.asked_at.map(|at| at.0),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::KeepLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::keep_license(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/keep-requests/{}", fact.id),
                    VERSION,
                    &KeepRequestResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a keep request
///
/// One recorded keep request.
#[utoipa::path(
    tag = tags::KEEP_REQUESTS,
    operation_id = "get_keep_request",
    params(("id" = Uuid, Path, description = "The keep request.")),
    responses(
        (
            status = 200,
            description = "The keep request.",
            body = KeepRequestResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(keep_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/keep-requests/{id}")]
async fn get_keep_request(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::KeepRequested)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &KeepRequestResponse::from(&fact),
    ))
}
