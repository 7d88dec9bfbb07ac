//! Submitting a request.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{AttestationDetails, LicenseRequestResponse, example};
use crate::application::actor::Action;
use crate::application::licensing::{self, NewRequest, PersonNamed};
use crate::application::{Call, Caller, Error};
use crate::domain::ids::{FactId, OrganizationId, PersonId, ProjectId};
use crate::domain::request::Attested;
use crate::http::extract::Json;
use crate::http::problem::{BODY, Code, KNOWN, POST, Problem};
use crate::http::report::ReportRequest;
use crate::http::{State, checks, responses, tags};

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

/// The trainee: by `id`, by `external_id`, or somebody new by name. Names and addresses find nobody for
/// the requester; whether the implementation knows somebody like that, staff settle.
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
    /// What the policy asks the requester to attest. A background check that was attested on any earlier request for the
    /// person and is young enough need not be given again.
    #[serde(default)]
    #[validate(nested, length(max = 20))]
    #[schema(max_items = 20)]
    attestations: Vec<AttestationDetails>,
    /// The supervisor it is made for, where the help desk records it.
    #[serde(default)]
    requested_by: Option<Uuid>,
    /// The pass of a course by which it comes, where the policy lets a pass make requests.
    #[serde(default)]
    training_completion_id: Option<Uuid>,
    #[serde(default)]
    #[validate(nested)]
    report: Option<ReportRequest>,
}

crate::problems!(SubmitProblems: KNOWN, BODY, POST, [Code::OwnCase, Code::NoPolicy, Code::Duplicate, Code::TransitionRefused]);

/// Submit a license request
///
/// Asks for a license for a person at an organization. Who may request, what must be attested and whether a ticket must
/// be named is the policy's word. Where it lets the trainee himself ask, or the pass of a course, somebody else confirms
/// the request in time, or it lapses; otherwise the requester is never the trainee. Staff record what the authorized
/// signer asks for, and name the contact in `report.reported_by.contact_id`.
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
pub(super) async fn submit_license_request(
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
        completion: request.training_completion_id.map(FactId),
        reported: ReportRequest::read(request.report)?,
    };
    let call = Call::new(caller, Action::SubmitRequest, body.idempotency);
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
