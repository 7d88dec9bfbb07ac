//! `/v1/license-changes`: another type for a running license.

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
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewLicenseChange};
use crate::application::{Call, Caller};
use crate::domain::fact::{Fact, FactBody, FactKind};
use crate::domain::ids::{FactId, LicenseId};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_license_changes)
        .service(change_license)
        .service(get_license_change);
}

/// Another base type for a running license.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangeLicenseRequest {
    license_id: Uuid,
    /// A base type of the policy in force.
    #[validate(length(min = 1, max = 64), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 64)]
    license_type: String,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

/// A change as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseChange)]
pub struct LicenseChangeResponse {
    id: Uuid,
    implementation_id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_id: Option<Uuid>,
    /// The request it came from; absent where the change added no requirement.
    #[serde(skip_serializing_if = "Option::is_none")]
    license_request_id: Option<Uuid>,
    /// The type from then on.
    license_type: String,
    changed_at: DateTime<Utc>,
    report: ReportResponse,
}

impl From<&Fact> for LicenseChangeResponse {
    fn from(fact: &Fact) -> Self {
        Self {
            id: fact.id.into(),
            implementation_id: fact.implementation_id.into(),
            person_id: fact.person_id.into(),
            organization_id: fact.organization_id.map(Into::into),
            license_id: fact.license_id.map(Into::into),
            license_request_id: fact.request_id.map(Into::into),
            license_type: match &fact.body {
                FactBody::TypeChanged(change) => change.license_type.clone(),
                _ => String::new(),
            },
            changed_at: fact.acts_at(),
            report: (&fact.envelope).into(),
        }
    }
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy, Code::TransitionRefused]);

fn change_example() -> Value {
    json!({
        "id": "0199f3c2-9a40-7e21-9a10-5c5c5c5c5c31",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b20",
        "person_id": "0199f3c2-7c55-7b90-a1de-90aa3f7c1d02",
        "organization_id": "0199f3c2-7a01-7c12-b7aa-1f3355aa7703",
        "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
        "license_type": "read_only",
        "changed_at": "2026-05-04T13:00:00Z",
        "report": report_example(),
    })
}

/// List license changes
///
/// Changes of type that the caller may know of, in the order of their recording.
#[utoipa::path(
    tag = tags::LICENSE_CHANGES,
    operation_id = "list_license_changes",
    params(EvidenceFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of changes.",
            body = ListResponse<LicenseChangeResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [change_example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/license-changes")]
async fn list_license_changes(
    state: web::Data<State>,
    list: List<EvidenceFilter>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (list.filter.of(FactKind::TypeChanged), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadFact, move |rx| {
            licensing::completions(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |fact| LicenseChangeResponse::from(fact)))
}

/// Change the type of a license
///
/// At once, where the new type asks for nothing that is not met. A change that adds requirements takes a license
/// request of the new type; the refusal names what it would owe.
#[utoipa::path(
    tag = tags::LICENSE_CHANGES,
    operation_id = "change_license",
    request_body(
        content = ChangeLicenseRequest,
        description = "The license and its new type.",
        example = json!({
            "license_id": "0199f3c2-9a00-7c00-8d00-5e5e5e5e5e01",
            "license_type": "read_only",
            "report": { "reason": "She only reads reports now." },
        }),
    ),
    responses(
        (
            status = 201,
            description = "The change as recorded.",
            body = LicenseChangeResponse,
            headers(
                ("ETag" = String, description = "For If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(change_example()),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/license-changes")]
async fn change_license(
    caller: Caller,
    state: web::Data<State>,
    body: Json<ChangeLicenseRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewLicenseChange {
        license_id: LicenseId(request.license_id),
        license_type: request.license_type,
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::ChangeLicense, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| licensing::change_license(tx, &new),
            |fact| {
                responses::created(
                    format!("/v1/license-changes/{}", fact.id),
                    VERSION,
                    &LicenseChangeResponse::from(fact),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Get a license change
///
/// One recorded change.
#[utoipa::path(
    tag = tags::LICENSE_CHANGES,
    operation_id = "get_license_change",
    params(("id" = Uuid, Path, description = "The change.")),
    responses(
        (
            status = 200,
            description = "The change.",
            body = LicenseChangeResponse,
            headers(("ETag" = String, description = "For If-None-Match.")),
            example = json!(change_example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/license-changes/{id}")]
async fn get_license_change(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<FactId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let fact = state
        .app
        .read(caller, Action::ReadFact, move |rx| {
            licensing::completion(rx, id, FactKind::TypeChanged)
        })
        .await?;
    Ok(responses::one(
        &seen,
        VERSION,
        &LicenseChangeResponse::from(&fact),
    ))
}
