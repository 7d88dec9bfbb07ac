//! `/v1/implementations`.

use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::extract::{Id, IfNoneMatch, Json, List, ListParameters, ListResponse, VersionedJson};
use super::problem::{BODY, Code, KNOWN, LIST, ONE, POST, Problem, VERSIONED};
use super::{State, checks, responses, tags};
use crate::application::actor::Action;
use crate::application::roster::implementations::{self, ImplementationChange, NewImplementation};
use crate::application::{Call, Caller, Error};
use crate::domain::ids::ImplementationId;
use crate::domain::roster::Implementation;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_implementations)
        .service(create_implementation)
        .service(get_implementation)
        .service(change_implementation);
}

/// One HMIS installation, run by one HMIS lead.
#[derive(Serialize, ToSchema)]
#[schema(as = Implementation)]
pub struct ImplementationResponse {
    id: Uuid,
    /// Short and unique.
    code: String,
    name: String,
    /// The IANA time zone in which days are counted until a policy says another.
    time_zone: String,
    /// Where users are sent for help.
    support_contact: String,
    recorded_at: DateTime<Utc>,
    /// Rises with every change; `expected_version` is compared with it.
    version: i32,
}

impl From<&Implementation> for ImplementationResponse {
    fn from(row: &Implementation) -> Self {
        Self {
            id: row.id.into(),
            code: row.code.clone(),
            name: row.name.clone(),
            time_zone: row.time_zone.name().to_owned(),
            support_contact: row.support_contact.clone(),
            recorded_at: row.recorded_at,
            version: row.version,
        }
    }
}

/// What a new implementation is made of.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateImplementationRequest {
    /// Short and unique, for ever.
    #[validate(custom(function = "checks::code"))]
    #[schema(pattern = "^[a-z][a-z0-9-]{1,30}$", min_length = 2, max_length = 31)]
    code: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// A name of the IANA time zone database.
    #[validate(custom(function = "checks::time_zone"))]
    #[schema(min_length = 1, max_length = 64)]
    time_zone: String,
    /// Where users are sent for help: an address, a telephone number, a page.
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    support_contact: String,
}

/// What to change of an implementation (JSON Merge Patch).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PatchImplementationRequest {
    #[serde(default, deserialize_with = "super::patch::not_null")]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Where users are sent for help: an address, a telephone number, a page.
    #[serde(default, deserialize_with = "super::patch::not_null")]
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    support_contact: Option<String>,
}

/// What narrows the list of implementations.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImplementationFilter {
    /// Only the implementation with this code.
    #[validate(length(min = 1, max = 31))]
    #[param(min_length = 1, max_length = 31, example = "akhmis")]
    code: Option<String>,
}

crate::problems!(ListProblems: KNOWN, LIST);
crate::problems!(GetProblems: KNOWN, ONE);
crate::problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, VERSIONED);

/// The example of this resource, as every operation shows it.
fn example() -> serde_json::Value {
    json!({
        "id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
        "code": "akhmis",
        "name": "Alaska HMIS",
        "time_zone": "America/Anchorage",
        "support_contact": "help@akhmis.example",
        "recorded_at": "2026-03-02T18:00:00Z",
        "version": 1,
    })
}

/// List implementations
///
/// The HMIS installations that the caller may know of, in the order in which they were recorded.
#[utoipa::path(
    tag = tags::IMPLEMENTATIONS,
    operation_id = "list_implementations",
    params(ImplementationFilter, ListParameters),
    responses(
        (
            status = 200,
            description = "One page of implementations.",
            body = ListResponse<ImplementationResponse>,
            headers(("Link" = String, description = "The next page, where there is one.")),
            example = json!({ "data": [example()], "page": { "has_more": false } }),
        ),
        ListProblems,
    ),
)]
#[get("/v1/implementations")]
async fn list_implementations(
    state: web::Data<State>,
    list: List<ImplementationFilter>,
) -> Result<HttpResponse, Problem> {
    let (code, paging) = (list.filter.code.clone(), list.paging);
    let slice = state
        .app
        .read(list.caller.clone(), Action::ReadImplementation, move |rx| {
            implementations::list(rx, code.as_deref(), paging)
        })
        .await?;
    Ok(list.respond(&slice, |row| ImplementationResponse::from(row)))
}

