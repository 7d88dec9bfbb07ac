//! `/v1/projects`.

use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::external_ids::{ExternalIdRequest, ExternalIdResponse, RosterParameters};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::time::DayText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::ports::RosterFilter;
use crate::application::roster::projects::{self, NewProject, ProjectChange, ProjectDetails};
use crate::application::{Call, Caller};
use crate::domain::ids::ProjectId;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_projects)
        .service(create_project)
        .service(get_project)
        .service(change_project);
}

/// An HMIS project of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectResponse {
    id: Uuid,
    implementation_id: Uuid,
    organization_id: Uuid,
    name: String,
    /// HUD's number of the project type (HMIS data element 2.02.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    project_type: Option<i16>,
    /// The first local day of operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    operating_from_on: Option<NaiveDate>,
    /// The last local day of operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    operating_to_on: Option<NaiveDate>,
    external_ids: Vec<ExternalIdResponse>,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&ProjectDetails> for ProjectResponse {
    fn from(details: &ProjectDetails) -> Self {
        let row = &details.row;
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.into(),
            organization_id: row.organization_id.into(),
            name: row.name.clone(),
            project_type: row.project_type,
            operating_from_on: row.operating_from_on,
            operating_to_on: row.operating_to_on,
            external_ids: details.external_ids.iter().map(Into::into).collect(),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// What a new project is made of.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateProjectRequest {
    organization_id: Uuid,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// HUD's number of the project type (HMIS data element 2.02.6): 0 emergency shelter (entry and exit), 1 emergency
    /// shelter (night by night), 2 transitional housing, 3 permanent supportive housing, 4 street outreach, 6 services
    /// only, 7 other, 8 safe haven, 9 housing only, 10 housing with services, 11 day shelter, 12 homelessness
    /// prevention, 13 rapid re-housing, 14 coordinated entry.
    #[validate(range(min = 0, max = 14))]
    #[schema(minimum = 0, maximum = 14)]
    project_type: Option<i16>,
    /// The first local day of operation.
    operating_from_on: Option<DayText>,
    /// The last local day of operation.
    operating_to_on: Option<DayText>,
    #[serde(default)]
    #[validate(nested, length(max = 20))]
    #[schema(max_items = 20)]
    external_ids: Vec<ExternalIdRequest>,
}

/// What to change of a project (JSON Merge Patch).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PatchProjectRequest {
    #[serde(default, deserialize_with = "super::patch::not_null")]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The first local day of operation; null takes it away.
    #[serde(default, deserialize_with = "super::patch::removable")]
    #[schema(value_type = Option<DayText>)]
    operating_from_on: Option<Option<DayText>>,
    /// The last local day of operation; null takes it away.
    #[serde(default, deserialize_with = "super::patch::removable")]
    #[schema(value_type = Option<DayText>)]
    operating_to_on: Option<Option<DayText>>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, VERSIONED);

/// The example of this resource, as every operation shows it.
fn example() -> Value {
    json!({
        "id": "0199f3c2-9c05-7a3d-8f62-4e1b7d0a5c33",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        "name": "Night Shelter - Emergency Shelter",
        "project_type": 1,
        "operating_from_on": "2024-10-01",
        "external_ids": [{ "system": "vendor_project", "value": "2001", "recorded_at": "2026-03-02T18:20:00Z" }],
        "recorded_at": "2026-03-02T18:20:00Z",
        "version": 1,
    })
}

/// List projects
///
/// The HMIS projects of the organizations that the caller may know of, in the order in which they were recorded.
#[utoipa::path(
    tag = tags::PROJECTS,
    operation_id = "list_projects",
    params(RosterParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of projects.",
            body = ListResponse<ProjectResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/projects")]
async fn list_projects(
    state: web::Data<State>,
    list: List<RosterParameters>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = (RosterFilter::from(&list.filter), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadRoster, move |rx| {
            projects::list(rx, &filter, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| ProjectResponse::from(row)))
}

/// Get a project
///
/// One HMIS project: whose it is, its HUD type and when it operates.
#[utoipa::path(
    tag = tags::PROJECTS,
    operation_id = "get_project",
    params(("id" = Uuid, Path, description = "The project.")),
    responses(
        (
            status = 200,
            description = "The project.",
            body = ProjectResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/projects/{id}")]
async fn get_project(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ProjectId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let details = state
        .app
        .read(caller, Action::ReadRoster, move |rx| projects::get(rx, id))
        .await?;
    Ok(responses::one(
        &seen,
        details.row.version,
        &ProjectResponse::from(&details),
    ))
}

/// Create a project
///
/// A new HMIS project of an organization. Licenses of that organization can reach it.
#[utoipa::path(
    tag = tags::PROJECTS,
    operation_id = "create_project",
    request_body(
        content = CreateProjectRequest,
        description = "The new project.",
        example = json!({
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
            "name": "Night Shelter - Emergency Shelter",
            "project_type": 1,
            "operating_from_on": "2024-10-01",
            "external_ids": [{ "system": "vendor_project", "value": "2001" }],
        }),
    ),
    responses(
        (
            status = 201,
            description = "The project as recorded.",
            body = ProjectResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example()),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/projects")]
async fn create_project(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateProjectRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewProject {
        organization_id: request.organization_id.into(),
        name: request.name,
        project_type: request.project_type,
        operating_from_on: request.operating_from_on.map(|day| day.0),
        operating_to_on: request.operating_to_on.map(|day| day.0),
        external_ids: request.external_ids.into_iter().map(Into::into).collect(),
    };
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| projects::create(tx, &new),
            |details| {
                responses::created(
                    format!("/v1/projects/{}", details.row.id),
                    details.row.version,
                    &ProjectResponse::from(details),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Change what describes a project
///
/// Its name and when it operates. Imports only propose the end of a project; it is recorded here.
#[utoipa::path(
    tag = tags::PROJECTS,
    operation_id = "change_project",
    params(("id" = Uuid, Path, description = "The project.")),
    request_body(
        content = PatchProjectRequest,
        description = "What to change; what is left out stays.",
        example = json!({ "operating_to_on": "2026-09-30", "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The project as it is now.",
            body = ProjectResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-9c05-7a3d-8f62-4e1b7d0a5c33",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "name": "Night Shelter - Emergency Shelter",
                "project_type": 1,
                "operating_from_on": "2024-10-01",
                "operating_to_on": "2026-09-30",
                "external_ids": [],
                "recorded_at": "2026-03-02T18:20:00Z",
                "version": 2,
            }),
        ),
        ChangeProblems,
    ),
)]
#[patch("/v1/projects/{id}")]
async fn change_project(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ProjectId>,
    body: VersionedJson<PatchProjectRequest>,
) -> Result<HttpResponse, Problem> {
    let day = |member: Option<Option<DayText>>| member.map(|day| day.map(|day| day.0));
    let change = ProjectChange {
        name: body.value.name,
        operating_from_on: day(body.value.operating_from_on),
        operating_to_on: day(body.value.operating_to_on),
    };
    let expected = body.expected;
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| projects::change(tx, id, expected, &change),
            |details| responses::changed(details.row.version, &ProjectResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}
