//! Addresses that are confirmed and retired, external ids that are closed and settled.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{PersonResponse, example};
use crate::application::actor::Action;
use crate::application::roster::external_ids::ExternalIdInput;
use crate::application::roster::people::{self, EmailInput, PersonDetails};
use crate::application::{Call, Caller, Error, Idempotency, Tx};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::http::extract::{Id, Json, VersionedJson};
use crate::http::problem::{BODY, Code, KNOWN, ONE, POST, Problem, VERSIONED};
use crate::http::{State, checks, responses, tags};

/// An address that is confirmed for an organization.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmailRequest {
    #[validate(custom(function = "checks::email"))]
    #[schema(format = Email, max_length = 254)]
    email: String,
    organization_id: Uuid,
}

/// An address that is used no longer.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RetireEmailRequest {
    #[validate(custom(function = "checks::email"))]
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The organization for which it is on record. Left out: for none.
    #[serde(default)]
    organization_id: Option<Uuid>,
}

/// An external id that its system no longer has.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseExternalIdRequest {
    #[validate(length(min = 1, max = 63), custom(function = "checks::system"))]
    #[schema(pattern = "^[a-z][a-z0-9_]*$", min_length = 1, max_length = 63)]
    system: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    value: String,
}

/// A closed external id that is to name nobody any more.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SettleExternalIdRequest {
    #[validate(length(min = 1, max = 63), custom(function = "checks::system"))]
    #[schema(pattern = "^[a-z][a-z0-9_]*$", min_length = 1, max_length = 63)]
    system: String,
    #[validate(length(min = 1, max = 200), custom(function = "checks::line"))]
    #[schema(min_length = 1, max_length = 200)]
    value: String,
    /// Why, without clients, health or legal details.
    #[validate(length(min = 1, max = 1000), custom(function = "checks::text"))]
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

crate::problems!(ConfirmProblems: KNOWN, ONE, BODY, POST, [Code::TransitionRefused]);
crate::problems!(ChangeProblems: KNOWN, BODY, POST, VERSIONED, [Code::TransitionRefused]);

/// Sends the person as changed.
async fn change(
    state: &State,
    caller: Caller,
    idempotency: Option<Idempotency>,
    work: impl Fn(&mut Tx<'_>) -> Result<PersonDetails, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let call = Call {
        caller,
        action: Action::ManagePerson,
        idempotency,
        dry_run: false,
    };
    let reply = state
        .app
        .write(
            call,
            move |tx| work(tx),
            |details| responses::changed(details.row.version, &PersonResponse::from(details)),
        )
        .await?;
    Ok(responses::send(reply))
}

/// Confirm an address of a person
///
/// An address on record that was unassigned, or waits to be confirmed at this organization, is confirmed for it: from
/// now on messages about its license go there, and a policy that asks for a confirmed work e-mail address is met.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "confirm_person_email",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = ConfirmEmailRequest,
        description = "The address, and for which organization.",
        example = json!({
            "email": "d.whitfield@night-shelter.example",
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The person with the confirmed address.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Dana", 2)),
        ),
        ConfirmProblems,
    ),
)]
#[post("/v1/people/{id}/emails/confirm")]
pub async fn confirm_person_email(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: Json<ConfirmEmailRequest>,
) -> Result<HttpResponse, Problem> {
    let email = body.value.email;
    let organization = OrganizationId(body.value.organization_id);
    change(&state, caller, body.idempotency, move |tx| {
        people::confirm_email(tx, id, &email, organization)
    })
    .await
}

/// Retire an address of a person
///
/// No message goes there any more. A departure retires the addresses of its organization by itself.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "retire_person_email",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = RetireEmailRequest,
        description = "The version acted upon, and the address, with the organization for which it is on record.",
        example = json!({
            "expected_version": 1,
            "email": "d.whitfield@night-shelter.example",
            "organization_id": "0199f3c2-8e10-7b52-b3a4-5d0f6a9c1e07",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The person, with the address retired.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Dana", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/people/{id}/emails/retire")]
pub async fn retire_person_email(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: VersionedJson<RetireEmailRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let RetireEmailRequest {
        email,
        organization_id,
    } = body.value;
    let input = EmailInput {
        email,
        organization_id: organization_id.map(OrganizationId),
    };
    change(&state, caller, body.idempotency, move |tx| {
        people::retire_email(tx, id, expected, &input)
    })
    .await
}

/// Close an external id of a person
///
/// The other system no longer has it. It still tells who is meant at sign-in and in reported logins, until staff
/// settle it, and it is never given to anybody else.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "close_person_external_id",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = CloseExternalIdRequest,
        description = "The version acted upon, and the external id.",
        example = json!({ "expected_version": 1, "system": "hmis_user_id", "value": "41" }),
    ),
    responses(
        (
            status = 200,
            description = "The person, with the external id closed.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Dana", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/people/{id}/external-ids/close")]
pub async fn close_person_external_id(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: VersionedJson<CloseExternalIdRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let CloseExternalIdRequest { system, value } = body.value;
    let input = ExternalIdInput { system, value };
    change(&state, caller, body.idempotency, move |tx| {
        people::close_external_id(tx, id, expected, &input)
    })
    .await
}

/// Settle a closed external id of a person
///
/// With a reason. From now on it names nobody: a front-end that asks with it is told that nobody is known, and a login
/// that names it is unmatched. It is never given to anybody else.
#[utoipa::path(
    tag = tags::PEOPLE,
    operation_id = "settle_person_external_id",
    params(("id" = Uuid, Path, description = "The person.")),
    request_body(
        content = SettleExternalIdRequest,
        description = "The version acted upon, the external id, and why it is settled.",
        example = json!({
            "expected_version": 1,
            "system": "hmis_user_id",
            "value": "41",
            "reason": "The vendor confirmed that the account was deleted.",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The person, with the external id settled.",
            body = PersonResponse,
            headers(("ETag" = String, description = "The version, for If-Match and If-None-Match.")),
            example = json!(example("Dana", 2)),
        ),
        ChangeProblems,
    ),
)]
#[post("/v1/people/{id}/external-ids/settle")]
pub async fn settle_person_external_id(
    caller: Caller,
    state: web::Data<State>,
    Id(id): Id<PersonId>,
    body: VersionedJson<SettleExternalIdRequest>,
) -> Result<HttpResponse, Problem> {
    let expected = body.expected;
    let SettleExternalIdRequest {
        system,
        value,
        reason,
    } = body.value;
    let input = ExternalIdInput { system, value };
    change(&state, caller, body.idempotency, move |tx| {
        people::settle_external_id(tx, id, expected, &input, &reason)
    })
    .await
}