/// Get an implementation
///
/// One HMIS installation: its code, its time zone and where its users are sent for help.
#[utoipa::path(
    tag = tags::IMPLEMENTATIONS,
    operation_id = "get_implementation",
    params(("id" = Uuid, Path, description = "The implementation.")),
    responses(
        (
            status = 200,
            description = "The implementation.",
            body = ImplementationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example()),
        ),
        (status = 304, description = "The reader has it as it is."),
        GetProblems,
    ),
)]
#[get("/v1/implementations/{id}")]
async fn get_implementation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let row = state
        .app
        .read(caller, Action::ReadImplementation, move |rx| {
            implementations::get(rx, id)
        })
        .await?;
    Ok(responses::one(
        &seen,
        row.version,
        &ImplementationResponse::from(&row),
    ))
}

/// Create an implementation
///
/// A new HMIS installation. It has no policy yet: requests are refused with `no_policy` until a first version is posted
/// under its `policies`.
#[utoipa::path(
    tag = tags::IMPLEMENTATIONS,
    operation_id = "create_implementation",
    request_body(
        content = CreateImplementationRequest,
        description = "The new implementation.",
        example = json!({
            "code": "mohmis",
            "name": "Mat-Su HMIS",
            "time_zone": "America/Anchorage",
            "support_contact": "+1 907 555 0100",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The implementation as recorded.",
            body = ImplementationResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!({
                "id": "0199f3c2-7b02-7d11-9c64-2a1d7f1fac32",
                "code": "mohmis",
                "name": "Mat-Su HMIS",
                "time_zone": "America/Anchorage",
                "support_contact": "+1 907 555 0100",
                "recorded_at": "2026-03-02T18:05:00Z",
                "version": 1,
            }),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/implementations")]
async fn create_implementation(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreateImplementationRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewImplementation {
        code: request.code,
        name: request.name,
        time_zone: request
            .time_zone
            .parse()
            .map_err(|_| Error::invalid("/time_zone", "must be an IANA time zone"))?,
        support_contact: request.support_contact,
    };
    let call = Call::new(caller, Action::CreateImplementation, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| implementations::create(tx, &new),
            |row| {
                responses::created(
                    format!("/v1/implementations/{}", row.id),
                    row.version,
                    &ImplementationResponse::from(row),
                )
            },
        )
        .await?;
    Ok(responses::send(reply))
}

/// Change what describes an implementation
///
/// Its name and where its users are sent for help. Rules and time zone are changed by posting a policy version.
#[utoipa::path(
    tag = tags::IMPLEMENTATIONS,
    operation_id = "change_implementation",
    params(("id" = Uuid, Path, description = "The implementation.")),
    request_body(
        content = PatchImplementationRequest,
        description = "What to change; what is left out stays.",
        example = json!({ "support_contact": "+1 907 555 0123", "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The implementation as it is now.",
            body = ImplementationResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!({
                "id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
                "code": "akhmis",
                "name": "Alaska HMIS",
                "time_zone": "America/Anchorage",
                "support_contact": "+1 907 555 0123",
                "recorded_at": "2026-03-02T18:00:00Z",
                "version": 2,
            }),
        ),
        ChangeProblems,
    ),
)]
#[patch("/v1/implementations/{id}")]
async fn change_implementation(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<ImplementationId>,
    body: VersionedJson<PatchImplementationRequest>,
) -> Result<HttpResponse, Problem> {
    let change = ImplementationChange {
        name: body.value.name,
        support_contact: body.value.support_contact,
    };
    let expected = body.expected;
    let call = Call::new(caller, Action::ConfigureImplementation, body.idempotency);
    let reply = state
        .app
        .write(
            call,
            move |tx| implementations::change(tx, id, expected, &change),
            |row| responses::changed(row.version, &ImplementationResponse::from(row)),
        )
        .await?;
    Ok(responses::send(reply))
}
