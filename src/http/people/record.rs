//! Recording people, their names, addresses and external ids.

use actix_web::{HttpResponse, patch, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{PersonEmailRequest, PersonResponse, example};
use crate::application::actor::Action;
use crate::application::roster::external_ids::ExternalIdInput;
use crate::application::roster::people::{self, EmailInput, NameChange, NewPerson, PersonDetails};
use crate::application::{Call, Caller, Idempotency, Reply};
use crate::domain::ids::PersonId;
use crate::http::external_ids::ExternalIdRequest;
use crate::http::extract::{Id, Json, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, ONE, POST, Problem, VERSIONED};
use crate::http::{State, checks, responses, tags};

/// What a new person is made of. At least one of the names must be given.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreatePersonRequest {
    implementation_id: Uuid,
    #[validate(length(max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    given_name: Option<String>,
    #[validate(length(max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    family_name: Option<String>,
    #[serde(default)]
    #[validate(nested, length(max = 10))]
    #[schema(max_items = 10)]
    emails: Vec<PersonEmailRequest>,
    #[serde(default)]
    #[validate(nested, length(max = 20))]
    #[schema(max_items = 20)]
    external_ids: Vec<ExternalIdRequest>,
}

/// The new name of a person (JSON Merge Patch): what is left out stays, null takes one of the two away.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PatchPersonRequest {
    #[serde(default, deserialize_with = "crate::http::patch::removable")]
    #[validate(length(max = 200), custom(function = "checks::line"))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    given_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "crate::http::patch::removable")]
    #[validate(length(max = 200), custom(function = "checks::line"))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    family_name: Option<Option<String>>,
}

crate::problems!(CreateProblems: KNOWN, BODY, POST, [Code::Duplicate]);
crate::problems!(ChangeProblems: KNOWN, BODY, VERSIONED);
crate::problems!(AddProblems: KNOWN, ONE, BODY, POST, [Code::Duplicate]);

fn call(caller: Caller, idempotency: Option<Idempotency>) -> Call {
    Call {
        caller,
        action: Action::ManagePerson,
        idempotency,
        dry_run: false,
    }
}

fn created(details: &PersonDetails) -> Reply {
    responses::created(
        format!("/v1/people/{}", details.row.id),
        details.row.version,
        &PersonResponse::from(details),
    )
}

/// Record a person
///
/// Somebody who is to have a license, or who acts for one. Look for him first: a person is recorded once in an
/// implementation, and all of his licenses hang off that record.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "create_person",
    request_body(
        content = CreatePersonRequest,
        description = "The new person.",
        example = json!({
            "implementation_id": "0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21",
            "given_name": "Dana",
            "family_name": "Whitfield",
            "emails": [{
                "email": "d.whitfield@night-shelter.example",
                "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
            }],
            "external_ids": [{ "system": "hmis_user_id", "value": "41" }],
        }),
    ),
    responses(
        (
            status = 201,
            description = "The person as recorded.",
            body = PersonResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where it is found."),
            ),
            example = json!(example("Dana", 1)),
        ),
        CreateProblems,
    ),
)]
#[post("/v1/people")]
pub async fn create_person(
    caller: Caller,
    state: web::Data<State>,
    body: Json<CreatePersonRequest>,
) -> Result<HttpResponse, Problem> {
    let request = body.value;
    let new = NewPerson {
        implementation_id: request.implementation_id.into(),
        given_name: request.given_name.unwrap_or_default(),
        family_name: request.family_name.unwrap_or_default(),
        emails: request.emails.into_iter().map(Into::into).collect(),
        external_ids: request.external_ids.into_iter().map(Into::into).collect(),
    };
    let reply = state
        .app
        .write(
            call(caller, body.idempotency),
            move |tx| people::create(tx, &new),
            created,
        )
        .await?;
    Ok(responses::send(reply))
}

/// Record a new name of a person
///
/// The former name is kept with its dates: staff still find the person by it.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "change_person",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = PatchPersonRequest,
        description = "The new name.",
        example = json!({ "given_name": "Danielle", "expected_version": 1 }),
    ),
    responses(
        (
            status = 200,
            description = "The person under the new name.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Danielle", 2)),
        ),
        ChangeProblems,
    ),
)]
#[patch("/v1/people/{id}")]
pub async fn change_person(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: VersionedJson<PatchPersonRequest>,
) -> Result<HttpResponse, Problem> {
    let name = |member: Option<Option<String>>| member.map(Option::unwrap_or_default);
    let change = NameChange {
        given_name: name(body.value.given_name),
        family_name: name(body.value.family_name),
    };
    let expected = body.expected;
    let reply = state
        .app
        .write(
            call(caller, body.idempotency),
            move |tx| people::change_name(tx, id, expected, &change),
            |details| responses::changed(details.row.version, &PersonResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Record an address of a person
///
/// With an organization it is confirmed for it, until the person leaves; without one it is a contact that no message
/// uses.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "add_person_email",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = PersonEmailRequest,
        description = "The address.",
        example = json!({
            "email": "d.whitfield@night-shelter.example",
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        }),
    ),
    responses(
        (
            status = 201,
            description = "The person with the address.",
            body = PersonResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where the person is found."),
            ),
            example = json!(example("Dana", 1)),
        ),
        AddProblems,
    ),
)]
#[post("/v1/people/{id}/emails")]
pub async fn add_person_email(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: Json<PersonEmailRequest>,
) -> Result<HttpResponse, Problem> {
    let input = EmailInput::from(body.value);
    let reply = state
        .app
        .write(
            call(caller, body.idempotency),
            move |tx| people::add_email(tx, id, &input),
            created,
        )
        .await?;
    Ok(responses::send(reply))
}

/// Give a person an external id
///
/// The id by which another system knows him, for example the HMIS user id by which a front-end asks for access. It is
/// given once, for ever.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "add_person_external_id",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = ExternalIdRequest,
        description = "The external id.",
        example = json!({ "system": "hmis_user_id", "value": "41" }),
    ),
    responses(
        (
            status = 201,
            description = "The person with the external id.",
            body = PersonResponse,
            headers(
                ("ETag" = String, description = "The version, for If-Match and If-None-Match."),
                ("Location" = String, description = "Where the person is found."),
            ),
            example = json!(example("Dana", 1)),
        ),
        AddProblems,
    ),
)]
#[post("/v1/people/{id}/external-ids")]
pub async fn add_person_external_id(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: Json<ExternalIdRequest>,
) -> Result<HttpResponse, Problem> {
    let input = ExternalIdInput::from(body.value);
    let reply = state
        .app
        .write(
            call(caller, body.idempotency),
            move |tx| people::add_external_id(tx, id, &input),
            created,
        )
        .await?;
    Ok(responses::send(reply))
}
