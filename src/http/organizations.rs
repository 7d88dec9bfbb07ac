//! `/v1/organizations`.

use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::external_ids::{ExternalIdRequest, ExternalIdResponse};
use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::time::DayText;
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::ports::RosterFilter;
use crate::application::roster::organizations::{
    self, NewOrganization, OrganizationChange, OrganizationDetails, ParticipationInput,
};
use crate::application::{Call, Caller};
use crate::domain::ids::OrganizationId;
use crate::domain::roster::Participation;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_organizations)
        .service(create_organization)
        .service(get_organization)
        .service(change_organization)
        .service(record_participation);
}

/// When an organization takes part: local days, both included.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ParticipationRequest {
    /// The first local day.
    from_on: DayText,
    /// The last local day. Left out: without end.
    to_on: Option<DayText>,
}

impl From<&ParticipationRequest> for ParticipationInput {
    fn from(request: &ParticipationRequest) -> Self {
        Self {
            from_on: request.from_on.0,
            to_on: request.to_on.map(|day| day.0),
        }
    }
}

/// When an organization takes part, as recorded at one instant. Local days, both included.
#[derive(Serialize, ToSchema)]
#[schema(as = Participation)]
pub struct ParticipationResponse {
    from_on: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_on: Option<NaiveDate>,
    recorded_at: DateTime<Utc>,
}

impl From<&Participation> for ParticipationResponse {
    fn from(record: &Participation) -> Self {
        Self {
            from_on: record.from_on,
            to_on: record.to_on,
            recorded_at: record.recorded_at,
        }
    }
}

/// A participating agency of an implementation.
#[derive(Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationResponse {
    id: Uuid,
    implementation_id: Uuid,
    name: String,
    /// Its staff are shown to no other organization, and a request for one needs a staff override.
    victim_service_provider: bool,
    /// The record that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    participation: Option<ParticipationResponse>,
    /// What was recorded before, oldest first.
    former_participations: Vec<ParticipationResponse>,
    external_ids: Vec<ExternalIdResponse>,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&OrganizationDetails> for OrganizationResponse {
    fn from(details: &OrganizationDetails) -> Self {
        let row = &details.row;
        let former = match &details.participations[..] {
            [former @ .., _] => former,
            [] => &[],
        };
        Self {
            id: row.id.into(),
            implementation_id: row.implementation_id.into(),
            name: row.name.clone(),
            victim_service_provider: row.victim_service_provider,
            participation: details.participation().map(Into::into),
            former_participations: former.iter().map(Into::into).collect(),
            external_ids: details.external_ids.iter().map(Into::into).collect(),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// What a new organization is made of.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganizationRequest {
    implementation_id: Uuid,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Whether its staff are to be shown to no other organization.
    #[serde(default)]
    #[schema(default = false)]
    victim_service_provider: bool,
    #[validate(nested)]
    participation: ParticipationRequest,
    #[serde(default)]
    #[validate(nested, length(max = 20))]
    #[schema(max_items = 20)]
    external_ids: Vec<ExternalIdRequest>,
}

/// What to change of an organization (JSON Merge Patch).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PatchOrganizationRequest {
    #[serde(default, deserialize_with = "super::patch::not_null")]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Whether its staff are to be shown to no other organization.
    #[serde(default, deserialize_with = "super::patch::not_null")]
    victim_service_provider: Option<bool>,
}

/// What narrows a list of organizations.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrganizationParameters {
    /// Only those of this implementation.
    implementation_id: Option<Uuid>,
    /// Only this organization.
    organization_id: Option<Uuid>,
    /// `true`: only those that have no supervisor now, neither one in office nor a deputy of one. For administrators, the
    /// help desk and auditors.
    without_supervisor: Option<bool>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, VERSIONED);
crate::problems!(ParticipationProblems: KNOWN, ONE, BODY, POST);

/// The example of this resource, as every operation shows it.
fn example(name: &str, version: i32) -> Value {
    json!({
        "id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "name": name,
        "victim_service_provider": false,
        "participation": { "from_on": "2026-01-01", "recorded_at": "2026-03-02T18:10:00Z" },
        "former_participations": [],
        "external_ids": [{ "system": "vendor_agency", "value": "100", "recorded_at": "2026-03-02T18:10:00Z" }],
        "recorded_at": "2026-03-02T18:10:00Z",
        "version": version,
    })
}

/// List organizations
///
/// The agencies that the caller may know of, in the order in which they were recorded: staff see those of their
/// implementations, a supervisor his own. With `without_supervisor`, staff see those whose licenses nobody there looks
/// after: the authorized signer and the lead have to.
#[utoipa::path(
    tag = tags::ORGANIZATIONS,
    operation_id = "list_organizations",
    params(OrganizationParameters, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of organizations.",
            body = ListResponse<OrganizationResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example("Anchorage Night Shelter", 1)], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/organizations")]
async fn list_organizations(
    state: web::Data<State>,
    list: List<OrganizationParameters>,
) -> Result<HttpResponse, Problem> {
    let filter = RosterFilter {
        implementation_id: list.filter.implementation_id.map(Into::into),
        organization_id: list.filter.organization_id.map(Into::into),
    };
    let without_supervisor = list.filter.without_supervisor.unwrap_or_default();
    let paging = list.paging;
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadRoster, move |rx| {
            organizations::list(rx, &filter, without_supervisor, paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| OrganizationResponse::from(row)))
}

/// Get an organization
///
/// One agency: its name, when it takes part, and the ids by which other systems know it.
#[utoipa::path(
    tag = tags::ORGANIZATIONS,
    operation_id = "get_organization",
    params(("id" = Uuid, Path, description = "The organization.")),
    responses(
        (
            status = 200,
            description = "The organization.",
            body = OrganizationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Anchorage Night Shelter", 1)),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/organizations/{id}")]
async fn get_organization(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<OrganizationId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let details = state
        .app
        .read(caller, Action::ReadRoster, move |rx| {
            organizations::get(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        details.row.version,
        &OrganizationResponse::from(&details),
    ))
}

/// Create an organization
///
/// A new participating agency. Licenses can be requested there while it takes part.
#[utoipa::path(
    tag = tags::ORGANIZATIONS,
    operation_id = "create_organization",
    request_body(
        content = CreateOrganizationRequest,
        description = "The new organization.",
        example = json!({
            "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
            "name": "Anchorage Night Shelter",
            "participation": { "from_on": "2026-01-01" },
            "external_ids": [{ "system": "vendor_agency", "value": "100" }],
        }),
    ),
    responses(
        (
            status = 201,
            description = "The organization as recorded.",
            body = OrganizationResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("Anchorage Night Shelter", 1)),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/organizations")]
async fn create_organization(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateOrganizationRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewOrganization {
        implementation_id: request.implementation_id.into(),
        name: request.name,
        victim_service_provider: request.victim_service_provider,
        participation: (&request.participation).into(),
        external_ids: request.external_ids.into_iter().map(Into::into).collect(),
    };
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(call, move |tx| organizations::create(tx, &new), created)
        .await?;
    Ok(responses::send(reply))
}

fn created(details: &OrganizationDetails) -> crate::application::Reply {
    responses::created(
        format!("/v1/organizations/{}", details.row.id),
        details.row.version,
        &OrganizationResponse::from(details),
    )
}

/// Change what describes an organization
///
/// Its name, and whether it is a victim service provider. When it takes part is recorded under `participations`.
#[utoipa::path(
    tag = tags::ORGANIZATIONS,
    operation_id = "change_organization",
    params(("id" = Uuid, Path, description = "The organization.")),
    request_body(
        content = PatchOrganizationRequest,
        description = "What to change; what is left out stays.",
        example = json!({ "name": "Anchorage Night Shelter, Inc.", "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The organization as it is now.",
            body = OrganizationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Anchorage Night Shelter, Inc.", 2)),
        ),
        ChangeProblems,
    ),
)]
#[patch("/v1/organizations/{id}")]
async fn change_organization(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<OrganizationId>,
    body: VersionedJson<PatchOrganizationRequest>,
) -> Result<HttpResponse, Problem> {
    let change = OrganizationChange {
        name: body.value.name,
        victim_service_provider: body.value.victim_service_provider,
    };
    let expected = body.expected;
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| organizations::change(tx, id, expected, &change),
            |details| responses::changed(details.row.version, &OrganizationResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Record when an organization takes part
///
/// The record counts from now on, in place of the one before, which stays. Licenses give access only while their
/// organization takes part, so an end ends all of them at the start of the day after it.
#[utoipa::path(
    tag = tags::ORGANIZATIONS,
    operation_id = "record_participation",
    params(("id" = Uuid, Path, description = "The organization.")),
    request_body(
        content = ParticipationRequest,
        description = "The days of participation.",
        example = json!({ "from_on": "2026-01-01", "to_on": "2026-12-31" }),
    ),
    responses(
        (
            status = 201,
            description = "The organization with the new record.",
            body = OrganizationResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where the organization is found."),
            ),
            example = json!({
                "id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
                "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "name": "Anchorage Night Shelter",
                "victim_service_provider": false,
                "participation": {
                    "from_on": "2026-01-01", "to_on": "2026-12-31", "recorded_at": "2026-03-05T22:00:00Z",
                },
                "former_participations": [{ "from_on": "2026-01-01", "recorded_at": "2026-03-02T18:10:00Z" }],
                "external_ids": [],
                "recorded_at": "2026-03-02T18:10:00Z",
                "version": 1,
            }),
        ),
        ParticipationProblems,
    ),
)]
#[post("/v1/organizations/{id}/participations")]
async fn record_participation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<OrganizationId>,
    body: Json<ParticipationRequest>,
) -> Result<HttpResponse, Problem> {
    let input = ParticipationInput::from(&body.value);
    let call = Call::new(caller, Action::ManageRoster, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| organizations::record_participation(tx, id, input),
            created,
        )
        .await?;
    Ok(responses::send(reply))
}
